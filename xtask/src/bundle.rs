//! Builds the installable package, then takes it apart and starts what is inside.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    display::VirtualScreen,
    places::Places,
    process::{self, command},
    setup,
    ui::{self, Shape},
    webdriver::{Opening, Window},
};

/// `cargo xtask bundle`.
pub fn run(places: &Places) -> Result<()> {
    setup::desktop()?;
    setup::bundler(places)?;
    setup::window(places)?;
    ui::build(places, Shape::Shipped)?;
    let package = build(places)?;
    println!("The package: {}", package.display());
    process::run(command("dpkg-deb").arg("-I").arg(&package))?;
    try_out(places, &package)
}

/// Earlier packages go first, so that the one found afterwards is the one just built.
fn build(places: &Places) -> Result<PathBuf> {
    let built = places.target().join("release/bundle/deb");
    if built.exists() {
        fs::remove_dir_all(&built).with_context(|| built.display().to_string())?;
    }
    let mut tauri = command(places.npm_command("tauri"));
    tauri.args(["build", "--bundles", "deb"]);
    process::run(tauri.current_dir(&places.root).env("CARGO_TARGET_DIR", places.target()))?;
    let package = only_file(&built, "deb")?;
    let out = places.root.join("out");
    fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
    let kept = out.join(package.file_name().context("a package without a name")?);
    fs::copy(&package, &kept).with_context(|| kept.display().to_string())?;
    Ok(kept)
}

fn only_file(folder: &Path, extension: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    let found =
        paths.find(|path| extension.is_empty() || path.extension().is_some_and(|each| each == extension));
    found.with_context(|| format!("nothing of kind `{extension}` in {}", folder.display()))
}

/// Starts the packaged app on an empty data folder and waits until it shows its first page.
fn try_out(places: &Places, package: &Path) -> Result<()> {
    let folder = places.cache.join("bundle");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    process::run(command("dpkg-deb").arg("-x").arg(package).arg(&folder))?;
    let app = only_file(&folder.join("usr/bin"), "")?;
    let arguments = ["--data".into(), folder.join("data").to_string_lossy().into_owned()];
    let screen = VirtualScreen::start()?;
    let window =
        Window::open(places, &screen, &Opening { app: &app, arguments: &arguments, environment: &[] })?;
    window.wait_for("[data-page][data-ready=\"true\"]")?;
    println!("The packaged app started from {} and showed its first page.", app.display());
    Ok(())
}
