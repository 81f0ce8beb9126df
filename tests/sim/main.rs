//! Deterministic simulation of several devices and the server: lost, late, repeated and damaged
//! messages, power cuts at any write, old backups, copied devices, clocks off by years.
//!
//! `cargo xtask sim --seeds N [--seed S]`. One seed plays one life of a community; when
//! it ends badly, the seed and what was broken are told, and the same seed does it again.
#![expect(clippy::print_stdout, reason = "its output is what happened")]

mod chance;
mod device;
mod life;
mod mutant;
mod proof;
mod server;
mod stage;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::life::{Life, Tally};
use crate::mutant::Mutant;
use crate::stage::Stage;

struct Options {
    first: u64,
    seeds: u64,
    mutant: Option<Mutant>,
    /// Whether all mutants are tried after the seeds.
    mutants: bool,
}

/// Seeds after which a mutant nobody has noticed is one that lives.
const MOST_SEEDS_OF_A_MUTANT: u64 = 100;

fn main() -> Result<ExitCode> {
    let options = options(std::env::args().skip(1))?;
    let stage = Stage::set()?;
    if let Some(mutant) = options.mutant {
        let is_noticed = is_noticed(&stage, &options, mutant);
        return Ok(if is_noticed { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let began = Instant::now();
    let (broken, tally) = play(&stage, &options);
    let seconds = began.elapsed().as_secs_f64();
    let rate = options.seeds as f64 / seconds;
    println!("{} seeds from {} in {seconds:.1} s, {rate:.1} a second: {tally}", options.seeds, options.first);
    for (seed, why) in &broken {
        println!("seed {seed}: {why:#}");
    }
    let mut is_well = broken.is_empty();
    if options.mutants {
        let few = Options { seeds: MOST_SEEDS_OF_A_MUTANT, ..options };
        for mutant in mutant::ALL {
            is_well &= is_noticed(&stage, &few, mutant);
        }
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A mutant must be noticed by some seed.
fn is_noticed(stage: &Stage, options: &Options, mutant: Mutant) -> bool {
    for seed in options.first..options.first + options.seeds {
        if let Err(why) = Life::play(stage, seed, Some(mutant)) {
            println!("{mutant:?} is noticed by seed {seed}: {}", why.root_cause());
            return true;
        }
    }
    println!("{mutant:?} lives through {} seeds", options.seeds);
    false
}

/// Plays every seed on all processors; the first few that end badly, and what happened in all.
fn play(stage: &Stage, options: &Options) -> (Vec<(u64, anyhow::Error)>, Tally) {
    const MOST_TOLD: usize = 5;
    let next = AtomicU64::new(options.first);
    let told = Mutex::new((vec![], Tally::default()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= options.first + options.seeds {
                        return;
                    }
                    let outcome = Life::play(stage, seed, None);
                    let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    match outcome {
                        Ok(tally) => told.1 += tally,
                        Err(why) if told.0.len() < MOST_TOLD => told.0.push((seed, why)),
                        Err(_) => {}
                    }
                }
            });
        }
    });
    told.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options> {
    let mut options = Options { first: 1, seeds: 100, mutant: None, mutants: false };
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--seeds" => options.seeds = value()?.parse()?,
            "--seed" => (options.first, options.seeds) = (value()?.parse()?, 1),
            "--from" => options.first = value()?.parse()?,
            "--mutants" => options.mutants = true,
            "--mutant" => options.mutant = Some(value()?.parse()?),
            other => {
                bail!("unknown: {other}. Known are --seeds N, --from S, --seed S, --mutant NAME, --mutants")
            }
        }
    }
    Ok(options)
}
