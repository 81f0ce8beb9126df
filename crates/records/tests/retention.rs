//! What is due on which day.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use chrono::NaiveDate;
use records::attachment::{Attachment, AttachmentHash};
use records::codes::*;
use records::consent::Consent;
use records::erasure_request::{Decision, ErasureRequest};
use records::handling::Handling;
use records::household::Household;
use records::matter::{Matter, Progress};
use records::person::{ID_NUMBER, PHONE, Person};
use records::rules::erasure::{Fate, Standing};
use records::rules::retention::{Aged, Due, Keeps, NOBODYS, Periods, RULES, due};
use records::visit::{Visit, VisitAmendment};
use records::{AccountId, Body, Moment, Record, RecordId};

const HOME: RecordId = RecordId::from_bytes([2; 16]);
const TODAY: &str = "2026-11-18";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> Moment {
    Moment::beijing_at(day(text), 15, 30).unwrap()
}

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn aged<T: Record>(n: u8, value: &T) -> Aged {
    let record = Standing { id: id(n), kind: T::DECLARATION.kind, body: value.to_body(), is_deleted: false };
    Aged { record, deleted_on: None, cleared_on: None }
}

fn deleted(on: &str, aged: Aged) -> Aged {
    let record = Standing { is_deleted: true, ..aged.record };
    Aged { record, deleted_on: Some(day(on)), ..aged }
}

fn due_of(grid: &[Aged]) -> Vec<Due> {
    due(grid, &Periods::default(), day(TODAY))
}

/// The one that is due, by which rule.
fn only(grid: &[Aged]) -> Option<(u8, Keeps)> {
    let found = due_of(grid);
    assert!(found.len() <= 1, "{found:?}");
    found.first().map(|due| (due.id.as_bytes()[0], due.keeps))
}

fn photos() -> Option<Vec<Attachment>> {
    let hash = AttachmentHash::new([7; 32]);
    Some(vec![Attachment { hash, size: 300, media: "image/jpeg".to_owned(), name: None }])
}

fn matter(state: MatterState, closed: &str, with_photos: bool) -> Matter {
    Matter {
        item: Some("01001".to_owned()),
        list_version: 1,
        subject: "路灯不亮".to_owned(),
        place: String::new(),
        occurred: at("2020-01-01"),
        content: None,
        source: MatterSource::Visit,
        household: None,
        visit: None,
        urgency: Urgency::Normal,
        off_list_reason: None,
        department: None,
        limit_workdays: None,
        progress: Some(Progress { state, note: None, at_ms: at(closed).utc_ms, duplicate_of: None }),
        photos: photos().filter(|_| with_photos),
    }
}

#[test]
fn the_numbers_are_those_of_the_domain_and_have_a_source_each() {
    let rules: Vec<_> = RULES.iter().map(|rule| (rule.name, rule.months, rule.least)).collect();
    assert_eq!(
        rules,
        [("visits", 36, 1), ("people", 24, 1), ("photos", 12, 1), ("proof", 36, 36), ("audit", 36, 6)]
    );
    assert!(RULES.iter().all(|rule| !rule.source.is_empty() && rule.least <= rule.months));
}

#[test]
fn a_county_changes_them_but_never_below_the_law() {
    let rule = |name: &str| RULES.iter().find(|rule| rule.name == name).unwrap();
    let periods = Periods::default().keeping(rule("visits"), 48).unwrap();
    let grid = [aged(20, &Visit::met(HOME, at("2023-11-17")))];
    assert_eq!(due(&grid, &periods, day(TODAY)), []);
    for (name, months, is_ok) in
        [("audit", 6, true), ("audit", 5, false), ("proof", 35, false), ("visits", 0, false)]
    {
        assert_eq!(Periods::default().keeping(rule(name), months).is_ok(), is_ok, "{name} {months}");
    }
}

