//! From bodies to the tables that queries read.
//!
//! Each type's table is written by its own module. What a household shows of its house, people and
//! visits is brought up to date once at the end of a transaction, whatever arrived in which order.

use std::collections::BTreeSet;

use records::{Body, Kind, Record, RecordId};
use rusqlite::{Connection, OptionalExtension};

use crate::record::RecordRow;
use crate::tables::{area, house, household, item, list_entry, losing_edit, matter, person, staff, visit};
use crate::{Result, StoreFault};

/// Households whose derived columns must be brought up to date.
pub(crate) type Stale = BTreeSet<RecordId>;

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
    losing_edit::recheck(db, row.id, body)
}

/// Brings the derived columns of these households up to date.
pub(crate) fn refresh(db: &Connection, stale: &Stale) -> Result<()> {
    stale.iter().try_for_each(|id| household::refresh(db, *id))
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
