//! How much happened in a life, and in all of them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use anyhow::{Result, ensure};

use crate::network::Traffic;
use crate::trace::Trace;

/// What a life has at least: operations of people, faults, devices.
pub const LEAST: (u64, u64, u64) = (200, 20, 3);

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A message got lost, came twice, in part or in another order.
    Network,
    /// The power of a device went.
    DeviceCut,
    /// The power of the server went.
    ServerCut,
    /// The app was killed.
    DeviceKilled,
    /// The server was killed.
    ServerKilled,
    /// Somebody stopped waiting for an answer.
    GivenUp,
    /// A device's clock jumped.
    Clock,
    /// A device's disk was full.
    DeviceFull,
    /// The server's disk was full.
    ServerFull,
    /// A device went back to an older image.
    DeviceBack,
    /// A device was copied.
    Copied,
    /// The server went back to a backup.
    ServerBack,
    /// A device got another version of the app.
    Version,
    /// Somebody got another post, or lost theirs.
    Post,
    /// Somebody decided about a commit that came late.
    Decision,
    /// The server did not know who may hold what.
    Confusion,
    /// A file was carried to the server or back.
    Carried,
    /// A household moved.
    Moved,
}

/// How much happened.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// What people did, and were told is done.
    pub operations: u64,
    /// Rounds that began.
    pub rounds: u64,
    /// Devices at the end.
    pub devices: u64,
    /// What went wrong, and how often.
    pub faults: BTreeMap<Fault, u64>,
    /// What went over the network.
    pub traffic: Traffic,
    /// Bytes both ways for each commit or change in a message, by life.
    pub bytes_a_change: Vec<u64>,
    /// All of it in one number.
    pub trace: Trace,
}

impl Tally {
    /// Something went wrong, so many times.
    pub fn fault(&mut self, fault: Fault, times: u64) {
        *self.faults.entry(fault).or_default() += times;
    }

    /// Whether a life was long enough.
    pub fn is_enough(&self) -> bool {
        self.operations >= LEAST.0 && self.all_faults() >= LEAST.1
    }

    /// A life that was over too soon proves nothing.
    ///
    /// # Errors
    /// When it was.
    pub fn check(&self) -> Result<()> {
        let (operations, faults, devices) = (self.operations, self.all_faults(), self.devices);
        let is_enough = self.is_enough() && devices >= LEAST.2;
        ensure!(is_enough, "only {operations} operations, {faults} faults, {devices} devices");
        Ok(())
    }

    fn all_faults(&self) -> u64 {
        self.faults.values().sum()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.operations += other.operations;
        self.rounds += other.rounds;
        self.devices += other.devices;
        other.faults.into_iter().for_each(|(fault, times)| self.fault(fault, times));
        self.traffic += other.traffic;
        self.bytes_a_change.extend(other.bytes_a_change);
        // Lives end in any order.
        self.trace.0 = self.trace.0.wrapping_add(other.trace.0);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operations, rounds, devices, faults, traffic, bytes_a_change, trace } = self;
        let (all, mut each) = (self.all_faults(), bytes_a_change.clone());
        each.sort_unstable();
        let (median, worst) = (each.get(each.len() / 2), each.last());
        let (median, worst) = (median.copied().unwrap_or(0), worst.copied().unwrap_or(0));
        writeln!(f, "{operations} operations, {rounds} rounds, {devices} devices, {all} faults: {faults:?}")?;
        writeln!(f, "{median} bytes a change in the median life, {worst} in the worst")?;
        write!(f, "{traffic}; trace {:016x}", trace.0)
    }
}
