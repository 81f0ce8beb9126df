//! How the server decides about one commit: a pure function of the commit, its author and the
//! records it touches. A commit is applied wholly or not at all.

use std::collections::{BTreeMap, BTreeSet};

use records::body::{CLEARED, DELETED};
use records::codes::Role;
use records::command::Clearing;
use records::declaration::{Declaration, Family, Policy, declaration};
use records::links::parents;
use records::permissions::{is_handed_in, may_hand_in};
use records::wire::{Change, Commit, MAX_OP_BYTES, MAX_OPS, Op, Outcome};
use records::{AccountId, Body, Incarnation, Kind, Patch, RecordId, Scope};

use crate::amends::{self, Amends};
use crate::clock::Clock;
use crate::command;
use crate::grants::{Former, Grant};
use crate::merge::{self, Merged};
use crate::permit::{Home, might_write, permit};
pub use crate::refusal::Refusal;
use crate::stamps::{Stamp, Stamps, UNNUMBERED};

/// Most values that may lose in one commit: each becomes a record, and a card for somebody to read.
pub const MAX_LOSSES: usize = 64;

/// A record as the server keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: RecordId,
    /// Its type.
    pub kind: Kind,
    /// Where it belongs.
    pub scope: Scope,
    /// Number of its last change in the scope; [`UNNUMBERED`] when it changed in this round.
    pub version: u64,
    /// Its fields; kept when it is deleted, so that a deletion can be undone.
    pub body: Body,
    /// Who wrote them.
    pub stamps: Stamps,
    /// Who made it.
    pub author: AccountId,
    /// When the server received it first, ms since 1970 UTC.
    pub received_ms: i64,
    /// Whether it is deleted.
    pub is_deleted: bool,
}

impl Stored {
    /// Number of the change by which it was cleared last; 0: never.
    pub fn cleared(&self) -> u64 {
        self.stamps.written(CLEARED).map_or(0, |stamp| stamp.version)
    }

    /// Whether it is gone by a decision, and not by somebody who may bring it back.
    pub fn is_sealed(&self) -> bool {
        let deleted = self.stamps.written(DELETED).map_or(0, |stamp| stamp.version);
        self.is_deleted && self.cleared() > 0 && deleted <= self.cleared()
    }
}

/// Who pushes, and what they were granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The account of the token, never what a payload says.
    pub account: AccountId,
    /// Its role.
    pub role: Role,
    /// What it may hold.
    pub grants: Vec<Grant>,
    /// What it might hold before.
    pub former: Vec<Former>,
    /// Somebody has looked at the commit and says that it is to be taken.
    pub is_vouched_for: bool,
    /// The database the commits come from.
    pub incarnation: Incarnation,
}

/// What is known of the records and ops that a commit names.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The records that exist.
    pub records: BTreeMap<RecordId, Stored>,
    /// Where those of them were before that have moved.
    pub homes: BTreeMap<RecordId, Vec<Home>>,
    /// The ops applied before, whatever incarnation brought them.
    pub applied: BTreeSet<RecordId>,
}

impl Loaded {
    /// The records that are to be loaded for a commit: those its ops change, those that new ones belong to
    /// or correct, and those its commands are decided with.
    pub fn wanted(commit: &Commit) -> BTreeSet<RecordId> {
        let beside = commit.ops.iter().flat_map(|op| match &op.change {
            Change::Create { body, .. } => parents(op.kind, body),
            Change::Command { command: number, args } => command::needs(op.kind, *number, args),
            Change::Edit { .. } | Change::Delete { .. } | Change::Restore { .. } => vec![],
        });
        commit.ops.iter().map(|op| op.record).chain(beside).collect()
    }
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// What the device is told, now and on every retry.
    pub outcome: Outcome,
    /// Records as they are to be stored, losing edits included.
    pub writes: Vec<Stored>,
    /// Ops that are now applied.
    pub ops: Vec<RecordId>,
    /// Records that are to be cleared once those are written, in this order.
    pub clearings: Vec<(RecordId, Clearing)>,
}

