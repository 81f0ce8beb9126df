//! Hostile reality: power cuts on the real files of device and server, and the real processes killed
//! again and again.
//!
//! `cargo xtask cuts [--points N] [--kills N] [--seed S]`.
#![expect(clippy::print_stdout, reason = "its output is what happened")]

mod kills;
mod power;
mod setting;

use std::path::Path;

use anyhow::{Context, Result, bail};

struct Options {
    points: usize,
    kills: usize,
    seed: u64,
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [kills::device::COMMAND, folder, drawn, now_ms] =
        words.iter().map(String::as_str).collect::<Vec<_>>()[..]
    {
        return kills::child::run(Path::new(folder), drawn.parse()?, now_ms.parse()?);
    }
    let options = options(words.into_iter())?;
    if options.points > 0 {
        println!("{}", power::run(options.points, options.seed)?);
    }
    if options.kills > 0 {
        println!("{}", kills::run(options.kills, options.seed)?);
    }
    Ok(())
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options> {
    let mut options = Options { points: 10_000, kills: 600, seed: 1 };
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--points" => options.points = value()?.parse()?,
            "--kills" => options.kills = value()?.parse()?,
            "--seed" => options.seed = value()?.parse()?,
            other => bail!("unknown: {other}. Known are --points N, --kills N, --seed S"),
        }
    }
    Ok(options)
}
