//! 住户台账: rows to houses, households and persons of one grid.
//!
//! One row a person or one row a household; a row without a door continues the household above it,
//! as merged cells leave it. A door is one household; a person is found by name within it.

mod columns;
mod door;
mod draft;
mod here;
mod read;
mod words;

use std::collections::HashMap;

use chrono::NaiveDate;
use records::codes::{HouseUse, Relation};
use records::house::House;
use records::{AreaPath, Fault, RecordId};

pub(crate) use columns::COLUMNS;
use door::DoorParts;
use draft::{Change, Draft, blank_household};
pub use here::HouseholdsHere;
use here::{DoorKey, Index};
use read::{HomeCells, PersonCells};

use crate::columns::Columns;
use crate::row::RowReader;
use crate::{IntakeFault, Plan, Table};

/// What an import of households needs to know beside the file.
#[derive(Debug, Clone)]
pub struct HouseholdOptions {
    /// The grid they belong to.
    pub grid: AreaPath,
    /// Today: no birthday lies beyond it, and a changed care level counts from it.
    pub day: NaiveDate,
}

/// Plans what the rows of a table change in a grid. Blank cells leave what is there.
///
/// # Errors
/// `import.column_missing` without a column for the door (or an address), or for a name.
pub fn plan(
    table: &Table,
    here: &HouseholdsHere<'_>,
    options: &HouseholdOptions,
    new_id: &mut dyn FnMut() -> RecordId,
) -> Result<Plan, IntakeFault> {
    let columns = Columns::of(table, COLUMNS);
    if !columns.has("house.address") {
        columns.require("house.room", COLUMNS)?;
    }
    if !columns.has("household.head") {
        columns.require("person.name", COLUMNS)?;
    }
    let mut planner = Planner {
        index: Index::of(here),
        options,
        new_id,
        columns: &columns,
        drafts: Vec::new(),
        by_door: HashMap::new(),
        above: None,
        estate: None,
        plan: Plan::begin(table, &columns),
    };
    table.rows.iter().for_each(|row| planner.add(RowReader::new(&columns, row), row.number));
    Ok(planner.finish())
}

/// What one row says.
struct RowCells {
    estate: Option<String>,
    key: DoorKey,
    home: HomeCells,
    person: Option<PersonCells>,
    number: u32,
}

struct Planner<'p, 'h> {
    index: Index<'h>,
    options: &'p HouseholdOptions,
    new_id: &'p mut dyn FnMut() -> RecordId,
    columns: &'p Columns,
    drafts: Vec<Draft>,
    by_door: HashMap<(Option<String>, DoorKey), usize>,
    above: Option<DoorKey>,
    estate: Option<String>,
    plan: Plan,
}

impl Planner<'_, '_> {
    fn add(&mut self, mut row: RowReader<'_>, number: u32) {
        let cells = self.read(&mut row, number);
        if let Some(cells) = cells.filter(|_| row.is_sound()) {
            match self.apply(cells) {
                Ok(()) => return,
                Err(fault) => row.fail(field_of(&fault.code), fault),
            }
        }
        self.plan.problems.extend(row.into_problems());
    }

    fn read(&mut self, row: &mut RowReader<'_>, number: u32) -> Option<RowCells> {
        read::check_grid(row, &self.options.grid);
        let parts = read::door(row);
        let home = read::home(row);
        let person = read::person(row, self.options.day);
        // A head without a door is a mistake; anybody else may belong to the household above.
        let continues = person.as_ref().is_some_and(|person| person.relation != Some(Relation::Head));
        let (estate, key) = self.door_of(row, parts, continues)?;
        self.above = Some(key.clone());
        Some(RowCells { estate, key, home, person, number })
    }

    /// The door of a row, with what merged cells left blank taken from the row above.
    fn door_of(
        &mut self,
        row: &mut RowReader<'_>,
        parts: DoorParts,
        continues: bool,
    ) -> Option<(Option<String>, DoorKey)> {
        let above = self.above.take();
        // The estate is merged over many buildings, or written once.
        self.estate = parts.estate.or_else(|| self.estate.take());
        let repeats = |above: &DoorKey| {
            let same_building = parts.building.as_ref().is_none_or(|building| *building == above.building);
            same_building && parts.unit.as_ref().is_none_or(|unit| *unit == above.unit)
        };
        let Some(room) = parts.room else {
            return match above.filter(|above| continues && repeats(above)) {
                Some(above) => Some((self.estate.clone(), above)),
                None => {
                    let field = if self.columns.has("house.room") { "house.room" } else { "house.address" };
                    row.missing(field);
                    None
                }
            };
        };
        let merged = above.filter(|_| parts.building.is_none());
        let building = parts.building.or_else(|| merged.as_ref().map(|above| above.building.clone()));
        if building.is_none() && self.columns.has("house.building") {
            row.missing("house.building");
            return None;
        }
        let unit = parts.unit.or_else(|| merged.as_ref().map(|above| above.unit.clone()));
        let key = DoorKey { building: building.unwrap_or_default(), unit: unit.unwrap_or_default(), room };
        Some((self.estate.clone(), key))
    }

