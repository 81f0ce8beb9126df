//! Runs the power cuts and kills.

use std::{ffi::OsString, path::Path, process::Command};

use anyhow::Result;

use crate::{
    cargo::build,
    places::Places,
    process::{self, command},
};

/// Files that are written and read ten thousand times are kept here, where there is such a place.
const IN_MEMORY: &str = "/dev/shm";

/// `cargo xtask cuts [--points N] [--kills N] [--seed S]`.
pub fn run(places: &Places, arguments: Vec<OsString>) -> Result<()> {
    process::run(program(places)?.args(arguments))
}

/// The program, with the server it kills.
pub fn program(places: &Places) -> Result<Command> {
    let server = build(places, "server", "gridwalk-server", "dev")?;
    let mut cuts = command(build(places, "stories", "cuts", "dev")?);
    cuts.env("GRIDWALK_SERVER", server);
    if Path::new(IN_MEMORY).is_dir() {
        cuts.env("TMPDIR", IN_MEMORY);
    }
    Ok(cuts)
}
