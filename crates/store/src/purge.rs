//! Giving up what was taken away: a scope the server has revoked leaves this device, slice by slice.
//!
//! It begins once nothing of the scope waits to be sent, so that no work is lost by it. What this
//! person wrote and the server did not take stays, as cards. A crash between two slices repeats
//! nothing; when the scope is granted again, it is read anew from its beginning.

use std::collections::BTreeSet;

use records::wire::{Change, MAX_AFTERMATH, Op, Purged, Revoked};
use records::{RecordId, Scope};
use rusqlite::{Connection, OptionalExtension, params};

use crate::projection::{self, Stale};
use crate::{Result, Store, attachment, left, outbox, record, scope, search};

/// Records of one slice: a few milliseconds of work.
const SLICE: i64 = 250;

/// How far the purge has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purging {
    /// Nothing is to be purged, or what is still waits for commits to be sent.
    Idle,
    /// There is more to do.
    More,
    /// Nothing is left of a scope; its receipt waits to be sent.
    Done,
}

struct Leaving {
    rid: i64,
    name: String,
    revoked_ms: i64,
    purged: i64,
}

/// Notes that scopes were taken away. Only the server's signed word leads here.
pub fn revoke(db: &Connection, revoked: &[Revoked]) -> Result<()> {
    for Revoked { scope, at_ms } in revoked {
        if scope::is_held(db, scope)? {
            scope::forget_place(db, scope)?;
            db.prepare_cached("UPDATE scope SET revoked_ms = ?2, purged = 0 WHERE name = ?1")?
                .execute(params![scope.to_string(), at_ms])?;
        }
    }
    Ok(())
}

