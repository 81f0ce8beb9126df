//! The app on sample data, with a server of its own on this machine.

mod demo_server;
mod screens;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use pico_args::Arguments;

use crate::{
    cargo,
    display::{VirtualScreen, has_screen},
    none_left,
    places::Places,
    process::{Running, tied},
    setup,
    ui::{self, Shape},
};
use demo_server::DemoServer;
use screens::Programs;

/// The profile of the tests, so that whoever has run one of the two commands has built for the other.
const PROFILE: &str = "dev";
/// What the demonstration's device is locked with.
const PIN: &str = "135790";

/// What `cargo xtask run` was asked to do.
pub struct Options {
    data: PathBuf,
    fresh: bool,
    no_server: bool,
    screens: Option<PathBuf>,
}

impl Options {
    /// Reads `--data DIR`, `--fresh`, `--no-server` and `--screens DIR`.
    pub fn read(mut arguments: Arguments, places: &Places) -> Result<Self> {
        let data: Option<PathBuf> = arguments.opt_value_from_str("--data")?;
        let screens: Option<PathBuf> = arguments.opt_value_from_str("--screens")?;
        let fresh = arguments.contains("--fresh");
        let no_server = arguments.contains("--no-server");
        none_left(arguments)?;
        let data = data.unwrap_or_else(|| places.cache.join("demo"));
        let screens = screens.as_deref().map(absolute).transpose()?;
        Ok(Self { data: absolute(&data)?, fresh, no_server, screens })
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| path.display().to_string())
}

/// `cargo xtask run`.
pub fn run(places: &Places, options: &Options) -> Result<()> {
    if options.no_server && (options.fresh || !device_file(options).exists()) {
        bail!("without a server there is nothing to begin with: run `cargo xtask run` once before");
    }
    let (server_program, app) = build(places)?;
    prepare(options)?;
    let server = if options.no_server { None } else { Some(start(&server_program, options)?) };
    let arguments = app_arguments(options, server.as_ref());
    match &options.screens {
        Some(folder) => {
            let programs = Programs { app: &app, server: &server_program };
            screens::take(places, &programs, &arguments, folder)
        }
        None => open(&app, &arguments, options),
    }
}

fn start(server: &Path, options: &Options) -> Result<DemoServer> {
    println!("Starting the server, with its data in {}", server_data(options).display());
    let server = DemoServer::start(server, &server_data(options), &options.data.join("server.log"))?;
    println!("The server listens on {} and writes its log to {}", server.address, server.log.display());
    println!("A browser finds the app at the same address.");
    Ok(server)
}

fn build(places: &Places) -> Result<(PathBuf, PathBuf)> {
    setup::desktop()?;
    println!("Building the user interface, the server and the app (minutes the first time, seconds later)");
    ui::build(places, Shape::Shipped)?;
    let server = cargo::build(places, "server", "gridwalk-server", PROFILE)?;
    let app = cargo::build(places, "gridwalk", "gridwalk", PROFILE)?;
    Ok((server, app))
}

/// Only the two folders this command made are removed: `--data` may name somebody's own folder.
fn prepare(options: &Options) -> Result<()> {
    for folder in [server_data(options), device_data(options)] {
        if options.fresh && folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

fn server_data(options: &Options) -> PathBuf {
    options.data.join("server")
}

fn device_data(options: &Options) -> PathBuf {
    options.data.join("device")
}

fn device_file(options: &Options) -> PathBuf {
    device_data(options).join("gridwalk.db")
}

/// A device that is already enrolled takes no notice of the invitation.
fn app_arguments(options: &Options, server: Option<&DemoServer>) -> Vec<String> {
    let data = device_data(options).to_string_lossy().into_owned();
    let enrol = server.map(|server| ["--enrol".into(), server.invitation.clone()]);
    ["--data".into(), data].into_iter().chain(enrol.into_iter().flatten()).collect()
}

fn open(app: &Path, arguments: &[String], options: &Options) -> Result<()> {
    println!("Opening the app as a grid worker, with its data in {}", device_data(options).display());
    if options.no_server {
        println!("No server runs: the app works on what this device holds, and keeps what is to be sent.");
    }
    println!("The app is locked by the PIN {PIN}, which it types by itself at a start of this command.");
    let mut app = tied(app);
    app.args(arguments).env("GRIDWALK_PIN", PIN);
    let what = if options.no_server { "the app" } else { "the app and the server" };
    if has_screen() {
        println!("Close the window, or press Ctrl-C here, to end {what}.");
        return wait(&mut app);
    }
    setup::virtual_screen()?;
    println!("There is no screen here, so the window opens on a virtual one that nobody sees.");
    println!("For pictures of it: cargo xtask run --screens DIR. Press Ctrl-C to end {what}.");
    let screen = VirtualScreen::start()?;
    wait(screen.show(&mut app))
}

fn wait(app: &mut Command) -> Result<()> {
    Running::start(app)?.wait();
    println!("The app has ended; ending the server.");
    Ok(())
}
