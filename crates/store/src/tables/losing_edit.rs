//! Values that lost against another edit, until the person has seen them.
//!
//! A loss is news only while the value that won is still the record's: once somebody has written the
//! field again, or on a device that was enrolled later, there is nothing left to decide.

use records::body::{DELETED, NULL};
use records::losing_edit::LosingEdit;
use records::{Body, Record, RecordId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::{self, RecordRow};

const OPEN: &str = "stands = 1 AND id NOT IN (SELECT id FROM settled_edit)";

pub(crate) fn project(
    db: &Connection,
    row: &RecordRow,
    body: Option<&Body>,
    stale: &mut Stale,
) -> Result<()> {
    let Some(body) = body else { return remove(db, "losing_edit", row.rid) };
    let edit = LosingEdit::from_body(body)?;
    stale.losing_edits.come();
    let concerned = record::find(db, edit.record)?;
    let stands = holds(concerned.as_ref().and_then(RecordRow::body), edit.field, &edit.winning);
    db.prepare_cached(
        "INSERT OR REPLACE INTO losing_edit (rid, id, record, field, winning, stands)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        row.rid,
        row.id.as_bytes(),
        edit.record.as_bytes(),
        edit.field,
        edit.winning.as_slice(),
        stands
    ])?;
    Ok(())
}

fn holds(body: Option<&Body>, field: u32, value: &[u8]) -> bool {
    if field == DELETED {
        return body.is_none() == (value != NULL);
    }
    body.is_some_and(|body| body.field(field).unwrap_or(NULL) == value)
}

/// Looks again at what lost in this record, which now has this body.
pub(crate) fn recheck(
    db: &Connection,
    record: RecordId,
    body: Option<&Body>,
    stale: &mut Stale,
) -> Result<()> {
    if !stale.losing_edits.are_there(db, "SELECT EXISTS (SELECT 1 FROM losing_edit)")? {
        return Ok(());
    }
    let mut find = db.prepare_cached("SELECT rid, field, winning FROM losing_edit WHERE record = ?1")?;
    let mut rows = find.query([record.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let (rid, field, winning): (i64, u32, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        db.prepare_cached("UPDATE losing_edit SET stands = ?2 WHERE rid = ?1")?
            .execute(params![rid, holds(body, field, &winning)])?;
    }
    Ok(())
}

/// Losing edits that still concern somebody, newest first.
pub fn open(db: &Connection) -> Result<Vec<(RecordId, LosingEdit)>> {
    let rest =
        format!("WHERE t.rid IN (SELECT rid FROM losing_edit WHERE {OPEN}) ORDER BY t.rid DESC LIMIT 100");
    let rows = record::typed_rows(db, "losing_edit", &rest, [])?;
    Ok(rows.into_iter().map(|(row, edit)| (row.id, edit)).collect())
}

/// Every value that lost in a record, newest first.
pub fn of_record(db: &Connection, record: RecordId) -> Result<Vec<LosingEdit>> {
    let rest = "WHERE t.record = ?1 ORDER BY t.rid DESC";
    let rows = record::typed_rows(db, "losing_edit", rest, [record.as_bytes()])?;
    Ok(rows.into_iter().map(|(_, edit)| edit).collect())
}

/// How many losing edits still concern somebody.
pub fn open_count(db: &Connection) -> Result<u32> {
    let mut statement = db.prepare_cached(&format!("SELECT count(*) FROM losing_edit WHERE {OPEN}"))?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Whether a losing edit still concerns somebody.
pub fn is_open(db: &Connection, id: RecordId) -> Result<bool> {
    let mut statement = db.prepare_cached(&format!("SELECT 1 FROM losing_edit WHERE id = ?1 AND {OPEN}"))?;
    Ok(statement.query_row([id.as_bytes()], |_| Ok(())).optional()?.is_some())
}

/// The person has not settled it after all.
pub fn reopen(db: &Connection, id: RecordId) -> Result<()> {
    db.prepare_cached("DELETE FROM settled_edit WHERE id = ?1")?.execute(params![id.as_bytes()])?;
    Ok(())
}

/// Notes that the person has settled a losing edit.
pub fn settle(db: &Connection, id: RecordId) -> Result<()> {
    db.prepare_cached("INSERT OR IGNORE INTO settled_edit (id) VALUES (?1)")?
        .execute(params![id.as_bytes()])?;
    Ok(())
}
