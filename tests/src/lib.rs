//! Shared by the stories: a server, devices, a window.
