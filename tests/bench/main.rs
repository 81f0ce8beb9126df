//! Measurements: `cargo xtask bench [core] [encryption] [window] [sync] [pushes] [server] [browser]`. Percentiles with the
//! size of the data beside them.
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

mod browser;
mod commits;
mod core;
mod encryption;
mod figures;
mod load;
mod pushes;
mod running;
mod sync;
mod usage;
mod window;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let named = words.iter().position(|word| word.starts_with("--")).unwrap_or(words.len());
    let (names, options) = words.split_at(named);
    if let [name, invitation] = names
        && name == "sync-device"
    {
        return sync::device::run(invitation);
    }
    let chosen = if names.is_empty() { &["core".to_owned()] } else { names };
    for name in chosen {
        match name.as_str() {
            "core" => core::run()?,
            "encryption" => encryption::run()?,
            "window" => window::run()?,
            "sync" => sync::run(options)?,
            "pushes" => pushes::run()?,
            "server" => load::run(options)?,
            "browser" => browser::run(options)?,
            other => bail!(
                "no bench named {other}; there are: core, encryption, window, sync, pushes, server, browser"
            ),
        }
    }
    Ok(())
}
