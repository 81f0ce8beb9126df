//! A household's visits and matters in one line of time, newest first.

use records::call::{ListTimeline, TimelineEntry, TimelineWhat, TimelineWindow};
use records::matter::Matter;
use records::visit::Visit;
use records::{Moment, RecordId};
use rusqlite::Connection;
use store::tables::visit::Amended;
use store::tables::{matter, staff, visit};
use store::{RecordRow, identity};

use crate::{Answer, App};

const FIRST_ENTRIES: u32 = 20;

/// Where a window begins, and how much it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    before: (i64, i64),
    limit: u32,
}

/// The newest entries.
pub(crate) fn first_window() -> Window {
    Window { before: (i64::MAX, i64::MAX), limit: FIRST_ENTRIES }
}

/// A key of a list by time: `<ms> <rid>`.
pub(crate) fn parse_key(after: Option<&str>) -> (i64, i64) {
    let parts = after.and_then(|key| key.split_once(' '));
    let parsed = parts.and_then(|(ms, rid)| Some((ms.parse().ok()?, rid.parse().ok()?)));
    parsed.unwrap_or((i64::MAX, i64::MAX))
}

/// Who made a record: the colleague's name, or this device's own person.
pub(crate) fn author_name(db: &Connection, row: &RecordRow) -> store::Result<Option<String>> {
    match row.author {
        Some(author) => staff::name(db, author),
        None => Ok(identity::identity(db)?.map(|identity| identity.name)),
    }
}

impl App {
    pub(crate) fn list_timeline(&self, request: &ListTimeline) -> Answer<TimelineWindow> {
        let limit = u32::from(request.limit.clamp(1, 100));
        let window_wanted = Window { before: parse_key(request.after.as_deref()), limit };
        Ok(self.store.read(|db| window(db, request.household, window_wanted))?)
    }
}

pub(crate) fn window(db: &Connection, household: RecordId, wanted: Window) -> store::Result<TimelineWindow> {
    let mut entries: Vec<((i64, i64), TimelineEntry)> = Vec::new();
    for (row, value) in visit::of_household(db, household, wanted.before, wanted.limit)? {
        entries.push(((value.started.utc_ms, row.rid), visit_entry(db, &row, &value)?));
    }
    for (row, value) in matter::of_household(db, household, wanted.before, wanted.limit)? {
        entries.push(((value.occurred.utc_ms, row.rid), matter_entry(db, &row, value)?));
    }
    entries.sort_by_key(|(key, _)| std::cmp::Reverse(*key));
    let has_more = entries.len() >= wanted.limit as usize;
    entries.truncate(wanted.limit as usize);
    let next = entries.last().filter(|_| has_more).map(|((ms, rid), _)| format!("{ms} {rid}"));
    Ok(TimelineWindow { entries: entries.into_iter().map(|(_, entry)| entry).collect(), next })
}

fn visit_entry(db: &Connection, row: &RecordRow, value: &Visit) -> store::Result<TimelineEntry> {
    let amended = Amended::of(db, row, value)?;
    let what = TimelineWhat::Visit {
        kind: value.kind,
        result: amended.result,
        findings: value.findings.clone(),
        note: amended.note,
        amended: amended.amendments,
        withdrawn: amended.withdrawn,
        all_well: value.all_well.unwrap_or(false),
    };
    entry(db, row, value.started, what)
}

fn matter_entry(db: &Connection, row: &RecordRow, value: Matter) -> store::Result<TimelineEntry> {
    let what = TimelineWhat::Matter {
        subject: value.subject,
        department: value.department,
        limit_workdays: value.limit_workdays,
        urgency: value.urgency,
    };
    entry(db, row, value.occurred, what)
}

fn entry(db: &Connection, row: &RecordRow, at: Moment, what: TimelineWhat) -> store::Result<TimelineEntry> {
    Ok(TimelineEntry { id: row.id, at, by: author_name(db, row)?, standing: row.standing(db)?, what })
}