/// | kept | ended | due |
#[test]
fn each_is_due_the_day_after_its_time() {
    for (visited, is_due) in [("2023-11-18", false), ("2023-11-17", true), ("2026-11-18", false)] {
        let grid = [aged(20, &Visit::met(HOME, at(visited)))];
        assert_eq!(only(&grid), is_due.then_some((20, Keeps::Visits)), "{visited}");
    }
    let someone = || aged(1, &Person::named(HOME, "某", Relation::Head));
    for (left, is_due) in [(Some("2024-11-18"), false), (Some("2024-11-17"), true), (None, false)] {
        let home = Household { left_on: left.map(day), ..Household::blank(id(3)) };
        assert_eq!(only(&[someone(), aged(2, &home)]), is_due.then_some((1, Keeps::People)), "{left:?}");
    }
    for (on, is_due) in [("2024-11-18", false), ("2024-11-17", true)] {
        assert_eq!(only(&[deleted(on, someone())]), is_due.then_some((1, Keeps::People)), "{on}");
    }
    for (state, closed, is_due) in [
        (MatterState::Closed, "2025-11-18", false),
        (MatterState::Closed, "2025-11-17", true),
        (MatterState::Waiting, "2020-01-01", false),
    ] {
        let grid = [aged(30, &matter(state, closed, true))];
        assert_eq!(only(&grid), is_due.then_some((30, Keeps::Photos)), "{state:?} {closed}");
        assert_eq!(only(&[aged(30, &matter(state, closed, false))]), None, "without photos");
    }
    for (shown, is_due) in [("2023-11-18", false), ("2023-11-17", true)] {
        let grid = [aged(40, &Handling::shown(id(1), PHONE, None, at(shown)))];
        assert_eq!(only(&grid), is_due.then_some((40, Keeps::Proof)), "{shown}");
    }
}

#[test]
fn what_stays_of_a_visit_is_what_is_counted() {
    let long_ago = Visit {
        kind: VisitKind::Festival,
        findings: vec![Finding::Health],
        note: Some("张三说腿疼".to_owned()),
        minutes: Some(20),
        matters: vec![id(30)],
        next_on: Some(day("2021-01-01")),
        all_well: Some(false),
        photos: photos(),
        ..Visit::met(HOME, at("2020-05-01"))
    };
    let amended = VisitAmendment {
        visit: id(20),
        at: at("2026-05-02"),
        reason: "听错了".to_owned(),
        result: Some(VisitResult::Phone),
        note: Some("李四说的".to_owned()),
        withdrawn: false,
    };
    let grid = [aged(20, &long_ago), aged(21, &amended)];
    let found = due_of(&grid);
    assert_eq!(found.iter().map(|due| due.keeps).collect::<Vec<_>>(), [Keeps::Visits; 2]);
    let Some(Fate::Rewrite(body)) = &found[0].fate else { panic!("{found:?}") };
    let left = Visit::from_body(body).unwrap();
    let started = Moment::beijing_at(day("2020-05-01"), 0, 0).unwrap();
    let expected = Visit {
        kind: VisitKind::Festival,
        result: VisitResult::Phone,
        findings: vec![Finding::Health],
        all_well: Some(false),
        ..Visit::met(NOBODYS, started)
    };
    assert_eq!((left, (Visit::DECLARATION.check)(body)), (expected, Ok(())));
    assert_eq!(found[1].fate, Some(Fate::Erase), "what was corrected is in what is counted");
    // Once is enough.
    let mut again = aged(20, &long_ago);
    again.record.body = body.clone();
    assert_eq!(due_of(&[again]), []);
    let withdrawn = VisitAmendment { withdrawn: true, ..amended };
    let found = due_of(&[aged(20, &long_ago), aged(21, &withdrawn)]);
    assert_eq!(found[0].fate, Some(Fate::Erase), "what did not happen is not counted");
}

