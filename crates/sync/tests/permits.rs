//! Who may write a record, by where it is, where it was, and what its author might do then.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;

use records::codes::{Relation, Role, VisitResult};
use records::declaration::{Record, declaration};
use records::household::Household;
use records::person::Person;
use records::scope::DepartmentCode;
use records::visit::{Visit, VisitAmendment};
use records::wire::{Change, Commit, Op, Outcome};
use records::{AccountId, AreaPath, Audience, Body, Incarnation, Kind, Moment, Patch, RecordId, Scope};
use sync::clock::{Clock, Hlc};
use sync::grants::{Former, grants_of, grants_with};
use sync::permit::Home;
use sync::settle::{Author, Loaded, Settlement, Stored, settle};
use sync::stamps::{Stamp, Stamps};

const NOW: i64 = 1_763_000_000_000;
const HOUR: i64 = 3_600_000;
const GRID_07: &str = "230881/001/003/07";
const GRID_08: &str = "230881/001/003/08";
const HOUSEHOLD: u8 = 40;
const VISIT: u8 = 50;

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn work(area: &str) -> Scope {
    Scope::new(area.parse().unwrap(), Audience::Work)
}

fn author(role: Role, area: &str) -> Author {
    Author {
        account: AccountId::from_bytes([1; 16]),
        role,
        grants: grants_of(role, &area.parse().unwrap()),
        former: vec![],
        is_vouched_for: false,
        incarnation: Incarnation::from_bytes([1; 16]),
    }
}

/// Worked in 07 until an hour ago, now in 08.
fn moved_worker() -> Author {
    let of_07 = grants_of(Role::GridWorker, &GRID_07.parse().unwrap());
    let former = of_07.into_iter().filter(|grant| grant.area.as_str() == GRID_07);
    let former = former.map(|grant| Former { grant, role: Role::GridWorker, until_ms: NOW - HOUR });
    Author { former: former.collect(), ..author(Role::GridWorker, GRID_08) }
}

fn visit() -> Visit {
    Visit { all_well: Some(true), ..Visit::met(id(HOUSEHOLD), Moment::beijing(NOW - 2 * HOUR)) }
}

fn household() -> Body {
    let household = Household { residents: 2, ..Household::blank(id(30)) };
    household.to_body()
}

fn person() -> Body {
    let person = Person::named(id(HOUSEHOLD), "李明", Relation::Head);
    person.to_body()
}

fn stored(n: u8, kind: Kind, scope: Scope, body: Body) -> Stored {
    let made = Stamp {
        version: 3,
        hlc: Hlc::of_ms(NOW - 9 * HOUR),
        incarnation: Incarnation::from_bytes([3; 16]),
        push_seq: 1,
        author: AccountId::from_bytes([1; 16]),
    };
    Stored {
        id: id(n),
        kind,
        scope,
        version: 3,
        body,
        stamps: Stamps::of_new(made),
        author: made.author,
        received_ms: NOW - 9 * HOUR,
        is_deleted: false,
    }
}

/// A household that stands in `area`, with a visit; both were in `home` until an hour ago.
fn loaded(area: &str, home: Option<&str>) -> Loaded {
    let records = [
        stored(HOUSEHOLD, Household::DECLARATION.kind, work(area), household()),
        stored(VISIT, Visit::DECLARATION.kind, work(area), visit().to_body()),
    ];
    let homes = home.into_iter().flat_map(|home| {
        let left = Home { scope: work(home), until_ms: NOW - HOUR };
        [HOUSEHOLD, VISIT].map(|n| (id(n), vec![left.clone()]))
    });
    Loaded {
        records: records.into_iter().map(|record| (record.id, record)).collect(),
        homes: homes.collect::<BTreeMap<_, _>>(),
        ..Loaded::default()
    }
}

fn op(kind: Kind, record: RecordId, at_ms: i64, change: Change) -> Op {
    Op { id: id(200), record, kind, at_ms, change }
}

fn new_visit(scope: &str, at_ms: i64) -> Op {
    let change = Change::Create { scope: scope.parse().unwrap(), body: visit().to_body() };
    op(Visit::DECLARATION.kind, id(60), at_ms, change)
}

