//! The starter lists, embedded, and read the way a county's own files are read.

use chrono::NaiveDate;
use records::codes::{ListName, Origin};
use records::item::{Item, ItemCategory};
use records::list_entry::ListEntry;
use records::pinyin::spell;
use records::{AreaPath, Record, RecordId};

use crate::columns::{Column, Columns};
use crate::items::{ItemOptions, origin_of};
use crate::row::RowReader;
use crate::table::{self, Table};
use crate::{Plan, PlannedChange, items};

/// The starter items as a file, also the template a county fills in.
pub const ITEMS_CSV: &str = include_str!("../../../assets/lists/items.csv");
const CATEGORIES_CSV: &str = include_str!("../../../assets/lists/categories.csv");

const LISTS: [(ListName, &str); 5] = [
    (ListName::GridWorkerDuties, include_str!("../../../assets/lists/gridworker_duties.csv")),
    (ListName::CommunityDuties, include_str!("../../../assets/lists/community_duties.csv")),
    (ListName::CertificatesNotIssued, include_str!("../../../assets/lists/certificates_not_issued.csv")),
    (ListName::Posts, include_str!("../../../assets/lists/posts.csv")),
    (ListName::ManagementRules, include_str!("../../../assets/lists/management_rules.csv")),
];

pub(crate) const COLUMNS: &[Column] = &[
    Column { field: "list_entry.code", names: &["编码", "code"] },
    Column { field: "list_entry.class", names: &["类别", "class"] },
    Column { field: "list_entry.text", names: &["内容", "text"] },
    Column { field: "list_entry.detail", names: &["说明", "detail"] },
    Column { field: "list_entry.origin", names: &["来源类别", "origin"] },
    Column { field: "list_entry.source", names: &["来源", "source"] },
    Column { field: "category.code", names: &["category_code"] },
    Column { field: "category.name", names: &["category"] },
];

/// The twelve categories.
pub fn starter_categories(new_id: &mut dyn FnMut() -> RecordId) -> Vec<(RecordId, ItemCategory)> {
    let category = |row: &mut RowReader<'_>| {
        Some(ItemCategory { code: row.plain("category.code")?, name: row.prose("category.name")? })
    };
    read_rows(CATEGORIES_CSV, category).into_iter().map(|category| (new_id(), category)).collect()
}

/// The 1,277 starter items, as version `list_version` of the list, valid from `day`.
pub fn starter_items(
    list_version: u32,
    day: NaiveDate,
    new_id: &mut dyn FnMut() -> RecordId,
) -> Vec<(RecordId, Item)> {
    let options = ItemOptions {
        // The scope is the caller's; the items themselves name no county.
        county: AreaPath::try_from("000000".to_owned()).unwrap_or_else(|_| unreachable!("six digits")),
        list_version,
        origin: Origin::Composed,
        day,
        categories: starter_categories(&mut || RecordId::from_bytes([0; 16])),
    };
    let plan = items::plan(&embedded(ITEMS_CSV), &[], &options, new_id);
    created(&plan.unwrap_or_default())
}

/// The five reference lists: duties, certificates not issued, posts and rules.
pub fn starter_entries(new_id: &mut dyn FnMut() -> RecordId) -> Vec<(RecordId, ListEntry)> {
    let entries = LISTS.iter().flat_map(|(list, csv)| read_rows(csv, |row| entry(*list, row)));
    entries.map(|entry| (new_id(), entry)).collect()
}

fn entry(list: ListName, row: &mut RowReader<'_>) -> Option<ListEntry> {
    let text = row.prose("list_entry.text")?;
    Some(ListEntry {
        list,
        code: row.plain("list_entry.code")?,
        class: row.prose("list_entry.class"),
        initials: spell(&text).initials,
        text,
        detail: row.prose("list_entry.detail"),
        origin: row.parsed("list_entry.origin", origin_of)?,
        source: row.prose("list_entry.source")?,
    })
}

fn read_rows<T>(csv: &str, mut read: impl FnMut(&mut RowReader<'_>) -> Option<T>) -> Vec<T> {
    let table = embedded(csv);
    let columns = Columns::of(&table, COLUMNS);
    table.rows.iter().filter_map(|row| read(&mut RowReader::new(&columns, row))).collect()
}

/// An embedded file always reads; the tests below count every row of every list.
fn embedded(csv: &str) -> Table {
    table::read(csv.as_bytes(), "starter.csv").unwrap_or(Table { headers: Vec::new(), rows: Vec::new() })
}

fn created(plan: &Plan) -> Vec<(RecordId, Item)> {
    let items = plan.changes.iter().filter_map(|change| match change {
        PlannedChange::Create { id, body, .. } => Some((*id, Item::from_body(body).ok()?)),
        PlannedChange::Edit { .. } => None,
    });
    items.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn counter() -> impl FnMut() -> RecordId {
        let mut next = 0_u128;
        move || {
            next += 1;
            RecordId::from_bytes(next.to_be_bytes())
        }
    }

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    #[test]
    fn every_row_of_every_list_is_there() {
        assert_eq!(starter_categories(&mut counter()).len(), 12);
        let items = starter_items(1, day(), &mut counter());
        assert_eq!(items.len(), 1_277);
        let entries = starter_entries(&mut counter());
        let count = |list| entries.iter().filter(|(_, entry)| entry.list == list).count();
        assert_eq!(count(ListName::GridWorkerDuties), 12);
        assert_eq!(count(ListName::CommunityDuties), 50);
        assert_eq!(count(ListName::CertificatesNotIssued), 20);
        assert_eq!(count(ListName::Posts), 44);
        assert_eq!(count(ListName::ManagementRules), 5);
    }

    #[test]
    fn items_keep_their_words_and_where_they_come_from() {
        let items = starter_items(3, day(), &mut counter());
        let of = |origin| items.iter().filter(|(_, item)| item.origin == origin).count();
        assert_eq!((of(Origin::Public), of(Origin::Article), of(Origin::Composed)), (994, 12, 271));
        let (_, hose) = items.iter().find(|(_, item)| item.name == "燃气软管老化").unwrap();
        assert_eq!((hose.code.as_str(), hose.initials.as_str(), hose.list_version), ("05068", "rqrglh", 3));
        assert!(items.iter().any(|(_, item)| item.name == "物业费纠纷（商品房）"));
        let codes: BTreeSet<&str> = items.iter().map(|(_, item)| item.code.as_str()).collect();
        assert_eq!(codes.len(), items.len());
    }

    #[test]
    fn the_starter_file_brings_no_problem_and_nothing_twice() {
        let table = embedded(ITEMS_CSV);
        let existing = starter_items(1, day(), &mut counter());
        let options = ItemOptions {
            county: "230881".parse().unwrap(),
            list_version: 2,
            origin: Origin::County,
            day: day(),
            categories: starter_categories(&mut counter()),
        };
        let again = items::plan(&table, &existing, &options, &mut counter()).unwrap();
        assert_eq!((again.new, again.changed, again.same), (0, 0, 1_277));
        assert!(again.problems.is_empty() && again.changes.is_empty() && again.unknown_columns.is_empty());
    }

    #[test]
    fn every_entry_passes_its_own_check() {
        for (_, entry) in starter_entries(&mut counter()) {
            assert_eq!((ListEntry::DECLARATION.check)(&entry.to_body()), Ok(()), "{entry:?}");
            assert!(!entry.source.is_empty() && !entry.initials.is_empty());
        }
    }
}
