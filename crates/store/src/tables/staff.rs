//! Colleagues, for their names.

use records::staff::Staff;
use records::{AccountId, Body, Record};
use rusqlite::{Connection, OptionalExtension, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::RecordRow;

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    let Some(body) = body else { return remove(db, "staff", row.rid) };
    let staff = Staff::from_body(body)?;
    db.prepare_cached("INSERT OR REPLACE INTO staff (rid, id, name) VALUES (?1, ?2, ?3)")?
        .execute(params![row.rid, row.id.as_bytes(), staff.name])?;
    Ok(())
}

/// The name of a colleague, when it has arrived.
pub fn name(db: &Connection, account: AccountId) -> Result<Option<String>> {
    let mut statement = db.prepare_cached("SELECT name FROM staff WHERE id = ?1")?;
    Ok(statement.query_row([account.as_bytes()], |row| row.get(0)).optional()?)
}
