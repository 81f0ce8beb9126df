//! What others send: shown only where it has a say, and harmless whatever it is.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[cfg(target_family = "wasm")]
use contract::test;
use records::codes::{CareLevel, HouseUse, VisitResult};
use records::house::House;
use records::household::Household;
use records::losing_edit::LosingEdit;
use records::visit::{Visit, VisitAmendment};
use records::wire::RecordChange;
use records::{AccountId, Body, Kind, Moment, Record, RecordId, Scope};
use store::tables::household::{self, Filter};
use store::tables::losing_edit;
use store::tables::visit::Amended;
use store::{Slice, Store, record, search};

const NOW: i64 = 1_795_000_000_000;
const GRID: &str = "230881/001/003/07#work";

/// A device that takes in whatever it is sent.
struct Device {
    store: Store,
    version: u64,
}

impl Device {
    fn new() -> Self {
        Self { store: Store::open(contract::database()).unwrap(), version: 0 }
    }

    fn receive<T: Record>(&mut self, scope: &str, by: u8, record: RecordId, value: &T) {
        self.receive_body(scope, by, record, T::DECLARATION.kind, Some(value.to_body()));
    }

    fn receive_deletion(&mut self, scope: &str, record: RecordId, kind: Kind) {
        self.receive_body(scope, 9, record, kind, None);
    }

    fn receive_body(&mut self, scope: &str, by: u8, record: RecordId, kind: Kind, body: Option<Body>) {
        self.version += 1;
        let version = self.version;
        let by = AccountId::from_bytes([by; 16]);
        let changes = [RecordChange {
            id: record,
            kind,
            version,
            body,
            by,
            received_ms: NOW,
            has_left: false,
            cleared: 0,
        }];
        let scope: Scope = scope.parse().unwrap();
        self.store
            .apply(Slice {
                scope: &scope,
                changes: &changes,
                cursor: version,
                total: 1,
                digest: None,
                server_ms: 0,
            })
            .unwrap();
    }

    fn amended(&self) -> Amended {
        let row = self.store.read(|db| record::get(db, id(3))).unwrap();
        let visit = Visit::from_body(row.body().unwrap()).unwrap();
        self.store.read(|db| Amended::of(db, &row, &visit)).unwrap()
    }

    fn open_cards(&self) -> (u32, usize) {
        let (count, open) = (losing_edit::open_count, losing_edit::open);
        (self.store.read(count).unwrap(), self.store.read(open).unwrap().len())
    }
}

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn house() -> House {
    House {
        building_code: 2,
        building: "2 号楼".into(),
        unit: "1 单元".into(),
        room: "201".into(),
        estate: "锦绣2期".into(),
        usage: HouseUse::OwnerOccupied,
        hint: None,
    }
}

fn household(note: &str) -> Household {
    Household {
        residents: 2,
        care: CareLevel::Key,
        care_since: "2026-01-01".parse().ok(),
        note: Some(note.to_owned()),
        ..Household::blank(id(1))
    }
}

fn visit(started: Moment) -> Visit {
    Visit::met(id(2), started)
}

#[test]
fn an_amendment_counts_only_from_who_made_the_visit_and_beside_it() {
    let mut device = Device::new();
    device.receive(GRID, 9, id(2), &household(""));
    device.receive(GRID, 9, id(3), &visit(Moment::beijing(NOW)));
    let (at, reason) = (Moment::beijing(NOW), "按错了".to_owned());
    let withdrawn = VisitAmendment { visit: id(3), at, reason, result: None, note: None, withdrawn: true };
    device.receive(GRID, 8, id(4), &withdrawn);
    device.receive("230881/001/003/08#work", 9, id(5), &withdrawn);
    let amended = device.amended();
    assert_eq!((amended.amendments, amended.withdrawn), (0, false));
    let line = device.store.read(|db| household::one(db, id(2))).unwrap().unwrap();
    assert_eq!(line.last.map(|(_, result)| result), Some(VisitResult::Met));

    device.receive(GRID, 9, id(6), &withdrawn);
    assert!(device.amended().withdrawn);
    let line = device.store.read(|db| household::one(db, id(2))).unwrap().unwrap();
    assert_eq!(line.last, None);
}

