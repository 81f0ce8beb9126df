//! Deterministic simulation of several devices and the server: lost, late, repeated and damaged
//! messages, power cuts at any write, full disks, old backups, copied devices, clocks off by years, other
//! versions of the app.
//!
//! `cargo xtask sim --seeds N [--seed S]`. One seed plays one life of a community; when
//! it ends badly, the seed and what was broken are told, and the same seed does it again.
#![expect(clippy::print_stdout, reason = "its output is what happened")]

mod calm;
mod chance;
mod courier;
mod device;
mod faults;
mod life;
mod machines;
mod model;
mod moves;
mod mutant;
mod network;
mod photos;
mod proof;
mod server;
mod skew;
mod stage;
mod tally;
mod trace;
mod watch;
mod work;

use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::life::Life;
use crate::machines::{Hall, Machines};
use crate::mutant::Mutant;
use crate::stage::{DEVICE_FILE, SERVER_FILE, Stage};
use crate::tally::Tally;

/// A life allocates ten million times, SQLite more than we do.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Clone, Copy)]
struct Options {
    first: u64,
    seeds: u64,
    /// Lives played at the same time.
    jobs: usize,
    mutant: Option<Mutant>,
    /// Whether all mutants are tried after the seeds.
    mutants: bool,
    /// Whether the trace of each life is told.
    traces: bool,
    /// Whether the lives are played again here and in another process, to the same traces.
    again: bool,
}

/// Seeds after which a mutant nobody has noticed is one that lives.
const MOST_SEEDS_OF_A_MUTANT: u64 = 400;

fn main() -> Result<ExitCode> {
    let options = options(std::env::args().skip(1))?;
    let stage = Stage::set()?;
    if let Some(mutant) = options.mutant {
        return Ok(code(is_noticed(&stage, &options, mutant)));
    }
    let mut is_well = play(&stage, &options);
    if options.again {
        same_again(&stage, &options)?;
    }
    if options.mutants {
        let few = Options { seeds: MOST_SEEDS_OF_A_MUTANT, ..options };
        for mutant in mutant::ALL {
            is_well &= is_noticed(&stage, &few, mutant);
        }
    }
    Ok(code(is_well))
}

fn code(is_well: bool) -> ExitCode {
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays the seeds and tells how it went; whether all ended well.
fn play(stage: &Stage, options: &Options) -> bool {
    let began = Instant::now();
    let all = Mutex::new((vec![], Tally::default()));
    each(options, |hall, seed| {
        let outcome = Life::play(stage, hall, seed, None);
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(tally) => {
                if options.traces {
                    println!("seed {seed}: trace {:016x}", tally.trace.0);
                }
                all.1 += tally;
            }
            Err(why) => all.0.push((seed, why)),
        }
        all.0.len() < MOST_TOLD
    });
    let (broken, tally) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (seconds, seeds) = (began.elapsed().as_secs_f64(), options.seeds);
    let rate = seeds as f64 / seconds;
    println!("{seeds} seeds from {} in {seconds:.1} s, {rate:.1} a second: {tally}", options.first);
    for (seed, why) in &broken {
        println!("seed {seed}: {why:#}");
    }
    broken.is_empty()
}

/// So many seeds that end badly are told; there is no need for more.
const MOST_TOLD: usize = 5;

/// Calls `work` for every seed, several at a time, until it says that this is enough.
fn each(options: &Options, work: impl Fn(&mut Hall, u64) -> bool + Sync) {
    let next = AtomicU64::new(options.first);
    let end = options.first.saturating_add(options.seeds);
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                let mut hall = hall();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || !work(&mut hall, seed) {
                        return;
                    }
                }
            });
        }
    });
}

fn hall() -> Hall {
    Hall { servers: Machines::of(SERVER_FILE), devices: Machines::of(DEVICE_FILE) }
}

/// A mutant must be noticed by some seed.
fn is_noticed(stage: &Stage, options: &Options, mutant: Mutant) -> bool {
    let mut hall = hall();
    for (number, seed) in (1..).zip(options.first..options.first + options.seeds) {
        if let Err(why) = Life::play(stage, &mut hall, seed, Some(mutant)) {
            println!("{mutant:?} is noticed after {number} seeds, by {seed}: {}", why.root_cause());
            return true;
        }
    }
    println!("{mutant:?} lives through {} seeds", options.seeds);
    false
}

/// A seed decides everything: its life is the same a second time, and in another process.
fn same_again(stage: &Stage, options: &Options) -> Result<()> {
    let (mut traces, mut hall) = (String::new(), hall());
    for seed in options.first..options.first + options.seeds {
        let trace = Life::play(stage, &mut hall, seed, None)?.trace;
        traces += &format!("seed {seed}: trace {:016x}\n", trace.0);
    }
    let (first, seeds) = (options.first.to_string(), options.seeds.to_string());
    let mut other = Command::new(std::env::current_exe()?);
    other.args(["--from", &first, "--seeds", &seeds, "--jobs", "1", "--traces"]);
    let told = String::from_utf8(other.output()?.stdout)?;
    ensure!(told.starts_with(&traces), "another process has other traces:\n{traces}\n{told}");
    println!("{seeds} seeds from {first} once more, here and in another process: the same traces");
    Ok(())
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options> {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let (mutant, mutants, traces, again) = (None, false, false, false);
    let mut options = Options { first: 1, seeds: 100, jobs, mutant, mutants, traces, again };
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--seeds" => options.seeds = value()?.parse()?,
            "--seed" => (options.first, options.seeds, options.traces) = (value()?.parse()?, 1, true),
            "--from" => options.first = value()?.parse()?,
            "--jobs" => options.jobs = value()?.parse()?,
            "--mutants" => options.mutants = true,
            "--mutant" => options.mutant = Some(value()?.parse()?),
            "--traces" => options.traces = true,
            "--again" => options.again = true,
            other => bail!(
                "unknown: {other}. Known are --seeds N, --from S, --seed S, --jobs N, --traces, --again, \
                 --mutant NAME, --mutants"
            ),
        }
    }
    Ok(options)
}