fn correction(scope: &str, at_ms: i64) -> Op {
    let amendment = VisitAmendment {
        visit: id(VISIT),
        at: Moment::beijing(at_ms),
        reason: "按错了".to_owned(),
        result: Some(VisitResult::Phone),
        note: None,
        withdrawn: false,
    };
    let change = Change::Create { scope: scope.parse().unwrap(), body: amendment.to_body() };
    op(VisitAmendment::DECLARATION.kind, id(61), at_ms, change)
}

fn edit(at_ms: i64) -> Op {
    let patch = Patch::of_fields(&[(12, minicbor::to_vec("门口有狗").unwrap())]);
    op(Household::DECLARATION.kind, id(HOUSEHOLD), at_ms, Change::Edit { base: 3, patch })
}

fn decide(author: &Author, op: Op, loaded: Loaded) -> Settlement {
    let mut clock = Clock::new(NOW, NOW, Hlc::default());
    settle(&Commit { push_seq: 5, ops: vec![op] }, author, &mut clock, loaded)
}

fn told(settlement: &Settlement) -> String {
    match &settlement.outcome {
        Outcome::Applied => "applied".to_owned(),
        Outcome::Merged => "merged".to_owned(),
        Outcome::Refused { code } => code.clone(),
        Outcome::Quarantined => "quarantined".to_owned(),
    }
}

/// | author | what it says | what it is told |
#[test]
fn what_a_payload_claims_opens_nothing() {
    let work_07 = format!("{GRID_07}#work");
    let dept = Scope::new("230881".parse().unwrap(), Audience::Department(DepartmentCode::of("民政局")));
    let own = [Audience::Department(DepartmentCode::of("民政局"))];
    let county: AreaPath = "230881".parse().unwrap();
    let department =
        Author { grants: grants_with(Role::Department, &county, &own), ..author(Role::Department, "230881") };
    let at = |scope: &str| new_visit(scope, NOW);
    let cases = [
        // Another grid, the one above, a longer audience: the scope it names must be one it was granted.
        (author(Role::GridWorker, GRID_08), at(&work_07), "record.not_permitted"),
        (author(Role::GridWorker, GRID_07), at("230881/001/004/07#work"), "record.not_permitted"),
        (
            author(Role::CommunityStaff, "230881/001/003"),
            at("230881/001/004/07#work"),
            "record.not_permitted",
        ),
        // Its own grid, but not where such a record belongs.
        (author(Role::GridWorker, GRID_07), at(&format!("{GRID_07}#sensitive")), "record.scope_wrong"),
        (author(Role::GridWorker, GRID_07), at("230881#public"), "record.scope_wrong"),
        // A role that holds nothing there, whatever the area its account names.
        (author(Role::Administrator, GRID_07), at(&work_07), "record.not_permitted"),
        (author(Role::Street, GRID_07), at(&work_07), "record.not_permitted"),
        (author(Role::Newer(77), GRID_07), at(&work_07), "record.not_permitted"),
        // A department holds the views made for it and writes none of them.
        (department.clone(), at(&dept.to_string()), "record.not_permitted"),
        (department, at(&work_07), "record.not_permitted"),
    ];
    for (author, op, expected) in cases {
        assert_eq!(told(&decide(&author, op.clone(), loaded(GRID_07, None))), expected, "{author:?} {op:?}");
    }
}

#[test]
fn an_edit_says_nothing_of_a_scope_that_would_count() {
    // The household is in 08 and was never elsewhere; who edits it holds 07 and knows its id.
    let worker = author(Role::GridWorker, GRID_07);
    assert_eq!(told(&decide(&worker, edit(NOW), loaded(GRID_08, None))), "record.not_permitted");
    // Nor does a new record that claims to belong to it bring its author in.
    let beside = new_visit(&format!("{GRID_08}#work"), NOW);
    assert_eq!(told(&decide(&worker, beside, loaded(GRID_08, None))), "record.not_permitted");
    // A person made in the grid's scope for work would be read by those who may not know persons.
    let change = Change::Create { scope: work(GRID_07), body: person() };
    let person = op(Person::DECLARATION.kind, id(62), NOW, change);
    assert_eq!(told(&decide(&worker, person, loaded(GRID_07, None))), "record.scope_wrong");
}

