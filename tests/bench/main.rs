//! Measurements: `cargo xtask bench [core] [window]`. Percentiles with the size of the data beside them.
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

mod core;
mod figures;
mod window;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let names: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let chosen = if names.is_empty() { vec!["core".to_owned()] } else { names };
    for name in chosen {
        match name.as_str() {
            "core" => core::run()?,
            "window" => window::run()?,
            other => bail!("no bench named {other}; there are: core, window"),
        }
    }
    Ok(())
}
