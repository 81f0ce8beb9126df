//! Households: walking order, due dates, the month's coverage.

use chrono::NaiveDate;
use records::codes::{CareLevel, VisitResult};
use records::household::Household;
use records::rules::rhythm::{self, VisitsSoFar};
use records::time::{day_from_number, day_number};
use records::{Body, Record, RecordId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::projection::{Stale, remove, rid_of};
use crate::record::{self, RecordRow};
use crate::tables::house::{self, HouseOf};
use crate::tables::{person, visit};
use crate::{Result, search};

/// What lists show of a household. Names are in plain here; `app` masks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdLine {
    /// Its number in this database.
    pub rid: i64,
    /// Its id.
    pub id: RecordId,
    /// Sorts the way one walks.
    pub place: String,
    /// Name of the head, or of whoever is known first.
    pub name: String,
    /// Whether anybody has a phone.
    pub has_phone: bool,
    /// Care level.
    pub care: CareLevel,
    /// Last visit of any result.
    pub last: Option<(NaiveDate, VisitResult)>,
    /// Day it is due.
    pub due_on: Option<NaiveDate>,
    /// Estate.
    pub estate: String,
    /// Building.
    pub building: String,
    /// Unit.
    pub unit: String,
    /// Door.
    pub room: String,
    /// Hint at the door.
    pub hint: Option<String>,
    /// Own commits touching it that wait.
    pub pending: u32,
    /// Own commits touching it that were refused.
    pub refused: u32,
}

/// Which households a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    All,
    /// Those with a rhythm.
    Key,
    /// Those due on this day or before.
    Due(NaiveDate),
}

pub(crate) fn project(
    db: &Connection,
    row: &RecordRow,
    body: Option<&Body>,
    stale: &mut Stale,
) -> Result<()> {
    let Some(body) = body else {
        search::forget(db, row.rid)?;
        return remove(db, "household", row.rid);
    };
    let household = Household::from_body(body)?;
    let own = Own {
        rid: row.rid,
        id: row.id,
        house: household.house,
        head: household.head,
        care: household.care,
        care_since: household.care_since.map_or(0, day_number),
        is_gone: household.left_on.is_some(),
    };
    if row.is_new {
        stale.came(row.id, row.rid);
    }
    // Most edits are of what only its page shows.
    if row.is_new || own_columns(db, row.rid)?.as_ref() != Some(&own) {
        stale.words(row.id);
        write_own(db, &own)?;
    }
    Ok(())
}

fn write_own(db: &Connection, own: &Own) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO household (rid, id, house, head, care, care_since, is_gone)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (rid) DO UPDATE SET
             house = ?3, head = ?4, care = ?5, care_since = ?6, is_gone = ?7",
    )?
    .execute(params![
        own.rid,
        own.id.as_bytes(),
        own.house.as_bytes(),
        own.head.as_ref().map(RecordId::as_bytes),
        own.care.code(),
        own.care_since,
        own.is_gone
    ])?;
    Ok(())
}

/// Brings what a household shows of its house, people and visits up to date.
pub(crate) fn refresh(db: &Connection, rid: i64, words: bool) -> Result<()> {
    let Some(own) = own_columns(db, rid)? else { return Ok(()) };
    let (names, has_phone) = person::names(db, own.id)?;
    let visits = visit::so_far(db, own.id)?;
    let care_since = day_from_number(own.care_since);
    let due_on = if own.is_gone { None } else { rhythm::due_on(own.care, care_since, &visits) };
    let house = house::of_household(db, own.house)?;
    write_derived(db, &own, &Derived { house: &house, names: &names, has_phone, visits, due_on })?;
    if words { search::remember(db, rid, house.door.as_ref(), &names) } else { Ok(()) }
}

/// The columns that are the household's own.
#[derive(PartialEq, Eq)]
struct Own {
    rid: i64,
    id: RecordId,
    house: RecordId,
    head: Option<RecordId>,
    care: CareLevel,
    /// Day number; 0 when it is not known.
    care_since: i32,
    is_gone: bool,
}

struct Derived<'a> {
    house: &'a HouseOf,
    names: &'a [String],
    has_phone: bool,
    visits: VisitsSoFar,
    due_on: Option<NaiveDate>,
}

fn own_columns(db: &Connection, rid: i64) -> Result<Option<Own>> {
    let mut statement =
        db.prepare_cached("SELECT id, house, head, care, care_since, is_gone FROM household WHERE rid = ?1")?;
    let own = statement.query_row([rid], |row| {
        Ok(Own {
            rid,
            id: RecordId::from_bytes(row.get(0)?),
            house: RecordId::from_bytes(row.get(1)?),
            head: row.get::<_, Option<_>>(2)?.map(RecordId::from_bytes),
            care: row.get::<_, u16>(3)?.into(),
            care_since: row.get(4)?,
            is_gone: row.get(5)?,
        })
    });
    Ok(own.optional()?)
}

