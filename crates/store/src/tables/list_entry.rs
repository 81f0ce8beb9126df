//! Duties, certificates not issued, posts and rules.

use records::codes::ListName;
use records::list_entry::ListEntry;
use records::{Body, Record};
use rusqlite::{Connection, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::RecordRow;

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    let Some(body) = body else { return remove(db, "list_entry", row.rid) };
    let entry = ListEntry::from_body(body)?;
    db.prepare_cached("INSERT OR REPLACE INTO list_entry (rid, list, code) VALUES (?1, ?2, ?3)")?
        .execute(params![row.rid, entry.list.code(), entry.code])?;
    Ok(())
}

/// The lines of one list, by code.
pub fn of_list(db: &Connection, list: ListName) -> Result<Vec<ListEntry>> {
    let mut statement = db.prepare_cached(
        "SELECT coalesce(r.working, r.promised, r.confirmed) FROM list_entry e JOIN record r USING (rid)
         WHERE e.list = ?1 ORDER BY e.code",
    )?;
    let bodies = statement.query_map([list.code()], |row| Ok(Body::trusted(row.get(0)?)))?;
    let bodies: Vec<Body> = bodies.collect::<rusqlite::Result<_>>()?;
    bodies.iter().map(|body| ListEntry::from_body(body).map_err(Into::into)).collect()
}
