//! The field merge: which of two values stays when a record was edited in two places.
//!
//! A field unchanged since the version the edit was made on takes the new value, and so does one
//! last written by the same database. Otherwise the later write by effective time wins, and the
//! value that lost becomes a record of its own.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;
use records::declaration::{Declaration, Policy, Record};
use records::losing_edit::LosingEdit;
use records::wire::Op;
use records::{Body, Patch, RecordId};

use crate::refusal::Refusal;
use crate::settle::Stored;
use crate::signature::digest;
use crate::stamps::{Stamp, Stamps, UNNUMBERED};

const NULL: &[u8] = &[0xf6];
const EMPTY: &[u8] = &[0xa0];

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
    let mut merged = Merged { record: stored.clone(), losses: vec![] };
    let mut taken = vec![];
    let (now, seen) = (stored.body.fields(), seen_up_to(stored, base));
    for (field, before, value) in beside(&now, &patch.fields()) {
        let last = *stored.stamps.of(field);
        let verdict = verdict(before == value, seen, &last, &stamp);
        if !matches!(verdict, Verdict::Equal) && declaration.policy_of(field) == Policy::Fixed {
            return Err(Refusal::FieldFixed);
        }
        match verdict {
            Verdict::Equal => touch(&mut merged.record.stamps, field, &last, stamp),
            Verdict::Unopposed => taken.push((field, value)),
            Verdict::Wins => {
                merged.losses.push(Loss::new(field, (before, last), (value, stamp)));
                taken.push((field, value));
            }
            Verdict::Loses => merged.losses.push(Loss::new(field, (value, stamp), (before, last))),
        }
    }
    take(&mut merged.record, &now, &taken, stamp);
    Ok(merged)
}

/// The losing values as records beside the one they concern. Their ids follow from the op, so that
/// deciding twice makes them once.
pub(crate) fn losing_records(op: &Op, merged: &Merged, stamp: Stamp, received_ms: i64) -> Vec<Stored> {
    let record = &merged.record;
    let losing = merged.losses.iter().map(|loss| Stored {
        id: losing_id(op.id, loss.field, received_ms),
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

/// The body in its one form: a field set to null is a field left out.
pub(crate) fn without_nulls(body: &Body) -> Body {
    let fields: Vec<(u32, Vec<u8>)> = body.fields().iter().map(|(n, value)| (*n, value.to_vec())).collect();
    body_of(&fields)
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

fn verdict(is_equal: bool, seen: u64, last: &Stamp, new: &Stamp) -> Verdict {
    let was_seen = last.version <= seen || last.incarnation == new.incarnation;
    match () {
        () if is_equal => Verdict::Equal,
        () if was_seen => Verdict::Unopposed,
        () if new.rank() > last.rank() => Verdict::Wins,
        () => Verdict::Loses,
    }
}

/// Writing an equal value is no change, so the version stays.
fn touch(stamps: &mut Stamps, field: u32, last: &Stamp, new: Stamp) {
    if new.rank() > last.rank() {
        stamps.set(field, Stamp { version: last.version, ..new });
    }
}

fn take(record: &mut Stored, now: &[FieldBytes<'_>], taken: &[FieldBytes<'_>], stamp: Stamp) {
    if taken.is_empty() {
        return;
    }
    record.body = laid_over(now, taken);
    record.version = UNNUMBERED;
    taken.iter().for_each(|(field, _)| record.stamps.set(*field, stamp));
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

/// The body with these fields in place of its own.
fn laid_over(now: &[FieldBytes<'_>], taken: &[FieldBytes<'_>]) -> Body {
    let mut fields: BTreeMap<u32, &[u8]> = now.iter().copied().collect();
    fields.extend(taken.iter().copied());
    let fields: Vec<(u32, Vec<u8>)> =
        fields.into_iter().map(|(field, value)| (field, value.to_vec())).collect();
    body_of(&fields)
}

/// A body of these fields but the null ones.
fn body_of(fields: &[(u32, Vec<u8>)]) -> Body {
    Body::trusted(EMPTY.to_vec()).patched(&Patch::of_fields(fields))
}

fn losing_id(op: RecordId, field: u32, received_ms: i64) -> RecordId {
    let hash = digest(&[op.as_bytes().as_slice(), &field.to_be_bytes()].concat());
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    RecordId::new(received_ms, random)
}