fn write_derived(db: &Connection, own: &Own, derived: &Derived<'_>) -> Result<()> {
    let visits = &derived.visits;
    db.prepare_cached(
        "UPDATE household SET house_rid = ?2, place = ?3, name = ?4, has_phone = ?5, last_on = ?6,
             last_result = ?7, last_effective = ?8, last_met = ?9, next_on = ?10, due_on = ?11
         WHERE rid = ?1",
    )?
    .execute(params![
        own.rid,
        derived.house.rid,
        derived.house.place,
        derived.names.first().map_or("", String::as_str),
        derived.has_phone,
        visits.last.map(|(on, _)| day_number(on)),
        visits.last.map(|(_, result)| result.code()),
        visits.last_effective.map(day_number),
        visits.last_met.map(day_number),
        visits.next_on.map(day_number),
        derived.due_on.map(day_number)
    ])?;
    Ok(())
}

const COLUMNS: &str = "h.rid, h.id, h.place, h.name, h.has_phone, h.care, h.last_on, h.last_result, h.due_on,
    coalesce(o.estate, ''), coalesce(o.building, ''), coalesce(o.unit, ''), coalesce(o.room, ''), o.hint,
    r.pending, r.refused";
const BESIDE: &str = "JOIN record r ON r.rid = h.rid LEFT JOIN house o ON o.rid = h.house_rid";

fn line(row: &Row<'_>) -> rusqlite::Result<HouseholdLine> {
    let last_on: Option<i32> = row.get(6)?;
    let last_result: Option<u16> = row.get(7)?;
    Ok(HouseholdLine {
        rid: row.get(0)?,
        id: RecordId::from_bytes(row.get(1)?),
        place: row.get(2)?,
        name: row.get(3)?,
        has_phone: row.get(4)?,
        care: row.get::<_, u16>(5)?.into(),
        last: last_on.map(day_from_number).zip(last_result.map(VisitResult::from)),
        due_on: row.get::<_, Option<i32>>(8)?.map(day_from_number),
        estate: row.get(9)?,
        building: row.get(10)?,
        unit: row.get(11)?,
        room: row.get(12)?,
        hint: row.get(13)?,
        pending: row.get(14)?,
        refused: row.get(15)?,
    })
}

/// One household's line.
pub fn one(db: &Connection, id: RecordId) -> Result<Option<HouseholdLine>> {
    let Some(rid) = rid_of(db, id)? else { return Ok(None) };
    let sql = format!("SELECT {COLUMNS} FROM household h {BESIDE} WHERE h.rid = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row([rid], line).optional()?)
}

/// Households of a filter whose words fit a search expression, in no particular order.
pub(crate) fn matching(
    db: &Connection,
    expression: &str,
    filter: Filter,
    limit: usize,
) -> Result<Vec<HouseholdLine>> {
    // The plus keeps SQLite from asking the words anew for every household of the filter.
    let among = match filter {
        Filter::All => String::new(),
        _ => format!(
            "AND +household_search.rowid IN (SELECT rid FROM household h WHERE 1 {})",
            condition(filter)
        ),
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM household_search CROSS JOIN household h ON h.rid = household_search.rowid {BESIDE}
         WHERE household_search MATCH ?1 {among} LIMIT ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![expression, limit], line)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A window of households in walking order, after this place and number.
pub fn window(db: &Connection, filter: Filter, after: (&str, i64), limit: u32) -> Result<Vec<HouseholdLine>> {
    let condition = condition(filter);
    let sql = format!(
        "SELECT {COLUMNS} FROM household h {BESIDE} WHERE (h.place, h.rid) > (?1, ?2) {condition}
         ORDER BY h.place, h.rid LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![after.0, after.1, limit], line)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn condition(filter: Filter) -> String {
    match filter {
        Filter::All => String::new(),
        Filter::Key => "AND h.care > 0 AND h.is_gone = 0".to_owned(),
        Filter::Due(day) => format!("AND h.due_on <= {}", day_number(day)),
    }
}

/// How many households a filter shows.
pub fn count(db: &Connection, filter: Filter) -> Result<u32> {
    let sql = format!("SELECT count(*) FROM household h WHERE 1 {}", condition(filter));
    Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// The most urgent households due on this day or before, the latest first.
pub fn due(db: &Connection, day: NaiveDate, limit: u32) -> Result<Vec<HouseholdLine>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM household h {BESIDE} WHERE h.due_on <= ?1 ORDER BY h.due_on, h.rid LIMIT ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![day_number(day), limit], line)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Households with an effective visit since this day.
pub fn visited_since(db: &Connection, day: NaiveDate) -> Result<u32> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM household WHERE last_effective >= ?1")?;
    Ok(statement.query_row([day_number(day)], |row| row.get(0))?)
}

/// Households with a rhythm: all of them, and those with an effective visit since this day.
pub fn key_visited_since(db: &Connection, day: NaiveDate) -> Result<(u32, u32)> {
    let mut statement = db.prepare_cached(
        "SELECT count(*), coalesce(sum(last_effective >= ?1), 0) FROM household WHERE care > 0 AND is_gone = 0",
    )?;
    Ok(statement.query_row([day_number(day)], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The households behind these doors, for import: every household with its id.
pub fn all(db: &Connection) -> Result<Vec<(RecordId, Household)>> {
    record::all(db, "household", "place")
}
