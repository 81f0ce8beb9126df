//! Shared by the stories: devices, a server, the road between them.

pub mod local;
pub mod networked;
pub mod post;
pub mod server;
pub mod stranger;
pub mod weak_link;
