//! Runs the simulation of devices and server.

use std::{ffi::OsString, process::Command};

use anyhow::Result;

use crate::{
    cargo,
    places::Places,
    process::{self, command},
};

/// `cargo xtask sim [--seeds N] [--from S] [--seed S] [--jobs N] [--traces] [--again] [--mutant NAME]
/// [--mutants]`.
pub fn run(places: &Places, arguments: Vec<OsString>) -> Result<()> {
    process::run(program(places)?.args(arguments))
}

/// The program, optimised: one seed takes a tenth of a second, and several times that otherwise.
pub fn program(places: &Places) -> Result<Command> {
    Ok(command(cargo::build(places, "stories", "sim", "fast")?))
}
