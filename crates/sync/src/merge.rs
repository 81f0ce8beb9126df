//! The field merge: what becomes of a record that was edited in two places.
//!
//! A field unchanged since the version the edit was made on takes the new value, and so does one
//! last written by the same database. Otherwise the field's policy decides: by default the later
//! write by effective time wins, and the value that lost becomes a record of its own. Whether a record
//! is deleted is a register like any other.

use std::collections::BTreeSet;

use minicbor::bytes::ByteVec;
use records::body::{CLEARED, DELETED, NULL};
use records::declaration::{Declaration, Policy, Record};
use records::losing_edit::LosingEdit;
use records::set::{self, Elements, SetWrite};
use records::wire::Op;
use records::{Patch, RecordId};

use crate::refusal::Refusal;
use crate::settle::Stored;
use crate::signature::digest;
use crate::stamps::{Stamp, Stamps, UNNUMBERED};

/// CBOR true: the register of a record that is deleted.
const TRUE: &[u8] = &[0xf5];

type FieldBytes<'a> = (u32, &'a [u8]);

/// A record after an edit, and the values that lost by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merged {
    pub(crate) record: Stored,
    losses: Vec<Loss>,
}

/// A value that lost, and the one that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Loss {
    field: u32,
    lost: (Vec<u8>, Stamp),
    winning: (Vec<u8>, Stamp),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The same value is there already; the later write of it counts.
    Equal,
    /// Nobody else wrote the field since.
    Unopposed,
    /// The new value wins over a write that it did not see.
    Wins,
    /// The stored value wins.
    Loses,
}

/// Lays a patch made on version `base` over the stored record.
pub(crate) fn merge(
    stored: &Stored,
    declaration: &Declaration,
    base: u64,
    patch: &Patch,
    stamp: Stamp,
) -> Result<Merged, Refusal> {
    let mut merge = Merge::of(stored, base, stamp);
    let now = stored.body.fields();
    for (field, before, value) in beside(&now, &patch.fields()) {
        merge.write(declaration.policy_of(field), field, before, value)?;
    }
    Ok(merge.taken_over())
}

/// Deletes or restores a record, by somebody who has seen version `base` of it.
///
/// A deletion wins over edits it did not see. The body stays, so nothing of theirs is gone, and a
/// losing edit tells whoever made the last of them.
pub(crate) fn set_deleted(stored: &Stored, base: u64, is_deleted: bool, stamp: Stamp) -> Merged {
    let mut merge = Merge::of(stored, base, stamp);
    let (before, value) = (register(stored.is_deleted), register(is_deleted));
    let last = stored.stamps.written(DELETED).copied();
    let verdict = match last {
        Some(last) => merge.verdict(before == value, &last),
        None if before == value => Verdict::Equal,
        None => Verdict::Unopposed,
    };
    let loss = match (verdict, last) {
        (Verdict::Equal, _) => return merge.merged,
        (Verdict::Loses, Some(last)) => Some(Loss::new(DELETED, (value, stamp), (before, last))),
        (Verdict::Wins, Some(last)) => Some(Loss::new(DELETED, (before, last), (value, stamp))),
        _ if !is_deleted => None,
        _ => merge.unseen_edit().map(|edit| Loss::new(DELETED, (before, edit), (value, stamp))),
    };
    if verdict != Verdict::Loses {
        let record = &mut merge.merged.record;
        (record.is_deleted, record.version) = (is_deleted, UNNUMBERED);
        record.stamps.set(DELETED, stamp);
    }
    merge.merged.losses.extend(loss);
    merge.merged
}

fn register(is_deleted: bool) -> &'static [u8] {
    if is_deleted { TRUE } else { NULL }
}

/// A record in the middle of being written.
struct Merge<'a> {
    stored: &'a Stored,
    /// The version the writer has seen.
    seen: u64,
    stamp: Stamp,
    merged: Merged,
    taken: Vec<(u32, Vec<u8>)>,
    /// Fields whose new value lost.
    outdone: BTreeSet<u32>,
}

