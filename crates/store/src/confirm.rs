//! What the server says: results of commits and changes of records, applied in slices.
//!
//! Every slice is one transaction that moves the cursor with the records, so a crash between two
//! slices repeats nothing and skips nothing.

use std::collections::BTreeSet;

use records::proof::Proof;
use records::wire::{Anchor, Change, CommitResult, Op, Outcome, RecordChange};
use records::{Body, RecordId, Scope};
use rusqlite::{Connection, params};

use crate::layer::Layered;
use crate::outbox::{self, pending_ops};
use crate::projection::{self, Stale};
use crate::record::{self, RecordRow};
use crate::scope::{self, Place};
use crate::{Result, Store};
use crate::{acknowledged, identity, quarantine};

/// Some changes of one scope, ascending by version.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'a> {
    /// The scope.
    pub scope: &'a Scope,
    /// The changes.
    pub changes: &'a [RecordChange],
    /// The cursor once they are applied.
    pub cursor: u64,
    /// Records the server has in this scope.
    pub total: u64,
    /// Digest of the whole scope at the server, when this slice is the last of it.
    pub digest: Option<i64>,
    /// Server clock, ms since 1970 UTC.
    pub server_ms: i64,
}

impl Store {
    /// Settles commits the server has decided on. Unknown numbers were settled before. `at_ms` is now, on
    /// the device's clock and on the server's; `anchor` is the last of them. It is on disk with the next
    /// [`Store::write`]: until then the commits would be sent again, and answered the same.
    pub fn settle(
        &mut self,
        results: &[CommitResult],
        at_ms: (i64, i64),
        anchor: Option<&Anchor>,
    ) -> Result<()> {
        self.write_soon(|tx| {
            let mut stale = Stale::new();
            for result in results {
                settle_one(tx, result, at_ms, &mut stale)?;
            }
            anchor.map_or(Ok(()), |anchor| identity::set_anchor(tx, anchor))?;
            projection::refresh(tx, &stale)
        })
    }

    /// Applies one slice of changes. Answers false when the whole scope was read and is still not
    /// what the server has: then it is read anew from its beginning. It is on disk with the next
    /// [`Store::write`].
    pub fn apply(&mut self, slice: Slice<'_>) -> Result<bool> {
        self.write_soon(|tx| apply_slice(tx, slice, projection::refresh))
    }

    /// The same for one slice of many: what households show of it follows by [`Store::catch_up`].
    pub fn apply_of_many(&mut self, slice: Slice<'_>) -> Result<bool> {
        self.write_soon(|tx| apply_slice(tx, slice, projection::defer))
    }

    /// Brings the next few households up to date that [`Store::apply_of_many`] put off. Answers whether
    /// more may be left.
    pub fn catch_up(&mut self, most: usize) -> Result<bool> {
        if self.read(projection::is_fresh)? {
            return Ok(false);
        }
        self.write_soon(|tx| projection::refresh_deferred(tx, most))
    }
}

fn apply_slice(
    db: &Connection,
    slice: Slice<'_>,
    show: fn(&Connection, &Stale) -> Result<()>,
) -> Result<bool> {
    let mut place = scope::place(db, slice.scope)?;
    place.cursor = slice.cursor;
    place.total = slice.total;
    let mut stale = Stale::new();
    for change in slice.changes {
        apply_one(db, &mut place, change, &mut stale)?;
    }
    let is_same = match slice.digest {
        None => true,
        Some(digest) => scope::conclude(db, &mut place, digest, slice.server_ms, &mut stale)?,
    };
    show(db, &stale)?;
    scope::keep(db, &place)?;
    Ok(is_same)
}

fn settle_one(
    db: &Connection,
    result: &CommitResult,
    (now_ms, server_ms): (i64, i64),
    stale: &mut Stale,
) -> Result<()> {
    let Some((body, title)) = outbox::take(db, result.push_seq)? else { return Ok(()) };
    let commit = outbox::decode(&body);
    let ops = commit.map(|commit| commit.ops).unwrap_or_default();
    if matches!(result.outcome, Outcome::Applied | Outcome::Merged) {
        acknowledged::add(db, &body, server_ms)?;
    }
    match &result.outcome {
        Outcome::Refused { code } => {
            outbox::refuse(db, (&body, &title), code, now_ms, &touched(db, &ops)?)?;
        }
        Outcome::Quarantined => quarantine::keep(db, result.push_seq, (&body, &title), now_ms)?,
        Outcome::Applied => promise(db, &ops, false)?,
        Outcome::Merged => promise(db, &ops, true)?,
    }
    touched(db, &ops)?.into_iter().try_for_each(|rid| rebase(db, rid, stale))
}

fn touched(db: &Connection, ops: &[Op]) -> Result<Vec<i64>> {
    let ids: BTreeSet<RecordId> = ops.iter().map(|op| op.record).collect();
    let mut rids = Vec::with_capacity(ids.len());
    for id in ids {
        rids.extend(projection::rid_of(db, id)?);
    }
    Ok(rids)
}

/// The server took these ops: until its own word of the record arrives, the record is shown with them.
/// Without this a saved visit would vanish for a moment. Where some field lost against somebody whose
/// word has been heard already, one cannot tell which: there the server's word is awaited.
fn promise(db: &Connection, ops: &[Op], is_merged: bool) -> Result<()> {
    for op in ops {
        let Some(row) = record::find(db, op.record)? else { continue };
        let promised = Layered::settled(&row).with(db, &row, op)?;
        if promised.body.is_some() && is_certain(&row, &op.change, is_merged) {
            set_promised(db, row.rid, &promised)?;
        }
    }
    Ok(())
}