/// What the server has not heard of yet, as much as one request may say.
pub fn receipts(db: &Connection) -> Result<Vec<Purged>> {
    let mut find = db.prepare_cached(
        "SELECT scope, revoked_ms, records, at_ms FROM purge_receipt ORDER BY at_ms, scope LIMIT ?1",
    )?;
    let rows = find.query_map([MAX_AFTERMATH as i64], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let mut receipts = vec![];
    for row in rows {
        let (scope, revoked_ms, records, at_ms) = row?;
        receipts.extend(scope.parse().ok().map(|scope| Purged { scope, revoked_ms, records, at_ms }));
    }
    Ok(receipts)
}

/// The server has answered a request that carried these.
pub fn receipts_heard(db: &Connection, heard: &[Purged]) -> Result<()> {
    let mut forget = db.prepare_cached("DELETE FROM purge_receipt WHERE scope = ?1 AND revoked_ms = ?2")?;
    for receipt in heard {
        forget.execute(params![receipt.scope.to_string(), receipt.revoked_ms])?;
    }
    Ok(())
}

impl Store {
    /// Removes the next few records of a scope that was taken away, and the photos nothing else refers to.
    /// Their bytes are overwritten, in the file and in its log.
    pub fn purge_step(&mut self, now_ms: i64) -> Result<Purging> {
        let Some(leaving) = self.read(next)? else { return Ok(Purging::Idle) };
        self.db.pragma_update(None, "secure_delete", true)?;
        let purging = self.write(|tx| step(tx, &leaving, now_ms));
        self.db.pragma_update(None, "secure_delete", "FAST")?;
        if matches!(purging, Ok(Purging::Done)) {
            self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        purging
    }
}

/// A scope that was taken away and of which nothing waits to be sent.
fn next(db: &Connection) -> Result<Option<Leaving>> {
    let mut find = db.prepare_cached(
        "SELECT rid, name, revoked_ms, purged FROM scope s WHERE revoked_ms IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM record r WHERE r.scope = s.rid AND r.pending > 0)
         ORDER BY name LIMIT 1",
    )?;
    let leaving = find.query_row([], |row| {
        Ok(Leaving { rid: row.get(0)?, name: row.get(1)?, revoked_ms: row.get(2)?, purged: row.get(3)? })
    });
    Ok(leaving.optional()?)
}

fn step(db: &Connection, leaving: &Leaving, now_ms: i64) -> Result<Purging> {
    if leaving.purged == 0 {
        forget_acknowledged(db, leaving)?;
    }
    let gone = remove_some(db, leaving.rid, is_left_something(db)?)?;
    attachment::forget_unreferred(db)?;
    if gone == SLICE {
        db.prepare_cached("UPDATE scope SET purged = purged + ?2 WHERE rid = ?1")?
            .execute([leaving.rid, gone])?;
        return Ok(Purging::More);
    }
    search::close_gaps(db)?;
    db.prepare_cached("DELETE FROM scope WHERE rid = ?1")?.execute([leaving.rid])?;
    db.prepare_cached(
        "INSERT OR REPLACE INTO purge_receipt (scope, revoked_ms, records, at_ms) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![leaving.name, leaving.revoked_ms, leaving.purged + gone, now_ms])?;
    if let Ok(scope) = leaving.name.parse::<Scope>() {
        left::note(db, &scope.area, (leaving.purged + gone).unsigned_abs(), now_ms)?;
    }
    Ok(Purging::Done)
}

/// Whether this device may hold anything after all purges. One that was shut out may not.
fn is_left_something(db: &Connection) -> Result<bool> {
    let mut find =
        db.prepare_cached("SELECT EXISTS (SELECT 1 FROM scope WHERE revoked_ms IS NULL AND is_slot = 0)")?;
    Ok(find.query_row([], |row| row.get(0))?)
}

/// Removes some records with all that was made of them; answers how many. Photos of this person that are
/// not sent yet stay until they are, where the server still takes them: rows went first, and a cheap
/// network may come late.
fn remove_some(db: &Connection, scope: i64, owes_photos: bool) -> Result<i64> {
    let mut find = db.prepare_cached("SELECT rid FROM record WHERE scope = ?1 LIMIT ?2")?;
    let rids: Vec<i64> =
        find.query_map([scope, SLICE], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut stale = Stale::new();
    for rid in &rids {
        if owes_photos {
            attachment::owe(db, *rid)?;
        }
        remove(db, *rid, &mut stale)?;
    }
    projection::refresh(db, &stale)?;
    Ok(i64::try_from(rids.len()).unwrap_or(SLICE))
}

/// Removes a record as if it had never been here. Refused commits that touch it stay without it.
pub(crate) fn remove(db: &Connection, rid: i64, stale: &mut Stale) -> Result<()> {
    let row = record::by_rid(db, rid)?;
    projection::project(db, &row, None, stale)?;
    attachment::forget_taken(db, row.id)?;
    for sql in ["DELETE FROM draft WHERE household = ?1", "DELETE FROM settled_edit WHERE id = ?1"] {
        db.prepare_cached(sql)?.execute([row.id.as_bytes()])?;
    }
    db.prepare_cached("DELETE FROM refused_record WHERE record = ?1")?.execute([rid])?;
    record::forget(db, rid)
}

/// Commits of the scope that were kept in case the server goes back to a backup. Once the scope is
/// somebody else's, so is the care for them.
fn forget_acknowledged(db: &Connection, leaving: &Leaving) -> Result<()> {
    let name: Option<Scope> = leaving.name.parse().ok();
    let mut of_scope = BTreeSet::new();
    let mut find = db.prepare("SELECT id FROM record WHERE scope = ?1")?;
    let ids = find.query_map([leaving.rid], |row| Ok(RecordId::from_bytes(row.get(0)?)))?;
    for id in ids {
        of_scope.insert(id?);
    }
    let mut find = db.prepare("SELECT number, body FROM acknowledged")?;
    let rows = find.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let kept: Vec<(i64, Vec<u8>)> = rows.collect::<rusqlite::Result<_>>()?;
    for (number, body) in kept {
        let is_of_scope = |op: &Op| match &op.change {
            Change::Create { scope, .. } if Some(scope) == name.as_ref() => true,
            _ => of_scope.contains(&op.record),
        };
        // One that cannot be read may be of the scope, and nothing else can come of it.
        let goes = outbox::decode(&body).is_none_or(|commit| commit.ops.iter().any(is_of_scope));
        if goes {
            db.prepare_cached("DELETE FROM acknowledged WHERE number = ?1")?.execute([number])?;
        }
    }
    Ok(())
}
