//! Runs the simulation of devices and server.

use std::ffi::OsString;

use anyhow::Result;

use crate::{
    cargo,
    places::Places,
    process::{self, command},
};

/// `cargo xtask sim [--seeds N] [--from S] [--seed S] [--mutant NAME] [--mutants]`. Optimised: one seed
/// takes a few hundredths of a second.
pub fn run(places: &Places, arguments: Vec<OsString>) -> Result<()> {
    process::run(command(cargo::build(places, "stories", "sim", "fast")?).args(arguments))
}
