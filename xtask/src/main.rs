//! One front door for every command: `cargo xtask help` lists them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "telling people what happens is this tool's job"
)]

mod android;
mod bench;
mod bundle;
mod cargo;
mod check;
mod cuts;
mod display;
mod places;
mod process;
mod run;
mod server;
mod setup;
mod sim;
mod test;
mod ui;
mod webdriver;

use std::process::ExitCode;

use anyhow::{Result, bail};
use pico_args::Arguments;

use places::Places;

const HELP: &str = "\
Gridwalk: one command for everything.

  cargo xtask setup              installs what building and testing need (every command does its own part)
  cargo xtask check              format, lints and unit tests: the quick look before a commit
  cargo xtask test               everything continuous integration runs
      --full                     … with 20,000 cases for each property
      --only STEP                … only that step
  cargo xtask run                the app on sample data, with a server of its own
      --data DIR                 … keeps its data there
      --fresh                    … starts over
      --no-server                … without its server, to see that the app works offline
      --screens DIR              … only writes a picture of each main screen
  cargo xtask server [args…]     builds and runs the server
  cargo xtask ui [--debug]       builds the user interface into ui/dist
  cargo xtask sim [--seeds N]    plays lives of devices and server with every fault; --seed S plays one again
  cargo xtask cuts               cuts the power of device and server, kills them: --points N, --kills N
  cargo xtask bench [names…]     runs the benchmarks: core, encryption, window, sync, pushes, server, browser
  cargo xtask bundle             builds the installable package and tries it
  cargo xtask android            builds the APK for phones, where JDK, SDK and NDK of Android are

Build products are kept in GRIDWALK_CACHE (by default ~/.cache/gridwalk) and found again by every clone.";

fn main() -> ExitCode {
    match dispatch(Arguments::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is::<test::NotAllPassed>() {
                eprintln!("error: {error:#}");
            }
            exit_code(&error)
        }
    }
}

fn dispatch(mut arguments: Arguments) -> Result<()> {
    let places = Places::find()?;
    match arguments.subcommand()?.as_deref() {
        Some("setup") => none_left(arguments).and_then(|()| setup::everything(&places)),
        Some("check") => none_left(arguments).and_then(|()| check::run(&places)),
        Some("test") => test::run(&places, test::Options::read(arguments)?),
        Some("run") => run::run(&places, &run::Options::read(arguments, &places)?),
        Some("server") => server::run(&places, arguments.finish()),
        Some("ui") => ui::run(&places, arguments),
        Some("sim") => sim::run(&places, arguments.finish()),
        Some("cuts") => cuts::run(&places, arguments.finish()),
        Some("bench") => bench::run(&places, arguments.finish()),
        Some("bundle") => none_left(arguments).and_then(|()| bundle::run(&places)),
        Some("android") => none_left(arguments).and_then(|()| android::run(&places)),
        Some("help") | None => {
            println!("{HELP}");
            Ok(())
        }
        Some(other) => bail!("there is no command `{other}`; `cargo xtask help` lists them"),
    }
}

/// Refuses what a command did not read, so that a mistyped flag is not silently ignored.
fn none_left(arguments: Arguments) -> Result<()> {
    match arguments.finish().as_slice() {
        [] => Ok(()),
        left => bail!("not understood: {left:?}; `cargo xtask help` lists the commands"),
    }
}

/// 2 where a person has to act first, 1 for every other fault.
fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<setup::ByHand>() || error.is::<android::Missing>() {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}