    fn apply(&mut self, cells: RowCells) -> Result<(), Fault> {
        let door = (cells.estate.clone(), cells.key.clone());
        let position = self.by_door.get(&door).copied();
        let before = position.map(|position| self.drafts[position].clone());
        let mut draft = match &before {
            Some(draft) => draft.clone(),
            None => self.begin(&cells),
        };
        if cells.home.usage.is_some_and(|usage| usage != HouseUse::Vacant) || cells.person.is_some() {
            self.inhabit(&mut draft, cells.home.usage);
        }
        if let (Some((_, first)), Some(_)) = (repeated(&draft, &cells), &before) {
            return Err(Fault::new("import.duplicate").with("first_row", first));
        }
        draft.overlay_home(&cells.home, cells.estate.as_deref(), self.options.day);
        if let Some(person) = cells.person {
            draft.named.push((person.name.clone(), cells.number));
            draft.overlay_person(person, cells.home.head.as_deref(), self.new_id)?;
        }
        draft.check()?;
        self.plan.count(draft.outcome_since(before.as_ref()));
        match position {
            Some(position) => self.drafts[position] = draft,
            None => {
                self.by_door.insert(door, self.drafts.len());
                self.drafts.push(draft);
            }
        }
        Ok(())
    }

    /// The draft of a door the file names for the first time.
    fn begin(&mut self, cells: &RowCells) -> Draft {
        let house = match self.index.house(&cells.key, cells.estate.as_deref()) {
            Some(known) => Change::known(known),
            None => {
                let house = self.new_house(cells);
                Change::new((self.new_id)(), house)
            }
        };
        let household = self.index.household(house.id).map(Change::known);
        let persons = household.as_ref().map_or(&[][..], |household| self.index.persons(household.id));
        let persons = persons.iter().map(|known| Change::known(known)).collect();
        Draft {
            house,
            household,
            persons,
            named: Vec::new(),
            first_row: cells.number,
            head_by_file: None,
            residents_stated: false,
        }
    }

    fn new_house(&mut self, cells: &RowCells) -> House {
        let estate = cells.estate.clone().unwrap_or_default();
        House {
            building_code: self.index.building_code(&estate, &cells.key.building),
            building: cells.key.building.clone(),
            unit: cells.key.unit.clone(),
            room: cells.key.room.clone(),
            estate,
            usage: cells.home.usage.unwrap_or(HouseUse::OwnerOccupied),
            hint: None,
        }
    }

    fn inhabit(&mut self, draft: &mut Draft, usage: Option<HouseUse>) {
        if draft.household.is_none() {
            let usage = usage.unwrap_or(draft.house.after.usage);
            let household = blank_household(draft.house.id, usage);
            draft.household = Some(Change::new((self.new_id)(), household));
        }
    }

    fn finish(mut self) -> Plan {
        for draft in &mut self.drafts {
            draft.settle_residents();
            self.plan.changes.extend(draft.planned(&self.options.grid));
        }
        self.plan
    }
}

/// The row that already named this person, or this door where a row names nobody.
fn repeated(draft: &Draft, cells: &RowCells) -> Option<(String, u32)> {
    match &cells.person {
        Some(person) => draft.named.iter().find(|(name, _)| *name == person.name).cloned(),
        None => Some((String::new(), draft.first_row)),
    }
}

/// The column a refusal of a whole record is shown at.
fn field_of(code: &str) -> &'static str {
    match code {
        "house.building_code_wrong" => "house.building",
        "house.name_too_long" => "house.building",
        "house.hint_too_long" => "house.hint",
        "house.room_missing" | "house.room_too_long" => "house.room",
        "household.too_many_residents" => "household.residents",
        "household.reason_too_long" => "household.care_reason",
        "household.note_too_long" => "household.note",
        "household.second_head" => "person.relation",
        "phone.wrong" => "person.phone",
        code if code.starts_with("id_number.") => "person.id_number",
        _ => "person.name",
    }
}
