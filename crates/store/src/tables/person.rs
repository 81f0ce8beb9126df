//! People of a household.

use records::person::Person;
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
    let person = body.map(Person::from_body).transpose()?;
    // Someone may have moved from one household to another: both show it.
    if !row.is_new {
        household_of(db, row.rid)?.into_iter().for_each(|household| stale.words(household));
    }
    let Some(person) = person else { return remove(db, "person", row.rid) };
    stale.words(person.household);
    db.prepare_cached(
        "INSERT INTO person (rid, household, name, relation, has_phone) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (rid) DO UPDATE SET household = ?2, name = ?3, relation = ?4, has_phone = ?5",
    )?
    .execute(params![
        row.rid,
        person.household.as_bytes(),
        person.name,
        person.relation.code(),
        person.phone.is_some()
    ])?;
    Ok(())
}

fn household_of(db: &Connection, rid: i64) -> Result<Option<RecordId>> {
    use rusqlite::OptionalExtension;
    let mut statement = db.prepare_cached("SELECT household FROM person WHERE rid = ?1")?;
    Ok(statement.query_row([rid], |row| Ok(RecordId::from_bytes(row.get(0)?))).optional()?)
}

/// The people of a household with their records, head first.
pub fn of_household(db: &Connection, household: RecordId) -> Result<Vec<(RecordRow, Person)>> {
    let rest = "WHERE t.household = ?1 ORDER BY t.relation, t.rid";
    record::typed_rows(db, "person", rest, [household.as_bytes()])
}

/// Every person with their id, for import.
pub fn all(db: &Connection) -> Result<Vec<(RecordId, Person)>> {
    record::all(db, "person", "rid")
}

/// Names and relation of a household's people, head first, and whether anybody has a phone.
pub(crate) fn names(db: &Connection, household: RecordId) -> Result<(Vec<String>, bool)> {
    // More than ever share a door; somebody else's list is no reason to compute forever.
    let mut statement = db.prepare_cached(
        "SELECT name, has_phone FROM person WHERE household = ?1 ORDER BY relation, rid LIMIT 200",
    )?;
    let rows =
        statement.query_map([household.as_bytes()], |row| Ok((row.get(0)?, row.get::<_, bool>(1)?)))?;
    let people: Vec<(String, bool)> = rows.collect::<rusqlite::Result<_>>()?;
    let has_phone = people.iter().any(|(_, has_phone)| *has_phone);
    Ok((people.into_iter().map(|(name, _)| name).collect(), has_phone))
}
