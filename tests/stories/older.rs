//! A device two versions back: it speaks the frames as they were first, and goes on working.
//!
//! Everything here is written by hand, by number, as that version wrote and read it: no anchor, no
//! digest, no commands, two outcomes and a refusal, and lists written whole.

use std::time::Duration;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use records::call::*;
use records::household::Household;
use records::wire::NONCE_BYTES;
use records::{Body, Incarnation, Patch, Record, RecordId, Scope};
use stories::networked::Device;
use stories::post::Post;
use sync::device::Outgoing;

use crate::common::{GRID, page, waiting};
use crate::two_people::two_people;

#[derive(Encode)]
#[cbor(map)]
struct OldRequest {
    #[n(0)]
    protocol: u16,
    #[n(1)]
    incarnation: Incarnation,
    #[n(2)]
    clock_ms: i64,
    #[n(4)]
    commits: Vec<ByteVec>,
    #[n(5)]
    cursors: Vec<(Scope, u64)>,
    #[n(6)]
    budget: u32,
    #[n(7)]
    nonce: ByteVec,
}

#[derive(Encode)]
#[cbor(map)]
struct OldCommit {
    #[n(0)]
    push_seq: u64,
    #[n(1)]
    ops: Vec<OldOp>,
}

#[derive(Encode)]
#[cbor(map)]
struct OldOp {
    #[n(0)]
    id: RecordId,
    #[n(1)]
    record: RecordId,
    #[n(2)]
    kind: u16,
    #[n(3)]
    at_ms: i64,
    #[n(4)]
    change: OldChange,
}

#[derive(Encode)]
enum OldChange {
    #[n(1)]
    Edit {
        #[n(0)]
        base: u64,
        #[n(1)]
        patch: Patch,
    },
}

#[derive(Decode)]
#[cbor(map)]
struct OldAnswer {
    #[n(3)]
    settled: u64,
    #[n(4)]
    results: Vec<OldResult>,
    #[n(5)]
    scopes: Vec<OldChanges>,
    #[n(7)]
    is_clone: bool,
}

#[derive(Decode)]
#[cbor(map)]
struct OldResult {
    #[n(1)]
    outcome: OldOutcome,
}

#[derive(Debug, PartialEq, Decode)]
enum OldOutcome {
    #[n(0)]
    Applied,
    #[n(1)]
    Merged,
    #[n(2)]
    Refused {
        #[n(0)]
        code: String,
    },
}

#[derive(Decode)]
#[cbor(map)]
struct OldChanges {
    #[n(0)]
    scope: Scope,
    #[n(1)]
    to: u64,
    #[n(2)]
    more: bool,
    #[n(3)]
    changes: Vec<OldRecord>,
}

#[derive(Decode)]
#[cbor(map)]
struct OldRecord {
    #[n(0)]
    id: RecordId,
    #[n(2)]
    version: u64,
    #[n(3)]
    body: Option<Body>,
}

/// The old app on the device of a colleague who has not updated it.
struct OldDevice {
    server: String,
    token: Vec<u8>,
    now_ms: i64,
    next: u64,
    cursors: Vec<(Scope, u64)>,
    households: Vec<(RecordId, u64, Household)>,
}

impl OldDevice {
    fn of(device: &Device) -> Self {
        let identity = device.identity().unwrap();
        Self {
            server: identity.server,
            token: identity.token.to_vec(),
            now_ms: device.now_ms,
            next: 1,
            cursors: vec![],
            households: vec![],
        }
    }