/// | who | made | what becomes of it |
#[test]
fn work_of_before_a_revocation_is_for_somebody_to_see() {
    let dismissed = Author { grants: vec![], ..moved_worker() };
    let another_role = Author { role: Role::Administrator, ..dismissed.clone() };
    let never_there = author(Role::GridWorker, GRID_08);
    let cases = [
        (moved_worker(), NOW - 2 * HOUR, "quarantined"),
        (dismissed, NOW - 2 * HOUR, "quarantined"),
        (another_role, NOW - 2 * HOUR, "quarantined"),
        (moved_worker(), NOW - HOUR, "quarantined"),
        (moved_worker(), NOW - HOUR + 1, "record.not_permitted"),
        (moved_worker(), NOW, "record.not_permitted"),
        (never_there, NOW - 2 * HOUR, "record.not_permitted"),
    ];
    for (author, at_ms, expected) in cases {
        for op in [new_visit(&format!("{GRID_07}#work"), at_ms), edit(at_ms)] {
            let settled = decide(&author, op, loaded(GRID_07, None));
            assert_eq!(told(&settled), expected, "{at_ms} {author:?}");
            assert!(settled.writes.is_empty() && settled.ops.is_empty());
        }
    }
}

#[test]
fn what_somebody_vouches_for_is_taken_and_nothing_more() {
    let vouched = Author { is_vouched_for: true, ..moved_worker() };
    let visit = |at_ms| new_visit(&format!("{GRID_07}#work"), at_ms);
    let settled = decide(&vouched, visit(NOW - 2 * HOUR), loaded(GRID_07, None));
    assert_eq!((told(&settled).as_str(), &settled.writes[0].scope), ("applied", &work(GRID_07)));
    assert_eq!(settled.writes[0].stamps.of(0).hlc.ms(), NOW - 2 * HOUR, "as of when it was made");
    assert_eq!(told(&decide(&vouched, visit(NOW), loaded(GRID_07, None))), "record.not_permitted");
}

/// The household moved from 07 to 08 an hour ago, with its visit.
///
/// | who | made | what becomes of it |
#[test]
fn a_late_edit_follows_what_has_moved() {
    let of_07 = author(Role::GridWorker, GRID_07);
    let of_both = author(Role::CommunityStaff, "230881/001/003");
    let of_neither = author(Role::GridWorker, "230881/001/003/09");
    let cases = [
        (of_07.clone(), NOW - 2 * HOUR, "applied"),
        // Whoever has not heard of the move yet is not to be refused, but somebody sees it.
        (of_07, NOW, "quarantined"),
        (of_both.clone(), NOW - 2 * HOUR, "applied"),
        (of_both, NOW, "applied"),
        (Author { grants: vec![], ..moved_worker() }, NOW - 2 * HOUR, "quarantined"),
        (of_neither, NOW - 2 * HOUR, "record.not_permitted"),
    ];
    for (author, at_ms, expected) in cases {
        let in_07 = format!("{GRID_07}#work");
        for op in [edit(at_ms), new_visit(&in_07, at_ms), correction(&in_07, at_ms)] {
            let settled = decide(&author, op.clone(), loaded(GRID_08, Some(GRID_07)));
            assert_eq!(told(&settled), expected, "{at_ms} {op:?}");
            assert!(settled.writes.iter().all(|record| record.scope == work(GRID_08)), "{op:?}");
        }
    }
}

#[test]
fn the_table_of_kinds_is_asked_for_every_kind() {
    let worker = author(Role::GridWorker, GRID_07);
    let denied: Vec<&str> = records::declaration::DECLARATIONS
        .iter()
        .filter(|d| {
            let scope = Scope::new(GRID_07.parse::<AreaPath>().unwrap(), d.audience);
            let change = Change::Create { scope, body: Body::trusted(vec![0xa0]) };
            told(&decide(&worker, op(d.kind, id(63), NOW, change), Loaded::default()))
                == "record.not_permitted"
        })
        .map(|d| declaration(d.kind).unwrap().name)
        .collect();
    assert_eq!(
        denied,
        [
            "area",
            "staff",
            "item_category",
            "item",
            "list_entry",
            "matter_step",
            "matter_view",
            "losing_edit",
            "feedback",
            "duty_report"
        ]
    );
}
