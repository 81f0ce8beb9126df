//! The steps of a test run, cheap failures first.
//!
//! Everything is compiled with the `dev` profile, also the server and the app that the stories start: its
//! dependencies are built for the unit tests anyway (optimised a little, see the root manifest), so the
//! binaries cost no more than their own crates. With `fast` every dependency, Tauri among them, would be
//! compiled a second time. Only the simulation is worth that, and needs no Tauri.

use std::process::Command;

use anyhow::{Context, Result, bail};
use cluster::{Cluster, Commits};

use super::{Extent, contract, outcome::Report, output::run_tests, parts};
use crate::{
    cargo::{build, cargo, target_names},
    cuts,
    display::VirtualScreen,
    places::Places,
    process::{run, succeeds},
    setup, sim,
    ui::{self, Shape},
};

/// One part of the test run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The code is formatted.
    Format,
    /// No lint complains.
    Lint,
    /// What the dependencies may be.
    Parts,
    /// The core compiles for the browser.
    Wasm,
    /// The shell compiles for a phone.
    Android,
    /// The user interface is built, complete and small.
    Ui,
    /// Each crate's own tests, properties included.
    Unit,
    /// Those of the crates that keep data, in a browser and on its files.
    Contract,
    /// A real server and several devices.
    Stories,
    /// Many lives of devices and server with every fault, and mutants that must be noticed.
    Simulation,
    /// The power cut at thousands of points of the real files, the real processes killed.
    Cuts,
    /// The app in a browser.
    Browser,
    /// The app in its real window.
    Window,
}

/// What `cargo xtask check` runs.
pub const QUICK: [Step; 3] = [Step::Format, Step::Lint, Step::Unit];

/// What `cargo xtask test` runs.
pub const EVERYTHING: [Step; 13] = [
    Step::Format,
    Step::Parts,
    Step::Lint,
    Step::Wasm,
    Step::Android,
    Step::Ui,
    Step::Unit,
    Step::Contract,
    Step::Stories,
    Step::Simulation,
    Step::Cuts,
    Step::Browser,
    Step::Window,
];

/// The crates that must also run in a browser.
const CORE: [&str; 8] = ["records", "store", "sync", "app", "shell", "browser", "tables", "scan"];

/// The test target that opens the app's window, and the one that opens a browser's.
const WINDOW_TEST: &str = "window";
const BROWSER_TEST: &str = "browser";

impl Step {
    /// The name for `--only`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Lint => "lint",
            Self::Parts => "parts",
            Self::Wasm => "wasm",
            Self::Android => "android",
            Self::Ui => "ui",
            Self::Unit => "unit",
            Self::Contract => "contract",
            Self::Stories => "stories",
            Self::Simulation => "simulation",
            Self::Cuts => "cuts",
            Self::Browser => "browser",
            Self::Window => "window",
        }
    }

    /// What the step looks at.
    pub fn title(self) -> &'static str {
        match self {
            Self::Format => "the code is formatted",
            Self::Lint => "no warnings, in any crate and target",
            Self::Parts => "dependencies come from the registry, under licences that are allowed",
            Self::Wasm => "the core compiles for the browser",
            Self::Android => "no warnings in the app for a phone",
            Self::Ui => "the user interface is built, complete and small",
            Self::Unit => "each crate's own tests and properties",
            Self::Contract => "store and app in a browser, on its own files, and power cuts of these",
            Self::Stories => "a real server and several devices",
            Self::Simulation => "nothing is lost or doubled in any of many lives, and mutants are noticed",
            Self::Cuts => "nothing acknowledged is lost when the power goes or a process is killed",
            Self::Browser => "the app in a browser",
            Self::Window => "the app in its real window",
        }
    }

    /// Runs the step.
    pub fn run(self, places: &Places, extent: Extent) -> Result<Report> {
        match self {
            Self::Format => format(places),
            Self::Lint => lint(places),
            Self::Parts => parts::look(places),
            Self::Wasm => wasm(places),
            Self::Android => android(places),
            Self::Ui => user_interface(places),
            Self::Unit => unit(places, extent),
            Self::Contract => run_tests(&mut contract::tests(places)?),
            Self::Stories => stories(places, extent),
            Self::Simulation => simulation(places, extent),
            Self::Cuts => power_and_kills(places, extent),
            Self::Browser => browser(places),
            Self::Window => window(places),
        }
    }
}

fn format(places: &Places) -> Result<Report> {
    run(cargo(places).args(["fmt", "--all", "--check"]))?;
    Ok(Report::Check)
}

