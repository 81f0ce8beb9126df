//! Shared by the stories: devices, a server, a window.

pub mod local;
