//! A year of visits: those the rhythm asks for, and the others.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use records::Moment;
use records::RecordId;
use records::codes::{CareLevel, Finding, VisitKind, VisitResult};
use records::rules::rhythm::one_period_after;
use records::visit::Visit;

use crate::dice::Dice;
use crate::texts;

const HISTORY_DAYS: u64 = 365;

/// One visit of a household's history, before it becomes a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PastVisit {
    pub on: NaiveDate,
    pub result: VisitResult,
    pub next_on: Option<NaiveDate>,
}

/// Visits that leave a household due on `due`, in order of time.
pub(crate) fn by_rhythm(
    dice: &mut Dice,
    care: CareLevel,
    since: NaiveDate,
    due: NaiveDate,
    today: NaiveDate,
) -> Vec<PastVisit> {
    let (last, agreed) = last_before(care, due);
    let earliest = since.max(today - Days::new(HISTORY_DAYS));
    // H must be met in person within two periods, so the last visit of H always was.
    let result = if care == CareLevel::High { VisitResult::Met } else { effective(dice) };
    let mut visits = vec![PastVisit { on: last, result, next_on: agreed }];
    let mut day = step_back(dice, care, last);
    while day > earliest {
        visits.push(PastVisit { on: day, result: effective(dice), next_on: None });
        if dice.percent(10) {
            let tried = day - Days::new(u64::from(dice.between(1, 2)));
            visits.push(PastVisit { on: tried, result: VisitResult::NobodyHome, next_on: Some(day) });
        }
        day = step_back(dice, care, day);
    }
    visits.reverse();
    visits
}

/// The last contact that makes a household due on this day, and an agreed day where the rhythm
/// alone cannot: no day is one month before the 31st of March.
fn last_before(care: CareLevel, due: NaiveDate) -> (NaiveDate, Option<NaiveDate>) {
    let days = (1..=100).map(|back| due - Days::new(back));
    let by_rhythm = days.into_iter().find(|day| one_period_after(care, *day) == Some(due));
    let nearly_a_period = if care == CareLevel::General { 88 } else { 28 };
    by_rhythm.map_or((due - Days::new(nearly_a_period), Some(due)), |day| (day, None))
}

fn step_back(dice: &mut Dice, care: CareLevel, day: NaiveDate) -> NaiveDate {
    let (fewest, most) = match care {
        CareLevel::High => (5, 7),
        CareLevel::Key => (24, 30),
        _ => (75, 90),
    };
    let earlier = day - Days::new(u64::from(dice.between(fewest, most)));
    // Nobody visits on a Sunday without need.
    if earlier.weekday() == Weekday::Sun { earlier + Days::new(1) } else { earlier }
}

fn effective(dice: &mut Dice) -> VisitResult {
    *dice.weighted(&[
        (VisitResult::Met, 78),
        (VisitResult::FamilyAnswered, 12),
        (VisitResult::Phone, 7),
        (VisitResult::Neighbour, 3),
    ])
}

/// This many visits to a household without rhythm, in order of time; the last may be the move.
pub(crate) fn without_rhythm(dice: &mut Dice, count: u32, today: NaiveDate, moved: bool) -> Vec<PastVisit> {
    let results = [
        (VisitResult::Met, 62),
        (VisitResult::FamilyAnswered, 14),
        (VisitResult::NobodyHome, 14),
        (VisitResult::Later, 3),
        (VisitResult::Refused, 1),
        (VisitResult::Phone, 4),
        (VisitResult::Neighbour, 2),
    ];
    let (first, last) = (today - Days::new(HISTORY_DAYS), today - Days::new(1));
    let mut days: Vec<NaiveDate> = (0..count).map(|_| dice.day(first, last)).collect();
    days.sort_unstable();
    let mut visits: Vec<PastVisit> = days
        .into_iter()
        .map(|on| PastVisit { on, result: *dice.weighted(&results), next_on: None })
        .collect();
    if let Some(last) = visits.last_mut().filter(|_| moved) {
        last.result = VisitResult::MovedAway;
    }
    visits
}

