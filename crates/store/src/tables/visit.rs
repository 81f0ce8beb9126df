//! Visits with their amendments applied.

use chrono::NaiveDate;
use records::codes::VisitResult;
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
        household_of(db, row.rid)?.into_iter().for_each(|household| stale.visits(household));
        return remove(db, "visit", row.rid);
    };
    let visit = Visit::from_body(body)?;
    stale.visits(visit.household);
    let may_be_amended = stale.amendments.are_there(db, "SELECT EXISTS (SELECT 1 FROM visit_amendment)")?;
    let amended = if may_be_amended { Amended::of(db, row, &visit)? } else { Amended::never(&visit) };
    db.prepare_cached(
        "INSERT INTO visit (rid, id, household, started_ms, day, result, next_on, withdrawn)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (rid) DO UPDATE SET
             household = ?3, started_ms = ?4, day = ?5, result = ?6, next_on = ?7, withdrawn = ?8",
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
            stale.amendments.come();
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

fn household_of(db: &Connection, rid: i64) -> Result<Option<RecordId>> {
    let mut statement = db.prepare_cached("SELECT household FROM visit WHERE rid = ?1")?;
    Ok(statement.query_row([rid], |row| Ok(RecordId::from_bytes(row.get(0)?))).optional()?)
}

/// A visit as it stands after its amendments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// Result in force.
    pub result: VisitResult,
    /// Note in force.
    pub note: Option<String>,
    /// It did not happen.
    pub withdrawn: bool,
    /// How often it was amended.
    pub amendments: u32,
}

impl Amended {
    /// Applies the amendments that have arrived, oldest first. Only who made a visit may amend it, and
    /// beside it: any other amendment is kept but says nothing.
    pub fn of(db: &Connection, row: &RecordRow, visit: &Visit) -> Result<Self> {
        let mut amended = Self::never(visit);
        let rest = "WHERE t.visit = ?1 ORDER BY t.at_ms, t.rid";
        let amendments = record::typed_rows(db, "visit_amendment", rest, [row.id.as_bytes()])?;
        let author = if amendments.is_empty() { None } else { record::author(db, row)? };
        for (beside, amendment) in amendments {
            let amendment: VisitAmendment = amendment;
            if beside.scope != row.scope || record::author(db, &beside)? != author {
                continue;
            }
            amended.result = amendment.result.unwrap_or(amended.result);
            amended.note = amendment.note.or(amended.note);
            amended.withdrawn |= amendment.withdrawn;
            amended.amendments += 1;
        }
        Ok(amended)
    }

    fn never(visit: &Visit) -> Self {
        Self { result: visit.result, note: visit.note.clone(), withdrawn: false, amendments: 0 }
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

/// The latest visit of a household, withdrawn ones left out: its day and result, amendments applied.
pub fn latest(db: &Connection, household: RecordId) -> Result<Option<(NaiveDate, VisitResult)>> {
    Ok(so_far(db, household)?.last)
}

/// Visits recorded on this day, withdrawn ones left out.
pub fn count_on(db: &Connection, day: NaiveDate) -> Result<u32> {
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
    let rest = "WHERE t.household = ?1 AND (t.started_ms, t.rid) < (?2, ?3)
                ORDER BY t.started_ms DESC, t.rid DESC LIMIT ?4";
    record::typed_rows(db, "visit", rest, params![household.as_bytes(), before.0, before.1, limit])
}
