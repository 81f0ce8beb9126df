//! Matters, newest first.

use records::matter::Matter;
use records::{Body, Record, RecordId};
use rusqlite::{Connection, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::{self, RecordRow};

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    let Some(body) = body else { return remove(db, "matter", row.rid) };
    let matter = Matter::from_body(body)?;
    db.prepare_cached("INSERT OR REPLACE INTO matter (rid, household, occurred_ms) VALUES (?1, ?2, ?3)")?
        .execute(params![
            row.rid,
            matter.household.as_ref().map(|id| id.as_bytes().to_vec()),
            matter.occurred.utc_ms
        ])?;
    Ok(())
}

/// All matters held.
pub fn count(db: &Connection) -> Result<u32> {
    Ok(db.prepare_cached("SELECT count(*) FROM matter")?.query_row([], |row| row.get(0))?)
}

/// Matters before a moment, newest first.
pub fn window(db: &Connection, before: (i64, i64), limit: u32) -> Result<Vec<(RecordRow, Matter)>> {
    let rest = "WHERE (t.occurred_ms, t.rid) < (?1, ?2) ORDER BY t.occurred_ms DESC, t.rid DESC LIMIT ?3";
    record::typed_rows(db, "matter", rest, params![before.0, before.1, limit])
}

/// Matters of a household before a moment, newest first.
pub fn of_household(
    db: &Connection,
    household: RecordId,
    before: (i64, i64),
    limit: u32,
) -> Result<Vec<(RecordRow, Matter)>> {
    let rest = "WHERE t.household = ?1 AND (t.occurred_ms, t.rid) < (?2, ?3)
                ORDER BY t.occurred_ms DESC, t.rid DESC LIMIT ?4";
    record::typed_rows(db, "matter", rest, params![household.as_bytes(), before.0, before.1, limit])
}