/// What of a household shows in the words written about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Behind {
    pub is_key: bool,
    pub is_elderly: bool,
}

/// The record of a past visit.
pub(crate) fn record(dice: &mut Dice, household: RecordId, past: PastVisit, door: Behind) -> Visit {
    let findings = findings(dice, past.result, door.is_key);
    let hour = *dice.pick(&[8, 9, 9, 10, 10, 11, 14, 14, 15, 15, 16, 17, 18]);
    let started = Moment::beijing_at(past.on, hour, dice.below(60));
    Visit {
        household,
        kind: kind(dice, past.on, door.is_key),
        result: past.result,
        started: started.unwrap_or(Moment::beijing(0)),
        all_well: (past.result == VisitResult::Met && findings.is_empty()).then_some(true),
        minutes: (past.result == VisitResult::Met && dice.percent(60)).then(|| minutes(dice)),
        note: note(dice, &past, &findings, door),
        findings,
        matters: Vec::new(),
        next_on: past.next_on,
        photos: None,
    }
}

fn minutes(dice: &mut Dice) -> u16 {
    u16::try_from(dice.between(1, 8) * 5).unwrap_or(10)
}

fn kind(dice: &mut Dice, on: NaiveDate, is_key: bool) -> VisitKind {
    // Spring Festival falls between late January and mid-February.
    if matches!(on.month(), 1 | 2) && dice.percent(if is_key { 30 } else { 3 }) {
        return VisitKind::Festival;
    }
    if is_key {
        return *dice.weighted(&[
            (VisitKind::SpecialGroup, 80),
            (VisitKind::Paired, 8),
            (VisitKind::FollowUp, 7),
            (VisitKind::Errand, 5),
        ]);
    }
    *dice.weighted(&[
        (VisitKind::Routine, 70),
        (VisitKind::FactCheck, 12),
        (VisitKind::HazardCheck, 10),
        (VisitKind::Policy, 8),
    ])
}

fn findings(dice: &mut Dice, result: VisitResult, is_key: bool) -> Vec<Finding> {
    if !result.is_effective() || !dice.permille(if is_key { 80 } else { 15 }) {
        return Vec::new();
    }
    vec![*dice.weighted(&[
        (Finding::Hazard, 45),
        (Finding::Health, 22),
        (Finding::Hardship, 12),
        (Finding::LowSpirits, 10),
        (Finding::UtilitiesCut, 5),
        (Finding::OutOfContact, 3),
        (Finding::Other, 3),
    ])]
}

fn note(dice: &mut Dice, past: &PastVisit, findings: &[Finding], door: Behind) -> Option<String> {
    if let Some(finding) = findings.first() {
        return Some((*dice.pick(texts::found(*finding))).to_owned());
    }
    if !dice.percent(if door.is_key { 65 } else { 25 }) {
        return None;
    }
    let texts = match past.result {
        VisitResult::NobodyHome => texts::NOBODY,
        VisitResult::Later => texts::LATER,
        VisitResult::Phone => texts::PHONE,
        VisitResult::Neighbour => texts::NEIGHBOUR,
        VisitResult::FamilyAnswered if door.is_elderly => texts::ELDERLY_FAMILY,
        VisitResult::FamilyAnswered => texts::FAMILY,
        VisitResult::MovedAway => texts::MOVED,
        // What somebody says who does not want a visit is not written down.
        VisitResult::Refused => return None,
        _ if dice.percent(65) && door.is_elderly => texts::ELDERLY_WELL,
        _ if dice.percent(65) => texts::ALL_WELL,
        _ if matches!(past.on.month(), 5..=9) => texts::WARM,
        _ => texts::COLD,
    };
    Some((*dice.pick(texts)).to_owned())
}
