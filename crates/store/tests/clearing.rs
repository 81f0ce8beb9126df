//! What was cleared elsewhere goes from this device with all that was kept of it, and nothing else does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use contract::File;
#[cfg(target_family = "wasm")]
use contract::test;
use records::household::Household;
use records::wire::{Awaited, Commit, CommitResult, Decided, Op, Outcome, RecordChange};
use records::{AccountId, Body, Incarnation, Kind, Patch, Record, RecordId, Scope};
use store::{Identity, Origin, Slice, Store, StoreFault, identity, outbox, quarantine, record};

const NOW: i64 = 1_795_000_000_000;
const NOTE: u32 = 12;
/// Of a newer version: kept without a table.
const NEWER: Kind = Kind(4_000);

fn scope() -> Scope {
    "230881/001/003/07#work".parse().unwrap()
}

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn change(n: u8, version: u64, kind: Kind, body: Option<Body>) -> RecordChange {
    let by = AccountId::from_bytes([9; 16]);
    RecordChange { id: id(n), kind, version, body, by, received_ms: NOW, has_left: false, cleared: 0 }
}

fn household(n: u8) -> RecordChange {
    let body = Household { note: Some("原来的话".to_owned()), ..Household::blank(id(200)) };
    change(n, n.into(), Household::DECLARATION.kind, Some(body.to_body()))
}

fn cleared(n: u8, version: u64) -> RecordChange {
    RecordChange { cleared: version, ..change(n, version, Household::DECLARATION.kind, None) }
}

fn apply(store: &mut Store, changes: &[RecordChange]) {
    let cursor = changes.last().map_or(0, |change| change.version);
    let slice = Slice { scope: &scope(), changes, cursor, total: 2, digest: None, server_ms: NOW };
    store.apply(slice).unwrap();
    store.keep_steps().unwrap();
}

/// A device with two households.
fn store() -> Store {
    let mut store = Store::open(contract::database()).unwrap();
    let me = Identity {
        device: records::DeviceId::from_bytes([1; 16]),
        incarnation: Incarnation::from_bytes([2; 16]),
        token: vec![7; 32].into(),
        server_key: vec![8; 32].into(),
        server: "https://grid.example".to_owned(),
        account: AccountId::from_bytes([3; 16]),
        name: "周燕".to_owned(),
        role: records::codes::Role::GridWorker,
        area: "230881/001/003/07".parse().unwrap(),
    };
    store.write(|tx| identity::set_identity(tx, &me)).unwrap();
    apply(&mut store, &[household(1), household(2)]);
    store
}

/// Edits both in one action; answers its number.
fn edit_both(store: &mut Store, first: u8) -> u64 {
    let mut drawn = first;
    let mut new_id = || {
        drawn += 1;
        id(drawn)
    };
    let origin = Origin { now_ms: NOW, hold_ms: 0, new_id: &mut new_id };
    let patch = || Patch::of_fields(&[(NOTE, minicbor::to_vec("改过的话").unwrap())]);
    let edit = store.act(origin, |action| {
        action.patch(id(1), patch())?;
        action.patch(id(2), patch())
    });
    edit.unwrap().1.push_seq.unwrap()
}

fn settle(store: &mut Store, push_seq: u64, outcome: Outcome) {
    store.settle(&[CommitResult { push_seq, outcome }], (NOW, NOW), None).unwrap();
}

fn refused() -> Outcome {
    Outcome::Refused { code: "record.cleared".to_owned() }
}

/// The records that commits of a table still speak of.
fn kept_in(store: &Store, table: &str) -> Vec<RecordId> {
    let bodies = store.read(|db| {
        let mut find = db.prepare(&format!("SELECT body FROM {table} ORDER BY number"))?;
        let bodies = find.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        Ok(bodies.collect::<rusqlite::Result<Vec<_>>>()?)
    });
    let commits = bodies.unwrap().into_iter().map(|body| minicbor::decode::<Commit>(&body).unwrap());
    commits.flat_map(|commit| commit.ops).map(|op: Op| op.record).collect()
}

#[test]
fn of_each_commit_that_was_kept_what_was_cleared_goes_and_the_rest_stays() {
    let mut store = store();
    let taken = edit_both(&mut store, 10);
    settle(&mut store, taken, Outcome::Applied);
    let card = edit_both(&mut store, 20);
    settle(&mut store, card, Outcome::Refused { code: "record.not_permitted".to_owned() });
    let late = edit_both(&mut store, 30);
    settle(&mut store, late, Outcome::Quarantined);
    let tables = ["acknowledged", "refused", "quarantined"];
    for table in tables {
        assert_eq!(kept_in(&store, table), [id(1), id(2)], "{table}");
    }
    apply(&mut store, &[cleared(1, 40)]);
    for table in tables {
        assert_eq!(kept_in(&store, table), [id(2)], "{table}");
    }
    assert!(store.read(|db| record::get(db, id(1))).unwrap().is_sealed());
    apply(&mut store, &[cleared(2, 41)]);
    for table in tables {
        assert_eq!(kept_in(&store, table), [], "{table}");
    }
    assert_eq!(store.read(outbox::refused_count).unwrap(), 0, "no card without a change");
    let refused = store.read(|db| record::get(db, id(2))).unwrap().refused;
    assert_eq!(refused, 0);
}

