//! Writes the tables of readings and of Unicode's forms. They come from crates whose own tables are made for speed
//! and are four times as large after packing; a browser fetches them with the app.

mod nfc;
mod pinyin;

use std::path::Path;
use std::{env, io};

#[expect(clippy::print_stdout, reason = "so Cargo is spoken to")]
fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build");
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    pinyin::write(Path::new(&folder))?;
    nfc::write(Path::new(&folder))
}
