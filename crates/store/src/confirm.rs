//! What the server says: results of commits and changes of records, applied in slices.
//!
//! Every slice is one transaction that moves the cursor with the records, so a crash between two
//! slices repeats nothing and skips nothing.

use std::collections::BTreeSet;

use records::wire::{Change, CommitResult, Op, Outcome, RecordChange};
use records::{Body, RecordId, Scope};
use rusqlite::{Connection, params};

use crate::outbox::{self, pending_ops};
use crate::projection::{self, Stale};
use crate::record::{self, RecordRow};
use crate::{Result, Store};

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
}

impl Store {
    /// Settles commits the server has decided on. Unknown numbers were settled before. `brought` are the
    /// records whose next version the same answer brings; they are applied after this.
    pub fn settle(
        &mut self,
        results: &[CommitResult],
        brought: &BTreeSet<RecordId>,
        now_ms: i64,
    ) -> Result<()> {
        self.write(|tx| {
            let mut stale = Stale::new();
            for result in results {
                settle_one(tx, result, brought, now_ms, &mut stale)?;
            }
            projection::refresh(tx, &stale)
        })
    }

    /// Applies one slice of changes.
    pub fn apply(&mut self, slice: Slice<'_>) -> Result<()> {
        self.write(|tx| {
            let scope = record::scope_rid(tx, slice.scope)?;
            let mut stale = Stale::new();
            let mut added = 0;
            for change in slice.changes {
                added += apply_one(tx, scope, change, &mut stale)?;
            }
            projection::refresh(tx, &stale)?;
            tx.prepare_cached("UPDATE scope SET cursor = ?2, held = held + ?3, total = ?4 WHERE rid = ?1")?
                .execute(params![scope, slice.cursor, added, slice.total])?;
            Ok(())
        })
    }
}

fn settle_one(
    db: &Connection,
    result: &CommitResult,
    brought: &BTreeSet<RecordId>,
    now_ms: i64,
    stale: &mut Stale,
) -> Result<()> {
    let Some((body, title)) = outbox::take(db, result.push_seq)? else { return Ok(()) };
    let commit = outbox::decode(&body);
    let ops = commit.map(|commit| commit.ops).unwrap_or_default();
    match &result.outcome {
        Outcome::Refused { code } => {
            outbox::refuse(db, (&body, &title), code, now_ms, &touched(db, &ops)?)?;
        }
        Outcome::Applied => promote(db, &ops, |record| brought.contains(&record))?,
        Outcome::Merged => promote(db, &ops, |_| false)?,
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

/// The server took these ops: until its own word of the record arrives with the next change, the
/// confirmed body is what it was with them. Without this a saved visit would vanish for a moment.
///
/// Where others have written the record since, that holds only for what was applied as sent and is
/// replaced by the same answer: a copy of a database is told once more of ops that were applied long
/// ago, and where a field lost one cannot tell which. There the server's word is awaited.
fn promote(db: &Connection, ops: &[Op], is_replaced: impl Fn(RecordId) -> bool) -> Result<()> {
    for op in ops {
        let Some(row) = record::find(db, op.record)? else { continue };
        let confirmed = match (&op.change, &row.confirmed) {
            (Change::Create { body, .. }, None) if row.version == 0 => Some(body.clone()),
            (Change::Edit { base, patch }, Some(body)) if row.version == *base || is_replaced(op.record) => {
                Some(body.patched(patch))
            }
            _ => continue,
        };
        set_confirmed(db, row.rid, confirmed.as_ref(), row.version)?;
    }
    Ok(())
}

fn set_confirmed(db: &Connection, rid: i64, confirmed: Option<&Body>, version: u64) -> Result<()> {
    db.prepare_cached("UPDATE record SET confirmed = ?2, version = ?3 WHERE rid = ?1")?.execute(params![
        rid,
        confirmed.map(Body::as_bytes),
        version
    ])?;
    Ok(())
}

/// Applies one change and answers by how much the number of confirmed records grew.
fn apply_one(db: &Connection, scope: i64, change: &RecordChange, stale: &mut Stale) -> Result<i64> {
    let Some(row) = record::find(db, change.id)? else { return add(db, scope, change, stale) };
    if row.version >= change.version && row.scope == scope {
        return Ok(0); // Repeated by a retry.
    }
    let was_held = row.version > 0 && row.confirmed.is_some();
    db.prepare_cached(
        "UPDATE record SET confirmed = ?2, version = ?3, scope = ?4, author = ?5, received_ms = ?6
         WHERE rid = ?1",
    )?
    .execute(params![
        row.rid,
        change.body.as_ref().map(Body::as_bytes),
        change.version,
        scope,
        change.by.as_bytes(),
        change.received_ms
    ])?;
    rebase(db, row.rid, stale)?;
    Ok(i64::from(change.body.is_some()) - i64::from(was_held))
}

fn add(db: &Connection, scope: i64, change: &RecordChange, stale: &mut Stale) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO record (id, kind, scope, version, confirmed, author, received_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        change.id.as_bytes(),
        change.kind.0,
        scope,
        change.version,
        change.body.as_ref().map(Body::as_bytes),
        change.by.as_bytes(),
        change.received_ms
    ])?;
    if change.body.is_none() {
        return Ok(0);
    }
    let row = RecordRow {
        rid: db.last_insert_rowid(),
        id: change.id,
        kind: change.kind,
        scope,
        version: change.version,
        confirmed: change.body.clone(),
        working: None,
        pending: 0,
        refused: 0,
        author: Some(change.by),
        received_ms: Some(change.received_ms),
    };
    projection::project(db, &row, row.confirmed.as_ref(), stale)?;
    Ok(1)
}