#[test]
fn photos_of_a_visit_wait_for_its_matters() {
    let visit = |matters: &[u8]| {
        let matters = matters.iter().map(|n| id(*n)).collect();
        aged(20, &Visit { matters, photos: photos(), ..Visit::met(HOME, at("2025-11-17")) })
    };
    let closed = |n: u8, on: &str| aged(n, &matter(MatterState::Closed, on, false));
    assert_eq!(only(&[visit(&[])]), Some((20, Keeps::Photos)));
    assert_eq!(only(&[visit(&[30]), closed(30, "2025-11-17")]), Some((20, Keeps::Photos)));
    assert_eq!(only(&[visit(&[30]), closed(30, "2025-11-18")]), None);
    let open = aged(31, &matter(MatterState::Waiting, "2020-01-01", false));
    assert_eq!(only(&[visit(&[30, 31]), closed(30, "2025-01-01"), open]), None);
}

#[test]
fn a_household_that_left_keeps_its_door_and_not_why_it_was_cared_for() {
    let home = Household {
        left_on: Some(day("2024-01-01")),
        categories: vec![KeyCategory::Newer(60)],
        care_reason: Some("病重".to_owned()),
        channel: Some("女儿".to_owned()),
        note: Some("怕狗".to_owned()),
        residents: 2,
        ..Household::blank(id(3))
    };
    let found = due_of(&[aged(2, &home)]);
    let Some(Fate::Rewrite(body)) = &found[0].fate else { panic!("{found:?}") };
    let left = Household::from_body(body).unwrap();
    let nothing = Household { left_on: home.left_on, residents: 2, ..Household::blank(id(3)) };
    assert_eq!(left, nothing);
    let mut again = aged(2, &home);
    again.record.body = body.clone();
    assert_eq!(due_of(&[again]), []);
}

#[test]
fn whoever_is_put_aside_is_kept_until_the_day_that_was_decided() {
    let stopped_by = |request: u8, until: &str, state: ErasureState| {
        let decision = Decision {
            state,
            at_ms: at("2020-01-01").utc_ms,
            by: AccountId::from_bytes([9; 16]),
            erased_for: None,
            stopped_for: Some(StopGround::TermOfLaw),
            until: Some(day(until)),
        };
        let (asker, checked) = (Asker::Person, IdentityCheck::Known);
        let at = at("2020-01-01");
        aged(request, &ErasureRequest { subject: id(1), asker, checked, at, decision: Some(decision) })
    };
    let stopped = |until: &str, state| stopped_by(42, until, state);
    let someone = || deleted("2020-01-01", aged(1, &Person::named(HOME, "某", Relation::Head)));
    let is_due = |until, state| only(&[someone(), stopped(until, state)]).is_some();
    assert!(!is_due("2030-01-01", ErasureState::Stopped) && !is_due(TODAY, ErasureState::Stopped));
    assert!(is_due("2026-11-17", ErasureState::Stopped));
    for (one, other) in [("2030-01-01", "2026-11-17"), ("2026-11-17", "2030-01-01")] {
        let [one, other] = [(42, one), (43, other)]
            .map(|(request, until)| stopped_by(request, until, ErasureState::Stopped));
        assert_eq!(only(&[someone(), one, other]), None, "the longer one holds");
    }
    assert!(is_due("2030-01-01", ErasureState::Resumed), "deleted since, for longer than two years");
}

#[test]
fn consents_and_requests_outlive_the_data_by_three_years() {
    let consent = |person| Consent {
        person,
        field: ID_NUMBER,
        is_given: true,
        at: at("2015-01-01"),
        form: ConsentForm::Spoken,
    };
    let tombstone = |on: &str| {
        let mut gone = deleted(on, aged(1, &Person::named(HOME, "某", Relation::Head)));
        gone.record.body = Body::tombstone(1);
        Aged { cleared_on: Some(day(on)), ..gone }
    };
    for (on, is_due) in [("2023-11-18", false), ("2023-11-17", true)] {
        let grid = [tombstone(on), aged(41, &consent(id(1)))];
        assert_eq!(only(&grid), is_due.then_some((41, Keeps::Proof)), "{on}");
    }
    let alive = aged(1, &Person::named(HOME, "某", Relation::Head));
    assert_eq!(only(&[alive, aged(41, &consent(id(1)))]), None);
    assert_eq!(only(&[aged(41, &consent(id(9)))]), None, "of whom nothing is known nothing is said");
}
