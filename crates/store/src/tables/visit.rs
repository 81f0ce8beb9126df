//! Visits with their amendments applied.

use records::rules::rhythm::VisitsSoFar;
use records::time::{day_from_number, day_number};
use records::visit::{Visit, VisitAmendment};
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
    let Some(body) = body else {
        stale.extend(household_of(db, row.id)?);
        return remove(db, "visit", row.rid);
    };
    let visit = Visit::from_body(body)?;
    stale.insert(visit.household);
    let amended = Amended::of(db, row.id, &visit)?;
    db.prepare_cached(
        "INSERT OR REPLACE INTO visit (rid, id, household, started_ms, day, result, next_on, withdrawn)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        row.rid,
        row.id.as_bytes(),
        visit.household.as_bytes(),
        visit.started.utc_ms,
        day_number(visit.started.local_day()),
        amended.result.code(),
        visit.next_on.map(day_number),
        amended.withdrawn
    ])?;
    Ok(())
}

pub(crate) fn project_amendment(
    db: &Connection,
    row: &RecordRow,
    body: Option<&Body>,
    stale: &mut Stale,
) -> Result<()> {
    let visit = match body {
        Some(body) => {
            let amendment = VisitAmendment::from_body(body)?;
            db.prepare_cached(
                "INSERT OR REPLACE INTO visit_amendment (rid, visit, at_ms) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![row.rid, amendment.visit.as_bytes(), amendment.at.utc_ms])?;
            Some(amendment.visit)
        }
        None => amended_visit(db, row.rid)?,
    };
    if body.is_none() {
        remove(db, "visit_amendment", row.rid)?;
    }
    let Some(visit_row) = visit.map(|id| record::find(db, id)).transpose()?.flatten() else { return Ok(()) };
    project(db, &visit_row, visit_row.body(), stale)
}

fn amended_visit(db: &Connection, rid: i64) -> Result<Option<RecordId>> {
    let mut statement = db.prepare_cached("SELECT visit FROM visit_amendment WHERE rid = ?1")?;
    Ok(statement.query_row([rid], |row| Ok(RecordId::from_bytes(row.get(0)?))).optional()?)
}

fn household_of(db: &Connection, visit: RecordId) -> Result<Option<RecordId>> {
    let mut statement = db.prepare_cached("SELECT household FROM visit WHERE id = ?1")?;
    Ok(statement.query_row([visit.as_bytes()], |row| Ok(RecordId::from_bytes(row.get(0)?))).optional()?)
}

/// A visit as it stands after its amendments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// Result in force.
    pub result: records::codes::VisitResult,
    /// Note in force.
    pub note: Option<String>,
    /// It did not happen.
    pub withdrawn: bool,
    /// How often it was amended.
    pub amendments: u32,
}

impl Amended {
    /// Applies the amendments that have arrived, oldest first.
    pub fn of(db: &Connection, id: RecordId, visit: &Visit) -> Result<Self> {
        let mut amended =
            Self { result: visit.result, note: visit.note.clone(), withdrawn: false, amendments: 0 };
        let mut statement = db.prepare_cached(
            "SELECT coalesce(r.working, r.confirmed) FROM visit_amendment a JOIN record r USING (rid)
             WHERE a.visit = ?1 ORDER BY a.at_ms, a.rid",
        )?;
        let mut rows = statement.query([id.as_bytes()])?;
        while let Some(row) = rows.next()? {
            let amendment = VisitAmendment::from_body(&Body::trusted(row.get(0)?))?;
            amended.result = amendment.result.unwrap_or(amended.result);
            amended.note = amendment.note.or(amended.note);
            amended.withdrawn |= amendment.withdrawn;
            amended.amendments += 1;
        }
        Ok(amended)
    }
}

/// What the rhythm needs to know of a household's visits; withdrawn ones do not count.
pub(crate) fn so_far(db: &Connection, household: RecordId) -> Result<VisitsSoFar> {
    let mut statement = db.prepare_cached(
        "SELECT day, result, next_on FROM visit
         WHERE household = ?1 AND withdrawn = 0 ORDER BY started_ms, rid",
    )?;
    let mut rows = statement.query([household.as_bytes()])?;
    let mut so_far = VisitsSoFar::default();
    while let Some(row) = rows.next()? {
        let (day, result, next_on): (i32, u16, Option<i32>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        so_far = so_far.and(day_from_number(day), result.into(), next_on.map(day_from_number));
    }
    Ok(so_far)
}

/// Visits recorded on this day, withdrawn ones left out.
pub fn count_on(db: &Connection, day: chrono::NaiveDate) -> Result<u32> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM visit WHERE day = ?1 AND withdrawn = 0")?;
    Ok(statement.query_row([day_number(day)], |row| row.get(0))?)
}

/// Visits of a household before a moment, newest first.
pub fn of_household(
    db: &Connection,
    household: RecordId,
    before: (i64, i64),
    limit: u32,
) -> Result<Vec<(RecordRow, Visit)>> {
    let mut statement = db.prepare_cached(
        "SELECT rid FROM visit WHERE household = ?1 AND (started_ms, rid) < (?2, ?3)
         ORDER BY started_ms DESC, rid DESC LIMIT ?4",
    )?;
    let rids =
        statement.query_map(params![household.as_bytes(), before.0, before.1, limit], |row| row.get(0))?;
    let rids: Vec<i64> = rids.collect::<rusqlite::Result<_>>()?;
    let mut visits = Vec::with_capacity(rids.len());
    for rid in rids {
        let row = record::by_rid(db, rid)?;
        if let Some(visit) = row.body().map(Visit::from_body).transpose()? {
            visits.push((row, visit));
        }
    }
    Ok(visits)
}