fn lint(places: &Places) -> Result<Report> {
    setup::desktop()?;
    run(cargo(places).args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    Ok(Report::Check)
}

fn wasm(places: &Places) -> Result<Report> {
    let toolchain = setup::wasm_core(places)?;
    let mut check = toolchain.cargo(places, "check");
    check.args(CORE.iter().flat_map(|name| ["--package", name]));
    run(&mut check)?;
    Ok(Report::Check)
}

/// The types only: no C is compiled and nothing is linked, for there may be no SDK.
fn android(places: &Places) -> Result<Report> {
    let toolchain = setup::android(places)?;
    run(toolchain.clippy(places).args(["--package", "gridwalk", "--lib", "--", "-D", "warnings"]))?;
    Ok(Report::Check)
}

fn user_interface(places: &Places) -> Result<Report> {
    ui::build(places, Shape::Shipped)?;
    Ok(Report::Check)
}

/// The server's tests run on a PostgreSQL made for them, too.
fn unit(places: &Places, extent: Extent) -> Result<Report> {
    setup::desktop()?;
    setup::postgres()?;
    let cluster = Cluster::start(Commits::InMemory).context("a PostgreSQL for the tests")?;
    let mut tests = tests_of(places, Chosen::Units)?;
    tests.env(cluster::NAMED_BY, cluster.address());
    run_tests(with_cases(&mut tests, extent))
}

/// Every test target of the stories but those that need a window.
fn stories(places: &Places, extent: Extent) -> Result<Report> {
    setup::desktop()?;
    let server = build(places, "server", "gridwalk-server", "dev")?;
    let mut tests = tests_of(places, Chosen::Stories)?;
    tests.env("GRIDWALK_SERVER", server);
    run_tests(with_cases(&mut tests, extent))
}

/// Seeds of the simulation in a test run, and in a full one.
const SEEDS: (&str, &str) = ("2000", "20000");
/// Seeds that must have the same trace each time.
const AGAIN: &str = "12";

fn simulation(places: &Places, extent: Extent) -> Result<Report> {
    setup::desktop()?;
    let seeds = if extent == Extent::Full { SEEDS.1 } else { SEEDS.0 };
    run(sim::program(places)?.args(["--seeds", seeds, "--mutants"]))?;
    // Every seed is its whole life: a few are played again, here and in another process.
    run(sim::program(places)?.args(["--seeds", AGAIN, "--again"]))?;
    Ok(Report::Check)
}

/// Kills in a test run, and in a full one. As many power cuts as by default.
const KILLS: (&str, &str) = ("600", "6000");

fn power_and_kills(places: &Places, extent: Extent) -> Result<Report> {
    setup::desktop()?;
    let kills = if extent == Extent::Full { KILLS.1 } else { KILLS.0 };
    run(cuts::program(places)?.args(["--kills", kills]))?;
    Ok(Report::Check)
}

fn browser(places: &Places) -> Result<Report> {
    setup::desktop()?;
    let [chromium, driver] = setup::browser()?;
    ui::build(places, Shape::Shipped)?;
    let server = build(places, "server", "gridwalk-server", "dev")?;
    let mut tests = tests_of(places, Chosen::Browser)?;
    tests
        .env("GRIDWALK_SERVER", server)
        .env("GRIDWALK_CHROMIUM", chromium)
        .env("GRIDWALK_CHROMEDRIVER", driver);
    run_tests(&mut tests)
}

fn window(places: &Places) -> Result<Report> {
    if !target_names(places, "stories", "test")?.iter().any(|name| name == WINDOW_TEST) {
        bail!("the package `stories` has no test target `{WINDOW_TEST}`");
    }
    setup::desktop()?;
    setup::window(places)?;
    ui::build(places, Shape::Shipped)?;
    let server = build(places, "server", "gridwalk-server", "dev")?;
    let app = build(places, "gridwalk", "gridwalk", "dev")?;
    let screen = VirtualScreen::start()?;
    let mut tests = tests_of(places, Chosen::Window)?;
    tests
        .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
        .env("GRIDWALK_APP", app)
        .env("GRIDWALK_SERVER", server)
        .env("GRIDWALK_TAURI_DRIVER", places.tauri_driver());
    run_tests(screen.show(&mut tests))
}

/// A share of the tests.
#[derive(Clone, Copy)]
enum Chosen {
    Units,
    Stories,
    Browser,
    Window,
}

/// nextest where it is installed, cargo's own runner elsewhere; both go on after a failed test.
///
/// nextest compiles the whole workspace once and picks tests by an expression; cargo's own runner can
/// only pick packages, and compiles some dependencies again for each choice.
fn tests_of(places: &Places, chosen: Chosen) -> Result<Command> {
    let mut tests = cargo(places);
    if succeeds(cargo(places).args(["nextest", "--version"])) {
        let expression = match chosen {
            Chosen::Units => "not package(stories)",
            Chosen::Stories => "package(stories) and not (binary(window) or binary(browser))",
            Chosen::Browser => "package(stories) and binary(browser)",
            Chosen::Window => "package(stories) and binary(window)",
        };
        tests.args(["nextest", "run", "--workspace", "--no-fail-fast", "--no-tests=pass", "-E", expression]);
        return Ok(tests);
    }
    tests.args(["test", "--no-fail-fast"]);
    match chosen {
        Chosen::Units => tests.args(["--workspace", "--exclude", "stories"]),
        Chosen::Stories => tests.args(["--package", "stories", "--lib"]),
        Chosen::Browser => tests.args(["--package", "stories", "--test", BROWSER_TEST]),
        Chosen::Window => tests.args(["--package", "stories", "--test", WINDOW_TEST]),
    };
    if let Chosen::Stories = chosen {
        let with_window = |name: &&String| [WINDOW_TEST, BROWSER_TEST].contains(&name.as_str());
        for name in target_names(places, "stories", "test")?.iter().filter(|name| !with_window(name)) {
            tests.args(["--test", name]);
        }
    }
    Ok(tests)
}

fn with_cases(tests: &mut Command, extent: Extent) -> &mut Command {
    if extent == Extent::Full { tests.env("PROPTEST_CASES", "20000") } else { tests }
}