#[test]
fn a_loss_is_news_only_while_the_value_that_won_stands() {
    let note = |text: &str| minicbor::to_vec(text).unwrap();
    let losing = |winning: &str| LosingEdit {
        record: id(2),
        kind: Household::DECLARATION.kind,
        field: 12,
        lost: note("输了的").into(),
        lost_by: AccountId::from_bytes([8; 16]),
        lost_at: NOW,
        winning: note(winning).into(),
        won_by: AccountId::from_bytes([9; 16]),
        won_at: NOW,
    };
    let mut device = Device::new();
    // On a device enrolled later an old conflict comes before or after a record that has moved on.
    device.receive(GRID, 9, id(5), &losing("更早的"));
    device.receive(GRID, 9, id(2), &household("赢了的"));
    device.receive(GRID, 9, id(6), &losing("早先的"));
    assert_eq!(device.open_cards(), (0, 0));
    device.receive(GRID, 9, id(7), &losing("赢了的"));
    assert_eq!(device.open_cards(), (1, 1));
    device.receive(GRID, 9, id(2), &household("又改了"));
    assert_eq!(device.open_cards(), (0, 0));
}

#[test]
fn a_deletion_over_somebodys_edit_is_news_while_the_record_is_gone() {
    let told = LosingEdit {
        record: id(2),
        kind: Household::DECLARATION.kind,
        field: records::body::DELETED,
        lost: vec![0xf6].into(),
        lost_by: AccountId::from_bytes([8; 16]),
        lost_at: NOW,
        winning: vec![0xf5].into(),
        won_by: AccountId::from_bytes([9; 16]),
        won_at: NOW,
    };
    let mut device = Device::new();
    device.receive(GRID, 9, id(2), &household("前"));
    device.receive(GRID, 9, id(5), &told);
    assert_eq!(device.open_cards(), (0, 0), "it is there");
    device.receive_deletion(GRID, id(2), Household::DECLARATION.kind);
    assert_eq!(device.open_cards(), (1, 1));
    device.receive(GRID, 9, id(2), &household("前"));
    assert_eq!(device.open_cards(), (0, 0), "somebody has brought it back");
}

#[test]
fn no_record_of_others_stops_a_device() {
    let mut device = Device::new();
    let many = "1 ".repeat(30_000);
    device.receive(GRID, 9, id(1), &House { building: many.clone(), unit: many, ..house() });
    device.receive(GRID, 9, id(2), &household(""));
    for (n, utc_ms) in (10..).zip([i64::MIN, i64::MAX, 8_210_266_876_799_999]) {
        device.receive(GRID, 9, id(n), &visit(Moment { utc_ms, offset_min: 1_439 }));
    }
    assert!(device.store.read(|db| household::one(db, id(2))).unwrap().is_some());
}

#[test]
fn a_household_is_found_by_the_phase_of_its_estate_and_within_a_filter() {
    let mut device = Device::new();
    device.receive(GRID, 9, id(1), &house());
    device.receive(GRID, 9, id(2), &household(""));
    let found =
        |query: &str, filter| device.store.read(|db| search::households(db, query, filter)).unwrap().len();
    for query in ["锦绣2期", "锦绣2期2号楼201", "锦绣", "jx2q", "2-1-201", "2-201"] {
        assert_eq!(found(query, Filter::All), 1, "{query}");
    }
    for (filter, count) in [
        (Filter::Key, 1),
        (Filter::Due("2026-02-01".parse().unwrap()), 1),
        (Filter::Due("2026-01-31".parse().unwrap()), 0),
    ] {
        assert_eq!(found("锦绣", filter), count, "{filter:?}");
    }
    device.receive(GRID, 9, id(2), &Household { left_on: "2026-03-01".parse().ok(), ..household("") });
    let gone = device.store.read(|db| search::households(db, "锦绣", Filter::Key)).unwrap();
    assert!(gone.is_empty(), "who moved away is no key household");
}
