//! Power cuts: the files of device and server, as they are on a disk when the power goes.
//!
//! Device and server work as always; after every action that was acknowledged both files are looked at. For
//! each action the files are then laid out as they were at every boundary of a frame of the log, at places
//! inside the frames, with sectors missing, and at every page that was taken over into the database. Each
//! time they are opened as always: what is found must be sound and be exactly the last whole transaction.

mod cut;
mod life;
mod log;
mod proof;
mod watched;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use oorandom::Rand64;

use cut::{Cut, Tally};
use life::Life;
use proof::Bench;
use watched::{Moment, Side};

/// An action and the points at which the power went.
type Job = (Moment, Vec<Cut>);

/// Cuts the power at so many points, half of them on each side. Returns what was done, in a sentence.
///
/// # Errors
/// What was lost or broken, and where.
pub fn run(points: usize, seed: u64) -> Result<String> {
    let began = Instant::now();
    let (send, receive) = sync_channel(4);
    let receive = Mutex::new(receive);
    let broken = Mutex::new(None);
    let tally = std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| work(&receive, &broken));
        }
        play(points, seed, &send, &broken).inspect(|_| drop(send))
    });
    if let Some(why) = broken.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(why).context(format!("seed {seed}"));
    }
    let (actions, [device, server]) = tally?;
    Ok(format!(
        "power cut at {} points of {actions} actions, {} of the device's files and {} of the server's \
         ({} between frames of the log, {} inside one, {} while it was taken over), in {:.1} s: \
         each opens, is sound and holds everything acknowledged",
        device.points() + server.points(),
        device.points(),
        server.points(),
        device.between + server.between,
        device.inside + server.inside,
        device.taking_over + server.taking_over,
        began.elapsed().as_secs_f64(),
    ))
}

/// Lives until both sides have had their share of the points.
fn play(
    points: usize,
    seed: u64,
    send: &SyncSender<Job>,
    broken: &Mutex<Option<anyhow::Error>>,
) -> Result<(usize, [Tally; 2])> {
    let mut chance = Rand64::new(u128::from(seed));
    let mut life = Life::new(seed)?;
    let (mut actions, mut tallies) = (0, [Tally::default(); 2]);
    let mut seen = life.first_sync()?;
    loop {
        for moment in seen {
            let tally = &mut tallies[usize::from(moment.side == Side::Server)];
            if tally.points() < points.div_ceil(2) {
                let cuts = cut::points(&moment, &mut chance, tally)?;
                actions += 1;
                send.send((moment, cuts)).context("nobody proves any more")?;
            }
        }
        let is_broken = broken.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if is_broken || tallies.iter().all(|tally| tally.points() >= points.div_ceil(2)) {
            return Ok((actions, tallies));
        }
        seen = life.go_on()?;
    }
}

/// Proves one action after the other.
fn work(jobs: &Mutex<Receiver<Job>>, broken: &Mutex<Option<anyhow::Error>>) {
    let bench = Bench::new();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((moment, cuts)) = job else { return };
        let proved = bench.as_ref().map_err(|why| anyhow::anyhow!("{why}"));
        if let Err(why) = proved.and_then(|bench| prove(bench, &moment, &cuts)) {
            broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        }
    }
}

fn prove(bench: &Bench, moment: &Moment, cuts: &[Cut]) -> Result<()> {
    let side = moment.side;
    bench.states_are_sound(moment).with_context(|| format!("{side:?}"))?;
    for cut in cuts {
        bench.holds(moment, cut).with_context(|| format!("{side:?}, {cut:?}"))?;
    }
    Ok(())
}
