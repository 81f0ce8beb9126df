//! The contract tests of the crates that keep data, compiled for a browser and run in one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::json;

use crate::{cargo::cargo, places::Places, process::run, setup};

/// The crates whose tests run there as well, from the same source, and the shell that runs nowhere else.
const CRATES: [&str; 3] = ["store", "app", "browser"];

/// How long the tests of one file may take, in seconds. They end by themselves; a browser that hangs does not.
const PATIENCE: &str = "300";

/// cargo, set up to run these tests in a worker of Chromium.
pub fn tests(places: &Places) -> Result<Command> {
    let toolchain = setup::wasm_core(places)?;
    let [chromium, driver] = setup::browser()?;
    let mut tests = toolchain.cargo(places, "test");
    tests.args(["--no-fail-fast", "--lib", "--tests"]);
    tests.args(CRATES.iter().flat_map(|name| ["--package", name]));
    tests
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner(places)?)
        // Panics name their line all the same, and each program is taken apart in half the time.
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CHROMEDRIVER", driver)
        .env("WASM_BINDGEN_USE_DEDICATED_WORKER", "1")
        .env("WASM_BINDGEN_TEST_TIMEOUT", PATIENCE)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser(places, &chromium)?);
    Ok(tests)
}

/// What cargo calls in the place of a test program. It has a lock of its own, so that the forty crates that
/// only this needs are not among those of the app.
fn runner(places: &Places) -> Result<PathBuf> {
    let manifest = places.root.join("xtask/browser/Cargo.toml");
    run(cargo(places).args(["build", "--quiet", "--locked", "--manifest-path"]).arg(manifest))?;
    Ok(places.binary("dev", "browser-runner"))
}

/// How the browser is started, as the runner reads it.
fn browser(places: &Places, chromium: &Path) -> Result<PathBuf> {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];
    let wish = json!({ "goog:chromeOptions": { "binary": chromium, "args": arguments } });
    let file = places.cache.join("contract/webdriver.json");
    fs::create_dir_all(places.cache.join("contract")).context("a folder for the tests' browser")?;
    fs::write(&file, wish.to_string()).with_context(|| file.display().to_string())?;
    Ok(file)
}
