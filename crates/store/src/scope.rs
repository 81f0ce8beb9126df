//! The scopes this device holds: how far each was read, and whether it is what the server has.

use records::Scope;
use records::proof::Proof;
use records::wire::Cursor;
use rusqlite::{Connection, params};

use crate::projection::Stale;
use crate::record::{self, RecordRow};
use crate::{Result, confirm};

/// How long after a scope was read anew in vain it may be tried again, ms.
const DAMPED_MS: i64 = 3_600_000;

/// A scope in the middle of a slice.
pub(crate) struct Place {
    pub rid: i64,
    pub cursor: u64,
    pub total: u64,
    /// Records read before the current generation are to be seen again or to go.
    pub generation: i64,
    held: i64,
    digest: i64,
    is_reread: bool,
    reread_from_ms: i64,
}

impl Place {
    /// A record is not what it was any more.
    pub fn forget(&mut self, proof: Proof, was_held: bool) {
        self.digest = proof.taken_from(self.digest);
        self.held -= i64::from(was_held);
    }

    /// A record is this now.
    pub fn hold(&mut self, proof: Proof, is_held: bool) {
        self.digest = proof.added_to(self.digest);
        self.held += i64::from(is_held);
    }

    /// Whether the server has more records here than this device.
    pub fn lacks_records(&self) -> bool {
        self.held.unsigned_abs() < self.total
    }

    /// Everything is read from the beginning. What is held stays until that is done.
    fn read_anew(&mut self) {
        self.generation += 1;
        (self.cursor, self.digest, self.held, self.is_reread) = (0, 0, 0, true);
    }

    fn may_reread(&self, server_ms: i64) -> bool {
        // Further off than any wait that is given: that clock has been put right since.
        !(1..=DAMPED_MS).contains(&self.reread_from_ms.saturating_sub(server_ms))
    }
}

/// The place in a scope, made when it is new.
pub(crate) fn place(db: &Connection, scope: &Scope) -> Result<Place> {
    let rid = record::scope_rid(db, scope)?;
    let mut find = db.prepare_cached(
        "SELECT cursor, total, generation, held, digest, is_reread, reread_from_ms FROM scope WHERE rid = ?1",
    )?;
    Ok(find.query_row([rid], |row| {
        Ok(Place {
            rid,
            cursor: row.get(0)?,
            total: row.get(1)?,
            generation: row.get(2)?,
            held: row.get(3)?,
            digest: row.get(4)?,
            is_reread: row.get(5)?,
            reread_from_ms: row.get(6)?,
        })
    })?)
}

/// Keeps the place.
pub(crate) fn keep(db: &Connection, place: &Place) -> Result<()> {
    db.prepare_cached(
        "UPDATE scope SET cursor = ?2, total = ?3, generation = ?4, held = ?5, digest = ?6, is_reread = ?7,
             reread_from_ms = ?8
         WHERE rid = ?1",
    )?
    .execute(params![
        place.rid,
        place.cursor,
        place.total,
        place.generation,
        place.held,
        place.digest,
        place.is_reread,
        place.reread_from_ms
    ])?;
    Ok(())
}

