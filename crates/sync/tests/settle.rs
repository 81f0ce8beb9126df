//! How the server decides about a commit, case by case.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use minicbor::bytes::ByteVec;
use records::body::DELETED;
use records::codes::{CareLevel, Role};
use records::declaration::Record;
use records::household::Household;
use records::losing_edit::LosingEdit;
use records::visit::{Visit, VisitAmendment};
use records::wire::{Change, Commit, MAX_OPS, Op, Outcome};
use records::{AccountId, AreaPath, Body, Incarnation, Kind, Moment, Patch, RecordId};
use sync::clock::{Clock, Hlc};
use sync::grants::grants_of;
use sync::settle::{Author, Loaded, MAX_LOSSES, Settlement, Stored, settle};
use sync::stamps::{Stamp, Stamps, UNNUMBERED};

const NOW: i64 = 1_763_000_000_000;
const GRID: &str = "230881/001/003/07";
const RECORD: u8 = 50;

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn author(n: u8, role: Role, area: &str) -> Author {
    let area: AreaPath = area.parse().unwrap();
    let account = AccountId::from_bytes([n; 16]);
    let grants = grants_of(role, &area);
    let incarnation = Incarnation::from_bytes([n; 16]);
    Author { account, role, grants, former: vec![], is_vouched_for: false, incarnation }
}

fn worker() -> Author {
    author(1, Role::GridWorker, GRID)
}

fn household() -> Household {
    Household {
        residents: 2,
        care: CareLevel::Key,
        note: Some("门口有狗".to_owned()),
        ..Household::blank(id(40))
    }
}

/// Version 10 of the household; its note (12) was written by database 2 at `NOW - 1000` as version 8.
fn stored() -> Stored {
    let stamp = |n: u8, version, ms| Stamp {
        version,
        hlc: Hlc::of_ms(ms),
        incarnation: Incarnation::from_bytes([n; 16]),
        push_seq: 1,
        author: AccountId::from_bytes([n; 16]),
    };
    let mut stamps = Stamps::of_new(stamp(3, 2, NOW - 90_000));
    stamps.set(12, stamp(2, 8, NOW - 1_000));
    Stored {
        id: id(RECORD),
        kind: Household::DECLARATION.kind,
        scope: format!("{GRID}#work").parse().unwrap(),
        version: 10,
        body: household().to_body(),
        stamps,
        author: AccountId::from_bytes([3; 16]),
        received_ms: NOW - 90_000,
        is_deleted: false,
    }
}

fn loaded(records: impl IntoIterator<Item = Stored>) -> Loaded {
    Loaded { records: records.into_iter().map(|record| (record.id, record)).collect(), ..Loaded::default() }
}

fn op(n: u8, at_ms: i64, change: Change) -> Op {
    Op { id: id(100 + n), record: id(RECORD), kind: Household::DECLARATION.kind, at_ms, change }
}

fn create(scope: &str, body: Body) -> Op {
    op(0, NOW, Change::Create { scope: scope.parse().unwrap(), body })
}

fn edit(n: u8, at_ms: i64, base: u64, fields: &[(u32, Vec<u8>)]) -> Op {
    op(n, at_ms, Change::Edit { base, patch: Patch::of_fields(fields) })
}

fn note(text: &str) -> (u32, Vec<u8>) {
    (12, minicbor::to_vec(text).unwrap())
}

fn residents(number: u8) -> (u32, Vec<u8>) {
    (3, minicbor::to_vec(number).unwrap())
}

fn decide(author: &Author, ops: Vec<Op>, loaded: Loaded) -> Settlement {
    let mut clock = Clock::new(NOW, NOW, Hlc::default());
    settle(&Commit { push_seq: 5, ops }, author, &mut clock, loaded)
}

