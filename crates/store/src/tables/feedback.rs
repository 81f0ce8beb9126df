//! 投诉建议, where the county reads it.

use records::feedback::Feedback;
use records::{Body, Record};
use rusqlite::{Connection, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::{self, RecordRow};

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    let Some(body) = body else { return remove(db, "feedback", row.rid) };
    let at_ms = Feedback::from_body(body)?.at.utc_ms;
    db.prepare_cached("INSERT OR REPLACE INTO feedback (rid, at_ms) VALUES (?1, ?2)")?
        .execute(params![row.rid, at_ms])?;
    Ok(())
}

/// The newest of them.
pub fn newest(db: &Connection, limit: u32) -> Result<Vec<(RecordRow, Feedback)>> {
    record::typed_rows(db, "feedback", "ORDER BY t.at_ms DESC, t.rid DESC LIMIT ?1", [limit])
}