impl<'a> Merge<'a> {
    fn of(stored: &'a Stored, base: u64, stamp: Stamp) -> Self {
        let merged = Merged { record: stored.clone(), losses: vec![] };
        let seen = seen_up_to(stored, base);
        Self { stored, seen, stamp, merged, taken: vec![], outdone: BTreeSet::new() }
    }

    fn write(&mut self, policy: Policy, field: u32, before: &[u8], value: &[u8]) -> Result<(), Refusal> {
        match policy {
            Policy::Set => return self.write_set(field, before, value),
            Policy::Max | Policy::Min => self.take_farther(policy, field, before, value),
            Policy::Fixed if before != value => return Err(Refusal::FieldFixed),
            Policy::Decided if before != value => return Err(Refusal::FieldDecided),
            Policy::Follows(leader) => self.follow(leader, field, before, value),
            Policy::LastWriter | Policy::Review | Policy::Fixed | Policy::Decided => {
                let last = *self.stored.stamps.of(field);
                match self.verdict(before == value, &last) {
                    Verdict::Equal => self.touch(field, &last),
                    Verdict::Unopposed => self.take(field, value),
                    Verdict::Wins if policy != Policy::Review => {
                        self.lose(field, (before, last), (value, self.stamp));
                        self.take(field, value);
                    }
                    Verdict::Wins | Verdict::Loses => {
                        self.lose(field, (value, self.stamp), (before, last));
                        self.outdone.insert(field);
                    }
                }
            }
        }
        Ok(())
    }

    /// The policy itself says which of two numbers stays: none of them is lost by that.
    fn take_farther(&mut self, policy: Policy, field: u32, before: &[u8], value: &[u8]) {
        let written = policy.written(before, value);
        if *written != *before {
            self.take(field, &written);
        }
    }

    fn follow(&mut self, leader: u32, field: u32, before: &[u8], value: &[u8]) {
        let last = *self.stored.stamps.of(field);
        match self.verdict(before == value, &last) {
            Verdict::Equal => self.touch(field, &last),
            Verdict::Unopposed | Verdict::Wins if !self.outdone.contains(&leader) => self.take(field, value),
            _ => {}
        }
    }

    /// Adding wins over a removal that has not seen it, whichever comes first.
    fn write_set(&mut self, field: u32, before: &[u8], value: &[u8]) -> Result<(), Refusal> {
        let malformed = Refusal::Invalid("record.malformed");
        let (write, now) =
            (SetWrite::parse(value).ok_or(malformed)?, set::elements(before).ok_or(malformed)?);
        let stamps = &mut self.merged.record.stamps;
        let seen = |element: &Vec<u8>| was_seen(stamps.of_element(field, element), self.seen, &self.stamp);
        let removed: Elements = write.removed(&now).into_iter().filter(seen).collect();
        let added = write.added(&now);
        if removed.is_empty() && added.is_empty() {
            return Ok(());
        }
        removed.iter().for_each(|element| stamps.forget_element(field, element));
        added.iter().for_each(|element| stamps.set_element(field, element, self.stamp));
        let after = &(&now - &removed) | &added;
        let value = if after == now { before.to_vec() } else { set::encode(&after) };
        self.take(field, &value);
        Ok(())
    }

    fn verdict(&self, is_equal: bool, last: &Stamp) -> Verdict {
        match () {
            () if is_equal => Verdict::Equal,
            () if was_seen(last, self.seen, &self.stamp) => Verdict::Unopposed,
            () if self.stamp.rank() > last.rank() => Verdict::Wins,
            () => Verdict::Loses,
        }
    }

    /// Writing an equal value is no change, so the version stays.
    fn touch(&mut self, field: u32, last: &Stamp) {
        if self.stamp.rank() > last.rank() {
            self.merged.record.stamps.set(field, Stamp { version: last.version, ..self.stamp });
        }
    }

    fn take(&mut self, field: u32, value: &[u8]) {
        self.taken.push((field, value.to_vec()));
    }

