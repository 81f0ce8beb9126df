//! 网格事项清单: rows to items, one per item code.

mod columns;
mod read;

use std::collections::HashMap;

use chrono::NaiveDate;
use records::codes::{Admission, Origin, Urgency};
use records::item::{Item, ItemCategory};
use records::{AreaPath, Audience, Fault, Record, RecordId, Scope};

use crate::columns::Columns;
use crate::plan::RowOutcome;
use crate::row::RowReader;
pub(crate) use columns::COLUMNS;
pub(crate) use read::origin as origin_of;

use crate::{IntakeFault, Plan, PlannedChange, Table};

/// What an import of items needs to know beside the file.
#[derive(Debug, Clone)]
pub struct ItemOptions {
    /// The county whose list it is.
    pub county: AreaPath,
    /// Version the changed items are published in.
    pub list_version: u32,
    /// Where rows come from that do not say so themselves.
    pub origin: Origin,
    /// First day new items apply.
    pub day: NaiveDate,
    /// Categories the county has.
    pub categories: Vec<(RecordId, ItemCategory)>,
}

/// Plans what the rows of a table change in the county's items.
///
/// A row is matched by its item code; blank cells leave what is there. A category the county lacks is
/// created when the row names it.
///
/// # Errors
/// `import.column_missing` without a column for code or name.
pub fn plan(
    table: &Table,
    existing: &[(RecordId, Item)],
    options: &ItemOptions,
    new_id: &mut dyn FnMut() -> RecordId,
) -> Result<Plan, IntakeFault> {
    let columns = Columns::of(table, COLUMNS);
    columns.require("item.code", COLUMNS)?;
    columns.require("item.name", COLUMNS)?;
    let mut planner = Planner::new(Plan::begin(table, &columns), existing, options, new_id);
    table.rows.iter().for_each(|row| planner.add(RowReader::new(&columns, row), row.number));
    Ok(planner.plan)
}

struct Planner<'p> {
    existing: HashMap<&'p str, &'p (RecordId, Item)>,
    categories: HashMap<String, String>,
    seen: HashMap<String, u32>,
    options: &'p ItemOptions,
    new_id: &'p mut dyn FnMut() -> RecordId,
    plan: Plan,
}

impl<'p> Planner<'p> {
    fn new(
        plan: Plan,
        existing: &'p [(RecordId, Item)],
        options: &'p ItemOptions,
        new_id: &'p mut dyn FnMut() -> RecordId,
    ) -> Self {
        let categories = options.categories.iter().map(|(_, c)| (c.code.clone(), c.name.clone())).collect();
        Self {
            existing: existing.iter().map(|entry| (entry.1.code.as_str(), entry)).collect(),
            categories,
            seen: HashMap::new(),
            options,
            new_id,
            plan,
        }
    }

    fn add(&mut self, mut row: RowReader<'_>, number: u32) {
        match self.read(&mut row, number) {
            Some(item) if row.is_sound() => self.apply(item, &mut row),
            _ => self.plan.problems.extend(row.into_problems()),
        }
    }

    fn read(&mut self, row: &mut RowReader<'_>, number: u32) -> Option<Item> {
        let code = read::code(row)?;
        if let Some(first) = self.seen.insert(code.clone(), number) {
            row.fail("item.code", Fault::new("import.duplicate").with("first_row", first));
        }
        self.check_category(row, &code);
        let known = self.existing.get(code.as_str()).map(|(_, item)| item.clone());
        let before = known.unwrap_or_else(|| self.blank(row, code));
        let item = read::overlaid(row, before);
        read::check(row, &item);
        Some(item)
    }

    fn blank(&self, row: &mut RowReader<'_>, code: String) -> Item {
        // Where an item comes from is fixed once it is in the list.
        let origin = row.parsed("item.origin", read::origin).unwrap_or(self.options.origin);
        Item {
            code,
            name: String::new(),
            department: String::new(),
            co_departments: Vec::new(),
            admission: Admission::Report,
            limit_workdays: None,
            limit_minutes: None,
            urgency: Urgency::Normal,
            keywords: Vec::new(),
            pinyin: String::new(),
            initials: String::new(),
            valid_from: Some(self.options.day),
            valid_to: None,
            list_version: self.options.list_version,
            origin,
            source: String::new(),
        }
    }

    fn check_category(&self, row: &mut RowReader<'_>, code: &str) {
        let category = &code[..2];
        let stated = read::category_code(row);
        if stated.is_some_and(|stated| format!("{stated:0>2}") != category) {
            row.fail("item.code", Fault::new("item.category_differs").with("category", category));
        } else if !self.categories.contains_key(category) && read::category_name(row).is_none() {
            row.fail("item.code", Fault::new("item.category_unknown").with("category", category));
        }
    }

    fn apply(&mut self, mut item: Item, row: &mut RowReader<'_>) {
        let known = self.existing.get(item.code.as_str()).copied();
        if known.is_some_and(|(_, known)| *known == item) {
            return self.plan.count(RowOutcome::Same);
        }
        self.create_category(&item, row);
        item.list_version = self.options.list_version;
        let kind = Item::DECLARATION.kind;
        let Some((id, known)) = known else {
            let (id, scope) = ((self.new_id)(), self.scope());
            self.plan.changes.push(PlannedChange::Create { id, kind, scope, body: item.to_body() });
            return self.plan.count(RowOutcome::New);
        };
        let patch = known.to_body().patch_to(&item.to_body());
        self.plan.changes.push(PlannedChange::Edit { id: *id, kind, patch });
        self.plan.count(RowOutcome::Changed);
    }

    fn create_category(&mut self, item: &Item, row: &mut RowReader<'_>) {
        if self.categories.contains_key(item.category()) {
            return;
        }
        let Some(name) = read::category_name(row) else { return };
        let category = ItemCategory { code: item.category().to_owned(), name: name.clone() };
        let (id, scope) = ((self.new_id)(), self.scope());
        let kind = ItemCategory::DECLARATION.kind;
        self.plan.changes.push(PlannedChange::Create { id, kind, scope, body: category.to_body() });
        self.categories.insert(category.code, name);
    }

    fn scope(&self) -> Scope {
        Scope::new(self.options.county.clone(), Audience::Public)
    }
}
