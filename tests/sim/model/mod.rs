//! What the server must hold, told a second time: plain maps, one commit after the other, in the order
//! in which the server took them. It shares no code with how the server settles and merges.

mod draft;
mod edit;
mod late;
mod moves;
mod posts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use records::declaration::declaration;
use records::wire::{Commit, Outcome};
use records::{AccountId, Body, Incarnation, Kind, RecordId, Scope};
use sync::signature::digest;

use draft::{Author, Draft, Stop};
use late::Late;
use moves::Left;
pub use posts::Person;

/// Version of what has none yet: above every other.
const PENDING: u64 = u64::MAX;

/// One write of a field: its version, its effective time, and whose it is.
#[derive(Debug, Clone, Copy)]
struct Write {
    version: u64,
    time: u64,
    incarnation: Incarnation,
    push_seq: u64,
    author: AccountId,
}

/// A record as the server must have it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its type.
    pub kind: Kind,
    /// Its scope.
    pub scope: Scope,
    /// Its version.
    pub version: u64,
    /// Its fields.
    pub body: Body,
    /// Whether it is deleted.
    pub is_deleted: bool,
    /// Who made it.
    pub author: AccountId,
    made: Write,
    writes: BTreeMap<u32, Write>,
    /// When elements of sets were added.
    elements: BTreeMap<(u32, Vec<u8>), Write>,
}

/// A life of a device's database: the last commit it settled, the last effective time.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    settled: u64,
    time: u64,
}

/// The clocks of a contact: the server's, and the device's. ms since 1970 UTC.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    /// The server's.
    pub server_ms: i64,
    /// The device's.
    pub device_ms: i64,
}

/// The model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Every record.
    pub records: BTreeMap<RecordId, Arc<Entry>>,
    /// The ops that were applied.
    pub applied: BTreeSet<RecordId>,
    counters: BTreeMap<Scope, u64>,
    progress: BTreeMap<Incarnation, Progress>,
    results: BTreeMap<(Incarnation, u64), ([u8; 32], Outcome)>,
    /// What changed in this contact and waits for its version, in order.
    touched: Vec<RecordId>,
    /// Who works where.
    pub people: BTreeMap<AccountId, Person>,
    /// Commits that came too late, by the ids of their ops.
    late: BTreeMap<late::Id, Late>,
    /// The scopes that records left.
    homes: BTreeMap<RecordId, BTreeMap<Scope, Left>>,
    /// What leaves a scope in this contact, with its number there before.
    leaving: BTreeMap<RecordId, (Scope, u64)>,
}

/// Whose commit it is.
#[derive(Debug, Clone, Copy)]
struct Whose {
    account: AccountId,
    incarnation: Incarnation,
    /// Somebody looked at it and says that it is to be taken.
    is_vouched_for: bool,
}

impl Model {
    /// Knows a record that was there from the beginning.
    pub fn begin_with(&mut self, id: RecordId, entry: (Kind, Scope, u64, Body, AccountId), since_ms: i64) {
        let (kind, scope, version, body, author) = entry;
        let incarnation = Incarnation::from_bytes([0; 16]);
        let made = Write { version, time: hlc(since_ms), incarnation, push_seq: 0, author };
        let counter = self.counters.entry(scope.clone()).or_default();
        *counter = version.max(*counter);
        let entry = Entry { version, ..Entry::new(kind, scope, body, Write { author, ..made }) };
        self.records.insert(id, Arc::new(entry));
    }

    /// The last commit of a database that was settled.
    pub fn settled(&self, incarnation: Incarnation) -> u64 {
        self.progress.get(&incarnation).map_or(0, |progress| progress.settled)
    }

    /// The server took a commit, or answered it once more, and says what became of it to a device that knows
    /// outcomes up to a number. New is what [`Self::end_contact`] gives versions to.
    ///
    /// # Errors
    /// When it says anything else than it must.
    pub fn take(
        &mut self,
        (sender, incarnation): (AccountId, Incarnation),
        clocks: Clocks,
        bytes: &[u8],
        (push_seq, outcome, newest): (u64, &Outcome, u8),
    ) -> Result<()> {
        let hash = digest(bytes);
        if let Some((known, said)) = self.results.get(&(incarnation, push_seq)) {
            ensure!(*known == hash, "commit {push_seq} was answered for another one");
            ensure!(
                told(said, newest) == *outcome,
                "commit {push_seq} was {said:?}, and is {outcome:?} on a retry"
            );
            return Ok(());
        }
        let progress = self.progress.entry(incarnation).or_default();
        ensure!(push_seq == progress.settled + 1, "commit {push_seq} came after {}", progress.settled);
        progress.settled = push_seq;
        let time = progress.time;
        let expected = match minicbor::decode::<Commit>(bytes) {
            Ok(commit) => {
                let whose = Whose { account: sender, incarnation, is_vouched_for: false };
                let (outcome, after) = self.settle(&commit, whose, clocks, time);
                self.progress.entry(incarnation).or_default().time = after;
                match outcome {
                    Outcome::Quarantined => {
                        let whose = (sender, incarnation, push_seq);
                        self.receive_late(&commit, Late::new(whose, bytes, clocks, time))
                    }
                    outcome => outcome,
                }
            }
            Err(_) => refused("commit.malformed"),
        };
        ensure!(
            told(&expected, newest) == *outcome,
            "commit {push_seq} must be {expected:?}, and is {outcome:?}"
        );
        self.results.insert((incarnation, push_seq), (hash, expected));
        Ok(())
    }

