//! Pushes a second over HTTP, on PostgreSQL beside what pgbench reaches with the same statements.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use records::codes::Role;
use records::wire::{Cursor, Nonce, Outcome, SyncRequest};
use records::{Audience, Scope};
use server::random;
use sync::device::{Incoming, Outgoing};
use tokio::runtime::Runtime;

use super::pgbench::Beside;
use super::setting::{COMMUNITY, Enrolled, Served, Setting, grids};
use super::{Options, median};
use crate::commits::{ROWS, new_households, request};
use crate::figures::Figures;
use crate::sync::now_ms;

/// Clients that push at the same time; pgbench has as many connections.
pub const CLIENTS: usize = 8;
/// Devices they push for, each in its turn.
pub const DEVICES: usize = 50;

/// Measures it over fifty areas and on one.
pub fn run(setting: Setting, options: &Options, runtime: &Runtime) -> Result<()> {
    for areas in [DEVICES, 1] {
        measure(setting, areas, options, runtime)?;
    }
    Ok(())
}

fn measure(setting: Setting, areas: usize, options: &Options, runtime: &Runtime) -> Result<()> {
    let ground = setting.ground()?;
    let devices = Enrolled::many(DEVICES + 1, Role::GridWorker, &grids(areas)?);
    let known = devices.clone();
    ground.fill(runtime, move |transaction| Enrolled::add_all(&known, transaction))?;
    let (recorded, devices) = devices.split_first().context("there are some")?;
    let mut beside = match ground.address() {
        Some(address) => {
            Some(Beside::record(&address, &ground.database(runtime)?, runtime, recorded, areas)?)
        }
        None => None,
    };
    let served = ground.serve(runtime)?;
    let (mut clients, each) = (Client::all(devices, areas), options.pushes / CLIENTS);
    let (mut took, mut runs) = (Figures::default(), vec![]);
    // The first run warms everything up.
    for run in 0..=options.runs {
        let of_run = if run == 0 { &mut Figures::default() } else { &mut took };
        let ours = lap(&served, &mut clients, each, of_run)?;
        let beside = beside.as_mut().map(|beside| beside.both(each)).transpose()?;
        if run > 0 {
            runs.push(Run { ours, beside });
        }
    }
    println!(
        "{areas} areas, {ROWS} rows a push, {CLIENTS} clients: {:.0} pushes/s, median {:.1} ms, 95 of 100 \
         within {:.1} ms",
        median(runs.iter().map(|run| run.ours).collect()),
        took.percentile(50).as_secs_f64() * 1e3,
        took.percentile(95).as_secs_f64() * 1e3,
    );
    for (place, share) in ["the same rounds", "settling alone"].into_iter().enumerate() {
        let theirs = |run: &Run| Some((run.ours, run.beside?[place]));
        let pairs: Vec<(f64, f64)> = runs.iter().filter_map(theirs).collect();
        if !pairs.is_empty() {
            println!(
                "  pgbench, {share}: {:.0} a second; ours are {:.2} of it",
                median(pairs.iter().map(|(_, theirs)| *theirs).collect()),
                median(pairs.iter().map(|(ours, theirs)| ours / theirs).collect()),
            );
        }
    }
    Ok(())
}

/// What ours and pgbench reached one after the other, a second.
struct Run {
    ours: f64,
    beside: Option<[f64; 2]>,
}

/// Pushes so often with every client; how many a second that were.
fn lap(served: &Served, clients: &mut [Client], each: usize, took: &mut Figures) -> Result<f64> {
    let prepared: Vec<Vec<Prepared>> =
        clients.iter_mut().map(|client| client.prepare(each)).collect::<Result<_>>()?;
    let start = Barrier::new(prepared.len() + 1);
    let of_client = |said: &[Prepared]| -> Result<Vec<(Duration, Incoming)>> {
        let agent = Served::agent();
        start.wait();
        said.iter().map(|said| timed(|| served.post(&agent, &said.outgoing))).collect()
    };
    let (lasted, posted) = thread::scope(|scope| {
        let of_client = &of_client;
        let running: Vec<_> = prepared.iter().map(|said| scope.spawn(move || of_client(said))).collect();
        start.wait();
        let began = Instant::now();
        let ended =
            running.into_iter().map(|client| client.join().map_err(|_| anyhow!("a client panicked"))?);
        let posted: Result<Vec<_>> = ended.collect();
        (began.elapsed(), posted)
    });
    for (said, (posted, answer)) in prepared.iter().flatten().zip(posted?.iter().flatten()) {
        took.add(*posted);
        said.check(served, answer)?;
    }
    Ok((each * prepared.len()) as f64 / lasted.as_secs_f64())
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(Duration, T)> {
    let began = Instant::now();
    let done = work()?;
    Ok((began.elapsed(), done))
}

/// A client that pushes for some devices in turn.
struct Client {
    place: usize,
    areas: usize,
    devices: Vec<Pusher>,
    pushed: usize,
}

struct Pusher {
    device: Enrolled,
    push_seq: u64,
}

/// A push that is ready to be sent.
pub struct Prepared {
    outgoing: Outgoing,
    nonce: Nonce,
    push_seq: u64,
}

impl Client {
    /// Every client with its share of the devices: no two push for the same one at once.
    fn all(devices: &[Enrolled], areas: usize) -> Vec<Self> {
        let of_client = |place: usize| {
            let share = devices.iter().skip(place).step_by(CLIENTS);
            share.map(|device| Pusher { device: device.clone(), push_seq: 0 }).collect()
        };
        (0..CLIENTS).map(|place| Self { place, areas, devices: of_client(place), pushed: 0 }).collect()
    }

    fn prepare(&mut self, count: usize) -> Result<Vec<Prepared>> {
        (0..count).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> Result<Prepared> {
        let (turn, turns) = (self.pushed % self.devices.len(), self.pushed / self.devices.len());
        let pusher = &mut self.devices[turn];
        pusher.push_seq += 1;
        // Alone in its area a device knows what it pushed; otherwise what all of them did shortly before.
        let seen = if self.areas == 1 { CLIENTS * self.pushed + self.place } else { turns };
        self.pushed += 1;
        let nonce = random::bytes();
        let asked = push_of(&pusher.device, pusher.push_seq, (seen * ROWS) as u64, nonce)?;
        Ok(Prepared { outgoing: pusher.device.says(&asked), nonce, push_seq: pusher.push_seq })
    }
}

impl Prepared {
    fn check(&self, served: &Served, answer: &Incoming) -> Result<()> {
        let answer = served.read(answer, &self.nonce)?;
        let is_applied = answer.results.iter().all(|result| result.outcome == Outcome::Applied);
        ensure!(answer.settled == self.push_seq && is_applied, "{answer:?}");
        Ok(())
    }
}

/// A grid worker's push of new households. Nothing is asked for, and nothing is new but in the worker's
/// own grid.
pub fn push_of(device: &Enrolled, push_seq: u64, seen: u64, nonce: Nonce) -> Result<SyncRequest> {
    let scope = Scope::new(device.area.clone(), Audience::Work);
    let now_ms = now_ms();
    let commits = vec![new_households(&scope, push_seq, ROWS, now_ms)?];
    let at = |scope, seq| Cursor { scope, seq, digest: 0 };
    let quiet =
        ["230881#public".to_owned(), format!("{COMMUNITY}#work"), format!("{}#sensitive", device.area)];
    let mut cursors = vec![at(scope, seen)];
    for name in quiet {
        cursors.push(at(name.parse()?, 0));
    }
    Ok(request((device.incarnation, nonce), commits, (cursors, 0), now_ms))
}