/// A record that comes in another scope is no longer in this one.
pub(crate) fn leave(db: &Connection, row: &RecordRow) -> Result<()> {
    let mut find = db.prepare_cached("SELECT generation, digest, held FROM scope WHERE rid = ?1")?;
    let (generation, digest, held): (i64, i64, i64) =
        find.query_row([row.scope], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if row.generation == generation {
        db.prepare_cached("UPDATE scope SET digest = ?2, held = ?3 WHERE rid = ?1")?.execute(params![
            row.scope,
            row.proof.taken_from(digest),
            held - i64::from(row.is_held())
        ])?;
    }
    Ok(())
}

/// The whole scope was read. Answers whether it is what the server has; when it is not, it is read
/// anew, but not again and again.
pub(crate) fn conclude(
    db: &Connection,
    place: &mut Place,
    digest: i64,
    server_ms: i64,
    stale: &mut Stale,
) -> Result<bool> {
    let was_reread = std::mem::take(&mut place.is_reread);
    if was_reread {
        drop_unseen(db, place, stale)?;
    }
    if place.digest == digest {
        place.reread_from_ms = 0;
        return Ok(true);
    }
    if was_reread {
        place.reread_from_ms = server_ms.saturating_add(DAMPED_MS);
    }
    if !place.may_reread(server_ms) {
        return Ok(true);
    }
    place.read_anew();
    Ok(false)
}

/// What the server no longer speaks of is gone; what was changed here and waits is laid over again.
fn drop_unseen(db: &Connection, place: &Place, stale: &mut Stale) -> Result<()> {
    let mut find =
        db.prepare_cached("SELECT rid FROM record WHERE scope = ?1 AND generation < ?2 AND version > 0")?;
    let unseen = find.query_map(params![place.rid, place.generation], |row| row.get::<_, i64>(0))?;
    let unseen: Vec<i64> = unseen.collect::<rusqlite::Result<_>>()?;
    for rid in unseen {
        db.prepare_cached("UPDATE record SET confirmed = NULL, version = 0, proof = 0 WHERE rid = ?1")?
            .execute([rid])?;
        confirm::rebase(db, rid, stale)?;
    }
    Ok(())
}

/// Whether the scope is here and was not taken away.
pub(crate) fn is_held(db: &Connection, scope: &Scope) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM scope WHERE name = ?1 AND revoked_ms IS NULL AND is_slot = 0)";
    Ok(db.prepare_cached(sql)?.query_row([scope.to_string()], |row| row.get(0))?)
}

/// Whether all of these are here and none was taken away.
pub fn are_held(db: &Connection, scopes: &[Scope]) -> Result<bool> {
    for scope in scopes {
        if !is_held(db, scope)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What was read of the scope counts no more: should it be granted again, it is read anew.
pub(crate) fn forget_place(db: &Connection, scope: &Scope) -> Result<()> {
    let mut place = place(db, scope)?;
    place.read_anew();
    keep(db, &place)
}

/// Where the device stands in each scope it holds.
pub fn cursors(db: &Connection) -> Result<Vec<Cursor>> {
    let mut statement = db.prepare_cached(
        "SELECT name, cursor, digest FROM scope WHERE revoked_ms IS NULL AND is_slot = 0 ORDER BY name",
    )?;
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get(2)?)))?;
    let mut cursors = Vec::new();
    for row in rows {
        let (name, cursor, digest) = row?;
        cursors.extend(name.parse().ok().map(|scope| Cursor { scope, seq: cursor.unsigned_abs(), digest }));
    }
    Ok(cursors)
}

/// Scopes with the records held and the records the server has: name, held, total.
pub fn held(db: &Connection) -> Result<Vec<(Scope, u64, u64)>> {
    let mut statement =
        db.prepare_cached("SELECT name, held, total FROM scope WHERE is_slot = 0 ORDER BY name")?;
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

/// The number of a scope into which something is handed; one that is not held stays a mere slot.
pub(crate) fn slot(db: &Connection, scope: &Scope) -> Result<i64> {
    let mut make = db.prepare_cached("INSERT OR IGNORE INTO scope (name, is_slot) VALUES (?1, 1)")?;
    make.execute([scope.to_string()])?;
    record::scope_rid(db, scope)
}

/// Makes room for the scopes this device was granted.
pub fn grant(db: &Connection, scopes: &[Scope]) -> Result<()> {
    for scope in scopes {
        let rid = record::scope_rid(db, scope)?;
        // Taken away and given back: what is still here of it is brought up to date.
        db.prepare_cached(
            "UPDATE scope SET revoked_ms = NULL, is_slot = 0
             WHERE rid = ?1 AND (revoked_ms IS NOT NULL OR is_slot = 1)",
        )?
        .execute([rid])?;
    }
    Ok(())
}
