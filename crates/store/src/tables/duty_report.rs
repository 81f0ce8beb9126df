//! Reports of suspected harm, where the county reads that they were made.

use records::duty_report::DutyReport;
use records::{Body, Record};
use rusqlite::{Connection, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::{self, RecordRow};

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    let Some(body) = body else { return remove(db, "duty_report", row.rid) };
    let at_ms = DutyReport::from_body(body)?.at.utc_ms;
    db.prepare_cached("INSERT OR REPLACE INTO duty_report (rid, at_ms) VALUES (?1, ?2)")?
        .execute(params![row.rid, at_ms])?;
    Ok(())
}

/// The newest of them.
pub fn newest(db: &Connection, limit: u32) -> Result<Vec<(RecordRow, DutyReport)>> {
    record::typed_rows(db, "duty_report", "ORDER BY t.at_ms DESC, t.rid DESC LIMIT ?1", [limit])
}