/// Decides about a commit. The clock moves on whatever the outcome.
pub fn settle(commit: &Commit, author: &Author, clock: &mut Clock, loaded: Loaded) -> Settlement {
    let (push_seq, changed, order, ops) = (commit.push_seq, BTreeSet::new(), vec![], vec![]);
    let clearings = vec![];
    let mut work =
        Work { author, push_seq, clock, at_ms: 0, loaded, changed, order, ops, losses: 0, clearings };
    match work.apply_all(&commit.ops) {
        Ok(outcome) => work.settlement(outcome),
        Err(refusal) => Settlement::refused(&refusal),
    }
}

impl Settlement {
    /// Nothing is written but the refusal, or that somebody is to see the commit.
    pub fn refused(refusal: &Refusal) -> Self {
        let outcome = match refusal {
            Refusal::ForSomebodyToSee => Outcome::Quarantined,
            refusal => Outcome::Refused { code: refusal.code().to_owned() },
        };
        Self { outcome, writes: vec![], ops: vec![], clearings: vec![] }
    }
}

/// A commit in the middle of being decided about.
pub(crate) struct Work<'a> {
    pub(crate) author: &'a Author,
    push_seq: u64,
    pub(crate) clock: &'a mut Clock,
    /// Effective time of the op that is being looked at, ms since 1970 UTC.
    at_ms: i64,
    pub(crate) loaded: Loaded,
    changed: BTreeSet<RecordId>,
    /// What changed, in the order in which it did: so it is numbered.
    order: Vec<RecordId>,
    ops: Vec<RecordId>,
    losses: usize,
    pub(crate) clearings: Vec<(RecordId, Clearing)>,
}