    /// What was taken out of a field by a decision comes back as nobody's lost value.
    fn lose(&mut self, field: u32, lost: (&[u8], Stamp), winning: (&[u8], Stamp)) {
        let was_cleared = |stamp: &Stamp| self.stored.cleared() > 0 && stamp.version == self.stored.cleared();
        if was_cleared(&winning.1) {
            return;
        }
        self.merged.losses.push(Loss::new(field, lost, winning));
    }

    /// The latest edit by somebody else that the writer has not seen.
    fn unseen_edit(&self) -> Option<Stamp> {
        let edits = self.stored.stamps.writes().filter(|(field, _)| ![DELETED, CLEARED].contains(field));
        let unseen = edits.map(|(_, stamp)| stamp).filter(|edit| !was_seen(edit, self.seen, &self.stamp));
        unseen.max_by_key(|edit| edit.rank()).copied()
    }

    fn taken_over(mut self) -> Merged {
        if !self.taken.is_empty() {
            let record = &mut self.merged.record;
            record.body = record.body.patched(&Patch::of_fields(&self.taken));
            record.version = UNNUMBERED;
            self.taken.iter().for_each(|(field, _)| record.stamps.set(*field, self.stamp));
        }
        self.merged
    }
}

fn was_seen(last: &Stamp, seen: u64, new: &Stamp) -> bool {
    last.version <= seen || last.incarnation == new.incarnation
}

/// The losing values as records beside the one they concern. Their ids follow from the op, so that
/// deciding twice makes them once.
pub(crate) fn losing_records(op: &Op, merged: &Merged, stamp: Stamp, received_ms: i64) -> Vec<Stored> {
    let record = &merged.record;
    let losing = merged.losses.iter().map(|loss| Stored {
        id: derived_id(op.id, loss.field, received_ms),
        kind: LosingEdit::DECLARATION.kind,
        scope: record.scope.clone(),
        version: UNNUMBERED,
        body: loss.to_record(record).to_body(),
        stamps: Stamps::of_new(stamp),
        author: stamp.author,
        received_ms,
        is_deleted: false,
    });
    losing.collect()
}

impl Merged {
    /// How many values lost.
    pub(crate) fn lost(&self) -> usize {
        self.losses.len()
    }
}

impl Loss {
    fn new(field: u32, lost: (&[u8], Stamp), winning: (&[u8], Stamp)) -> Self {
        Self { field, lost: (lost.0.to_vec(), lost.1), winning: (winning.0.to_vec(), winning.1) }
    }

    fn to_record(&self, record: &Stored) -> LosingEdit {
        LosingEdit {
            record: record.id,
            kind: record.kind,
            field: self.field,
            lost: ByteVec::from(self.lost.0.clone()),
            lost_by: self.lost.1.author,
            lost_at: self.lost.1.hlc.ms(),
            winning: ByteVec::from(self.winning.0.clone()),
            won_by: self.winning.1.author,
            won_at: self.winning.1.hlc.ms(),
        }
    }
}

/// A base that the record never reached proves nothing seen.
fn seen_up_to(stored: &Stored, base: u64) -> u64 {
    if base > stored.version { 0 } else { base }
}

/// Each patched field with the value it has now. Both sides ascend, so one walk finds them all.
fn beside<'a>(now: &[FieldBytes<'a>], patch: &[FieldBytes<'a>]) -> Vec<(u32, &'a [u8], &'a [u8])> {
    let mut now = now.iter().peekable();
    let pairs = patch.iter().map(|(field, value)| {
        while now.next_if(|(number, _)| number < field).is_some() {}
        let before = now.next_if(|(number, _)| number == field).map_or(NULL, |(_, before)| before);
        (*field, before, *value)
    });
    pairs.collect()
}

/// An id that follows from an op and one of its parts.
pub(crate) fn derived_id(op: RecordId, part: u32, received_ms: i64) -> RecordId {
    let hash = digest(&[op.as_bytes().as_slice(), &part.to_be_bytes()].concat());
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    RecordId::new(received_ms, random)
}
