//! The WebDriver that opens the app's window.

use std::fs;

use anyhow::Result;

use crate::{cargo::cargo, places::Places, process::run};

const VERSION: &str = "2.1.0";

/// Installs tauri-driver into the cache unless that version is there.
pub fn ensure(places: &Places) -> Result<()> {
    if places.tauri_driver().exists() && recorded(places) {
        return Ok(());
    }
    println!("Installing tauri-driver {VERSION}, which drives the app's window in tests (under a minute)");
    let package = format!("tauri-driver@{VERSION}");
    run(cargo(places).args(["install", "--quiet", "--locked", "--root"]).arg(places.tools()).arg(package))
}

/// Whether cargo's own list of what it installed there names that version.
fn recorded(places: &Places) -> bool {
    let list = fs::read_to_string(places.tools().join(".crates.toml")).unwrap_or_default();
    list.contains(&format!("tauri-driver {VERSION} "))
}