#[test]
fn what_waited_goes_when_it_is_refused_and_only_what_was_cleared_of_it() {
    let mut store = store();
    let (first, second) = (edit_both(&mut store, 10), edit_both(&mut store, 20));
    apply(&mut store, &[cleared(1, 40)]);
    assert_eq!(store.read(|db| record::get(db, id(1))).unwrap().body(), None, "and is not shown meanwhile");
    settle(&mut store, first, refused());
    assert_eq!(kept_in(&store, "refused"), [id(2)]);
    apply(&mut store, &[cleared(2, 41)]);
    assert_eq!(kept_in(&store, "refused"), []);
    settle(&mut store, second, refused());
    assert_eq!(kept_in(&store, "refused"), []);
    assert_eq!(store.read(outbox::refused_count).unwrap(), 0);
}

#[test]
fn late_work_that_is_turned_down_for_it_is_no_card_either() {
    let mut store = store();
    let late = edit_both(&mut store, 10);
    settle(&mut store, late, Outcome::Quarantined);
    // The decision may come before what was cleared is heard of, or after.
    apply(&mut store, &[cleared(1, 40)]);
    let commit = Awaited { incarnation: Incarnation::from_bytes([2; 16]), push_seq: late };
    let decided = [Decided { commit, outcome: refused() }];
    store.write(|tx| quarantine::decide(tx, &decided, (NOW, NOW))).unwrap();
    assert_eq!(kept_in(&store, "refused"), [id(2)]);
    apply(&mut store, &[cleared(2, 41)]);
    assert_eq!(kept_in(&store, "refused"), []);
}

#[test]
fn a_record_that_was_reworded_keeps_what_is_written_of_it_later() {
    let mut store = store();
    let before = edit_both(&mut store, 10);
    settle(&mut store, before, Outcome::Applied);
    let reworded = RecordChange { version: 40, cleared: 40, ..household(1) };
    apply(&mut store, std::slice::from_ref(&reworded));
    assert_eq!(kept_in(&store, "acknowledged"), [id(2)]);
    let after = edit_both(&mut store, 20);
    settle(&mut store, after, Outcome::Applied);
    // The same clearing is told with every later version.
    apply(&mut store, &[RecordChange { version: 42, ..reworded }]);
    assert_eq!(kept_in(&store, "acknowledged"), [id(2), id(1), id(2)]);
    assert!(!store.read(|db| record::get(db, id(1))).unwrap().is_sealed());
}

#[test]
fn nobody_here_brings_back_what_was_cleared_but_what_was_deleted() {
    let mut store = store();
    apply(&mut store, &[cleared(1, 40), change(2, 41, Household::DECLARATION.kind, None)]);
    let restore = |store: &mut Store, n: u8| {
        let mut drawn = 100 + n;
        let mut new_id = || {
            drawn += 1;
            id(drawn)
        };
        let origin = Origin { now_ms: NOW, hold_ms: 0, new_id: &mut new_id };
        store.act(origin, |action| action.restore(id(n))).map(|(is_restored, _)| is_restored)
    };
    assert!(matches!(restore(&mut store, 1), Err(StoreFault::Refused("record.cleared"))));
    assert!(restore(&mut store, 2).unwrap());
    let reworded = RecordChange { version: 60, cleared: 60, ..household(3) };
    let deleted = RecordChange { cleared: 60, ..change(3, 61, Household::DECLARATION.kind, None) };
    apply(&mut store, &[reworded, deleted]);
    assert!(restore(&mut store, 3).unwrap(), "reworded once and deleted later");
    let released = RecordChange { version: 50, cleared: 50, ..household(1) };
    apply(&mut store, &[released]);
    assert!(store.read(|db| record::get(db, id(1))).unwrap().body().is_some(), "by the server's word");
}

/// In pages of their own, which SQLite frees without overwriting them unless it is told to.
#[test]
fn the_bytes_of_long_records_are_overwritten() {
    let file = File::new();
    let mut store = Store::open(file.open()).unwrap();
    let words = "欧阳明月住在这里".repeat(2_000);
    let body = Body::trusted(Patch::of_fields(&[(0, minicbor::to_vec(&words).unwrap())]).as_bytes().to_vec());
    let all: Vec<_> = (1..=20).map(|n| change(n, n.into(), NEWER, Some(body.clone()))).collect();
    apply(&mut store, &all);
    let gone: Vec<_> =
        (1..=20).map(|n| RecordChange { kind: NEWER, ..cleared(n, 100 + u64::from(n)) }).collect();
    apply(&mut store, &gone);
    assert!(store.wipe_cleared().unwrap() && !store.wipe_cleared().unwrap(), "once");
    let still_open = (!cfg!(target_family = "wasm")).then_some(store);
    let bytes = file.bytes();
    assert!(!bytes.windows(12).any(|found| found == "欧阳明月".as_bytes()));
    drop(still_open);
}