impl Work<'_> {
    fn apply_all(&mut self, ops: &[Op]) -> Result<Outcome, Refusal> {
        if ops.len() > MAX_OPS {
            return Err(Refusal::TooManyOps);
        }
        let mut lost_any = false;
        for op in ops {
            let stamp = self.stamp(op.at_ms);
            self.at_ms = stamp.hlc.ms();
            if self.loaded.applied.insert(op.id) {
                lost_any |= self.apply(op, stamp)?;
                self.ops.push(op.id);
            }
        }
        Ok(if lost_any { Outcome::Merged } else { Outcome::Applied })
    }

    /// Applies one op; true when some value lost.
    fn apply(&mut self, op: &Op, stamp: Stamp) -> Result<bool, Refusal> {
        let declaration = declaration(op.kind).ok_or(Refusal::KindUnknown)?;
        // Who may command says the command itself.
        let is_command = matches!(op.change, Change::Command { .. });
        let is_handed_in =
            matches!(op.change, Change::Create { .. }) && may_hand_in(self.author.role, op.kind);
        if !is_command && !is_handed_in && !might_write(self.author, op.kind) {
            return Err(Refusal::NotPermitted);
        }
        match &op.change {
            Change::Create { scope, body } => self.create(op, declaration, scope, body, stamp),
            Change::Edit { base, patch } => self.edit(op, declaration, *base, patch, stamp),
            Change::Command { command: number, args } => {
                self.command(op, declaration, *number, args, stamp).map(|()| false)
            }
            Change::Delete { base } => self.set_deleted(op, declaration, *base, true, stamp),
            Change::Restore { base } => self.set_deleted(op, declaration, *base, false, stamp),
        }
    }

    fn create(
        &mut self,
        op: &Op,
        declaration: &Declaration,
        scope: &Scope,
        body: &Body,
        stamp: Stamp,
    ) -> Result<bool, Refusal> {
        let body = body.without_nulls();
        let (scope, homes) = self.home_of_new(op.kind, scope, &body);
        let is_handed_in = is_handed_in(op.kind);
        match is_handed_in {
            true => self.hand_in(&scope)?,
            false => drop(permit(self.author, Some(op.kind), &scope, &homes, self.at_ms)?),
        }
        fits(declaration, &scope)?;
        if let Some(stored) = self.loaded.records.get(&op.record) {
            return same_as(stored, op.kind, &scope, &body).map(|()| false);
        }
        if body.fields().iter().any(|(field, _)| declaration.policy_of(*field) == Policy::Decided) {
            return Err(Refusal::FieldDecided);
        }
        // The app drops such characters where they are typed or imported.
        if body.is_hiding() {
            return Err(Refusal::TextHidden);
        }
        checked(declaration, &body)?;
        if let Some(amends) = amends::target(op.kind, &body) {
            self.amendable(&amends, &scope)?;
        }
        if !homes.is_empty() {
            self.loaded.homes.insert(op.record, homes);
        }
        let stamp = if is_handed_in { without_sender(stamp) } else { stamp };
        self.put(Stored {
            id: op.record,
            kind: op.kind,
            scope,
            version: UNNUMBERED,
            body,
            stamps: Stamps::of_new(stamp),
            author: stamp.author,
            received_ms: self.clock.received_ms(),
            is_deleted: false,
        });
        Ok(false)
    }

    /// Whoever hands something in does so in their own county.
    fn hand_in(&self, scope: &Scope) -> Result<(), Refusal> {
        let is_own =
            self.author.grants.iter().any(|grant| grant.area.at_depth(1).as_ref() == Some(&scope.area));
        if is_own { Ok(()) } else { Err(Refusal::NotPermitted) }
    }

    fn edit(
        &mut self,
        op: &Op,
        declaration: &Declaration,
        base: u64,
        patch: &Patch,
        stamp: Stamp,
    ) -> Result<bool, Refusal> {
        let stored = self.editable(op, declaration, patch.as_bytes().len())?;
        match () {
            () if stored.is_sealed() => return Err(Refusal::Cleared),
            () if stored.is_deleted => return Err(Refusal::Deleted),
            // Of the patch alone: what an older version let in keeps nobody from mending the rest.
            () if patch.is_hiding() => return Err(Refusal::TextHidden),
            () => {}
        }
        let merged = merge::merge(stored, declaration, base, patch, stamp)?;
        if merged.record.body != stored.body {
            checked(declaration, &merged.record.body)?;
        }
        self.put_merged(op, merged, stamp)
    }

    fn set_deleted(
        &mut self,
        op: &Op,
        declaration: &Declaration,
        base: u64,
        is_deleted: bool,
        stamp: Stamp,
    ) -> Result<bool, Refusal> {
        let stored = self.editable(op, declaration, 0)?;
        if stored.is_sealed() {
            return Err(Refusal::Cleared);
        }
        let merged = merge::set_deleted(stored, base, is_deleted, stamp);
        self.put_merged(op, merged, stamp)
    }

    /// Puts down what a merge made of a record, and the values that lost by it; true when some did.
    fn put_merged(&mut self, op: &Op, merged: Merged, stamp: Stamp) -> Result<bool, Refusal> {
        self.losses += merged.lost();
        if self.losses > MAX_LOSSES {
            return Err(Refusal::TooManyConflicts);
        }
        let losing = merge::losing_records(op, &merged, stamp, self.clock.received_ms());
        if self.loaded.records.get(&op.record) != Some(&merged.record) {
            self.put(merged.record);
        }
        let lost_any = !losing.is_empty();
        losing.into_iter().for_each(|record| self.put(record));
        Ok(lost_any)
    }

    /// The stored record an op may change: authorised by where it is, never by what the op says.
    fn editable(&self, op: &Op, declaration: &Declaration, bytes: usize) -> Result<&Stored, Refusal> {
        let (stored, _) = self.known(op)?;
        match () {
            () if declaration.family == Family::AppendOnly => Err(Refusal::AppendOnly),
            () if bytes > MAX_OP_BYTES => Err(Refusal::OpTooLarge),
            () => Ok(stored),
        }
    }

    /// The stored record an op is about, and the role by which its author may ask for it.
    pub(crate) fn known(&self, op: &Op) -> Result<(&Stored, Role), Refusal> {
        let stored = self.loaded.records.get(&op.record).ok_or(Refusal::Missing)?;
        let homes = self.loaded.homes.get(&op.record).map_or(&[][..], Vec::as_slice);
        // Who may command says the command itself.
        let written = Some(op.kind).filter(|_| !matches!(op.change, Change::Command { .. }));
        let role = permit(self.author, written, &stored.scope, homes, self.at_ms)?;
        if stored.kind == op.kind { Ok((stored, role)) } else { Err(Refusal::KindWrong) }
    }

    /// A correction stands beside what it corrects, and is by whoever wrote that.
    fn amendable(&self, amends: &Amends, scope: &Scope) -> Result<(), Refusal> {
        let target = self.loaded.records.get(&amends.record);
        let target = target.filter(|target| target.kind == amends.kind && target.scope == *scope);
        match target.ok_or(Refusal::NothingToAmend)?.author == self.author.account {
            true => Ok(()),
            false => Err(Refusal::NotYoursToAmend),
        }
    }

    /// Whether whoever asks may know what is there.
    pub(crate) fn permitted(&self, scope: &Scope) -> Result<(), Refusal> {
        permit(self.author, None, scope, &[], self.at_ms).map(drop)
    }

    /// Where a new record goes, and where its author thinks it does: what it belongs to may have moved.
    fn home_of_new(&self, kind: Kind, scope: &Scope, body: &Body) -> (Scope, Vec<Home>) {
        for parent in parents(kind, body) {
            let moved_to = self.loaded.records.get(&parent).map(|parent| &parent.scope.area);
            let homes = self.loaded.homes.get(&parent).into_iter().flatten();
            let left = homes.filter(|home| home.scope.area == scope.area).map(|home| home.until_ms).max();
            if let (Some(area), Some(until_ms)) = (moved_to.filter(|area| **area != scope.area), left) {
                let home = Home { scope: scope.clone(), until_ms };
                return (Scope::new(area.clone(), scope.audience), vec![home]);
            }
        }
        (scope.clone(), vec![])
    }

    fn stamp(&mut self, at_ms: i64) -> Stamp {
        Stamp {
            version: UNNUMBERED,
            hlc: self.clock.tick(at_ms),
            incarnation: self.author.incarnation,
            push_seq: self.push_seq,
            author: self.author.account,
        }
    }

    pub(crate) fn put(&mut self, record: Stored) {
        if self.changed.insert(record.id) {
            self.order.push(record.id);
        }
        self.loaded.records.insert(record.id, record);
    }

    fn settlement(mut self, outcome: Outcome) -> Settlement {
        let writes = self.order.iter().filter_map(|id| self.loaded.records.remove(id)).collect();
        Settlement { outcome, writes, ops: self.ops, clearings: self.clearings }
    }
}

