//! Builds and runs the server.

use std::ffi::OsString;

use anyhow::Result;

use crate::{
    cargo,
    places::Places,
    process::{self, command},
};

/// `cargo xtask server [args…]`.
pub fn run(places: &Places, arguments: Vec<OsString>) -> Result<()> {
    let server = cargo::build(places, "server", "gridwalk-server", "dev")?;
    process::run(command(server).args(arguments))
}
