//! Builds the APK, where an SDK is.

mod kit;
mod project;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    places::Places,
    process::{self, command},
    setup,
    ui::{self, Shape},
};
use kit::Kit;
pub use kit::Missing;

/// `cargo xtask android`.
pub fn run(places: &Places) -> Result<()> {
    let kit = Kit::find()?;
    setup::desktop()?;
    setup::bundler(places)?;
    setup::android_target()?;
    ui::build(places, Shape::Shipped)?;
    project::make(places, &kit)?;
    process::run(tauri(places, &kit).args(["android", "build", "--apk", "--ci", "--target", "aarch64"]))?;
    let package = keep(places)?;
    println!("The package: {}", package.display());
    println!(
        "It is not signed: a phone takes it after `apksigner sign --ks KEYSTORE` of the SDK's build-tools."
    );
    Ok(())
}

/// The Tauri command, set up with this kit.
fn tauri(places: &Places, kit: &Kit) -> Command {
    let mut tauri = command(places.npm_command("tauri"));
    tauri
        .current_dir(&places.root)
        .env("CARGO_TARGET_DIR", places.target())
        .env("ANDROID_HOME", &kit.sdk)
        .env("NDK_HOME", &kit.ndk);
    tauri
}

fn keep(places: &Places) -> Result<PathBuf> {
    let built = project::folder(places).join("app/build/outputs/apk");
    let package = newest_apk(&built)?.with_context(|| format!("no package in {}", built.display()))?;
    let out = places.root.join("out");
    fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
    let kept = out.join("gridwalk-aarch64.apk");
    fs::copy(&package, &kept).with_context(|| kept.display().to_string())?;
    Ok(kept)
}

/// Gradle lays packages into folders of flavour and profile, whose names the Tauri command decides.
fn newest_apk(folder: &Path) -> Result<Option<PathBuf>> {
    let mut found = None;
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let candidate =
            if path.is_dir() { newest_apk(&path)? } else { Some(path).filter(|path| is_apk(path)) };
        let Some(candidate) = candidate else { continue };
        let made = candidate.metadata()?.modified()?;
        if found.as_ref().is_none_or(|(earlier, _)| made > *earlier) {
            found = Some((made, candidate));
        }
    }
    Ok(found.map(|(_, path)| path))
}

fn is_apk(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "apk")
}
