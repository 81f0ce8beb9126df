//! A large answer: each record is written at once, and what lists show of them follows.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[cfg(target_family = "wasm")]
use contract::test;
use records::codes::{CareLevel, HouseUse, Relation};
use records::house::House;
use records::household::Household;
use records::losing_edit::LosingEdit;
use records::person::Person;
use records::visit::{Visit, VisitAmendment};
use records::wire::RecordChange;
use records::{AccountId, Moment, Record, RecordId, Scope};
use store::tables::household::{self, Filter};
use store::tables::losing_edit;
use store::{Slice, Store, search};

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn change<T: Record>(version: u64, id: RecordId, value: &T) -> RecordChange {
    let by = AccountId::from_bytes([9; 16]);
    let (kind, body) = (T::DECLARATION.kind, Some(value.to_body()));
    RecordChange { id, kind, version, body, by, received_ms: 0, has_left: false, cleared: 0 }
}

/// A household after its people, as changes of many hands may come.
fn one_household() -> Vec<RecordChange> {
    let person = Person::named(id(2), "单小丽", Relation::Head);
    let household = Household { residents: 1, care: CareLevel::Key, ..Household::blank(id(1)) };
    let house = House {
        building_code: 2,
        building: "2 号楼".to_owned(),
        unit: String::new(),
        room: "201".to_owned(),
        estate: "锦绣小区".to_owned(),
        usage: HouseUse::OwnerOccupied,
        hint: None,
    };
    vec![change(1, id(3), &person), change(2, id(2), &household), change(3, id(1), &house)]
}

fn found(store: &Store) -> usize {
    store.read(|db| search::households(db, "sxl", Filter::All)).unwrap().len()
}

#[test]
fn what_lists_show_of_many_records_follows_also_after_a_crash() {
    let file = contract::File::new();
    let open = || Store::open(file.open()).unwrap();
    let scope: Scope = "230881/001/003/07#work".parse().unwrap();
    let mut store = open();
    let changes = one_household();
    let slice = Slice { scope: &scope, changes: &changes, cursor: 3, total: 3, digest: None, server_ms: 0 };
    store.apply_of_many(slice).unwrap();
    assert_eq!(found(&store), 0, "not yet");
    store.keep_steps().unwrap();
    drop(store);
    let mut store = open();
    while store.catch_up(1).unwrap() {}
    assert_eq!(found(&store), 1);
    assert!(!store.catch_up(1).unwrap(), "nothing is put off any more");
}

#[test]
fn what_a_record_has_to_do_with_may_come_before_it_in_the_same_answer() {
    let day = |day: i64| Moment::beijing(1_795_000_000_000 + day * 86_400_000);
    let note = "先敲门".to_owned();
    let withdrawn = VisitAmendment {
        visit: id(5),
        at: day(2),
        reason: "按错了".to_owned(),
        result: None,
        note: None,
        withdrawn: true,
    };
    let lost = LosingEdit {
        record: id(7),
        kind: Household::DECLARATION.kind,
        field: 12,
        lost: vec![0xf6].into(),
        lost_by: AccountId::from_bytes([8; 16]),
        lost_at: 0,
        winning: minicbor::to_vec(&note).unwrap().into(),
        won_by: AccountId::from_bytes([9; 16]),
        won_at: 0,
    };
    let changes = [
        change(1, id(2), &Household::blank(id(1))),
        change(2, id(3), &Visit::met(id(2), day(0))),
        change(3, id(4), &withdrawn),
        change(4, id(5), &Visit::met(id(2), day(1))),
        change(5, id(6), &lost),
        change(6, id(7), &Household { note: Some(note), ..Household::blank(id(1)) }),
    ];
    let mut store = Store::open(contract::database()).unwrap();
    let scope: Scope = "230881/001/003/07#work".parse().unwrap();
    let slice = Slice { scope: &scope, changes: &changes, cursor: 6, total: 6, digest: None, server_ms: 0 };
    store.apply_of_many(slice).unwrap();
    while store.catch_up(10).unwrap() {}
    let line = store.read(|db| household::one(db, id(2))).unwrap().unwrap();
    assert_eq!(line.last.map(|(on, _)| on), Some(day(0).local_day()), "the later visit was withdrawn");
    assert_eq!(store.read(losing_edit::open_count).unwrap(), 1);
}