fn is_certain(row: &RecordRow, change: &Change, is_merged: bool) -> bool {
    match change {
        Change::Create { .. } => row.version == 0,
        Change::Edit { base, .. } | Change::Delete { base } | Change::Restore { base } => {
            !is_merged || row.version == *base
        }
        Change::Command { .. } => !is_merged,
    }
}

fn set_promised(db: &Connection, rid: i64, promised: &Layered) -> Result<()> {
    db.prepare_cached("UPDATE record SET promised = ?2, promised_deleted = ?3 WHERE rid = ?1")?
        .execute(params![rid, promised.body.as_ref().map(Body::as_bytes), promised.is_deleted])?;
    Ok(())
}

/// The server has told everything it has: what it took and did not tell made no difference there.
pub fn end_promises(db: &Connection) -> Result<()> {
    let mut find = db.prepare_cached("SELECT rid FROM record WHERE promised IS NOT NULL")?;
    let left: Vec<i64> = find.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let nothing = Layered { body: None, is_deleted: false };
    for rid in &left {
        set_promised(db, *rid, &nothing)?;
    }
    outbox::rebase_all(db, &left)
}

/// Applies one change.
fn apply_one(db: &Connection, place: &mut Place, change: &RecordChange, stale: &mut Stale) -> Result<()> {
    if change.has_left {
        return depart(db, place, change.id, stale);
    }
    let proof = Proof::of(change.id, change.version, change.body.as_ref());
    if insert(db, place, change, proof)? {
        place.hold(proof, change.body.is_some());
        // Nothing of this device's own can lie over what was not here.
        let row = RecordRow::arrived(db.last_insert_rowid(), place, change, proof);
        return projection::project(db, &row, change.body.as_ref(), stale);
    }
    let row = record::get(db, change.id)?;
    let is_of_now = row.scope == place.rid && row.generation == place.generation;
    if is_of_now && row.version >= change.version {
        return Ok(()); // Repeated by a retry.
    }
    if is_of_now {
        place.forget(row.proof, row.is_held());
    } else if row.scope != place.rid {
        scope::leave(db, &row)?;
    }
    overwrite(db, place, row.rid, change, proof)?;
    place.hold(proof, change.body.is_some());
    rebase(db, row.rid, stale)
}

/// A record left this scope. Where the other one is held too, it has come there already or comes yet.
fn depart(db: &Connection, place: &mut Place, id: RecordId, stale: &mut Stale) -> Result<()> {
    let here = record::find(db, id)?.filter(|row| row.scope == place.rid);
    let Some(row) = here else { return Ok(()) };
    if row.generation == place.generation {
        place.forget(row.proof, row.is_held());
    }
    db.prepare_cached(
        "UPDATE record SET confirmed = NULL, promised = NULL, promised_deleted = 0, version = 0, proof = 0
         WHERE rid = ?1",
    )?
    .execute([row.rid])?;
    rebase(db, row.rid, stale)
}

/// Whether the record was not here before; one that was is left as it is.
fn insert(db: &Connection, place: &Place, change: &RecordChange, proof: Proof) -> Result<bool> {
    let inserted = db
        .prepare_cached(
            "INSERT INTO record (id, kind, scope, version, confirmed, author, received_ms, proof, generation)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            change.id.as_bytes(),
            change.kind.0,
            place.rid,
            change.version,
            change.body.as_ref().map(Body::as_bytes),
            change.by.as_bytes(),
            change.received_ms,
            proof.0,
            place.generation
        ])?;
    Ok(inserted > 0)
}

fn overwrite(db: &Connection, place: &Place, rid: i64, change: &RecordChange, proof: Proof) -> Result<()> {
    db.prepare_cached(
        "UPDATE record SET confirmed = ?2, version = ?3, scope = ?4, author = ?5, received_ms = ?6,
             proof = ?7, generation = ?8, promised = NULL, promised_deleted = 0
         WHERE rid = ?1",
    )?
    .execute(params![
        rid,
        change.body.as_ref().map(Body::as_bytes),
        change.version,
        place.rid,
        change.by.as_bytes(),
        change.received_ms,
        proof.0,
        place.generation
    ])?;
    Ok(())
}

/// Lays the record's waiting ops over its confirmed body again, and shows the outcome.
pub(crate) fn rebase(db: &Connection, rid: i64, stale: &mut Stale) -> Result<()> {
    let row = record::by_rid(db, rid)?;
    let settled = Layered::settled(&row);
    let mut now = settled.clone();
    if now.body.is_none() && row.refused > 0 {
        now = laid(db, &row, now, &outbox::refused_creation(db, row.rid, row.id)?)?;
    }
    if row.pending > 0 {
        now = laid(db, &row, now, &pending_ops(db, rid, row.id)?)?;
    }
    let kept = now.body.as_ref().filter(|body| settled.body.as_ref() != Some(body));
    if (kept, now.is_deleted) != (row.working.as_ref(), row.deleted) {
        record::set_working(db, rid, kept, now.is_deleted)?;
    }
    projection::project(db, &row, now.shown(), stale)?;
    // Made here, taken back, never sent: its id is free, as if it had never been.
    let never_was = now.body.is_none() && row.version == 0 && row.pending == 0 && row.refused == 0;
    if never_was { record::forget(db, rid) } else { Ok(()) }
}

fn laid(db: &Connection, row: &RecordRow, record: Layered, ops: &[Op]) -> Result<Layered> {
    ops.iter().try_fold(record, |record, op| record.with(db, row, op))
}
