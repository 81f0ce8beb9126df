//! What a server with a city holds in memory when nobody asks, before work and after it.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use tokio::runtime::Runtime;

use super::reader::Reader;
use super::setting::Setting;
use super::storm::citizens;
use crate::usage;

/// Grid workers at work, and for how long.
const WORKERS: usize = 20;
const WORK: Duration = Duration::from_secs(60);
/// Between two rounds of one of them, and after the last one.
const BETWEEN: Duration = Duration::from_millis(100);
const REST: Duration = Duration::from_secs(5);

/// Lets them work and prints what is held before and after it.
pub fn run(setting: Setting, runtime: &Runtime) -> Result<()> {
    let ground = setting.ground()?;
    let devices = citizens(&ground, WORKERS, runtime)?;
    let served = ground.serve(runtime)?;
    let (process, until) = (served.process(), Instant::now() + WORK);
    let before = usage::resident(process);
    let work = |device| -> Result<usize> {
        let mut reader = Reader::new(&served, device);
        reader.read_all()?;
        let mut rounds = 0;
        while Instant::now() < until {
            reader.push()?;
            rounds += 1;
            thread::park_timeout(BETWEEN);
        }
        Ok(rounds)
    };
    let rounds: Vec<Result<usize>> = thread::scope(|scope| {
        let running: Vec<_> = devices.iter().map(|device| scope.spawn(move || work(device))).collect();
        running.into_iter().map(|one| one.join().map_err(|_| anyhow!("one panicked"))?).collect()
    });
    let rounds: usize = rounds.into_iter().sum::<Result<usize>>()?;
    thread::park_timeout(REST);
    println!(
        "idle with the sample city: {:.1} MB at first, {:.1} MB after {WORKERS} first syncs and {rounds} rounds, \
         {:.1} MB at most",
        before as f64 / 1e6,
        usage::resident(process) as f64 / 1e6,
        usage::peak(process) as f64 / 1e6,
    );
    Ok(())
}
