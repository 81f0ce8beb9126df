//! Values that lost against another edit, until the person has seen them.

use records::losing_edit::LosingEdit;
use records::{Body, Record, RecordId};
use rusqlite::{Connection, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::{self, RecordRow};

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    if body.is_none() {
        return remove(db, "losing_edit", row.rid);
    }
    db.prepare_cached("INSERT OR REPLACE INTO losing_edit (rid, id) VALUES (?1, ?2)")?
        .execute(params![row.rid, row.id.as_bytes()])?;
    Ok(())
}

/// Losing edits not settled yet, newest first.
pub fn open(db: &Connection) -> Result<Vec<(RecordId, LosingEdit)>> {
    let mut statement = db.prepare_cached(
        "SELECT rid FROM losing_edit WHERE id NOT IN (SELECT id FROM settled_edit)
         ORDER BY rid DESC LIMIT 100",
    )?;
    let rids: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut edits = Vec::with_capacity(rids.len());
    for rid in rids {
        let row = record::by_rid(db, rid)?;
        if let Some(edit) = row.body().map(LosingEdit::from_body).transpose()? {
            edits.push((row.id, edit));
        }
    }
    Ok(edits)
}

/// How many losing edits are not settled yet.
pub fn open_count(db: &Connection) -> Result<u32> {
    let mut statement =
        db.prepare_cached("SELECT count(*) FROM losing_edit WHERE id NOT IN (SELECT id FROM settled_edit)")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Notes that the person has settled a losing edit.
pub fn settle(db: &Connection, id: RecordId) -> Result<()> {
    db.prepare_cached("INSERT OR IGNORE INTO settled_edit (id) VALUES (?1)")?
        .execute(params![id.as_bytes()])?;
    Ok(())
}
