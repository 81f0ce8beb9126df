//! A thousand devices sync for the first time at the same moment: the grid workers of the sample city.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use device::sunday;
use records::codes::Role;
use server::demo::{self, Size};
use tokio::runtime::Runtime;

use super::Options;
use super::reader::{Made, Reader};
use super::setting::{Enrolled, Ground, Setting};
use crate::figures::Figures;
use crate::sync::now_ms;
use crate::usage;

/// Seed of the sample.
pub const SEED: u64 = 7;
/// Stack of a device's thread, bytes: there are many.
const STACK: usize = 512 * 1024;

/// Lets all of them begin at once and prints what became of it.
pub fn run(setting: Setting, options: &Options, runtime: &Runtime) -> Result<()> {
    let ground = setting.ground()?;
    let devices = citizens(&ground, options.devices, runtime)?;
    let served = ground.serve(runtime)?;
    let start = Barrier::new(devices.len());
    let began = Instant::now();
    let synced: Vec<Result<Synced>> = thread::scope(|scope| {
        let first_sync = |device| -> Result<Synced> {
            start.wait();
            let began = Instant::now();
            let rounds = Reader::new(&served, device).read_all()?;
            Ok(Synced { took: began.elapsed(), rounds })
        };
        let spawn = |device| {
            let thread = thread::Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, move || first_sync(device))
        };
        let running: Vec<_> = devices.iter().map(spawn).collect();
        running.into_iter().map(|device| device?.join().map_err(|_| anyhow!("a device panicked"))?).collect()
    });
    print(&synced, began.elapsed(), served.process());
    Ok(())
}

struct Synced {
    took: Duration,
    rounds: Vec<Made>,
}

/// Fills the ground with the sample city and enrols so many grid workers of it.
pub fn citizens(ground: &Ground, count: usize, runtime: &Runtime) -> Result<Vec<Enrolled>> {
    let grids: Vec<_> = sample::city(SEED, sunday()).grids().cloned().collect();
    let devices = Enrolled::many(count, Role::GridWorker, &grids);
    let known = devices.clone();
    ground.fill(runtime, move |transaction| {
        demo::fill(transaction, Size::City, SEED, now_ms())?;
        Enrolled::add_all(&known, transaction)
    })?;
    Ok(devices)
}

fn print(synced: &[Result<Synced>], lasted: Duration, process: u32) {
    let (mut took, mut pages, mut rows, mut bytes) = (Figures::default(), 0, 0, 0);
    for Synced { took: one, rounds } in synced.iter().flatten() {
        took.add(*one);
        pages += rounds.len();
        rows += rounds.iter().map(|round| round.changes).sum::<usize>();
        bytes += rounds.iter().map(|round| round.bytes).sum::<usize>();
    }
    let faults: Vec<String> =
        synced.iter().filter_map(|one| Some(format!("{:#}", one.as_ref().err()?))).collect();
    let seconds = |share| took.percentile(share).as_secs_f64();
    println!(
        "{} first syncs at once: {} with an error; p50 {:.1} s, p95 {:.1} s, all within {:.1} s",
        synced.len(),
        faults.len(),
        seconds(50),
        seconds(95),
        lasted.as_secs_f64(),
    );
    println!(
        "  {rows} rows and {} MB in {pages} rounds; the server took {:.1} s of processor time, {} MB at most, \
         {} MB after it",
        bytes / 1_000_000,
        usage::cpu(process).as_secs_f64(),
        usage::peak(process) / 1_000_000,
        usage::resident(process) / 1_000_000,
    );
    if let Some(fault) = faults.first() {
        println!("  one of the errors: {fault}");
    }
}
