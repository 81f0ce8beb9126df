//! Visit sheets put aside. They never leave the device.

use records::RecordId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::Result;

/// Keeps a sheet as it stands.
pub fn keep(db: &Connection, household: RecordId, json: &str, now_ms: i64) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO draft (household, body, touched_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (household) DO UPDATE SET body = ?2, touched_ms = ?3",
    )?
    .execute(params![household.as_bytes(), json, now_ms])?;
    Ok(())
}

/// Forgets a sheet.
pub fn forget(db: &Connection, household: RecordId) -> Result<()> {
    db.prepare_cached("DELETE FROM draft WHERE household = ?1")?.execute([household.as_bytes()])?;
    Ok(())
}

/// Forgets the sheets of households that are not here any more. Only once everything was told: one that
/// moves is gone for a moment.
pub fn forget_orphans(db: &Connection) -> Result<()> {
    db.prepare_cached("DELETE FROM draft WHERE household NOT IN (SELECT id FROM record)")?.execute([])?;
    Ok(())
}

/// The sheet of a household.
pub fn of(db: &Connection, household: RecordId) -> Result<Option<String>> {
    let mut statement = db.prepare_cached("SELECT body FROM draft WHERE household = ?1")?;
    Ok(statement.query_row([household.as_bytes()], |row| row.get(0)).optional()?)
}

/// All sheets: household and when it was last touched, newest first.
pub fn all(db: &Connection) -> Result<Vec<(RecordId, i64)>> {
    let mut statement =
        db.prepare_cached("SELECT household, touched_ms FROM draft ORDER BY touched_ms DESC LIMIT 50")?;
    let rows = statement.query_map([], |row| Ok((RecordId::from_bytes(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
