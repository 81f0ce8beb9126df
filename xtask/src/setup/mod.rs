//! Installs what a command needs and is not there yet; quick when everything is there.

mod android;
mod apt;
mod npm;
mod packaged;
mod tauri_driver;
mod wasm;

use std::{
    error::Error,
    fmt,
    path::{Path, PathBuf},
};

use anyhow::Result;

pub use android::AndroidToolchain;
pub use wasm::WasmToolchain;

use crate::places::Places;

const DESKTOP: [&str; 7] = [
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libxdo-dev",
    "libayatana-appindicator3-dev",
];
const WINDOW: [&str; 4] = ["xvfb", "webkit2gtk-driver", "dbus-x11", "fonts-noto-cjk"];
const BROWSER: [&str; 3] = ["chromium", "chromium-driver", "fonts-noto-cjk"];
const POSTGRES: [&str; 1] = ["postgresql"];
const WASM_C: [&str; 2] = ["clang-16", "llvm-16"];

/// Something only a person can do, said in one line; the process then ends with code 2.
#[derive(Debug)]
pub struct ByHand(pub String);

impl fmt::Display for ByHand {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "this needs an administrator once. Run this line, then try again:\n  {}", self.0)
    }
}

impl Error for ByHand {}

/// Everything any command needs.
pub fn everything(places: &Places) -> Result<()> {
    let all = [&DESKTOP[..], &WINDOW, &BROWSER, &WASM_C, &POSTGRES].concat();
    apt::ensure("the desktop app, its window and the server in tests, SQLite for the browser", &all)?;
    let toolchain = ui(places)?;
    tauri_driver::ensure(places)?;
    bundler(places)?;
    println!("Everything is there. Wasm is built by {toolchain}; the cache is {}.", places.cache.display());
    Ok(())
}

/// What compiling the workspace for this machine needs.
pub fn desktop() -> Result<()> {
    apt::ensure("the desktop app", &DESKTOP)
}

/// What the server's tests need beside SQLite.
pub fn postgres() -> Result<()> {
    apt::ensure("the server's tests on PostgreSQL", &POSTGRES)
}

/// What opening and driving the app's window without a screen needs.
pub fn window(places: &Places) -> Result<()> {
    apt::ensure("the app's window in tests", &WINDOW)?;
    tauri_driver::ensure(places)
}

/// The browser that stories are told in, and what drives it.
pub fn browser() -> Result<[PathBuf; 2]> {
    apt::ensure("the app in a browser in tests", &BROWSER)?;
    Ok(["chromium", "chromedriver"].map(|name| Path::new("/usr/bin").join(name)))
}

/// What showing the app's window without a screen needs.
pub fn virtual_screen() -> Result<()> {
    apt::ensure("a window without a screen", &WINDOW)
}

/// What the user interface needs: compilers for wasm, wasm-opt, and what makes scripts and styles small.
pub fn ui(places: &Places) -> Result<WasmToolchain> {
    npm::ensure(places, "binaryen", "132")?;
    npm::ensure(places, "esbuild", "0.28.2")?;
    wasm_core(places)
}

/// What the core needs to be compiled for the browser, where SQLite is C code.
pub fn wasm_core(places: &Places) -> Result<WasmToolchain> {
    apt::ensure("SQLite for the browser", &WASM_C)?;
    wasm::ensure(places)
}

/// What a type check for Android needs.
pub fn android(places: &Places) -> Result<AndroidToolchain> {
    android::ensure(places)
}

/// What compiling for Android needs beside its own kit. Debian's compiler would not do: it links nothing there.
pub fn android_target() -> Result<()> {
    android::ensure_target()
}

/// What building the installable package needs.
pub fn bundler(places: &Places) -> Result<()> {
    npm::ensure(places, "@tauri-apps/cli", "2.12.5")
}
