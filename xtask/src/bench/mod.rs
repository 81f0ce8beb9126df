//! Runs the benchmarks, optimised.

mod peers;

use std::{ffi::OsString, process::Command};

use anyhow::Result;

use crate::{
    cargo::{build, cargo},
    display::VirtualScreen,
    places::Places,
    process, setup,
    ui::{self, Shape},
};

/// Optimised like a release but for the last minutes of linking, which start-up does not notice.
const WINDOW_PROFILE: &str = "fast";

/// `cargo xtask bench [names…] [--option …]`.
pub fn run(places: &Places, names: Vec<OsString>) -> Result<()> {
    let mut bench = cargo(places);
    let is_named = |wanted: &str| names.iter().any(|name| name == wanted);
    bench.args(["run", "--release", "--package", "stories", "--bin", "bench"]);
    if is_named("encryption") {
        bench.args(["--features", "stories/cipher"]);
    }
    bench.arg("--").args(&names);
    if is_named("sync") {
        bench.env("GRIDWALK_SERVER", build(places, "server", "gridwalk-server", "release")?);
        bench.env("GRIDWALK_BENCH_ANKI", peers::anki(places)?);
        bench.env("GRIDWALK_BENCH_POUCHDB", peers::pouchdb(places)?);
    }
    if is_named("server") {
        bench.env("GRIDWALK_SERVER", build(places, "server", "gridwalk-server", "release")?);
    }
    if is_named("browser") {
        // The server has the app for browsers within it.
        ui::build(places, Shape::Shipped)?;
        let [chromium, driver] = setup::browser()?;
        bench.env("GRIDWALK_SERVER", build(places, "server", "gridwalk-server", "release")?);
        bench.env("GRIDWALK_CHROMIUM", chromium).env("GRIDWALK_CHROMEDRIVER", driver);
        return run_with_windows(places, bench);
    }
    if is_named("pushes") || is_named("server") {
        setup::postgres()?;
    }
    if is_named("window") {
        return run_with_windows(places, bench);
    }
    process::run(&mut bench)
}

/// Names the programs whose windows are compared, and shows them on a screen of their own.
fn run_with_windows(places: &Places, mut bench: Command) -> Result<()> {
    setup::desktop()?;
    setup::window(places)?;
    ui::build(places, Shape::Shipped)?;
    let app = build(places, "gridwalk", "gridwalk", WINDOW_PROFILE)?;
    let example = ["build", "--workspace", "--example", "empty-window", "--profile", WINDOW_PROFILE];
    process::run(cargo(places).args(example))?;
    let empty = app.with_file_name("examples").join("empty-window");
    bench.env("GRIDWALK_APP", app).env("GRIDWALK_EMPTY_WINDOW", empty);
    bench.env("GRIDWALK_TAURI_DRIVER", places.tauri_driver());
    let screen = VirtualScreen::start()?;
    process::run(screen.show(&mut bench))
}
