//! Shared by the stories: devices, a server, the road between them, a window.

pub mod networked;
pub mod pages;
pub mod pinned;
pub mod post;
pub mod server;
pub mod stranger;
pub mod versions;
pub mod weak_link;
pub mod window;
