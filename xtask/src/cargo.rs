//! Calling cargo with the shared target folder.

use std::{env, path::PathBuf, process::Command};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    places::Places,
    process::{capture, command, run},
};

/// The cargo that started this, working on this checkout, with products in the shared cache.
pub fn cargo(places: &Places) -> Command {
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&places.root).env("CARGO_TARGET_DIR", places.target());
    cargo
}

/// Builds one binary of one package and says where it is.
///
/// Features are those of the whole workspace, as in the tests, so that no dependency is compiled twice.
/// Only the server is built by itself: it must never get the encrypted SQLite that devices use.
pub fn build(places: &Places, package: &str, binary: &str, profile: &str) -> Result<PathBuf> {
    let mut build = cargo(places);
    build.args(["build", "--bin", binary, "--profile", profile]);
    match package {
        "server" => build.args(["--package", package]),
        _ => build.arg("--workspace"),
    };
    run(&mut build)?;
    Ok(places.binary(profile, binary))
}

/// The names of a package's targets of one kind (`bin`, `test`, …).
pub fn target_names(places: &Places, package: &str, kind: &str) -> Result<Vec<String>> {
    let text = capture(cargo(places).args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text).context("cargo metadata")?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let found = packages.iter().find(|each| each["name"] == package);
    let targets = found.and_then(|each| each["targets"].as_array());
    let targets = targets.with_context(|| format!("there is no package `{package}`"))?;
    let of_kind =
        targets.iter().filter(|target| target["kind"].as_array().is_some_and(|k| k.contains(&kind.into())));
    Ok(of_kind.filter_map(|target| target["name"].as_str().map(str::to_owned)).collect())
}
