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

/// The program, optimised: a thousand seeds take a minute, and several times that otherwise.
pub fn program(places: &Places) -> Result<Command> {
    let mut program = command(cargo::build(places, "stories", "sim", "fast")?);
    // Memory that one life gives back serves the next: giving it to the system costs a tenth of the time.
    program.env("MIMALLOC_PURGE_DELAY", "-1");
    Ok(program)
}
