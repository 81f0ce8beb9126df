//! Requests that what is kept of a person be deleted, and what became of them.

use records::erasure_request::ErasureRequest;
use records::{Body, Record, RecordId};
use rusqlite::{Connection, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::{self, RecordRow};

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    let Some(body) = body else { return remove(db, "erasure_request", row.rid) };
    let request = ErasureRequest::from_body(body)?;
    let sql = "INSERT OR REPLACE INTO erasure_request (rid, subject, at_ms, state) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![
        row.rid,
        request.subject.as_bytes(),
        request.at.utc_ms,
        request.state().code()
    ])?;
    Ok(())
}

/// Every request about a person, newest first.
pub fn of_person(db: &Connection, person: RecordId) -> Result<Vec<(RecordRow, ErasureRequest)>> {
    let rest = "WHERE t.subject = ?1 ORDER BY t.at_ms DESC, t.rid DESC";
    record::typed_rows(db, "erasure_request", rest, [person.as_bytes()])
}

/// Requests before a moment, newest first.
pub fn window(db: &Connection, before: (i64, i64), limit: u32) -> Result<Vec<(RecordRow, ErasureRequest)>> {
    let rest = "WHERE (t.at_ms, t.rid) < (?1, ?2) ORDER BY t.at_ms DESC, t.rid DESC LIMIT ?3";
    record::typed_rows(db, "erasure_request", rest, params![before.0, before.1, limit])
}
