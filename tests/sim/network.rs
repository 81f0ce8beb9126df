//! The network between devices and server: messages get lost, come late, twice, in another order and in
//! part. It counts every byte.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::AddAssign;

use anyhow::{Result, ensure};
use records::wire::{ScopeChanges, SyncAnswer, SyncRequest};
use sync::device::{Incoming, Outgoing};
use sync::{frame, pack};

use crate::chance::Chance;
use crate::photos::PATH;
use crate::trace::Trace;

/// A message on its way.
pub enum Message {
    /// To the server; the answer goes to this device's round, or to nobody.
    Request {
        /// The device.
        device: usize,
        /// Its round.
        round: u64,
        /// What it says.
        outgoing: Outgoing,
        /// Whether anybody waits for the answer.
        is_awaited: bool,
    },
    /// To a device.
    Answer {
        /// The device.
        device: usize,
        /// Its round.
        round: u64,
        /// What it answers.
        path: &'static str,
        /// What it says.
        incoming: Incoming,
    },
}

/// What went over the network.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traffic {
    /// Messages that arrived.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Commits in them, and changes of records.
    pub changes: u64,
    /// Messages about photos, which are not among those.
    pub parts: u64,
    /// Their bytes.
    pub part_bytes: u64,
    /// Most bytes of any message, for each that [`ROUND_BYTES`] and [`CHANGE_BYTES`] allow it, per mille.
    pub worst: u64,
}

/// What a message weighs at most that carries nothing: ids, cursors and digests of all scopes.
const ROUND_BYTES: u64 = 600;
/// What each commit or change in it adds at most.
const CHANGE_BYTES: u64 = 500;

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.messages += other.messages;
        self.bytes += other.bytes;
        self.changes += other.changes;
        self.parts += other.parts;
        self.part_bytes += other.part_bytes;
        self.worst = self.worst.max(other.worst);
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, bytes, changes, parts, part_bytes, worst } = self;
        let share = worst / 10;
        write!(
            f,
            "{messages} messages with {changes} changes in {bytes} bytes, at most {share} % of the bound, \
             {parts} about photos in {part_bytes}"
        )
    }
}

impl Traffic {
    /// What a commit or change costs, with all that is said around it.
    pub fn bytes_a_change(&self) -> u64 {
        self.bytes / self.changes.max(1)
    }

    /// Counts a message that arrives, uncompressed so that no luck of the compressor hides anything.
    ///
    /// # Errors
    /// When it is larger than what it carries explains.
    fn count(&mut self, body: &[u8], encoding: Option<&str>, carries: impl Fn(&[u8]) -> u64) -> Result<()> {
        let Ok(plain) = pack::unpack(body, encoding) else { return Ok(()) };
        let changes = carries(&plain);
        let allowed = ROUND_BYTES + changes * CHANGE_BYTES;
        let bytes = plain.len() as u64;
        ensure!(bytes <= allowed, "a message of {bytes} bytes carries {changes} changes");
        let worst = bytes * 1_000 / allowed;
        *self += Self { messages: 1, bytes: body.len() as u64, changes, worst, ..Self::default() };
        Ok(())
    }
}

/// The network.
#[derive(Default)]
pub struct Network {
    messages: Vec<Message>,
    /// What arrived.
    pub traffic: Traffic,
    /// What it did wrong.
    pub faults: u64,
    /// Everything that arrived.
    pub trace: Trace,
}

impl Network {
    /// A device sends a request: it gets lost, or comes twice, in part, or as it is.
    pub fn send(&mut self, (device, round): (usize, u64), mut outgoing: Outgoing, chance: &mut Chance) {
        let fate = chance.below(20);
        self.faults += u64::from(fate < 4);
        if fate < 2 {
            return;
        }
        if fate == 2 {
            let outgoing = outgoing.clone();
            self.messages.push(Message::Request { device, round, outgoing, is_awaited: false });
        }
        if fate == 3 {
            cut(&mut outgoing.body, chance);
        }
        self.messages.push(Message::Request { device, round, outgoing, is_awaited: true });
    }

