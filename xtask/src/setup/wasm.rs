//! A compiler for wasm32: rustup's target, or else Debian's packaged compiler with a std built from its source.

use std::{fmt, path::PathBuf, process::Command};

use anyhow::{Context, Result};

use super::{
    apt,
    packaged::{self, Made, OwnStd, PACKAGES},
};
use crate::{cargo::cargo, places::Places};

const TARGET: &str = "wasm32-unknown-unknown";
const LINKER_PACKAGE: [&str; 1] = ["lld-22"];
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
    "-DSQLITE_OMIT_INTROSPECTION_PRAGMAS",
    "-DSQLITE_OMIT_JSON",
    "-DSQLITE_OMIT_PROGRESS_CALLBACK",
    "-DSQLITE_OMIT_TCL_VARIABLE",
    "-DSQLITE_OMIT_TRACE",
    "-DSQLITE_OMIT_UTF16",
    "-DSQLITE_UNTESTABLE",
];

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
    if packaged::toolchain_has(TARGET) {
        return Ok(own());
    }
    if let Some(packaged) = packaged(places) {
        return Ok(packaged);
    }
    if packaged::add_to_toolchain(TARGET) {
        return Ok(own());
    }
    println!("That did not work, so Debian's packaged compiler is used for wasm");
    apt::ensure("compiling for wasm", &[&PACKAGES[..], &LINKER_PACKAGE].concat())?;
    std(places).make(places, &places.wasm_target())?;
    packaged(places).context("the packaged compiler is installed and still not complete")
}

fn own() -> WasmToolchain {
    WasmToolchain { rustc: None, linker: None, sysroot: None }
}

/// The packaged compiler, if it is there and its std was built by that very version.
fn packaged(places: &Places) -> Option<WasmToolchain> {
    let std = std(places);
    if !apt::installed(&PACKAGES) || !apt::installed(&LINKER_PACKAGE) || !std.is_current() {
        return None;
    }
    let rustc = packaged::rustc().ok()?;
    Some(WasmToolchain { rustc: Some(rustc), linker: Some(LINKER.into()), sysroot: Some(std.sysroot) })
}

fn std(places: &Places) -> OwnStd {
    OwnStd { target: TARGET, sysroot: places.cache.join("sysroot"), made: Made::ToLink }
}
