//! What a type check for Android uses: rustup's target, or else the packaged compiler, and never a C compiler.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use super::{
    apt,
    packaged::{self, Made, OwnStd, PACKAGES},
};
use crate::{cargo::cargo, places::Places, process::command};

const TARGET: &str = "aarch64-linux-android";
const CLIPPY_PACKAGE: [&str; 1] = ["rust-web-clippy"];

/// Stands for the C compiler and writes the object it was asked for, empty: a check links nothing. So it needs
/// neither a compiler for the target nor its headers, and SQLite costs no time.
const COMPILER: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in -o) : > "$2"; shift ;; esac
  shift
done
"#;

/// Stands for the archiver.
const ARCHIVER: &str = r#"#!/bin/sh
for each; do
  case $each in *.a) : > "$each" ;; esac
done
"#;

/// Takes the place of what OpenSSL's build would say, which would need a compiler: a check reads no header.
const OPENSSL: [&str; 2] = [
    "target.aarch64-linux-android.openssl.include='none'",
    "target.aarch64-linux-android.openssl.rustc-cfg=['ossl101', 'ossl102', 'ossl110', 'ossl111', 'ossl300']",
];

/// What a check for Android uses where it differs from the ordinary toolchain.
pub struct AndroidToolchain {
    compiler: PathBuf,
    archiver: PathBuf,
    packaged: Option<Packaged>,
}

/// The packaged compiler with its own clippy: each reads only a std of its own version.
struct Packaged {
    rustc: PathBuf,
    clippy: PathBuf,
    sysroot: PathBuf,
}

impl AndroidToolchain {
    /// `cargo clippy` for Android with this toolchain.
    pub fn clippy(&self, places: &Places) -> Command {
        let mut clippy = match &self.packaged {
            None => cargo(places),
            Some(packaged) => packaged.cargo(places),
        };
        clippy
            .args(["clippy", "--target", TARGET])
            .args(OPENSSL.iter().flat_map(|says| ["--config", says]))
            .env("CC_aarch64_linux_android", &self.compiler)
            .env("AR_aarch64_linux_android", &self.archiver);
        clippy
    }
}

impl Packaged {
    /// Products apart, because the compiler is another one.
    fn cargo(&self, places: &Places) -> Command {
        let mut clippy = command(&self.clippy);
        clippy
            .current_dir(&places.root)
            .env("CARGO_TARGET_DIR", places.android_target())
            .env("RUSTC", &self.rustc)
            // Macros and build scripts run once here; lines for a debugger would only cost time.
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .env(
                "CARGO_TARGET_AARCH64_LINUX_ANDROID_RUSTFLAGS",
                format!("--sysroot={}", self.sysroot.display()),
            );
        clippy
    }
}

/// Finds what a check for Android uses, or installs it.
pub fn ensure(places: &Places) -> Result<AndroidToolchain> {
    let bin = places.cache.join("android-bin");
    let [compiler, archiver] =
        [("cc", COMPILER), ("ar", ARCHIVER)].map(|(name, text)| (bin.join(name), text));
    for (path, text) in [&compiler, &archiver] {
        write_program(path, text).with_context(|| path.display().to_string())?;
    }
    Ok(AndroidToolchain { compiler: compiler.0, archiver: archiver.0, packaged: packaged_if_needed(places)? })
}

/// Adds std for Android to the toolchain, unless it is there.
pub fn ensure_target() -> Result<()> {
    let is_there = packaged::toolchain_has(TARGET) || packaged::add_to_toolchain(TARGET);
    ensure!(is_there, "run `rustup target add {TARGET}` first: it did not work from here");
    Ok(())
}

fn packaged_if_needed(places: &Places) -> Result<Option<Packaged>> {
    if packaged::toolchain_has(TARGET) {
        return Ok(None);
    }
    if let Some(packaged) = packaged(places) {
        return Ok(Some(packaged));
    }
    if packaged::add_to_toolchain(TARGET) {
        return Ok(None);
    }
    println!("That did not work, so Debian's packaged compiler checks for Android");
    apt::ensure("checking for Android", &[&PACKAGES[..], &CLIPPY_PACKAGE].concat())?;
    std(places).make(places, &places.android_target())?;
    packaged(places).context("the packaged compiler is installed and still not complete").map(Some)
}

fn packaged(places: &Places) -> Option<Packaged> {
    let std = std(places);
    if !apt::installed(&PACKAGES) || !apt::installed(&CLIPPY_PACKAGE) || !std.is_current() {
        return None;
    }
    let clippy = packaged::path_in_package(CLIPPY_PACKAGE[0], "/bin/cargo-clippy").ok()?;
    Some(Packaged { rustc: packaged::rustc().ok()?, clippy, sysroot: std.sysroot })
}

fn std(places: &Places) -> OwnStd {
    OwnStd { target: TARGET, sysroot: places.cache.join("sysroot-android"), made: Made::ToCheck }
}

fn write_program(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().context("a program without a folder")?)?;
    // A newer file would make cargo run the build scripts again.
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    fs::write(path, text)?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o755))?)
}
