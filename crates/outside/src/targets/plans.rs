//! What becomes of a table, whoever made it: a plan of changes that the rules of the field allow.

use chrono::NaiveDate;
use intake::PlannedChange;
use intake::households::{self, HouseholdOptions, HouseholdsHere};
use intake::items::{self, ItemOptions};
use intake::lists::starter_categories;
use intake::table::{self, MAX_COLUMNS, Table};
use records::RecordId;
use records::codes::Origin;

/// Reads a file and plans what it would change.
pub(super) fn of_file(bytes: &[u8], file_name: &str) {
    let Ok(table) = table::read(bytes, file_name) else { return };
    assert!(table.headers.len() <= MAX_COLUMNS);
    assert!(table.rows.iter().all(|row| row.cells.len() == table.headers.len()));
    assert_eq!(table::read(&table.to_bytes(), "").unwrap(), table, "a browser's module hands it over whole");
    of_table(&table);
}

fn of_table(table: &Table) {
    let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    let mut next = 0_u128;
    let mut new_id = || {
        next += 1;
        RecordId::from_bytes(next.to_be_bytes())
    };
    let options = ItemOptions {
        county: "230881".parse().unwrap(),
        list_version: 2,
        origin: Origin::County,
        day,
        categories: starter_categories(&mut new_id),
    };
    if let Ok(plan) = items::plan(table, &[], &options, &mut new_id) {
        assert!(plan.new + plan.changed + plan.same <= plan.rows);
        plan.changes.iter().for_each(is_allowed);
    }
    let options = HouseholdOptions { grid: "230881/001/003/07".parse().unwrap(), day };
    if let Ok(plan) = households::plan(table, &HouseholdsHere::default(), &options, &mut new_id) {
        assert!(plan.new + plan.changed + plan.same <= plan.rows);
        plan.changes.iter().for_each(is_allowed);
    }
}

fn is_allowed(change: &PlannedChange) {
    let PlannedChange::Create { kind, body, .. } = change else { return };
    let declaration = records::declaration(*kind).unwrap();
    assert_eq!((declaration.check)(body), Ok(()), "{}", declaration.name);
}
