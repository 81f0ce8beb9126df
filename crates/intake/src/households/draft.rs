//! One household as it would be after the import.

use chrono::NaiveDate;
use records::codes::{CareLevel, HouseUse, HouseholdKind, Relation};
use records::house::House;
use records::household::Household;
use records::person::Person;
use records::{AreaPath, Fault, Record, RecordId, Scope};

use super::read::{HomeCells, PersonCells};
use crate::PlannedChange;
use crate::plan::RowOutcome;

/// A record before and after; `before` is `None` for one that is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change<T> {
    pub id: RecordId,
    pub before: Option<T>,
    pub after: T,
}

impl<T: Record + Clone + PartialEq> Change<T> {
    pub fn known((id, record): &(RecordId, T)) -> Self {
        Self { id: *id, before: Some(record.clone()), after: record.clone() }
    }

    pub fn new(id: RecordId, record: T) -> Self {
        Self { id, before: None, after: record }
    }

    fn check(&self) -> Result<(), Fault> {
        (T::DECLARATION.check)(&self.after.to_body()).map_err(Fault::new)
    }

    fn planned(&self, grid: &AreaPath) -> Option<PlannedChange> {
        let (id, kind) = (self.id, T::DECLARATION.kind);
        match &self.before {
            None => {
                let scope = Scope::new(grid.clone(), T::DECLARATION.audience);
                Some(PlannedChange::Create { id, kind, scope, body: self.after.to_body() })
            }
            Some(before) if *before == self.after => None,
            Some(before) => {
                let patch = before.to_body().patch_to(&self.after.to_body());
                Some(PlannedChange::Edit { id, kind, patch })
            }
        }
    }
}

/// A house, who lives there, and the rows of the file that said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub house: Change<House>,
    pub household: Option<Change<Household>>,
    pub persons: Vec<Change<Person>>,
    /// Names the file gave, with the row that did.
    pub named: Vec<(String, u32)>,
    /// The row that first named this door.
    pub first_row: u32,
    /// The head the file named.
    pub head_by_file: Option<RecordId>,
    /// Whether the file stated how many live here.
    pub residents_stated: bool,
}

impl Draft {
    /// What a row brought, told by comparing with the draft before it.
    pub fn outcome_since(&self, before: Option<&Draft>) -> RowOutcome {
        let Some(before) = before else {
            let is_new = self.house.before.is_none()
                || self.household.as_ref().is_some_and(|change| change.before.is_none())
                || self.persons.iter().any(|change| change.before.is_none());
            return if is_new { RowOutcome::New } else { self.changed_or_same() };
        };
        if before.persons.len() < self.persons.len() || before.household.is_none() != self.household.is_none()
        {
            return RowOutcome::New;
        }
        let same = before.house == self.house
            && before.household == self.household
            && before.persons == self.persons;
        if same { RowOutcome::Same } else { RowOutcome::Changed }
    }

    fn changed_or_same(&self) -> RowOutcome {
        fn differs<T: PartialEq>(change: &Change<T>) -> bool {
            change.before.as_ref() != Some(&change.after)
        }
        let changed = differs(&self.house)
            || self.household.as_ref().is_some_and(differs)
            || self.persons.iter().any(differs);
        if changed { RowOutcome::Changed } else { RowOutcome::Same }
    }

    /// Lays the cells of a row over house and household; blank cells leave what is there.
    pub fn overlay_home(&mut self, cells: &HomeCells, estate: Option<&str>, day: NaiveDate) {
        if self.house.after.estate.is_empty() {
            self.house.after.estate = estate.unwrap_or_default().to_owned();
        }
        set(&mut self.house.after.usage, cells.usage);
        set_some(&mut self.house.after.hint, cells.hint.clone());
        self.residents_stated |= cells.residents.is_some();
        let Some(change) = &mut self.household else { return };
        let household = &mut change.after;
        set(&mut household.residents, cells.residents);
        set(&mut household.categories, cells.categories.clone());
        set_some(&mut household.care_reason, cells.care_reason.clone());
        set_some(&mut household.note, cells.note.clone());
        let is_key = change.before.is_none() && !household.categories.is_empty();
        // A 重点户 without a level gets the gentlest rhythm rather than none.
        let level =
            cells.care.or((is_key && household.care == CareLevel::Ordinary).then_some(CareLevel::General));
        if let Some(level) = level.filter(|level| *level != household.care) {
            household.care = level;
            household.care_since = (level != CareLevel::Ordinary).then_some(day);
        }
    }

    /// Lays a person over the household: the one of that name, or a new one.
    pub fn overlay_person(
        &mut self,
        cells: PersonCells,
        head: Option<&str>,
        new_id: &mut dyn FnMut() -> RecordId,
    ) -> Result<(), Fault> {
        let Some(household) = &mut self.household else { return Ok(()) };
        let position = self.persons.iter().position(|change| change.after.name == cells.name);
        let stated = cells.relation.or((head == Some(cells.name.as_str())).then_some(Relation::Head));
        let position = position.unwrap_or_else(|| {
            let relation = if self.persons.is_empty() { Relation::Head } else { Relation::Other };
            let id = new_id();
            self.persons.push(Change::new(id, Person::named(household.id, &cells.name, relation)));
            self.persons.len() - 1
        });
        let change = &mut self.persons[position];
        overlay(&mut change.after, &cells, stated);
        if change.after.relation == Relation::Head && (stated.is_some() || household.after.head.is_none()) {
            if self.head_by_file.is_some_and(|head| head != change.id) {
                return Err(Fault::new("household.second_head"));
            }
            self.head_by_file = Some(change.id);
            household.after.head = Some(change.id);
        }
        Ok(())
    }

    /// What house, household or person would be refused for.
    pub fn check(&self) -> Result<(), Fault> {
        self.house.check()?;
        self.household.as_ref().map_or(Ok(()), Change::check)?;
        self.persons.iter().try_for_each(Change::check)
    }

    /// Counts the people where the file does not say how many there are.
    pub fn settle_residents(&mut self) {
        let has_new = self.persons.iter().any(|change| change.before.is_none());
        let Some(household) = self.household.as_mut().filter(|_| has_new && !self.residents_stated) else {
            return;
        };
        let counted = u8::try_from(self.persons.len().min(30)).unwrap_or(30);
        household.after.residents = household.after.residents.max(counted);
    }

    /// The changes to write.
    pub fn planned(&self, grid: &AreaPath) -> Vec<PlannedChange> {
        let house = self.house.planned(grid);
        let household = self.household.as_ref().and_then(|change| change.planned(grid));
        let persons = self.persons.iter().filter_map(|change| change.planned(grid));
        house.into_iter().chain(household).chain(persons).collect()
    }
}

fn overlay(person: &mut Person, cells: &PersonCells, relation: Option<Relation>) {
    set(&mut person.relation, relation);
    set_some(&mut person.sex, cells.sex);
    set_some(&mut person.born_on, cells.born_on);
    set_some(&mut person.phone, cells.phone.clone());
    set_some(&mut person.id_number, cells.id_number.clone());
    set(&mut person.residence, cells.residence);
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn set_some<T>(field: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *field = value;
    }
}

/// A household nothing is known of yet.
pub(super) fn blank_household(house: RecordId, usage: HouseUse) -> Household {
    let kind = match usage {
        HouseUse::Rented => HouseholdKind::Tenant,
        HouseUse::Shared => HouseholdKind::Collective,
        _ => HouseholdKind::Family,
    };
    Household { kind, ..Household::blank(house) }
}
