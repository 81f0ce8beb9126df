//! Houses: doors in walking order.

use records::house::{House, leading_number};
use records::{Body, Record, RecordId};
use rusqlite::{Connection, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::{self, RecordRow};

pub(crate) fn project(
    db: &Connection,
    row: &RecordRow,
    body: Option<&Body>,
    stale: &mut Stale,
) -> Result<()> {
    households_in(db, row.id)?.into_iter().for_each(|household| stale.words(household));
    let Some(body) = body else { return remove(db, "house", row.rid) };
    let house = House::from_body(body)?;
    let scope = record::scope_of(db, row.scope)?;
    db.prepare_cached(
        "INSERT OR REPLACE INTO house (rid, place, estate, building, unit, room, hint)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        row.rid,
        place(scope.area.as_str(), &house),
        house.estate,
        house.building,
        house.unit,
        house.room,
        house.hint
    ])?;
    Ok(())
}

/// Sorts doors the way one walks: grid, estate, building, staircase, floor.
fn place(grid: &str, house: &House) -> String {
    let (unit, room) = (leading_number(&house.unit), leading_number(&house.room));
    format!("{grid}|{}|{:05}|{unit:04}|{room:06}|{}", house.estate, house.building_code, house.room)
}

fn households_in(db: &Connection, house: RecordId) -> Result<Vec<RecordId>> {
    let mut statement = db.prepare_cached("SELECT id FROM household WHERE house = ?1")?;
    let rows = statement.query_map([house.as_bytes()], |row| Ok(RecordId::from_bytes(row.get(0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Every house with its id, for import.
pub fn all(db: &Connection) -> Result<Vec<(RecordId, House)>> {
    record::all(db, "house", "place")
}
