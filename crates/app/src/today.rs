//! 今日: the most urgent doors, grouped so that one staircase is one walk.

use chrono::{Datelike, NaiveDate};
use records::call::{DraftRow, DueDoor, Month, Staircase, Today};
use records::rules::mask;
use rusqlite::Connection;
use store::tables::household::{self, Filter, HouseholdLine};
use store::tables::{draft, visit};

use crate::households::door_of;
use crate::{Answer, App, Context};

/// Most doors 今日 names; nobody climbs more stairs in a day.
const MOST_DOORS: u32 = 40;

impl App {
    pub(crate) fn today(&self, context: &Context<'_>) -> Answer<Today> {
        let on = context.today();
        Ok(self.store.read(|db| {
            let mut lines = household::due(db, on, MOST_DOORS)?;
            lines.sort_by(|a, b| a.place.cmp(&b.place));
            let staircases = staircases(&lines);
            Ok(Today {
                on,
                buildings: buildings(&staircases),
                staircases,
                due: household::count(db, Filter::Due(on))?,
                done_today: visit::count_on(db, on)?,
                drafts: drafts(db)?,
                month: month(db, on)?,
                captures_only: false,
            })
        })?)
    }
}

fn staircases(lines: &[HouseholdLine]) -> Vec<Staircase> {
    let same = |a: &HouseholdLine, b: &HouseholdLine| {
        (&a.estate, &a.building, &a.unit) == (&b.estate, &b.building, &b.unit)
    };
    let stairs = lines.chunk_by(same).map(|doors| Staircase {
        estate: doors[0].estate.clone(),
        building: doors[0].building.clone(),
        unit: doors[0].unit.clone(),
        doors: doors.iter().map(due_door).collect(),
    });
    stairs.collect()
}

fn due_door(line: &HouseholdLine) -> DueDoor {
    DueDoor {
        household: line.id,
        room: line.room.clone(),
        name: mask::name(&line.name),
        due_on: line.due_on.unwrap_or_default(),
        last: line.last,
        hint: line.hint.clone(),
        has_phone: line.has_phone,
    }
}

fn buildings(staircases: &[Staircase]) -> u32 {
    let names: std::collections::BTreeSet<_> = staircases.iter().map(|s| (&s.estate, &s.building)).collect();
    u32::try_from(names.len()).unwrap_or(u32::MAX)
}

fn drafts(db: &Connection) -> store::Result<Vec<DraftRow>> {
    let mut rows = Vec::new();
    for (id, touched_ms) in draft::all(db)? {
        let line = household::one(db, id)?;
        rows.extend(line.map(|line| DraftRow {
            household: id,
            door: door_of(&line),
            name: mask::name(&line.name),
            touched_ms,
        }));
    }
    Ok(rows)
}

fn month(db: &Connection, on: NaiveDate) -> store::Result<Month> {
    let first = on.with_day(1).unwrap_or(on);
    let (key_total, key_visited) = household::key_visited_since(db, first)?;
    Ok(Month { visited: household::visited_since(db, first)?, key_total, key_visited })
}