    /// The server answers: that gets lost, or comes in part, or as it is.
    pub fn answer(
        &mut self,
        (device, round): (usize, u64),
        (path, mut incoming): (&'static str, Incoming),
        chance: &mut Chance,
    ) {
        let fate = chance.below(20);
        self.faults += u64::from(fate < 3);
        if fate < 2 {
            return;
        }
        if fate == 2 {
            cut(&mut incoming.body, chance);
        }
        self.messages.push(Message::Answer { device, round, path, incoming });
    }

    /// What arrives next: the oldest, or any other that overtook it.
    ///
    /// # Errors
    /// When a message is larger than what it carries explains.
    pub fn next(&mut self, chance: &mut Chance) -> Result<Option<Message>> {
        if self.messages.is_empty() {
            return Ok(None);
        }
        let which = if chance.one_in(4) { chance.below(self.messages.len() as u64) } else { 0 };
        self.faults += u64::from(which > 0);
        let message = self.messages.remove(usize::try_from(which)?);
        match &message {
            Message::Request { outgoing, .. } if outgoing.path == PATH => self.photo(&outgoing.body),
            Message::Answer { path, incoming, .. } if *path == PATH => self.photo(&incoming.body),
            Message::Request { outgoing, .. } => self.requested(outgoing)?,
            Message::Answer { incoming, .. } => self.answered(incoming)?,
        }
        Ok(Some(message))
    }

    /// A request arrives.
    ///
    /// # Errors
    /// When it is larger than what it carries explains.
    pub fn requested(&mut self, outgoing: &Outgoing) -> Result<()> {
        self.trace.bytes(&outgoing.body);
        let carries = |body: &[u8]| {
            let Ok(request) = frame::read::<SyncRequest>(body) else { return 0 };
            let after = request.aftermath.map_or(0, |after| after.purged.len() + after.awaited.len());
            (request.commits.len() + after) as u64
        };
        self.traffic.count(&outgoing.body, outgoing.content_encoding, carries)
    }

    /// An answer arrives.
    ///
    /// # Errors
    /// When it is larger than what it carries explains.
    pub fn answered(&mut self, incoming: &Incoming) -> Result<()> {
        self.trace.bytes(&incoming.body);
        let carries = |body: &[u8]| {
            let Ok(answer) = frame::read::<SyncAnswer>(body) else { return 0 };
            let changes = answer.scopes.iter().map(|page| page.changes.len() as u64).sum::<u64>();
            let ruling = answer.ruling.map_or(0, |ruling| ruling.revoked.len() + ruling.decided.len());
            changes + (answer.results.len() + ruling) as u64
        };
        self.traffic.count(&incoming.body, incoming.content_encoding.as_deref(), carries)
    }

    /// A part of a photo arrives, or what is said about one: as large as it is.
    fn photo(&mut self, body: &[u8]) {
        self.trace.bytes(body);
        (self.traffic.parts, self.traffic.part_bytes) =
            (self.traffic.parts + 1, self.traffic.part_bytes + body.len() as u64);
    }

    /// Everything on its way is lost.
    pub fn clear(&mut self) {
        self.messages.clear();
    }
}

/// What a page carries is never more than what changed since the cursor.
///
/// # Errors
/// When it is.
pub fn no_more_than_new(page: &ScopeChanges, request: &SyncRequest) -> Result<()> {
    let cursor = request.cursors.iter().find(|cursor| cursor.scope == page.scope);
    let after = cursor.map_or(0, |cursor| cursor.seq);
    let new = page.to.saturating_sub(after);
    let carried = page.changes.len() as u64;
    ensure!(carried <= new, "{carried} changes after {after}, up to {}, in {}", page.to, page.scope);
    let versions: BTreeSet<u64> = page.changes.iter().map(|change| change.version).collect();
    let is_after = versions.first().is_none_or(|first| *first > after);
    ensure!(is_after && versions.len() == page.changes.len(), "a page tells what was told before");
    Ok(())
}

fn cut(body: &mut Vec<u8>, chance: &mut Chance) {
    let left = chance.below(body.len() as u64);
    body.truncate(usize::try_from(left).unwrap_or(0));
}
