//! What the server says of records, applied in slices.
//!
//! A slice and the cursor that it moves are kept together or not at all, so a crash skips nothing.

use std::collections::BTreeSet;

use records::proof::Proof;
use records::wire::{Op, RecordChange};
use records::{Body, RecordId, Scope};
use rusqlite::{CachedStatement, Connection, params};

use crate::layer::Layered;
use crate::outbox::{self, Run};
use crate::projection::{self, Stale};
use crate::record::{self, RecordRow};
use crate::scope::{self, Place};
use crate::{Result, Store, attachment, clearing};

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
    /// Applies one slice of changes. Answers false when the whole scope was read and is still not
    /// what the server has: then it is read anew from its beginning. It is kept with the next
    /// [`Store::write`] or [`Store::keep_steps`].
    pub fn apply(&mut self, slice: Slice<'_>) -> Result<bool> {
        self.apply_showing(slice, projection::refresh)
    }

    /// The same for one slice of many: what households show of it follows by [`Store::catch_up`].
    pub fn apply_of_many(&mut self, slice: Slice<'_>) -> Result<bool> {
        self.apply_showing(slice, projection::defer)
    }

    fn apply_showing(&mut self, slice: Slice<'_>, show: Show) -> Result<bool> {
        match clearing::is_needed(slice.changes) {
            true => self.overwriting(|store| store.step(|db| apply_slice(db, slice, show))),
            false => self.step(|db| apply_slice(db, slice, show)),
        }
    }

    /// Brings the next few households up to date that [`Store::apply_of_many`] put off. Answers whether
    /// more may be left.
    pub fn catch_up(&mut self, most: usize) -> Result<bool> {
        if self.read(projection::is_fresh)? {
            return Ok(false);
        }
        self.step(|db| projection::refresh_deferred(db, most))
    }
}

/// How what households show is brought up to date.
type Show = fn(&Connection, &Stale) -> Result<()>;

fn apply_slice(db: &Connection, slice: Slice<'_>, show: Show) -> Result<bool> {
    let mut place = scope::place(db, slice.scope)?;
    place.cursor = slice.cursor;
    place.total = slice.total;
    let mut stale = Stale::new();
    let mut insert = Insert::on(db)?;
    let mut cleared = BTreeSet::new();
    for change in slice.changes {
        // Before anything of it is written over.
        if change.cleared > 0 && record::find(db, change.id)?.is_none_or(|row| row.cleared < change.cleared) {
            cleared.insert(change.id);
        }
        apply_one(db, &mut insert, &mut place, change, &mut stale)?;
    }
    clearing::forget_kept(db, &cleared, &mut stale)?;
    let is_same = match slice.digest {
        None => true,
        Some(digest) => scope::conclude(db, &mut place, digest, slice.server_ms, &mut stale)?,
    };
    show(db, &stale)?;
    scope::keep(db, &place)?;
    Ok(is_same)
}

/// Applies one change.
fn apply_one(
    db: &Connection,
    insert: &mut Insert<'_>,
    place: &mut Place,
    change: &RecordChange,
    stale: &mut Stale,
) -> Result<()> {
    if change.has_left {
        return depart(db, place, change.id, stale);
    }
    let proof = Proof::of(change.id, change.version, change.body.as_ref());
    // While records are missing here, what comes is new more often than not.
    let known = if place.lacks_records() { None } else { record::find(db, change.id)? };
    let row = match known {
        Some(row) => row,
        None if insert.is_new(place, change, proof)? => {
            place.hold(proof, change.body.is_some());
            // Nothing of this device's own can lie over what was not here.
            let row = RecordRow::arrived(db.last_insert_rowid(), place, change, proof);
            return projection::project(db, &row, change.body.as_ref(), stale);
        }
        None => record::get(db, change.id)?,
    };
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
    if shows_already(&row, place, change) { Ok(()) } else { rebase(db, row.rid, stale) }
}

/// Whether pages show just this already, mostly because this device wrote it: then nothing made of it
/// changes either.
fn shows_already(row: &RecordRow, place: &Place, change: &RecordChange) -> bool {
    let has_nothing_over_it = (row.pending, row.refused) == (0, 0) && row.working.is_none() && !row.deleted;
    let is_by_the_same = row.author == Some(change.by) && row.scope == place.rid;
    has_nothing_over_it && is_by_the_same && change.body.is_some() && row.body() == change.body.as_ref()
}

/// A record left this scope. Where the other one is held too, it has come there already or comes yet.
fn depart(db: &Connection, place: &mut Place, id: RecordId, stale: &mut Stale) -> Result<()> {
    let here = record::find(db, id)?.filter(|row| row.scope == place.rid);
    let Some(row) = here else { return Ok(()) };
    if row.generation == place.generation {
        place.forget(row.proof, row.is_held());
    }
    attachment::owe(db, row.rid)?;
    db.prepare_cached(
        "UPDATE record SET confirmed = NULL, promised = NULL, promised_deleted = 0, version = 0, proof = 0
         WHERE rid = ?1",
    )?
    .execute([row.rid])?;
    rebase(db, row.rid, stale)
}

/// Writes records that were not here, compiled and looked up once for a whole slice.
struct Insert<'a>(CachedStatement<'a>);

impl<'a> Insert<'a> {
    fn on(db: &'a Connection) -> Result<Self> {
        Ok(Self(db.prepare_cached(
            "INSERT INTO record (id, kind, scope, version, confirmed, author, received_ms, proof, generation,
                 cleared)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING",
        )?))
    }

    /// Whether the record was not here before; one that was is left as it is.
    fn is_new(&mut self, place: &Place, change: &RecordChange, proof: Proof) -> Result<bool> {
        let inserted = self.0.execute(params![
            change.id.as_bytes(),
            change.kind.0,
            place.rid,
            change.version,
            change.body.as_ref().map(Body::as_bytes),
            change.by.as_bytes(),
            change.received_ms,
            proof.0,
            place.generation,
            change.cleared
        ])?;
        Ok(inserted > 0)
    }
}

fn overwrite(db: &Connection, place: &Place, rid: i64, change: &RecordChange, proof: Proof) -> Result<()> {
    db.prepare_cached(
        "UPDATE record SET confirmed = ?2, version = ?3, scope = ?4, author = ?5, received_ms = ?6,
             proof = ?7, generation = ?8, cleared = max(cleared, ?9), promised = NULL,
             promised_deleted = 0
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
        place.generation,
        change.cleared
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
        now = laid(db, &row, now, &outbox::ops_of(db, rid, row.id, Run::ALL)?)?;
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
