//! A compiler for wasm32: rustup's target, or else Debian's packaged compiler with a std built from its source.

use std::{
    fmt, fs,
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

const TARGET: &str = "wasm32-unknown-unknown";
const PACKAGES: [&str; 3] = ["rustc-web", "rust-web-src", "lld-22"];
const LINKER: &str = "wasm-ld-22";

/// What SQLite is compiled without, for a smaller module: what nothing here asks for.
const NOT_IN_SQLITE: [&str; 25] = [
    "-USQLITE_ENABLE_API_ARMOR",
    "-USQLITE_ENABLE_BYTECODE_VTAB",
    "-USQLITE_ENABLE_COLUMN_METADATA",
    "-USQLITE_ENABLE_DBPAGE_VTAB",
    "-USQLITE_ENABLE_DBSTAT_VTAB",
    "-USQLITE_ENABLE_MATH_FUNCTIONS",
    "-USQLITE_ENABLE_OFFSET_SQL_FUNC",
    "-USQLITE_ENABLE_PREUPDATE_HOOK",
    "-USQLITE_ENABLE_RTREE",
    "-USQLITE_ENABLE_SESSION",
    "-USQLITE_ENABLE_STMTVTAB",
    "-USQLITE_ENABLE_UNKNOWN_SQL_FUNCTION",
    "-USQLITE_ENABLE_UNLOCK_NOTIFY",
    "-DSQLITE_OMIT_AUTHORIZATION",
    "-DSQLITE_OMIT_AUTOVACUUM",
    "-DSQLITE_OMIT_CASE_SENSITIVE_LIKE_PRAGMA",
    "-DSQLITE_OMIT_COMPILEOPTION_DIAGS",
    "-DSQLITE_OMIT_DECLTYPE",
    "-DSQLITE_OMIT_DESERIALIZE",
    "-DSQLITE_OMIT_INTROSPECTION_PRAGMAS",
    "-DSQLITE_OMIT_PROGRESS_CALLBACK",
    "-DSQLITE_OMIT_TCL_VARIABLE",
    "-DSQLITE_OMIT_TRACE",
    "-DSQLITE_OMIT_UTF16",
    "-DSQLITE_UNTESTABLE",
];

/// How long the toolchain's download site may take before the packages are used instead.
const RUSTUP_SECONDS: &str = "90";

/// What compiling for wasm32 uses where it differs from the ordinary toolchain.
pub struct WasmToolchain {
    /// Another compiler than the one on the path.
    pub rustc: Option<PathBuf>,
    /// Another linker than the compiler's own.
    pub linker: Option<PathBuf>,
    /// Where std for wasm32 is, if not beside the compiler.
    pub sysroot: Option<PathBuf>,
}

impl WasmToolchain {
    /// cargo, set up to compile for wasm32 with this toolchain.
    pub fn cargo(&self, places: &Places, verb: &str) -> Command {
        let mut cargo = cargo(places);
        cargo.arg(verb).args(["--target", TARGET]).env("CARGO_TARGET_DIR", places.wasm_target());
        // SQLite is C code, and comes with much that nothing here asks for.
        cargo.env("CC_wasm32_unknown_unknown", "clang-16").env("AR_wasm32_unknown_unknown", "llvm-ar-16");
        cargo.env("SQLITE_WASM_RS_FLAGS", NOT_IN_SQLITE.join(" "));
        if let Some(rustc) = &self.rustc {
            cargo.env("RUSTC", rustc);
        }
        if let Some(linker) = &self.linker {
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        if let Some(sysroot) = &self.sysroot {
            // Only for this target: build scripts and macros keep the compiler's own sysroot.
            // The variable replaces the flags in .cargo/config.toml, so they are repeated here.
            let flags = format!("--cfg=erase_components --sysroot={}", sysroot.display());
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
        }
        cargo
    }

    /// Where cargo puts a wasm product of that profile.
    pub fn product(places: &Places, profile: &str, name: &str) -> PathBuf {
        places.wasm_target().join(TARGET).join(crate::places::profile_folder(profile)).join(name)
    }
}

impl fmt::Display for WasmToolchain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rustc {
            Some(rustc) => write!(out, "Debian's packaged compiler ({})", rustc.display()),
            None => write!(out, "the toolchain's own {TARGET} target"),
        }
    }
}

