//! Each time a masked value was shown, on this device.

use records::RecordId;
use rusqlite::{Connection, params};

use crate::Result;

/// Notes that a value was shown.
pub fn note(db: &Connection, person: RecordId, what: &str, now_ms: i64) -> Result<()> {
    db.prepare_cached("INSERT INTO reveal (person, what, at_ms) VALUES (?1, ?2, ?3)")?.execute(params![
        person.as_bytes(),
        what,
        now_ms
    ])?;
    Ok(())
}

/// How often values of a person were shown here.
pub fn count(db: &Connection, person: RecordId) -> Result<u32> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM reveal WHERE person = ?1")?;
    Ok(statement.query_row([person.as_bytes()], |row| row.get(0))?)
}
