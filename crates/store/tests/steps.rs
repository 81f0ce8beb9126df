//! The steps of taking in an answer are kept together, or go together.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use contract::File;
#[cfg(target_family = "wasm")]
use contract::test;
use records::household::Household;
use records::wire::RecordChange;
use records::{AccountId, Record, RecordId, Scope};
use store::{Slice, Store, StoreFault, record, scope};

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

/// A device whose app can end at any moment.
struct Device {
    file: File,
    store: Store,
}

impl Device {
    fn new() -> Self {
        let file = File::new();
        let store = open(&file);
        Self { file, store }
    }

    /// Takes in one household.
    fn step(&mut self, number: u8) -> store::Result<bool> {
        self.step_to(number, u64::from(number))
    }

    fn step_to(&mut self, number: u8, cursor: u64) -> store::Result<bool> {
        let change = RecordChange {
            id: id(number),
            kind: Household::DECLARATION.kind,
            version: u64::from(number),
            body: Some(Household::blank(id(200)).to_body()),
            by: AccountId::from_bytes([9; 16]),
            received_ms: 0,
            has_left: false,
            cleared: 0,
        };
        let scope: Scope = "230881/001/003/07#work".parse().unwrap();
        let changes = [change];
        self.store.apply(Slice {
            scope: &scope,
            changes: &changes,
            cursor,
            total: 9,
            digest: None,
            server_ms: 0,
        })
    }

    /// The app ends without a farewell and is opened again.
    fn crash(self) -> Self {
        let Self { file, store } = self;
        drop(store);
        let store = open(&file);
        Self { file, store }
    }

    /// The households that are here, and how far the scope was read.
    fn read(&self) -> (Vec<u8>, u64) {
        self.store
            .read(|db| {
                let mut here = vec![];
                for number in 1..=9 {
                    here.extend(record::find(db, id(number))?.map(|_| number));
                }
                Ok((here, scope::cursors(db)?.first().map_or(0, |cursor| cursor.seq)))
            })
            .unwrap()
    }
}

fn open(file: &File) -> Store {
    Store::open(file.open()).unwrap()
}

#[test]
fn a_crash_takes_steps_and_cursor_back_to_what_was_kept() {
    let mut device = Device::new();
    device.step(1).unwrap();
    device.store.keep_steps().unwrap();
    device.step(2).unwrap();
    device.step(3).unwrap();
    assert_eq!(device.read(), (vec![1, 2, 3], 3), "all of it shows");
    let device = device.crash();
    assert_eq!(device.read(), (vec![1], 1));
}

#[test]
fn what_a_person_saves_keeps_the_steps_before_it_and_none_after_it() {
    let mut device = Device::new();
    device.step(1).unwrap();
    device.store.write(|tx| store::identity::set_settings(tx, "{}")).unwrap();
    device.step(2).unwrap();
    let device = device.crash();
    assert_eq!(device.read(), (vec![1], 1));
    assert!(device.store.read(store::identity::settings).unwrap().is_some());
}

#[test]
fn what_need_not_be_on_disk_at_once_keeps_the_steps_before_it_too() {
    let mut device = Device::new();
    device.step(1).unwrap();
    device.store.mark_sent(1, true).unwrap();
    device.step(2).unwrap();
    let device = device.crash();
    assert_eq!(device.read(), (vec![1], 1));
}

#[test]
fn the_end_of_a_round_keeps_its_steps() {
    let mut device = Device::new();
    device.step(1).unwrap();
    device.store.write_at_the_end(store::identity::set_first_sync_done).unwrap();
    let device = device.crash();
    assert_eq!(device.read(), (vec![1], 1));
    assert!(device.store.read(store::identity::first_sync_done).unwrap());
}

#[test]
fn after_a_step_that_failed_no_step_leaves_a_gap() {
    let mut device = Device::new();
    device.step(1).unwrap();
    device.store.begin_steps().unwrap();
    device.step(2).unwrap();
    let no_cursor = u64::MAX;
    assert!(matches!(device.step_to(3, no_cursor), Err(StoreFault::Sqlite(_))));
    assert_eq!(device.read(), (vec![1], 1), "as if this answer had never come");
    assert!(matches!(device.step(4), Err(StoreFault::StepsLost)));
    let end = device.store.write_at_the_end(store::identity::set_first_sync_done);
    assert!(matches!(end, Err(StoreFault::StepsLost)), "and the round does not end well");

    device.store.write(|tx| store::identity::set_settings(tx, "{}")).unwrap();
    assert!(matches!(device.step(4), Err(StoreFault::StepsLost)), "a save in between heals nothing");
    device.store.begin_steps().unwrap();
    device.step(2).unwrap();
    let device = device.crash();
    assert_eq!(device.read(), (vec![1], 1));
    assert!(device.store.read(store::identity::settings).unwrap().is_some());
}
