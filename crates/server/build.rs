//! Embeds what browsers get, as `cargo xtask ui` left it in `ui/web`; nothing where that was not run.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a folder"));
    // Asked when this runs: built elsewhere and found again here, it would look into that other checkout.
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the package"));
    let web = package.join("../../ui/web");
    println!("cargo:rerun-if-changed={}", web.display());
    let mut names = vec![];
    list(&web, "", &mut names);
    names.sort();
    let mut table = String::from("&[\n");
    for name in &names {
        let path = web.join(name);
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),").expect("text takes text");
    }
    table.push(']');
    fs::write(out.join("pages.rs"), table).expect("cargo's folder can be written to");
}

fn list(folder: &Path, under: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = if under.is_empty() { name } else { format!("{under}/{name}") };
        if entry.path().is_dir() {
            list(&entry.path(), &name, names);
        } else {
            names.push(name);
        }
    }
}
