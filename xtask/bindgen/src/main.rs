//! Runs wasm-bindgen over the built user interface: `ui-bindgen INPUT.wasm OUTPUT_FOLDER`.

use std::{env, path::PathBuf};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [input, output] = arguments.as_slice() else {
        bail!("usage: ui-bindgen INPUT.wasm OUTPUT_FOLDER");
    };
    Bindgen::new()
        .input_path(input)
        .web(true)?
        .typescript(false)
        .generate(output)
        .with_context(|| format!("wasm-bindgen over {}", input.display()))
}