/// Lays the record's waiting ops over its confirmed body again, and shows the outcome.
pub(crate) fn rebase(db: &Connection, rid: i64, stale: &mut Stale) -> Result<()> {
    let row = record::by_rid(db, rid)?;
    let ops = if row.pending > 0 { pending_ops(db, rid, row.id)? } else { Vec::new() };
    let start = match &row.confirmed {
        None if row.refused > 0 => refused_creation(db, &row)?,
        confirmed => confirmed.clone(),
    };
    let working = ops.iter().fold(start, |body, op| replay(body, &op.change));
    let kept = working.as_ref().filter(|body| row.confirmed.as_ref() != Some(body));
    record::set_working(db, rid, kept)?;
    projection::project(db, &row, working.as_ref(), stale)?;
    // Made here, taken back, never sent: its id is free, as if it had never been.
    let never_was = working.is_none() && row.version == 0 && row.pending == 0 && row.refused == 0;
    if never_was { record::forget(db, rid) } else { Ok(()) }
}

fn replay(body: Option<Body>, change: &Change) -> Option<Body> {
    match (body, change) {
        (None, Change::Create { body, .. }) => Some(body.clone()),
        (Some(body), Change::Edit { patch, .. }) => Some(body.patched(patch)),
        (_, Change::Delete { .. }) => None,
        (body, _) => body,
    }
}

/// A record whose making was refused stays visible as it was typed.
fn refused_creation(db: &Connection, row: &RecordRow) -> Result<Option<Body>> {
    let ops = outbox::refused_creation(db, row.rid, row.id)?;
    Ok(ops.iter().fold(None, |body, op| replay(body, &op.change)))
}

/// Scopes this device holds, with their cursors.
pub fn cursors(db: &Connection) -> Result<Vec<(Scope, u64)>> {
    let mut statement = db.prepare_cached("SELECT name, cursor FROM scope ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let mut cursors = Vec::new();
    for row in rows {
        let (name, cursor) = row?;
        cursors.extend(name.parse().ok().map(|scope| (scope, cursor.unsigned_abs())));
    }
    Ok(cursors)
}

/// Scopes with the records held and the records the server has: name, held, total.
pub fn held(db: &Connection) -> Result<Vec<(Scope, u64, u64)>> {
    let mut statement = db.prepare_cached("SELECT name, held, total FROM scope ORDER BY name")?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))?;
    let mut held = Vec::new();
    for row in rows {
        let (name, count, total) = row?;
        held.extend(
            name.parse().ok().map(|scope| (scope, count.max(0).unsigned_abs(), total.unsigned_abs())),
        );
    }
    Ok(held)
}

/// Makes room for the scopes this device was granted.
pub fn grant(db: &Connection, scopes: &[Scope]) -> Result<()> {
    scopes.iter().try_for_each(|scope| record::scope_rid(db, scope).map(|_| ()))
}