/// Finds a compiler for wasm32, or installs one.
pub fn ensure(places: &Places) -> Result<WasmToolchain> {
    if own_target_is_there() {
        return Ok(own());
    }
    if let Some(packaged) = packaged(places) {
        return Ok(packaged);
    }
    println!("Adding the {TARGET} target to the Rust toolchain");
    if add_own_target() && own_target_is_there() {
        return Ok(own());
    }
    println!("That did not work, so Debian's packaged compiler is used for wasm");
    apt::ensure("compiling for wasm", &PACKAGES)?;
    build_std(places)?;
    packaged(places).context("the packaged compiler is installed and still not complete")
}

fn own() -> WasmToolchain {
    WasmToolchain { rustc: None, linker: None, sysroot: None }
}

fn own_target_is_there() -> bool {
    let folder = capture(command("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    folder.is_ok_and(|folder| has_std(Path::new(folder.trim())))
}

fn add_own_target() -> bool {
    run(command("timeout").args([RUSTUP_SECONDS, "rustup", "target", "add", TARGET])).is_ok()
}

/// Whether std lies there as a library, not only the empty folder.
fn has_std(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| {
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

/// The packaged compiler, if it is there and its std was built by that very version.
fn packaged(places: &Places) -> Option<WasmToolchain> {
    if !apt::installed(&PACKAGES) {
        return None;
    }
    let rustc = packaged_rustc().ok()?;
    let built_by = fs::read_to_string(version_file(places)).ok()?;
    let current = version(&rustc).ok()? == built_by && has_std(&std_folder(places));
    current.then(|| WasmToolchain {
        rustc: Some(rustc),
        linker: Some(LINKER.into()),
        sysroot: Some(sysroot(places)),
    })
}

fn packaged_rustc() -> Result<PathBuf> {
    path_in_package("rustc-web", "/bin/rustc")
}

fn path_in_package(package: &str, end: &str) -> Result<PathBuf> {
    let found = apt::files(package)?.into_iter().find(|file| file.ends_with(end));
    found.map(PathBuf::from).with_context(|| format!("{package} has no {end}"))
}

fn version(rustc: &Path) -> Result<String> {
    capture(command(rustc).arg("-vV"))
}

fn sysroot(places: &Places) -> PathBuf {
    places.cache.join("sysroot")
}

fn std_folder(places: &Places) -> PathBuf {
    sysroot(places).join("lib/rustlib").join(TARGET).join("lib")
}

fn version_file(places: &Places) -> PathBuf {
    sysroot(places).join("built-by")
}

/// Compiles std from the packaged source and lays its libraries into a sysroot in the cache.
fn build_std(places: &Places) -> Result<()> {
    println!("Building the standard library for wasm, once (about a minute)");
    let build = places.cache.join("sysroot-build");
    let rustc = packaged_rustc()?;
    copy_source(&build)?;
    run(&mut std_command(places, &build, &rustc))?;
    install_std(places, &build)?;
    fs::write(version_file(places), version(&rustc)?).context("noting the compiler's version")?;
    fs::remove_dir_all(&build).context("clearing up after building std")
}

/// Cargo writes beside the manifest, so the package's own folder is left alone.
fn copy_source(build: &Path) -> Result<()> {
    let manifest = path_in_package("rust-web-src", "/library/sysroot/Cargo.toml")?;
    let library = manifest.ancestors().nth(2).context("the source has no library folder")?;
    if build.exists() {
        fs::remove_dir_all(build).with_context(|| build.display().to_string())?;
    }
    fs::create_dir_all(build).with_context(|| build.display().to_string())?;
    run(command("cp").arg("-rL").arg(library).arg(build))
}

/// Without `-Zforce-unstable-if-unmarked` std does not compile; without embedded bitcode LTO fails later.
fn std_command(places: &Places, build: &Path, rustc: &Path) -> Command {
    let mut build_std = cargo(places);
    build_std
        .args(["build", "--quiet", "--release", "--target", TARGET, "--manifest-path"])
        .arg(build.join("library/sysroot/Cargo.toml"))
        .current_dir(build.join("library"))
        .env("CARGO_TARGET_DIR", build.join("target"))
        .env("RUSTC", rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes")
        .env("__CARGO_DEFAULT_LIB_METADATA", "stablestd");
    build_std
}

/// Products compiled against an earlier std no longer fit, so they go.
fn install_std(places: &Places, build: &Path) -> Result<()> {
    for old in [sysroot(places), places.wasm_target()] {
        if old.exists() {
            fs::remove_dir_all(&old).with_context(|| old.display().to_string())?;
        }
    }
    let folder = std_folder(places);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let built = build.join("target").join(TARGET).join("release/deps");
    for entry in fs::read_dir(&built).with_context(|| built.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rlib") {
            fs::copy(&path, folder.join(path.file_name().context("a library without a name")?))?;
        }
    }
    Ok(())
}
