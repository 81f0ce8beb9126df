//! What a server bears: pushes a second beside pgbench, a thousand first syncs at once, one user with
//! very much beside others with little, and what it holds while nobody asks. The server is a process of
//! its own; what devices say is prepared before the clock runs and checked after it stopped.

mod idle;
mod large;
mod pgbench;
mod pushing;
mod reader;
mod setting;
mod storm;

use anyhow::{Context, Result, bail};
use tokio::runtime::Runtime;

use setting::Setting;

/// What is measured, and how much of it.
#[derive(Debug, Clone)]
pub struct Options {
    only: Vec<String>,
    databases: Vec<String>,
    /// Runs of pushes, of which the median counts.
    runs: usize,
    /// Pushes in a run.
    pushes: usize,
    /// Devices that sync for the first time at once.
    devices: usize,
    /// Pairs of spans with and without a user with very much.
    pairs: usize,
}

/// Runs and prints everything.
pub fn run(words: &[String]) -> Result<()> {
    let options = options(words)?;
    let runtime = Runtime::new()?;
    for setting in Setting::ALL {
        if !options.has(&options.databases, setting.name()) {
            continue;
        }
        println!("\n{}", setting.name());
        if options.has(&options.only, "pushes") {
            pushing::run(setting, &options, &runtime)?;
        }
        if options.has(&options.only, "storm") {
            storm::run(setting, &options, &runtime)?;
        }
        if options.has(&options.only, "large") {
            large::run(setting, &options, &runtime)?;
        }
        if options.has(&options.only, "idle") {
            idle::run(setting, &runtime)?;
        }
    }
    Ok(())
}

impl Options {
    fn has(&self, named: &[String], name: &str) -> bool {
        named.is_empty() || named.iter().any(|one| one.eq_ignore_ascii_case(name))
    }
}

fn options(words: &[String]) -> Result<Options> {
    let mut options =
        Options { only: vec![], databases: vec![], runs: 5, pushes: 1_600, devices: 1_000, pairs: 21 };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        let names = || value.split(',').map(str::to_owned).collect();
        match word.as_str() {
            "--only" => options.only = names(),
            "--databases" => options.databases = names(),
            "--runs" => options.runs = value.parse()?,
            "--pushes" => options.pushes = value.parse()?,
            "--devices" => options.devices = value.parse()?,
            "--pairs" => options.pairs = value.parse()?,
            other => bail!(
                "unknown: {other}. Known are --only pushes,storm,large,idle, --databases sqlite,postgresql, \
                 --runs N, --pushes N, --devices N, --pairs N"
            ),
        }
    }
    Ok(options)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
