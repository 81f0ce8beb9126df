//! From a crate to a script and a wasm module, `ui.js` and `ui_bg.wasm`: compile, bind, shrink.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{Shape, dist};
use crate::{
    cargo,
    places::Places,
    process::{command, run},
    setup::WasmToolchain,
};

/// Exactly what the compiler emits: with more (`--all-features`) the web view of WebKitGTK 2.50 refuses
/// the module, "can't get 0th Import's kind". Functions of like names are of like code, and gzip sees only
/// so far back: side by side they take 2 % less. What one place calls stays apart from it, for another 0.7 %.
const WASM_OPT: [&str; 15] = [
    "--one-caller-inline-max-function-size=0",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--reorder-functions-by-name",
    "--strip-debug",
    "--strip-producers",
    "--enable-reference-types",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
];

/// What becomes a module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Module {
    /// The pages.
    Ui,
    /// The core, as a browser's worker runs it.
    Browser,
    /// What reads spreadsheets beside it.
    Tables,
    /// What reads QR codes, in either shell.
    Scan,
    /// What closes a device into a file, beside the core.
    Lockbox,
}

impl Module {
    fn name(self) -> &'static str {
        match self {
            Self::Ui => "ui",
            Self::Browser => "browser",
            Self::Tables => "tables",
            Self::Scan => "scan",
            Self::Lockbox => "lockbox",
        }
    }

    /// What of the crate it is.
    fn target(self) -> &'static [&'static str] {
        match self {
            Self::Ui => &["--bin", "ui"],
            Self::Browser | Self::Tables | Self::Scan | Self::Lockbox => &["--lib"],
        }
    }

    fn files(self) -> [String; 2] {
        [format!("{}.js", self.name()), format!("{}_bg.wasm", self.name())]
    }
}

/// Builds the module and says in which folder its files are.
pub fn build(places: &Places, toolchain: &WasmToolchain, module: Module, shape: Shape) -> Result<PathBuf> {
    let compiled = compile(places, toolchain, module, shape)?;
    let folder = places.cache.join(module.name()).join(profile(shape));
    let stamp = stamp(&compiled, shape)?;
    if is_current(&folder, module, &stamp) {
        return Ok(folder);
    }
    bind(places, &compiled, &folder)?;
    if shape == Shape::Shipped {
        let [_, wasm] = module.files();
        shrink(places, &folder.join(wasm))?;
    }
    fs::write(stamp_file(&folder), stamp).context("noting what the module was made from")?;
    Ok(folder)
}

fn profile(shape: Shape) -> &'static str {
    match shape {
        Shape::Debug => "dev",
        Shape::Shipped => "wasm",
    }
}

fn compile(places: &Places, toolchain: &WasmToolchain, module: Module, shape: Shape) -> Result<PathBuf> {
    let mut build = toolchain.cargo(places, "build");
    build.args(["--package", module.name()]).args(module.target()).args(["--profile", profile(shape)]);
    run(&mut build)?;
    Ok(WasmToolchain::product(places, profile(shape), &format!("{}.wasm", module.name())))
}

/// What the result depends on: the compiled module, the binder (by Cargo.lock) and wasm-opt's flags.
fn stamp(compiled: &Path, shape: Shape) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    fs::read(compiled).with_context(|| compiled.display().to_string())?.hash(&mut hasher);
    include_str!("../../bindgen/Cargo.toml").hash(&mut hasher);
    if shape == Shape::Shipped {
        WASM_OPT.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn is_current(folder: &Path, module: Module, stamp: &str) -> bool {
    let there = module.files().iter().all(|name| folder.join(name).exists());
    there && fs::read_to_string(stamp_file(folder)).is_ok_and(|old| old == stamp)
}

/// Beside the folder, because everything inside it is shipped.
fn stamp_file(folder: &Path) -> PathBuf {
    folder.with_extension("stamp")
}

/// The binder is built with the profile that checks and tests use, so it is often there already.
fn bind(places: &Places, compiled: &Path, folder: &Path) -> Result<()> {
    let binder = cargo::build(places, "ui-bindgen", "ui-bindgen", "dev")?;
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    run(command(binder).arg(compiled).arg(folder))?;
    refuse_what_is_missing(folder)
}

/// A C function that nothing defines becomes something to import, and no browser has it.
fn refuse_what_is_missing(folder: &Path) -> Result<()> {
    let scripts = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in scripts {
        let path = entry?.path();
        let is_script = path.extension().is_some_and(|extension| extension == "js");
        if is_script && dist::text(&path)?.contains("from \"env\"") {
            bail!("{} imports C functions that are not there", path.display());
        }
    }
    Ok(())
}

fn shrink(places: &Places, module: &Path) -> Result<()> {
    let shrunk = module.with_extension("shrunk");
    run(command(places.npm_command("wasm-opt")).args(WASM_OPT).arg(module).arg("-o").arg(&shrunk))?;
    fs::rename(&shrunk, module).with_context(|| module.display().to_string())
}