    fn round(&mut self, commits: &[OldCommit]) -> Vec<OldOutcome> {
        let commits = commits.iter().map(|commit| ByteVec::from(minicbor::to_vec(commit).unwrap()));
        let request = OldRequest {
            protocol: 0,
            incarnation: Incarnation::from_bytes([77; 16]),
            clock_ms: self.now_ms,
            commits: commits.collect(),
            cursors: self.cursors.clone(),
            budget: 1 << 20,
            nonce: vec![1; NONCE_BYTES].into(),
        };
        let outgoing = Outgoing {
            path: "/sync",
            content_encoding: None,
            accept_encoding: "identity",
            token: Some(self.token.clone()),
            body: minicbor::to_vec(request).unwrap(),
        };
        let incoming = Post { patience: Duration::from_secs(20) }.post(&self.server, &outgoing).unwrap();
        assert_eq!(incoming.status, 200);
        let answer: OldAnswer = minicbor::decode(&incoming.body).unwrap();
        assert!(!answer.is_clone);
        assert_eq!(answer.settled + 1, self.next);
        answer.scopes.into_iter().for_each(|page| self.take(page));
        answer.results.into_iter().map(|result| result.outcome).collect()
    }

    fn take(&mut self, page: OldChanges) {
        assert!(!page.more, "the budget holds everything");
        self.cursors.retain(|(scope, _)| *scope != page.scope);
        self.cursors.push((page.scope, page.to));
        for change in page.changes {
            self.households.retain(|(id, ..)| *id != change.id);
            let household = change.body.and_then(|body| Household::from_body(&body).ok());
            self.households.extend(household.map(|household| (change.id, change.version, household)));
        }
    }

    fn household(&self, id: RecordId) -> (u64, &Household) {
        let (_, version, household) = self.households.iter().find(|(known, ..)| *known == id).unwrap();
        (*version, household)
    }

    fn edit(&mut self, record: RecordId, field: u32, value: Vec<u8>) -> OldCommit {
        let push_seq = self.next;
        self.next += 1;
        let mut id = [7; 16];
        id[15] = push_seq as u8;
        let change =
            OldChange::Edit { base: self.household(record).0, patch: Patch::of_fields(&[(field, value)]) };
        let kind = Household::DECLARATION.kind.0;
        let id = RecordId::from_bytes(id);
        OldCommit { push_seq, ops: vec![OldOp { id, record, kind, at_ms: self.now_ms, change }] }
    }
}

#[test]
fn a_device_two_versions_back_sends_and_receives_as_ever() {
    let (_server, mut worker, colleague, door) = two_people();
    let mut old = OldDevice::of(&colleague);
    old.round(&[]);
    assert_eq!(old.household(door).1.note.as_deref(), Some("原来的话"));
    assert!(old.cursors.iter().any(|(scope, seq)| scope.to_string() == format!("{GRID}#work") && *seq > 0));

    // A word, a whole list as it wrote them, and a change that nobody may make.
    let note = old.edit(door, 12, minicbor::to_vec("旧版写的").unwrap());
    let services = old.edit(door, 11, minicbor::to_vec(["理发"]).unwrap());
    let wrong = old.edit(door, 3, minicbor::to_vec(31).unwrap());
    let outcomes = old.round(&[note, services, wrong]);
    let refused = OldOutcome::Refused { code: "household.too_many_residents".to_owned() };
    assert_eq!(outcomes, [OldOutcome::Applied, OldOutcome::Applied, refused]);

    worker.sync().unwrap();
    let shown = page(&mut worker, door);
    assert_eq!((shown.note.as_deref(), &shown.services[..]), (Some("旧版写的"), &["理发".to_owned()][..]));

    // What newer devices do comes to it: a set that was merged is a list, as ever.
    let services = Some(vec!["理发".to_owned(), "代购".to_owned()]);
    worker.ask(EditHousehold { services, ..EditHousehold::nothing(door) }).unwrap();
    worker.sync().unwrap();
    old.round(&[]);
    assert_eq!(old.household(door).1.services.len(), 2);
    let late = old.edit(door, 12, minicbor::to_vec("又写一句").unwrap());
    assert_eq!(old.round(&[late]), [OldOutcome::Applied]);
    worker.sync().unwrap();
    assert_eq!((page(&mut worker, door).note.as_deref(), waiting(&mut worker)), (Some("又写一句"), (0, 0)));
}
