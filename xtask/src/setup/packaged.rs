//! Debian's packaged compiler, and a std made from its source, for targets that rustup cannot be asked for.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::apt;
use crate::{
    cargo::cargo,
    places::Places,
    process::{capture, command, run},
};

/// The compiler and the source of its standard library.
pub const PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];

/// How long the toolchain's download site may take before the packages are used instead.
const RUSTUP_SECONDS: &str = "90";

/// What of std is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// Libraries to link with.
    ToLink,
    /// What a type check reads, and no code: it takes no linker and no sysroot of the target.
    ToCheck,
}

/// std for one target, made by the packaged compiler.
pub struct OwnStd {
    /// The target's name.
    pub target: &'static str,
    /// Where it is kept, in the shape of a compiler's sysroot.
    pub sysroot: PathBuf,
    /// What of it is made.
    pub made: Made,
}

/// Whether the toolchain on the path has std for that target.
pub fn toolchain_has(target: &str) -> bool {
    let folder = capture(command("rustc").args(["--print", "target-libdir", "--target", target]));
    folder.is_ok_and(|folder| has_std(Path::new(folder.trim()), "rlib"))
}

/// Asks rustup for std for that target, and says whether it is there now.
pub fn add_to_toolchain(target: &str) -> bool {
    println!("Adding the {target} target to the Rust toolchain");
    let added = run(command("timeout").args([RUSTUP_SECONDS, "rustup", "target", "add", target]));
    added.is_ok() && toolchain_has(target)
}

/// The packaged compiler.
pub fn rustc() -> Result<PathBuf> {
    path_in_package("rustc-web", "/bin/rustc")
}

/// The first file of a package whose path ends like that.
pub fn path_in_package(package: &str, end: &str) -> Result<PathBuf> {
    let found = apt::files(package)?.into_iter().find(|file| file.ends_with(end));
    found.map(PathBuf::from).with_context(|| format!("{package} has no {end}"))
}

impl OwnStd {
    /// Whether it is there and was made by the compiler that is installed now.
    pub fn is_current(&self) -> bool {
        let built_by = fs::read_to_string(self.version_file()).ok();
        let installed = rustc().and_then(|rustc| version(&rustc)).ok();
        built_by.is_some() && built_by == installed && has_std(&self.libraries(), self.ending())
    }

    /// Makes it. What was compiled against an earlier one no longer fits, so `products` go.
    pub fn make(&self, places: &Places, products: &Path) -> Result<()> {
        println!("Building the standard library for {}, once (about a minute)", self.target);
        let build = self.sysroot.with_extension("build");
        let rustc = rustc()?;
        copy_source(&build)?;
        run(&mut self.command(places, &build, &rustc))?;
        for old in [&self.sysroot, products] {
            remove(old)?;
        }
        self.install(&build)?;
        fs::write(self.version_file(), version(&rustc)?).context("noting the compiler's version")?;
        remove(&build)
    }

    /// Without `-Zforce-unstable-if-unmarked` std does not compile; without embedded bitcode LTO fails later.
    fn command(&self, places: &Places, build: &Path, rustc: &Path) -> Command {
        let verb = if self.made == Made::ToLink { "build" } else { "check" };
        let mut build_std = cargo(places);
        build_std
            .args([verb, "--quiet", "--release", "--target", self.target, "--manifest-path"])
            .arg(build.join("library/sysroot/Cargo.toml"))
            .current_dir(build.join("library"))
            .env("CARGO_TARGET_DIR", build.join("target"))
            .env("RUSTC", rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes")
            .env("__CARGO_DEFAULT_LIB_METADATA", "stablestd");
        build_std
    }

    fn install(&self, build: &Path) -> Result<()> {
        let folder = self.libraries();
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let built = build.join("target").join(self.target).join("release/deps");
        for entry in fs::read_dir(&built).with_context(|| built.display().to_string())? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == self.ending()) {
                fs::copy(&path, folder.join(path.file_name().context("a library without a name")?))?;
            }
        }
        Ok(())
    }

    fn libraries(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(self.target).join("lib")
    }

    fn version_file(&self) -> PathBuf {
        self.sysroot.join("built-by")
    }

    fn ending(&self) -> &'static str {
        if self.made == Made::ToLink { "rlib" } else { "rmeta" }
    }
}

/// Whether std lies there, not only the empty folder.
fn has_std(folder: &Path, ending: &str) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| {
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(ending)
    })
}

fn version(rustc: &Path) -> Result<String> {
    capture(command(rustc).arg("-vV"))
}

/// Cargo writes beside the manifest, so the package's own folder is left alone.
fn copy_source(build: &Path) -> Result<()> {
    let manifest = path_in_package("rust-web-src", "/library/sysroot/Cargo.toml")?;
    let library = manifest.ancestors().nth(2).context("the source has no library folder")?;
    remove(build)?;
    fs::create_dir_all(build).with_context(|| build.display().to_string())?;
    run(command("cp").arg("-rL").arg(library).arg(build))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}
