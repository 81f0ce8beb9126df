//! What was done with personal data, for the 个人信息处理台账.

use records::handling::Handling;
use records::{AccountId, Body, Record, RecordId};
use rusqlite::{Connection, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::{self, RecordRow};

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    let Some(body) = body else { return remove(db, "handling", row.rid) };
    let handling = Handling::from_body(body)?;
    db.prepare_cached("INSERT OR REPLACE INTO handling (rid, at_ms, subject) VALUES (?1, ?2, ?3)")?.execute(
        params![row.rid, handling.at.utc_ms, handling.subject.map(|subject| subject.as_bytes().to_vec())],
    )?;
    Ok(())
}

/// Deeds before a moment, newest first: everybody's, or those of one account. A record that nobody has confirmed yet is
/// this device's own.
pub fn window(
    db: &Connection,
    by: Option<AccountId>,
    before: (i64, i64),
    limit: u32,
) -> Result<Vec<(RecordRow, Handling)>> {
    let rest = "WHERE (t.at_ms, t.rid) < (?1, ?2) AND (?3 IS NULL OR r.author IS NULL OR r.author = ?3)
                ORDER BY t.at_ms DESC, t.rid DESC LIMIT ?4";
    let by = by.map(|by| by.as_bytes().to_vec());
    record::typed_rows(db, "handling", rest, params![before.0, before.1, by, limit])
}

/// What was done with the data of one person or household, newest first.
pub fn of_subject(db: &Connection, subject: RecordId, limit: u32) -> Result<Vec<(RecordRow, Handling)>> {
    let rest = "WHERE t.subject = ?1 ORDER BY t.at_ms DESC, t.rid DESC LIMIT ?2";
    record::typed_rows(db, "handling", rest, params![subject.as_bytes(), limit])
}
