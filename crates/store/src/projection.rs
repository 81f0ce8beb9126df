//! From bodies to the tables that queries read.
//!
//! Each type's table is written by its own module. What a household shows of its house, people and
//! visits is brought up to date once at the end of a transaction, whatever arrived in which order; when
//! much arrives, once at the end of it all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use records::{Body, Kind, Record, RecordId};
use rusqlite::{Connection, OptionalExtension};

use crate::record::RecordRow;
use crate::tables::{
    area, consent, duty_report, erasure_request, feedback, handling, house, household, item, list_entry,
    losing_edit, matter, person, staff, visit,
};
use crate::{Result, StoreFault, attachment};

/// Households that do not show yet what changed, and whether the words they are found by may have
/// changed with it. With them what else a transaction needs to know only once.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    households: BTreeMap<RecordId, bool>,
    /// Numbers of households that came in this transaction.
    came: HashMap<RecordId, i64>,
    pub amendments: Seldom,
    pub losing_edits: Seldom,
}

impl Stale {
    pub fn new() -> Self {
        Self::default()
    }

    /// House or people of a household changed.
    pub fn words(&mut self, household: RecordId) {
        self.households.insert(household, true);
    }

    /// Visits of a household changed.
    pub fn visits(&mut self, household: RecordId) {
        self.households.entry(household).or_default();
    }

    /// A household came that was not here before.
    pub fn came(&mut self, household: RecordId, rid: i64) {
        self.came.insert(household, rid);
    }

    /// Those that are here, by number: the index of words takes them fastest in this order.
    fn by_number(&self, db: &Connection) -> Result<BTreeMap<i64, bool>> {
        let mut numbers = BTreeMap::new();
        for (household, words) in &self.households {
            let rid = match self.came.get(household) {
                Some(rid) => Some(*rid),
                None => rid_of(db, *household)?,
            };
            numbers.extend(rid.map(|rid| (rid, *words)));
        }
        Ok(numbers)
    }
}

/// Whether a table has rows at all that only few records have to do with: most need not look there.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Option<bool>);

impl Seldom {
    /// Whether there are any, by a query that says so.
    pub fn are_there(&mut self, db: &Connection, sql: &str) -> Result<bool> {
        if self.0.is_none() {
            self.0 = Some(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?);
        }
        Ok(self.0 == Some(true))
    }

    /// One comes.
    pub fn come(&mut self) {
        self.0 = Some(true);
    }
}

type Project = fn(&Connection, &RecordRow, Option<&Body>, &mut Stale) -> Result<()>;

/// Which module writes the table of which type. Types without a table are kept all the same.
const PROJECTIONS: &[(Kind, Project)] = &[
    (records::area::Area::DECLARATION.kind, area::project),
    (records::staff::Staff::DECLARATION.kind, staff::project),
    (records::item::ItemCategory::DECLARATION.kind, item::project_category),
    (records::item::Item::DECLARATION.kind, item::project),
    (records::list_entry::ListEntry::DECLARATION.kind, list_entry::project),
    (records::house::House::DECLARATION.kind, house::project),
    (records::household::Household::DECLARATION.kind, household::project),
    (records::person::Person::DECLARATION.kind, person::project),
    (records::visit::Visit::DECLARATION.kind, visit::project),
    (records::visit::VisitAmendment::DECLARATION.kind, visit::project_amendment),
    (records::matter::Matter::DECLARATION.kind, matter::project),
    (records::losing_edit::LosingEdit::DECLARATION.kind, losing_edit::project),
    (records::handling::Handling::DECLARATION.kind, handling::project),
    (records::consent::Consent::DECLARATION.kind, consent::project),
    (records::erasure_request::ErasureRequest::DECLARATION.kind, erasure_request::project),
    (records::feedback::Feedback::DECLARATION.kind, feedback::project),
    (records::duty_report::DutyReport::DECLARATION.kind, duty_report::project),
];

/// Writes a record's row in its type's table; `body` is what pages show, `None` when it is gone. One
/// that only a newer version can read is kept without a row: it stops nothing else.
pub(crate) fn project(
    db: &Connection,
    row: &RecordRow,
    body: Option<&Body>,
    stale: &mut Stale,
) -> Result<()> {
    if let Some((_, project)) = PROJECTIONS.iter().find(|(kind, _)| *kind == row.kind) {
        match project(db, row, body, stale) {
            Err(StoreFault::Body(_)) => project(db, row, None, stale)?,
            projected => projected?,
        }
    }
    attachment::link(db, row, body)?;
    losing_edit::recheck(db, row.id, body, stale)
}

/// Brings the derived columns of these households up to date.
pub(crate) fn refresh(db: &Connection, stale: &Stale) -> Result<()> {
    stale.by_number(db)?.into_iter().try_for_each(|(rid, words)| household::refresh(db, rid, words))
}

/// Notes that these households are to be brought up to date later.
pub(crate) fn defer(db: &Connection, stale: &Stale) -> Result<()> {
    let mut note = db.prepare_cached("INSERT OR IGNORE INTO stale_household (rid) VALUES (?1)")?;
    for rid in stale.by_number(db)?.into_keys() {
        note.execute([rid])?;
    }
    Ok(())
}

/// Brings the next few of those up to date that were put off; whether more are left.
pub(crate) fn refresh_deferred(db: &Connection, most: usize) -> Result<bool> {
    let mut find = db.prepare_cached("SELECT rid FROM stale_household ORDER BY rid LIMIT ?1")?;
    let next: BTreeSet<i64> = find.query_map([most], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for rid in &next {
        household::refresh(db, *rid, true)?;
    }
    if let Some(last) = next.last() {
        db.prepare_cached("DELETE FROM stale_household WHERE rid <= ?1")?.execute([last])?;
    }
    Ok(next.len() == most)
}

/// Whether nothing was put off.
pub(crate) fn is_fresh(db: &Connection) -> Result<bool> {
    let mut find = db.prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM stale_household)")?;
    Ok(find.query_row([], |row| row.get(0))?)
}

/// The number of a record; `None` while it has not arrived.
pub(crate) fn rid_of(db: &Connection, id: RecordId) -> Result<Option<i64>> {
    let mut statement = db.prepare_cached("SELECT rid FROM record WHERE id = ?1")?;
    Ok(statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
}

/// Removes a row of a type's table.
pub(crate) fn remove(db: &Connection, table: &str, rid: i64) -> Result<()> {
    db.prepare_cached(&format!("DELETE FROM {table} WHERE rid = ?1"))?.execute([rid])?;
    Ok(())
}
