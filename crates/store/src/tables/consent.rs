//! What people agreed to and took back.

use records::consent::Consent;
use records::{Body, Record, RecordId};
use rusqlite::{Connection, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::{self, RecordRow};

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    let Some(body) = body else { return remove(db, "consent", row.rid) };
    let person = Consent::from_body(body)?.person;
    db.prepare_cached("INSERT OR REPLACE INTO consent (rid, person) VALUES (?1, ?2)")?
        .execute(params![row.rid, person.as_bytes()])?;
    Ok(())
}

/// Everything a person said about their data, as it came.
pub fn of_person(db: &Connection, person: RecordId) -> Result<Vec<(RecordRow, Consent)>> {
    record::typed_rows(db, "consent", "WHERE t.person = ?1 ORDER BY t.rid", [person.as_bytes()])
}
