//! 住户: list, search, page.

use chrono::{Datelike, NaiveDate};
use records::RecordId;
use records::call::{
    HouseholdFilter, HouseholdPage, HouseholdRow, HouseholdWindow, ListHouseholds, Masked, PersonRow,
    Standing,
};
use records::household::Household;
use records::person::Person;
use records::rules::mask;
use rusqlite::Connection;
use store::tables::household::{self, Filter, HouseholdLine};
use store::tables::{draft, person};
use store::{RecordRow, StoreFault, pending_standing, record, search};

use crate::consents;
use crate::timeline::{self, first_window};
use crate::{Answer, App, Context};

const MOST_ROWS: u16 = 200;

impl App {
    pub(crate) fn list_households(
        &self,
        request: &ListHouseholds,
        context: &Context<'_>,
    ) -> Answer<HouseholdWindow> {
        let limit = u32::from(request.limit.clamp(1, MOST_ROWS));
        let filter = filter_of(request.filter, context.today());
        Ok(self.store.read(|db| match request.search.trim() {
            "" => window(db, filter, request.after.as_deref(), limit),
            query => found(db, query, filter, limit),
        })?)
    }

    pub(crate) fn household(&self, id: RecordId, context: &Context<'_>) -> Answer<HouseholdPage> {
        Ok(self.store.read(|db| page(db, id, context.today()))?)
    }
}

fn filter_of(filter: HouseholdFilter, today: NaiveDate) -> Filter {
    match filter {
        HouseholdFilter::All => Filter::All,
        HouseholdFilter::Key => Filter::Key,
        HouseholdFilter::Due => Filter::Due(today),
    }
}

fn window(
    db: &Connection,
    filter: Filter,
    after: Option<&str>,
    limit: u32,
) -> store::Result<HouseholdWindow> {
    let (rid, place) = after.and_then(|key| key.split_once(' ')).unwrap_or(("-1", ""));
    let lines = household::window(db, filter, (place, rid.parse().unwrap_or(-1)), limit)?;
    let is_full = lines.len() == limit as usize;
    let next = lines.last().filter(|_| is_full).map(|line| format!("{} {}", line.rid, line.place));
    let rows = lines.iter().map(|line| row_of(db, line)).collect::<store::Result<_>>()?;
    Ok(HouseholdWindow { rows, next, total: Some(household::count(db, filter)?) })
}

fn found(db: &Connection, query: &str, filter: Filter, limit: u32) -> store::Result<HouseholdWindow> {
    let lines = search::households(db, query, filter)?;
    let rows =
        lines.iter().take(limit as usize).map(|line| row_of(db, line)).collect::<store::Result<_>>()?;
    Ok(HouseholdWindow { rows, next: None, total: None })
}

pub(crate) fn row_of(db: &Connection, line: &HouseholdLine) -> store::Result<HouseholdRow> {
    let standing = match line {
        line if line.refused > 0 => Standing::NeedsYou,
        line if line.pending > 0 => pending_standing(db, line.rid)?,
        _ => Standing::Accepted,
    };
    Ok(HouseholdRow {
        id: line.id,
        estate: line.estate.clone(),
        building: line.building.clone(),
        unit: line.unit.clone(),
        room: line.room.clone(),
        name: mask::name(&line.name),
        last: line.last,
        due_on: line.due_on,
        standing,
    })
}

/// A door in one line: `2 号楼 1 单元 201`.
pub(crate) fn door_of(line: &HouseholdLine) -> String {
    let parts = [&line.building, &line.unit, &line.room].map(String::as_str);
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The line of a household that must be here.
pub(crate) fn line_of(db: &Connection, id: RecordId) -> store::Result<HouseholdLine> {
    household::one(db, id)?.ok_or(StoreFault::Missing(id))
}

fn page(db: &Connection, id: RecordId, today: NaiveDate) -> store::Result<HouseholdPage> {
    let line = line_of(db, id)?;
    let household: Household = record::typed(db, id)?;
    let mut people = Vec::new();
    for (row, person) in person::of_household(db, id)? {
        people.push(person_row(db, &row, &person, today)?);
    }
    Ok(HouseholdPage {
        row: row_of(db, &line)?,
        kind: household.kind,
        residents: household.residents,
        care: household.care,
        categories: household.categories,
        care_reason: household.care_reason,
        review_on: household.review_on,
        has_partner: household.has_partner,
        channel: household.channel,
        services: household.services,
        hint: line.hint,
        note: household.note,
        people,
        timeline: timeline::window(db, id, first_window())?,
        has_draft: draft::of(db, id)?.is_some(),
    })
}

fn person_row(
    db: &Connection,
    row: &RecordRow,
    person: &Person,
    today: NaiveDate,
) -> store::Result<PersonRow> {
    Ok(PersonRow {
        id: row.id,
        name: mask::name(&person.name),
        relation: person.relation,
        sex: person.sex,
        age: person.born_on.and_then(|born| age(born, today)),
        phone: person.phone.as_deref().map(mask::phone),
        has_id_number: person.id_number.is_some(),
        id_consent: consents::said(db, row.id, Masked::IdNumber)?,
        residence: person.residence,
        standing: row.standing(db)?,
    })
}

/// Whole years; `None` before birth.
fn age(born: NaiveDate, today: NaiveDate) -> Option<u16> {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    u16::try_from(today.year() - born.year() - i32::from(!had_birthday)).ok()
}

#[cfg(test)]
mod tests {
    use super::age;
    #[cfg(target_family = "wasm")]
    use contract::test;

    #[test]
    fn age_turns_on_the_birthday() {
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(age(day("1944-11-22"), day("2026-11-21")), Some(81));
        assert_eq!(age(day("1944-11-22"), day("2026-11-22")), Some(82));
        assert_eq!(age(day("2024-02-29"), day("2026-02-28")), Some(1));
        assert_eq!(age(day("2027-01-01"), day("2026-02-28")), None);
    }
}