    /// What becomes of a commit, and the effective time of its last change.
    fn settle(&mut self, commit: &Commit, whose: Whose, clocks: Clocks, since: u64) -> (Outcome, u64) {
        let mut time = since;
        let (changed, order, ops, lost) = (BTreeMap::new(), vec![], BTreeSet::new(), 0);
        let rerouted = BTreeMap::new();
        let (received_ms, incarnation) = (clocks.server_ms, whose.incarnation);
        let Some(person) = self.people.get(&whose.account) else {
            return (refused("record.not_permitted"), since);
        };
        let author = Author { account: whose.account, person, is_vouched_for: whose.is_vouched_for };
        let mut draft = Draft { model: self, author, received_ms, changed, order, ops, lost, rerouted };
        let mut failed = None;
        for op in &commit.ops {
            let at_ms = op.at_ms.saturating_add(clocks.server_ms.saturating_sub(clocks.device_ms));
            time = hlc(at_ms.min(clocks.server_ms)).max(time + 1);
            if draft.model.applied.contains(&op.id) || !draft.ops.insert(op.id) {
                continue;
            }
            let (version, author, push_seq) = (PENDING, whose.account, commit.push_seq);
            failed = draft.apply(op, Write { version, time, incarnation, push_seq, author }).err();
            if failed.is_some() {
                break;
            }
        }
        let Draft { changed, order, ops, lost, rerouted, .. } = draft;
        match failed {
            Some(Stop::Refused(code)) => return (refused(code), time),
            Some(Stop::Late) => return (Outcome::Quarantined, time),
            None => {}
        }
        let new = order.into_iter().filter(|id| changed[id].version == PENDING);
        let new: Vec<RecordId> = new.filter(|id| !self.touched.contains(id)).collect();
        self.touched.extend(new);
        self.records.extend(changed.into_iter().map(|(id, entry)| (id, Arc::new(entry))));
        // Whatever will be said to belong to them follows, too.
        for (id, (said, _)) in rerouted {
            self.leave(id, said, 0, received_ms);
        }
        self.applied.extend(ops);
        (if lost > 0 { Outcome::Merged } else { Outcome::Applied }, time)
    }

    /// Every change of this contact gets its version; they are answered, in order.
    pub fn end_contact(&mut self) -> Vec<RecordId> {
        let touched = std::mem::take(&mut self.touched);
        self.raise_counters();
        for id in &touched {
            self.depart(*id);
            let Some(entry) = self.records.get_mut(id).map(Arc::make_mut) else { continue };
            let counter = self.counters.entry(entry.scope.clone()).or_default();
            *counter += 1;
            entry.version = *counter;
            let writes =
                entry.writes.values_mut().chain(entry.elements.values_mut()).chain([&mut entry.made]);
            writes.filter(|write| write.version == PENDING).for_each(|write| write.version = *counter);
        }
        touched
    }
}

impl Entry {
    fn new(kind: Kind, scope: Scope, body: Body, made: Write) -> Self {
        let (writes, elements, author) = (BTreeMap::new(), BTreeMap::new(), made.author);
        Self { kind, scope, version: PENDING, body, is_deleted: false, author, made, writes, elements }
    }

    fn last(&self, field: u32) -> Write {
        *self.writes.get(&field).unwrap_or(&self.made)
    }
}

/// A device that knows no quarantine keeps what waits there as a card.
fn told(outcome: &Outcome, newest: u8) -> Outcome {
    match outcome {
        Outcome::Quarantined if newest < 3 => refused("commit.outcome_newer"),
        outcome => outcome.clone(),
    }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.to_owned() }
}

fn rank(write: &Write) -> (u64, Incarnation, u64) {
    (write.time, write.incarnation, write.push_seq)
}

fn hlc(ms: i64) -> u64 {
    ms.max(0).unsigned_abs() << 16
}

/// The record of the server beside the model's.
///
/// # Errors
/// Where they differ.
pub fn same(id: RecordId, ours: &Entry, theirs: Option<&sync::settle::Stored>) -> Result<()> {
    let theirs = theirs.with_context(|| format!("{id} is not at the server"))?;
    let name = declaration(ours.kind).map_or("record", |declared| declared.name);
    ensure!(theirs.kind == ours.kind && theirs.scope == ours.scope, "{name} {id} is somewhere else");
    ensure!(theirs.body == ours.body, "{name} {id} has another body than it must");
    ensure!(theirs.is_deleted == ours.is_deleted, "{name} {id}: deleted is {}", theirs.is_deleted);
    ensure!(
        theirs.version == ours.version,
        "{name} {id} is version {}, not {}",
        theirs.version,
        ours.version
    );
    ensure!(theirs.author == ours.author, "{name} {id} is by somebody else");
    Ok(())
}
