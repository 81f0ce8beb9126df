//! Two devices, any order of edits, pushes and pulls: both end with the same records, no edit is
//! lost silently, and the outcome is that of a reference that knows who saw what.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use records::codes::Role;
use records::declaration::Record;
use records::household::Household;
use records::losing_edit::LosingEdit;
use records::wire::{Change, Commit, Op, Outcome};
use records::{AccountId, Body, Incarnation, Patch, RecordId};
use sync::clock::{Clock, Hlc};
use sync::grants::grants_of;
use sync::settle::{Author, Loaded, Stored, settle};
use sync::stamps::{Stamp, Stamps};

const GRID: &str = "230881/001/003/07";
const START: i64 = 1_763_000_000_000;
const DEVICES: usize = 2;
/// Note, reason of care, channel: free texts without rules between them.
const FIELDS: [u32; 3] = [7, 10, 12];
const RECORDS: usize = 2;

#[derive(Debug, Clone)]
enum Step {
    Edit { device: usize, record: usize, field: usize, value: u8, late_ms: i64 },
    Push { device: usize, commits: usize },
    Pull { device: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let device = 0..DEVICES;
    let step = prop_oneof![
        4 => (device.clone(), 0..RECORDS, 0..FIELDS.len(), 0u8..3, 0i64..40).prop_map(
            |(device, record, field, value, late_ms)| Step::Edit { device, record, field, value, late_ms }),
        2 => (device.clone(), 1usize..4).prop_map(|(device, commits)| Step::Push { device, commits }),
        2 => device.prop_map(|device| Step::Pull { device }),
    ];
    proptest::collection::vec(step, 1..60)
}

/// The value in force as the reference sees it.
#[derive(Debug, Clone)]
struct Write {
    /// The op that brought the value; writing it again is no change.
    first: RecordId,
    value: u8,
    /// Of the latest write of the value.
    rank: (Hlc, Incarnation, u64),
}

#[derive(Default)]
struct Device {
    confirmed: BTreeMap<RecordId, (u64, Body)>,
    pending: Vec<(Commit, BTreeSet<RecordId>)>,
    next_seq: u64,
    pulled: BTreeSet<RecordId>,
}

struct World {
    now: i64,
    next_op: u64,
    records: BTreeMap<RecordId, Stored>,
    next_version: u64,
    last: [Hlc; DEVICES],
    devices: [Device; DEVICES],
    /// The reference: per field the write in force, and the conflicts met on the way.
    in_force: BTreeMap<(RecordId, u32), Write>,
    settled_ops: BTreeSet<RecordId>,
    conflicts: usize,
}

fn record_id(n: usize) -> RecordId {
    RecordId::from_bytes([n as u8 + 1; 16])
}

fn incarnation(device: usize) -> Incarnation {
    Incarnation::from_bytes([device as u8 + 10; 16])
}

fn encoded(value: u8) -> Vec<u8> {
    minicbor::to_vec(value.to_string()).unwrap()
}

fn author(device: usize) -> Author {
    Author {
        account: AccountId::from_bytes([device as u8 + 20; 16]),
        role: Role::GridWorker,
        grants: grants_of(Role::GridWorker, &GRID.parse().unwrap()),
        former: vec![],
        is_vouched_for: false,
        incarnation: incarnation(device),
    }
}

fn first_record(n: usize) -> Stored {
    let body: Body = Body::trusted(vec![0xa0]).patched(&Patch::of_fields(&[
        (0, minicbor::to_vec(record_id(90)).unwrap()),
        (2, vec![1]),
        (3, vec![2]),
        (4, vec![0]),
        (6, vec![0x80]),
        (9, vec![0xf4]),
        (11, vec![0x80]),
    ]));
    (Household::DECLARATION.check)(&body).unwrap();
    let incarnation = Incarnation::from_bytes([99; 16]);
    let author = AccountId::from_bytes([99; 16]);
    let made = Stamp { version: n as u64 + 1, hlc: Hlc::of_ms(START - 1), incarnation, push_seq: 1, author };
    Stored {
        id: record_id(n),
        kind: Household::DECLARATION.kind,
        scope: format!("{GRID}#work").parse().unwrap(),
        version: n as u64 + 1,
        body,
        stamps: Stamps::of_new(made),
        author,
        received_ms: START - 1,
        is_deleted: false,
    }
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            now: START,
            next_op: 1,
            records: (0..RECORDS).map(|n| (record_id(n), first_record(n))).collect(),
            next_version: RECORDS as u64 + 1,
            last: [Hlc::default(); DEVICES],
            devices: Default::default(),
            in_force: BTreeMap::new(),
            settled_ops: BTreeSet::new(),
            conflicts: 0,
        };
        (0..DEVICES).for_each(|device| world.pull(device));
        world
    }

    fn take(&mut self, step: &Step) {
        self.now += 10;
        match *step {
            Step::Edit { device, record, field, value, late_ms } => {
                self.edit(device, record_id(record), FIELDS[field], value, self.now - late_ms);
            }
            Step::Push { device, commits } => self.push(device, commits),
            Step::Pull { device } => self.pull(device),
        }
    }

    fn edit(&mut self, device: usize, record: RecordId, field: u32, value: u8, at_ms: i64) {
        let op = RecordId::from_bytes(u128::from(self.next_op).to_be_bytes());
        self.next_op += 1;
        let device = &mut self.devices[device];
        let base = device.confirmed[&record].0;
        let change = Change::Edit { base, patch: Patch::of_fields(&[(field, encoded(value))]) };
        let op = Op { id: op, record, kind: Household::DECLARATION.kind, at_ms, change };
        device.next_seq += 1;
        device.pending.push((Commit { push_seq: device.next_seq, ops: vec![op] }, device.pulled.clone()));
    }

    fn push(&mut self, device: usize, commits: usize) {
        let commits = commits.min(self.devices[device].pending.len());
        let sent: Vec<_> = self.devices[device].pending.drain(..commits).collect();
        let mut clock = Clock::new(self.now, self.now, self.last[device]);
        for (commit, seen) in sent {
            let loaded = Loaded { records: self.records.clone(), ..Loaded::default() };
            let settlement = settle(&commit, &author(device), &mut clock, loaded);
            assert!(!matches!(settlement.outcome, Outcome::Refused { .. }), "{:?}", settlement.outcome);
            self.refer(&commit, seen, clock.last(), incarnation(device));
            settlement.writes.into_iter().for_each(|record| self.store(record));
        }
        self.last[device] = clock.last();
    }

    fn store(&mut self, mut record: Stored) {
        if record.version == sync::stamps::UNNUMBERED {
            record.version = self.next_version;
            record.stamps.number(self.next_version);
            self.next_version += 1;
        }
        self.records.insert(record.id, record);
    }

    /// What should come of the commit, by explicit sets of seen writes instead of versions.
    fn refer(&mut self, commit: &Commit, seen: BTreeSet<RecordId>, hlc: Hlc, incarnation: Incarnation) {
        let op = &commit.ops[0];
        self.settled_ops.insert(op.id);
        let Change::Edit { patch, .. } = &op.change else { panic!() };
        let (field, value) = patch.fields()[0];
        let value = minicbor::decode::<&str>(value).unwrap().parse().unwrap();
        let rank = (hlc, incarnation, commit.push_seq);
        let key = (op.record, field);
        let Some(last) = self.in_force.get_mut(&key) else {
            self.in_force.insert(key, Write { first: op.id, value, rank });
            return;
        };
        if last.value == value {
            last.rank = last.rank.max(rank);
            return;
        }
        let was_seen = seen.contains(&last.first) || last.rank.1 == incarnation;
        self.conflicts += usize::from(!was_seen);
        if was_seen || rank > last.rank {
            *last = Write { first: op.id, value, rank };
        }
    }

    fn pull(&mut self, device: usize) {
        let device = &mut self.devices[device];
        let households = self.records.values().filter(|r| r.kind == Household::DECLARATION.kind);
        device.confirmed = households.map(|r| (r.id, (r.version, r.body.clone()))).collect();
        device.pulled.extend(self.settled_ops.iter().copied());
    }

    fn settle_everything(&mut self) {
        (0..DEVICES).for_each(|device| self.push(device, usize::MAX));
        (0..DEVICES).for_each(|device| self.pull(device));
    }

    fn losing_edits(&self) -> usize {
        self.records.values().filter(|r| r.kind == LosingEdit::DECLARATION.kind).count()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn two_devices_end_alike_and_nothing_is_lost_silently(steps in steps()) {
        let mut world = World::new();
        steps.iter().for_each(|step| world.take(step));
        world.settle_everything();

        prop_assert_eq!(&world.devices[0].confirmed, &world.devices[1].confirmed);
        for ((record, field), write) in &world.in_force {
            let expected = encoded(write.value);
            prop_assert_eq!(world.records[record].body.field(*field), Some(expected.as_slice()));
        }
        prop_assert_eq!(world.losing_edits(), world.conflicts);
    }
}
