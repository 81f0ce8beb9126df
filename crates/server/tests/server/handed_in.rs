//! What is handed in: everybody may, the county alone reads it, and nothing says who it was.

use records::codes::{ReportReceiver, Role};
use records::duty_report::DutyReport;
use records::feedback::Feedback;
use records::wire::{Change, Cursor, Op, Outcome, SyncRequest};
use records::{AccountId, Kind, Moment, Record, RecordId, Scope};
use sync::device as wire;

use crate::common::*;
use crate::corpus::roles::ROLES;
use crate::data::{On, on_both_databases};

on_both_databases![
    everybody_hands_in_and_the_county_alone_reads,
    nothing_that_is_kept_names_the_sender,
    what_was_handed_in_is_out_of_hand,
    handing_in_twice_hands_in_once,
];

fn slot() -> Scope {
    scope("230881#work")
}

fn handed<T: Record>(id: RecordId, letter: &T) -> Op {
    let change = Change::Create { scope: slot(), body: letter.to_body() };
    Op { kind: T::DECLARATION.kind, ..op(id, change) }
}

fn report() -> DutyReport {
    DutyReport { at: Moment::beijing(NOW), receiver: ReportReceiver::Police }
}

fn feedback(text: &str) -> Feedback {
    Feedback { at: Moment::beijing(NOW), text: text.to_owned(), contact: None }
}

/// What a device is told of the slot when it asks for it from the first record on.
fn told_of_the_slot(device: &mut Device) -> usize {
    device.cursors.insert(slot(), 0);
    device.pull();
    let kinds: [Kind; 2] = [Feedback::DECLARATION.kind, DutyReport::DECLARATION.kind];
    device.records.values().filter(|(kind, _, body)| kinds.contains(kind) && body.is_some()).count()
}

fn everybody_hands_in_and_the_county_alone_reads(on: On) {
    let server = TestServer::start(on);
    let mut devices = ROLES.map(|(role, area)| (role, server.enrol(&format!("{role:?}"), role, area)));
    for (role, device) in &mut devices {
        let ops = vec![handed(new_id(), &feedback("字太小")), handed(new_id(), &report())];
        assert_eq!(device.push(ops), Outcome::Applied, "{role:?}");
    }
    let all = 2 * devices.len();
    for (role, device) in &mut devices {
        let expected = if *role == Role::County { all } else { 0 };
        assert_eq!(told_of_the_slot(device), expected, "{role:?}");
    }
}

fn nothing_that_is_kept_names_the_sender(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let mut county = server.enrol("赵敏", Role::County, "230881");
    let id = new_id();
    assert_eq!(worker.push(vec![handed(id, &report())]), Outcome::Applied);
    let request =
        SyncRequest { cursors: vec![Cursor { scope: slot(), seq: 0, digest: 0 }], ..county.request(&[]) };
    let key = county.enrolment.server_key.as_slice().try_into().unwrap();
    let answer = wire::read_sync_answer(&county.send(&request), NONCE, &key).unwrap();
    let page = answer.scopes.iter().find(|page| page.scope == slot()).unwrap();
    let change = page.changes.iter().find(|change| change.id == id).unwrap();
    assert_eq!(change.by, AccountId::from_bytes([0; 16]));

    let sql = "SELECT author, stamps, body FROM record WHERE kind = 51";
    let kept: Vec<[Vec<u8>; 3]> = server
        .read(|snapshot| Ok(snapshot.all(sql, vec![], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?));
    assert_eq!(kept.len(), 1);
    let senders = [
        worker.enrolment.account.as_bytes(),
        worker.enrolment.device.as_bytes(),
        worker.incarnation.as_bytes(),
    ];
    for sender in senders {
        let names = |bytes: &Vec<u8>| bytes.windows(16).any(|part| part == &sender[..]);
        assert!(!kept[0].iter().any(names), "{kept:?}");
    }
    assert!(server.audit().iter().all(|entry| entry.about.as_deref() != Some("duty_report")));
    county.pull();
}

fn what_was_handed_in_is_out_of_hand(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let mut county = server.enrol("赵敏", Role::County, "230881");
    let id = new_id();
    assert_eq!(worker.push(vec![handed(id, &feedback("字太小"))]), Outcome::Applied);
    let delete = || Op { kind: Feedback::DECLARATION.kind, ..op(id, Change::Delete { base: 1 }) };
    let edit = || Op { kind: Feedback::DECLARATION.kind, ..edit(id, 1, 1, "字太大") };
    for device in [&mut worker, &mut county] {
        for op in [delete(), edit()] {
            assert_eq!(device.push(vec![op]), refused("record.not_permitted"));
        }
    }
    assert_eq!(told_of_the_slot(&mut county), 1);
}

fn handing_in_twice_hands_in_once(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let mut county = server.enrol("赵敏", Role::County, "230881");
    let op = handed(new_id(), &feedback("字太小"));
    assert_eq!(worker.push(vec![op.clone()]), Outcome::Applied);
    // As after a backup: under another number, and by another database.
    assert_eq!(worker.push(vec![op.clone()]), Outcome::Applied);
    let mut again = server.enrol("周燕", Role::GridWorker, GRID);
    assert_eq!(again.push(vec![op]), Outcome::Applied);
    assert_eq!(told_of_the_slot(&mut county), 1);
}