/// As of nobody, from nowhere: what is handed in does not say who sent it, nor by which database that could be found.
fn without_sender(stamp: Stamp) -> Stamp {
    Stamp {
        author: AccountId::from_bytes([0; 16]),
        incarnation: Incarnation::from_bytes([0; 16]),
        push_seq: 0,
        ..stamp
    }
}

fn fits(declaration: &Declaration, scope: &Scope) -> Result<(), Refusal> {
    let circles = (scope.audience.circle(), declaration.audience.circle());
    let fits = scope.area.depth() == declaration.depth && circles.0 == circles.1;
    if fits { Ok(()) } else { Err(Refusal::ScopeWrong) }
}

pub(crate) fn checked(declaration: &Declaration, body: &Body) -> Result<(), Refusal> {
    if body.as_bytes().len() > MAX_OP_BYTES {
        return Err(Refusal::OpTooLarge);
    }
    (declaration.check)(body).map_err(Refusal::Invalid)
}

/// A record made twice with the same content was made once.
fn same_as(stored: &Stored, kind: Kind, scope: &Scope, body: &Body) -> Result<(), Refusal> {
    let is_same = stored.kind == kind && stored.scope == *scope && stored.body == *body;
    match is_same {
        // It may be what was erased, sent once more: its device forgets it too.
        _ if stored.kind == kind && stored.is_sealed() => Err(Refusal::Cleared),
        true if stored.is_deleted => Err(Refusal::Deleted),
        true => Ok(()),
        false if stored.kind == kind && stored.cleared() > 0 => Err(Refusal::Cleared),
        false => Err(Refusal::Exists),
    }
}
