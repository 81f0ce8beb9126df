//! Runs the benchmarks, optimised.

use std::ffi::OsString;

use anyhow::Result;

use crate::{cargo::cargo, places::Places, process};

/// `cargo xtask bench [names…]`.
pub fn run(places: &Places, names: Vec<OsString>) -> Result<()> {
    let benchmarks = ["run", "--release", "--package", "stories", "--bin", "bench", "--"];
    process::run(cargo(places).args(benchmarks).args(names))
}
