//! Houses: doors in walking order.

use records::house::{House, leading_number};
use records::{Body, Record, RecordId};
use rusqlite::{Connection, OptionalExtension, params};

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
        "INSERT INTO house (rid, place, estate, building, unit, room, hint)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (rid) DO UPDATE SET
             place = ?2, estate = ?3, building = ?4, unit = ?5, room = ?6, hint = ?7",
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

/// What a household shows of its house.
#[derive(Debug, Default)]
pub(crate) struct HouseOf {
    /// Number of the house; `None` while it has not arrived.
    pub rid: Option<i64>,
    /// Sorts the way one walks.
    pub place: String,
    /// `None` when it is gone, or cannot be read.
    pub door: Option<Door>,
}

/// How a door is called.
#[derive(Debug)]
pub(crate) struct Door {
    pub estate: String,
    pub building: String,
    pub unit: String,
    pub room: String,
}

/// What is known of a household's house.
pub(crate) fn of_household(db: &Connection, house: RecordId) -> Result<HouseOf> {
    let mut find = db.prepare_cached(
        "SELECT r.rid, h.place, h.estate, h.building, h.unit, h.room
         FROM record r LEFT JOIN house h ON h.rid = r.rid WHERE r.id = ?1",
    )?;
    let found = find.query_row([house.as_bytes()], |row| {
        let rid = Some(row.get(0)?);
        let Some(place) = row.get(1)? else { return Ok(HouseOf { rid, ..HouseOf::default() }) };
        let [estate, building, unit, room] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
        Ok(HouseOf { rid, place, door: Some(Door { estate, building, unit, room }) })
    });
    Ok(found.optional()?.unwrap_or_default())
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
