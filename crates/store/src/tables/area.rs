//! Areas, for their names.

use records::area::Area;
use records::{AreaPath, Body, Record};
use rusqlite::{Connection, OptionalExtension, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::RecordRow;

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    let Some(body) = body else { return remove(db, "area", row.rid) };
    let area = Area::from_body(body)?;
    db.prepare_cached("INSERT OR REPLACE INTO area (rid, path, name) VALUES (?1, ?2, ?3)")?
        .execute(params![row.rid, area.path.as_str(), area.name])?;
    Ok(())
}

/// The name of an area, when it has arrived.
pub fn name(db: &Connection, path: &AreaPath) -> Result<Option<String>> {
    let mut statement = db.prepare_cached("SELECT name FROM area WHERE path = ?1 LIMIT 1")?;
    Ok(statement.query_row([path.as_str()], |row| row.get(0)).optional()?)
}

/// The areas inside this one, itself among them, with their names, that have arrived.
pub fn inside(db: &Connection, path: &AreaPath) -> Result<Vec<(AreaPath, String)>> {
    let mut statement = db.prepare_cached("SELECT DISTINCT path, name FROM area ORDER BY path")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let all = rows.collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    let read = all.into_iter().filter_map(|(path, name)| Some((path.parse::<AreaPath>().ok()?, name)));
    Ok(read.filter(|(inside, _)| path.contains(inside)).collect())
}

/// The area as it is, when it has arrived.
pub fn of(db: &Connection, path: &AreaPath) -> Result<Option<Area>> {
    let mut statement = db.prepare_cached("SELECT rid FROM area WHERE path = ?1 LIMIT 1")?;
    let rid: Option<i64> = statement.query_row([path.as_str()], |row| row.get(0)).optional()?;
    let row = rid.map(|rid| crate::record::by_rid(db, rid)).transpose()?;
    Ok(row.as_ref().and_then(crate::record::RecordRow::body).map(Area::from_body).transpose()?)
}