fn refused(settlement: &Settlement) -> &str {
    assert!(settlement.writes.is_empty() && settlement.ops.is_empty(), "a refused commit changes nothing");
    match &settlement.outcome {
        Outcome::Refused { code } => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_record_takes_its_author_from_the_token_and_waits_for_its_number() {
    let settled = decide(&worker(), vec![create(&format!("{GRID}#work"), household().to_body())], loaded([]));
    assert_eq!(settled.outcome, Outcome::Applied);
    let [record] = &settled.writes[..] else { panic!() };
    assert_eq!((record.author, record.version), (worker().account, UNNUMBERED));
    assert_eq!((record.received_ms, record.stamps.of(3).author), (NOW, worker().account));
}

#[test]
fn a_field_set_to_null_is_a_field_left_out() {
    let work = format!("{GRID}#work");
    let without = Household { note: None, ..household() }.to_body();
    let mut bytes = without.as_bytes().to_vec();
    bytes[0] += 1;
    bytes.extend([12, 0xf6]);
    let with_null = Body::parse(bytes).unwrap();
    let settled = decide(&worker(), vec![create(&work, with_null.clone())], loaded([]));
    assert_eq!(settled.writes[0].body, without);
    let again = decide(&worker(), vec![create(&work, with_null)], loaded(settled.writes));
    assert_eq!(again.outcome, Outcome::Applied);
}

#[test]
fn making_a_record_is_refused_unless_everything_fits() {
    let body = household().to_body();
    let too_many = Household { residents: 31, ..household() }.to_body();
    let long = Household { services: vec!["x".repeat(70_000)], ..household() }.to_body();
    let work = format!("{GRID}#work");
    let unknown = Op { kind: Kind(60_000), ..create(&work, body.clone()) };
    let forged = Op { kind: LosingEdit::DECLARATION.kind, ..create(&work, body.clone()) };
    let cases = [
        (worker(), create("230881/001/003/08#work", body.clone()), "record.not_permitted"),
        (author(1, Role::Street, "230881/001"), create(&work, body.clone()), "record.not_permitted"),
        (author(1, Role::County, "230881"), create("230881#public", body.clone()), "record.not_permitted"),
        (worker(), create(&format!("{GRID}#sensitive"), body.clone()), "record.scope_wrong"),
        (worker(), create("230881/001/003#work", body.clone()), "record.scope_wrong"),
        (worker(), create("230881#public", body), "record.scope_wrong"),
        (worker(), unknown, "record.kind_unknown"),
        (worker(), forged, "record.not_permitted"),
        (worker(), create(&work, too_many), "household.too_many_residents"),
        (worker(), create(&work, long), "commit.op_too_large"),
        (worker(), create(&work, Body::trusted(vec![0xa0])), "record.malformed"),
    ];
    for (author, op, code) in cases {
        assert_eq!(refused(&decide(&author, vec![op], loaded([]))), code);
    }
}

#[test]
fn the_same_record_made_twice_is_one_and_another_is_refused() {
    let work = format!("{GRID}#work");
    let again = decide(&worker(), vec![create(&work, household().to_body())], loaded([stored()]));
    assert_eq!((again.outcome, again.writes), (Outcome::Applied, vec![]));

    let other = Household { residents: 9, ..household() }.to_body();
    assert_eq!(refused(&decide(&worker(), vec![create(&work, other)], loaded([stored()]))), "record.exists");

    let elsewhere = Stored { scope: "230881/001/003/08#work".parse().unwrap(), ..stored() };
    let taken = decide(&worker(), vec![create(&work, household().to_body())], loaded([elsewhere]));
    assert_eq!(refused(&taken), "record.exists");
}

#[test]
fn an_edit_is_authorised_by_where_the_record_is() {
    let change = || vec![edit(1, NOW, 10, &[residents(3)])];
    let elsewhere = Stored { scope: "230881/001/003/08#work".parse().unwrap(), ..stored() };
    let deleted = Stored { is_deleted: true, ..stored() };
    let other_kind = Stored { kind: Kind(10), ..stored() };
    let cases = [
        (loaded([]), "record.missing"),
        (loaded([elsewhere]), "record.not_permitted"),
        (loaded([deleted]), "record.deleted"),
        (loaded([other_kind]), "record.kind_wrong"),
    ];
    for (loaded, code) in cases {
        assert_eq!(refused(&decide(&worker(), change(), loaded)), code);
    }
    let member = author(1, Role::Member, GRID);
    assert_eq!(refused(&decide(&member, change(), loaded([stored()]))), "record.not_permitted");
}

/// | base | by clock | value | outcome | note afterwards | version |
#[test]
fn a_field_goes_to_the_later_write_unless_the_earlier_one_was_seen() {
    let cases = [
        // The note is of version 8. An edit based on 8 or later has seen it, whatever the clocks say.
        (8, NOW - 60_000, "搬走了", Outcome::Applied, "搬走了", UNNUMBERED),
        (10, NOW - 60_000, "搬走了", Outcome::Applied, "搬走了", UNNUMBERED),
        // Based on less: the later write wins and the other is kept.
        (7, NOW - 500, "搬走了", Outcome::Merged, "搬走了", UNNUMBERED),
        (7, NOW - 1_500, "搬走了", Outcome::Merged, "门口有狗", 10),
        (0, NOW - 1_500, "搬走了", Outcome::Merged, "门口有狗", 10),
        // A base that never was proves nothing.
        (11, NOW - 1_500, "搬走了", Outcome::Merged, "门口有狗", 10),
        (u64::MAX, NOW - 1_500, "搬走了", Outcome::Merged, "门口有狗", 10),
        // A clock a year ahead wins over nothing that came later; here it counts as now.
        (7, NOW + 31_536_000_000, "搬走了", Outcome::Merged, "搬走了", UNNUMBERED),
        // The same value is no conflict and no new version.
        (0, NOW - 1_500, "门口有狗", Outcome::Applied, "门口有狗", 10),
        (0, NOW, "门口有狗", Outcome::Applied, "门口有狗", 10),
    ];
    for (base, at, text, outcome, after, version) in cases {
        let settled = decide(&worker(), vec![edit(1, at, base, &[note(text)])], loaded([stored()]));
        assert_eq!(settled.outcome, outcome, "base {base} at {at}");
        let record = settled.writes.iter().find(|r| r.id == id(RECORD)).cloned().unwrap_or_else(stored);
        let household = Household::from_body(&record.body).unwrap();
        assert_eq!(household.note.as_deref(), Some(after), "base {base} at {at}");
        assert_eq!(record.version, version, "base {base} at {at}");
    }
}

#[test]
fn the_value_that_lost_is_kept_beside_the_record() {
    for (at, lost_by, lost, winning) in
        [(NOW - 500, 2, "门口有狗", "搬走了"), (NOW - 1_500, 1, "搬走了", "门口有狗")]
    {
        let settled =
            decide(&worker(), vec![edit(1, at, 7, &[note("搬走了"), residents(4)])], loaded([stored()]));
        let record = settled.writes.iter().find(|r| r.kind == LosingEdit::DECLARATION.kind).unwrap();
        assert_eq!(record.scope, stored().scope);
        let losing = LosingEdit::from_body(&record.body).unwrap();
        assert_eq!((losing.record, losing.kind, losing.field), (id(RECORD), stored().kind, 12));
        assert_eq!(losing.lost_by, AccountId::from_bytes([lost_by; 16]));
        assert_eq!(losing.lost, ByteVec::from(minicbor::to_vec(lost).unwrap()));
        assert_eq!(losing.winning, ByteVec::from(minicbor::to_vec(winning).unwrap()));
        assert_eq!(
            (losing.lost_at.min(losing.won_at), losing.lost_at.max(losing.won_at)),
            (at.min(NOW - 1_000), at.max(NOW - 1_000))
        );
        let merged = settled.writes.iter().find(|r| r.id == id(RECORD)).unwrap();
        assert_eq!(
            Household::from_body(&merged.body).unwrap().residents,
            4,
            "the other field is no conflict"
        );
    }
}

#[test]
fn a_cleared_field_is_a_value_like_any_other() {
    let cleared = decide(&worker(), vec![edit(1, NOW, 8, &[(12, vec![0xf6])])], loaded([stored()]));
    assert_eq!(Household::from_body(&cleared.writes[0].body).unwrap().note, None);
    let again = decide(&worker(), vec![edit(2, NOW, 0, &[(10, vec![0xf6])])], loaded([stored()]));
    assert_eq!(
        (again.outcome, again.writes.iter().filter(|r| r.version == UNNUMBERED).count()),
        (Outcome::Applied, 0)
    );
}

#[test]
fn the_databases_own_earlier_writes_count_as_seen() {
    let owner = author(2, Role::GridWorker, GRID);
    let settled = decide(&owner, vec![edit(1, NOW - 5_000, 0, &[note("搬走了")])], loaded([stored()]));
    assert_eq!(settled.outcome, Outcome::Applied);

    let ops = vec![
        create(&format!("{GRID}#work"), household().to_body()),
        edit(1, NOW - 9, 0, &[note("一")]),
        edit(2, NOW - 99, 0, &[note("二")]),
    ];
    let settled = decide(&worker(), ops, loaded([]));
    assert_eq!((&settled.outcome, settled.writes.len()), (&Outcome::Applied, 1));
    assert_eq!(Household::from_body(&settled.writes[0].body).unwrap().note.as_deref(), Some("二"));
}

#[test]
fn a_commit_is_applied_wholly_or_not_at_all() {
    let ops = vec![edit(1, NOW, 10, &[residents(3)]), edit(2, NOW, 10, &[residents(40)])];
    assert_eq!(refused(&decide(&worker(), ops, loaded([stored()]))), "household.too_many_residents");
    let many = (0..=MAX_OPS).map(|_| edit(1, NOW, 10, &[residents(3)])).collect();
    assert_eq!(refused(&decide(&worker(), many, loaded([stored()]))), "commit.too_many_ops");
}

#[test]
fn an_op_is_applied_once_whatever_brings_it() {
    let ops = || vec![edit(1, NOW, 10, &[residents(3)])];
    let known = Loaded { applied: [id(101)].into(), ..loaded([stored()]) };
    let settled = decide(&worker(), ops(), known);
    assert_eq!((settled.outcome, settled.writes, settled.ops), (Outcome::Applied, vec![], vec![]));
    let twice = decide(&worker(), [ops(), ops()].concat(), loaded([stored()]));
    assert_eq!(twice.ops, [id(101)]);
}

fn delete(n: u8, base: u64) -> Vec<Op> {
    vec![op(n, NOW, Change::Delete { base })]
}

fn restore(n: u8, base: u64) -> Vec<Op> {
    vec![op(n, NOW, Change::Restore { base })]
}

/// The stored household with its deletion written by this database at this time as version 10.
fn stored_with_register(is_deleted: bool, n: u8, ms: i64) -> Stored {
    let mut record = Stored { is_deleted, ..stored() };
    let incarnation = Incarnation::from_bytes([n; 16]);
    let (hlc, author) = (Hlc::of_ms(ms), AccountId::from_bytes([n; 16]));
    record.stamps.set(DELETED, Stamp { version: 10, hlc, incarnation, push_seq: 1, author });
    record
}

fn losing(settled: &Settlement) -> Vec<LosingEdit> {
    let losing = settled.writes.iter().filter(|record| record.kind == LosingEdit::DECLARATION.kind);
    losing.map(|record| LosingEdit::from_body(&record.body).unwrap()).collect()
}

#[test]
fn what_is_deleted_stays_deleted_and_keeps_its_body() {
    let settled = decide(&worker(), delete(1, 10), loaded([stored()]));
    let [record] = &settled.writes[..] else { panic!() };
    assert!(record.is_deleted && record.version == UNNUMBERED);
    assert_eq!(record.body, stored().body);
    let again = decide(&worker(), delete(2, 10), loaded([record.clone()]));
    assert_eq!((again.outcome, again.writes), (Outcome::Applied, vec![]));
    let edited = decide(&worker(), vec![edit(3, NOW, 10, &[residents(3)])], loaded([record.clone()]));
    assert_eq!(refused(&edited), "record.deleted");
}

#[test]
fn a_deletion_taken_back_brings_the_record_as_it_was() {
    let gone = decide(&worker(), delete(1, 10), loaded([stored()])).writes;
    let back = decide(&worker(), restore(2, 10), loaded(gone));
    let [record] = &back.writes[..] else { panic!() };
    assert!(!record.is_deleted && record.version == UNNUMBERED);
    assert_eq!((&record.body, back.outcome), (&stored().body, Outcome::Applied));
    let never_gone = decide(&worker(), restore(3, 10), loaded([stored()]));
    assert_eq!((never_gone.outcome, never_gone.writes), (Outcome::Applied, vec![]));
}

/// | the register | written by | what is asked | by base | it is deleted | what lost |
#[test]
fn who_deletes_and_who_restores_meet_like_any_two_edits() {
    let by_another = |is_deleted, ms| stored_with_register(is_deleted, 2, ms);
    let (earlier, later) = (NOW - 500, NOW + 500);
    let (yes, no) = (vec![0xf5], vec![0xf6]);
    let cases = [
        (by_another(true, earlier), restore(1, 10), false, None),
        (by_another(true, earlier), restore(1, 9), false, Some((yes.clone(), no.clone()))),
        (by_another(true, later), restore(1, 9), true, Some((no.clone(), yes.clone()))),
        (by_another(false, later), delete(1, 9), false, Some((yes.clone(), no.clone()))),
        (by_another(false, earlier), delete(1, 9), true, Some((no, yes))),
        (stored_with_register(true, 1, later), restore(1, 0), false, None),
    ];
    for (n, (stored, ops, is_deleted, lost)) in cases.into_iter().enumerate() {
        let settled = decide(&worker(), ops, loaded([stored.clone()]));
        let now = settled.writes.iter().find(|record| record.id == stored.id).unwrap_or(&stored);
        assert_eq!(now.is_deleted, is_deleted, "case {n}");
        let losing = losing(&settled);
        let losing = losing.first().map(|edit| (edit.lost.to_vec(), edit.winning.to_vec()));
        assert_eq!(losing, lost, "case {n}");
        assert_eq!(settled.outcome == Outcome::Merged, lost.is_some(), "case {n}");
    }
}

#[test]
fn whoever_edited_unseen_is_told_of_the_deletion() {
    let settled = decide(&worker(), delete(1, 7), loaded([stored()]));
    assert!(settled.writes[0].is_deleted);
    let [edit] = &losing(&settled)[..] else { panic!() };
    assert_eq!((edit.field, edit.lost_by), (DELETED, AccountId::from_bytes([2; 16])));
    assert_eq!((edit.winning.to_vec(), edit.won_by), (vec![0xf5], worker().account));
}

/// Each op writes a field that somebody else wrote later; the base says that it was not seen.
#[test]
fn no_commit_leaves_more_lost_values_than_people_can_read() {
    let losing = |ops: usize| {
        let ops = (0..ops).map(|n| Op {
            id: RecordId::new(NOW, [u8::try_from(n).unwrap(); 10]),
            ..edit(0, NOW - 5_000, 7, &[note(&format!("第{n}句"))])
        });
        decide(&worker(), ops.collect(), loaded([stored()]))
    };
    let most = losing(MAX_LOSSES);
    assert_eq!((most.outcome, most.writes.len()), (Outcome::Merged, MAX_LOSSES));
    assert_eq!(refused(&losing(MAX_LOSSES + 1)), "commit.too_many_conflicts");
}

#[test]
fn a_patch_changes_its_fields_and_leaves_the_others() {
    let newer = (900, minicbor::to_vec("新版的字段").unwrap());
    let fields = [residents(5), (12, vec![0xf6]), newer.clone()];
    let settled = decide(&worker(), vec![edit(1, NOW, 10, &fields)], loaded([stored()]));
    let body = &settled.writes[0].body;
    let expected = Household { residents: 5, note: None, ..household() };
    assert_eq!(Household::from_body(body).unwrap(), expected);
    assert_eq!(body.field(900), Some(&newer.1[..]));
    assert_eq!(Body::parse(body.as_bytes().to_vec()).unwrap(), *body, "its fields ascend");
}

fn visit() -> Visit {
    Visit::met(id(RECORD), Moment::beijing(NOW))
}

/// A visit by the worker, as it is stored.
fn stored_visit() -> Stored {
    let (kind, body) = (Visit::DECLARATION.kind, visit().to_body());
    Stored { id: id(60), kind, body, author: worker().account, ..stored() }
}

fn amend(n: u8, visit: RecordId) -> Op {
    let amendment = VisitAmendment {
        visit,
        at: Moment::beijing(NOW),
        reason: "按错了".to_owned(),
        result: None,
        note: None,
        withdrawn: true,
    };
    let kind = VisitAmendment::DECLARATION.kind;
    let scope = stored().scope;
    Op { record: id(70 + n), kind, ..op(n, NOW, Change::Create { scope, body: amendment.to_body() }) }
}

#[test]
fn only_who_made_a_visit_corrects_it_and_only_beside_it() {
    let own = decide(&worker(), vec![amend(1, id(60))], loaded([stored_visit()]));
    assert_eq!(own.outcome, Outcome::Applied);

    let of_a_colleague = Stored { author: AccountId::from_bytes([3; 16]), ..stored_visit() };
    let elsewhere = Stored { scope: "230881/001/003/08#work".parse().unwrap(), ..stored_visit() };
    let no_visit = Stored { id: id(60), author: worker().account, ..stored() };
    let cases = [
        (loaded([of_a_colleague]), "amendment.not_yours"),
        (loaded([elsewhere]), "amendment.nothing_there"),
        (loaded([no_visit]), "amendment.nothing_there"),
        (loaded([]), "amendment.nothing_there"),
    ];
    for (loaded, code) in cases {
        assert_eq!(refused(&decide(&worker(), vec![amend(1, id(60))], loaded)), code);
    }
}

#[test]
fn a_visit_and_its_correction_may_come_together() {
    let scope = stored().scope;
    let make = Change::Create { scope, body: visit().to_body() };
    let make = Op { record: id(60), kind: Visit::DECLARATION.kind, ..op(1, NOW, make) };
    let ops = vec![make, amend(2, id(60))];
    let wanted = Loaded::wanted(&Commit { push_seq: 5, ops: ops.clone() });
    let household = visit().household;
    assert_eq!(wanted, [household, id(60), id(72)].into());
    assert_eq!(decide(&worker(), ops, loaded([])).outcome, Outcome::Applied);
    let alone = Commit { push_seq: 6, ops: vec![amend(3, id(60))] };
    assert_eq!(Loaded::wanted(&alone), [id(60), id(73)].into(), "the visit is looked up");
}

#[test]
fn append_only_records_and_fixed_fields_never_change() {
    let kept = Stored { kind: Visit::DECLARATION.kind, body: visit().to_body(), ..stored() };
    for change in [
        Change::Edit { base: 10, patch: Patch::of_fields(&[note("x")]) },
        Change::Delete { base: 10 },
        Change::Restore { base: 10 },
    ] {
        let op = Op { kind: Visit::DECLARATION.kind, ..op(1, NOW, change) };
        assert_eq!(refused(&decide(&worker(), vec![op], loaded([kept.clone()]))), "record.append_only");
    }
    let area = records::area::Area {
        path: "230881".parse().unwrap(),
        kind: records::codes::AreaKind::County,
        name: "样本县".to_owned(),
        households: None,
        supervision_phone: None,
        host_unit: None,
        filing: None,
    };
    let kind = records::area::Area::DECLARATION.kind;
    let kept = Stored { kind, body: area.to_body(), scope: "230881#public".parse().unwrap(), ..stored() };
    let county = author(1, Role::County, "230881");
    let path = |path: &str| (0, minicbor::to_vec(path).unwrap());
    let fixed = |value| vec![Op { kind, ..edit(1, NOW, 10, &[value]) }];
    assert_eq!(
        refused(&decide(&county, fixed(path("230882")), loaded([kept.clone()]))),
        "record.field_fixed"
    );
    assert_eq!(decide(&county, fixed(path("230881")), loaded([kept])).outcome, Outcome::Applied);
}
