//! Own commits that came late: the server keeps them until somebody decides, and so does this device.

use records::Incarnation;
use records::wire::{Awaited, Commit, Decided, MAX_AFTERMATH, Outcome};
use records::{Kind, RecordId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::clearing::{self, Left};
use crate::settle::Clocks;
use crate::{Result, acknowledged, identity, outbox};

/// A commit somebody is to decide about.
#[derive(Debug, Clone)]
pub struct QuarantinedRow {
    /// Number of the card.
    pub number: u64,
    /// The commit.
    pub commit: Option<Commit>,
    /// Type and id of its first record.
    pub first: Option<(Kind, RecordId)>,
    /// When this device heard of it.
    pub sent_ms: i64,
}

/// Keeps a commit, given as body and title, under the number it was sent under.
pub(crate) fn keep(db: &Connection, push_seq: u64, (body, title): (&[u8], &str), now_ms: i64) -> Result<()> {
    let Some(identity) = identity::identity(db)? else { return Ok(()) };
    db.prepare_cached(
        "INSERT OR IGNORE INTO quarantined (incarnation, push_seq, title, sent_ms, body)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![identity.incarnation.as_bytes(), push_seq, title, now_ms, body])?;
    Ok(())
}

/// The commits whose decision is still to come, oldest first, as many as one request may name.
pub fn awaited(db: &Connection) -> Result<Vec<Awaited>> {
    let mut find =
        db.prepare_cached("SELECT incarnation, push_seq FROM quarantined ORDER BY number LIMIT ?1")?;
    let rows = find.query_map([MAX_AFTERMATH as i64], |row| {
        Ok(Awaited { incarnation: Incarnation::from_bytes(row.get(0)?), push_seq: row.get(1)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Takes the decisions: what was accepted comes back as any other record does, and its commit is kept as those
/// are that were taken at once; what was rejected becomes a card that keeps its body.
pub fn decide(db: &Connection, decided: &[Decided], (now_ms, server_ms): Clocks) -> Result<()> {
    for Decided { commit, outcome } in decided {
        let Some((body, title)) = take(db, commit)? else { continue };
        match outcome {
            Outcome::Refused { code } => match clearing::without_sealed(db, &body)? {
                Left::Same => outbox::refuse(db, (&body, &title), code, now_ms, &[])?,
                Left::Less(body) => outbox::refuse(db, (&body, &title), code, now_ms, &[])?,
                Left::Nothing => {}
            },
            Outcome::Quarantined => keep(db, commit.push_seq, (&body, &title), now_ms)?,
            Outcome::Applied | Outcome::Merged => acknowledged::keep(db, &body, server_ms)?,
        }
    }
    Ok(())
}

fn take(db: &Connection, commit: &Awaited) -> Result<Option<(Vec<u8>, String)>> {
    let key = params![commit.incarnation.as_bytes(), commit.push_seq];
    let sql = "DELETE FROM quarantined WHERE incarnation = ?1 AND push_seq = ?2 RETURNING body, title";
    Ok(db.prepare_cached(sql)?.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// The commits somebody is to decide about, newest first.
pub fn rows(db: &Connection) -> Result<Vec<QuarantinedRow>> {
    let mut find = db.prepare_cached(
        "SELECT number, body, title, sent_ms FROM quarantined ORDER BY number DESC LIMIT 100",
    )?;
    let rows = find.query_map([], |row| {
        let (body, title): (Vec<u8>, String) = (row.get(1)?, row.get(2)?);
        Ok(QuarantinedRow {
            number: row.get::<_, i64>(0)?.unsigned_abs(),
            commit: outbox::decode(&body),
            first: outbox::first_of(&title),
            sent_ms: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Takes all of them out, oldest first, with when they were sent: they go out again under other numbers.
pub(crate) fn take_all(db: &Connection) -> Result<Vec<(i64, Vec<u8>)>> {
    let mut find = db.prepare("SELECT sent_ms, body FROM quarantined ORDER BY number")?;
    let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let all = rows.collect::<rusqlite::Result<_>>()?;
    db.execute("DELETE FROM quarantined", [])?;
    Ok(all)
}
