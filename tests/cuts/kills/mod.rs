//! Real processes that die: the server's and the device's, at any moment, and the road between them.

pub mod child;
pub mod device;
mod proof;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use oorandom::Rand64;
use records::RecordId;
use rustix::process::{Pid, Signal, kill_process};
use stories::networked::Device;
use stories::server::ServerProcess;
use stories::weak_link::{Cut, WeakLink};
use tempfile::TempDir;

use crate::setting::{self, GRID, UNDO_IS_OVER_MS};
use device::{DeviceProcess, Order};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The device is killed after so many words.
    DeviceAfter(usize),
    /// The connection breaks there.
    Road(Cut),
    /// The connection breaks there, since the server is killed.
    Server(Cut),
    /// The connection breaks there, since the device is killed.
    Device(Cut),
}

/// How often each thing went wrong.
#[derive(Debug, Default)]
struct Tally {
    device: usize,
    server: usize,
    road: usize,
}

struct Story {
    server: ServerProcess,
    link: WeakLink,
    device: DeviceProcess,
    doors: Vec<RecordId>,
    chance: Rand64,
    now_ms: i64,
    done: Vec<Order>,
    tally: Tally,
}

/// Kills and cuts so many times, then lets everything come to rest and compares. Returns what was done, in a
/// sentence.
///
/// # Errors
/// What was lost, doubled or broken.
pub fn run(times: usize, seed: u64) -> Result<String> {
    let began = Instant::now();
    let mut story = Story::new(seed)?;
    while story.tally.all() < times {
        story.go_on().with_context(|| format!("after {:?}, seed {seed}", story.tally))?;
    }
    proof::nothing_is_lost(&mut story).with_context(|| format!("after {:?}, seed {seed}", story.tally))?;
    let Tally { device, server, road } = story.tally;
    let saved = story.done.iter().filter(|order| order.is_saved).count();
    Ok(format!(
        "killed the device's process {device} times, the server's {server} times, cut the road at {road} \
         bytes, in {:.1} s: each of {saved} acknowledged actions is there once, everybody holds the same",
        began.elapsed().as_secs_f64()
    ))
}

impl Tally {
    fn all(&self) -> usize {
        self.device + self.server + self.road
    }
}

impl Story {
    fn new(seed: u64) -> Result<Self> {
        let (server, doors) = setting::set()?;
        let link = WeakLink::to(&server.address())?;
        let folder = TempDir::new()?;
        let invitation = server.invite_to(&link.address(), "grid-worker", GRID, setting::WORKER)?;
        let mut device = Device::at(folder.path(), u64::MAX / 2)?;
        device.enrol(&invitation).map_err(setting::said)?;
        device.sync().map_err(setting::said)?;
        let now_ms = device.now_ms;
        drop(device);
        let (device, chance) = (DeviceProcess::new(folder), Rand64::new(u128::from(seed)));
        Ok(Self { server, link, device, doors, chance, now_ms, done: vec![], tally: Tally::default() })
    }

    /// The person does a few things, and something goes wrong.
    fn go_on(&mut self) -> Result<()> {
        // Ten doors, so that one is edited again and again.
        let mut orders: Vec<Order> = (0..=self.below(3)).map(|place| self.order(place)).collect();
        let syncs = ["sync", "sync"].map(|line| Order { line: line.to_owned(), is_saved: false });
        orders.extend(syncs);
        let process = self.device.process(self.now_ms)?;
        let fault = self.fault();
        let has_happened = self.prepare(fault, process);
        let killed_after = if let Fault::DeviceAfter(words) = fault { Some(words) } else { None };
        let is_alive = self.device.does(&mut orders, killed_after)?;
        self.link.mend();
        self.count(fault, is_alive, has_happened.load(Ordering::SeqCst))?;
        self.done.extend(orders);
        self.now_ms += 4 * UNDO_IS_OVER_MS;
        Ok(())
    }

    fn order(&mut self, place: u64) -> Order {
        let number = self.done.len() as u64 + place;
        let door = self.below(10) as usize;
        let door = self.doors[door];
        let what = if self.below(2) == 0 { "visit" } else { "edit" };
        Order { line: format!("{what} {door} 第{number}次"), is_saved: false }
    }

    fn fault(&mut self) -> Fault {
        let cut = match self.below(2) {
            0 => Cut::Request(self.below(1_500) as usize),
            _ => Cut::Answer(self.below(1_200) as usize),
        };
        match self.below(4) {
            0 => Fault::DeviceAfter(self.below(14) as usize),
            1 => Fault::Road(cut),
            2 => Fault::Server(cut),
            _ => Fault::Device(cut),
        }
    }

    /// Lays the fault in wait; what tells whether it has happened.
    fn prepare(&self, fault: Fault, device: Pid) -> Arc<AtomicBool> {
        let happened = Arc::new(AtomicBool::new(false));
        let (cut, victim) = match fault {
            Fault::DeviceAfter(_) => return happened,
            Fault::Road(cut) => (cut, None),
            Fault::Server(cut) => (cut, self.server.process()),
            Fault::Device(cut) => (cut, Some(device)),
        };
        let tell = happened.clone();
        self.link.cut_and(cut, move || {
            // One that is dead already stays so: it is waited for only later.
            let _ = victim.map(|victim| kill_process(victim, Signal::KILL));
            tell.store(true, Ordering::SeqCst);
        });
        happened
    }

    fn count(&mut self, fault: Fault, is_alive: bool, has_happened: bool) -> Result<()> {
        match fault {
            Fault::Road(_) => self.tally.road += usize::from(has_happened),
            Fault::Server(_) if has_happened => {
                self.tally.server += 1;
                self.server.start_again()?;
            }
            Fault::Server(_) => {}
            Fault::DeviceAfter(_) | Fault::Device(_) => self.tally.device += usize::from(!is_alive),
        }
        Ok(())
    }

    fn below(&mut self, end: u64) -> u64 {
        self.chance.rand_range(0..end)
    }
}
