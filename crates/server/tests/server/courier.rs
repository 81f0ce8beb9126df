//! Rounds that somebody else carries here, days after they were sealed.

use minicbor::bytes::ByteVec;
use records::wire::{Change, Commit, Op, Outcome, SyncAnswer, SyncRequest};
use server::database::{account, device};
use server::posts::dismiss;
use sync::courier::{Question, ask, believe, post as posted_to, posted, read_answer};
use sync::device::CONTENT_TYPE;
use sync::seal::Key;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    what_was_done_before_a_post_was_given_up_waits_however_long_its_file_took,
    an_old_edit_that_was_carried_does_not_overrule_a_newer_one,
    a_device_whose_file_came_was_not_here_itself,
    a_file_with_too_much_says_that_the_rest_is_to_come_again,
];

const DAY: i64 = 24 * 3_600_000;
const NOTE: u32 = 12;

/// Seals rounds by the device's clock; what opens the answer, and the file.
fn sealed(device: &Device, requests: &[SyncRequest]) -> (Key, Vec<u8>) {
    let sealing_key = device.enrolment.sealing_key.as_ref().unwrap().as_slice().try_into().unwrap();
    let question = Question {
        id: NONCE,
        server: &device.url,
        sealing_key: &sealing_key,
        token: &device.enrolment.token,
        requests,
        made_ms: device.clock_ms,
    };
    let sealed = ask(&question, &mut server::random::fill).unwrap();
    (sealed.secret, sealed.file)
}

/// Brings a file; what the server answers its device.
fn carry(device: &Device, (secret, file): (Key, Vec<u8>)) -> SyncAnswer {
    let reply = posted(&post(&device.url, &posted_to(&file), CONTENT_TYPE)).unwrap();
    let key = device.enrolment.server_key.as_slice().try_into().unwrap();
    believe(&read_answer(&reply, &secret).unwrap(), NONCE, &key).unwrap()
}

fn what_was_done_before_a_post_was_given_up_waits_however_long_its_file_took(on: On) {
    for (made_ms, expected) in
        [(NOW + DAY, Outcome::Quarantined), (NOW + 3 * DAY, refused("record.not_permitted"))]
    {
        let server = TestServer::start(on);
        let mut worker = server.worker();
        worker.pull();
        worker.clock_ms = NOW + 4 * DAY;
        let commit = worker.commit(vec![Op { at_ms: made_ms, ..create(new_id(), "路上的") }]);
        let file = sealed(&worker, &[worker.request(&[commit])]);
        let person = server.write(|connection| account::get(connection, worker.enrolment.account));
        server.write(|connection| dismiss(connection, &person, NOW + 2 * DAY));
        server.pass(9 * DAY);
        assert_eq!(carry(&worker, file).results[0].outcome, expected);
    }
}

fn an_old_edit_that_was_carried_does_not_overrule_a_newer_one(on: On) {
    let server = TestServer::start(on);
    let (mut worker, mut colleague) = (server.worker(), server.worker());
    let id = new_id();
    worker.push(vec![create(id, "起初")]);
    colleague.pull();
    worker.pull();
    let change = |base, note| edit(id, base, NOTE, note);
    worker.clock_ms = NOW + DAY;
    let old = Op { at_ms: NOW + DAY, ..change(worker.records[&id].1, "先写的") };
    let commit = worker.commit(vec![old]);
    let file = sealed(&worker, &[worker.request(&[commit])]);

    server.pass(2 * DAY);
    colleague.clock_ms = server.now_ms();
    let newer = Op { at_ms: server.now_ms(), ..change(colleague.records[&id].1, "后写的") };
    assert_eq!(colleague.push(vec![newer]), Outcome::Applied);
    server.pass(5 * DAY);
    assert_eq!(carry(&worker, file).results[0].outcome, Outcome::Merged);
    colleague.pull();
    assert_eq!(colleague.household(id).note.as_deref(), Some("后写的"));
}

fn a_device_whose_file_came_was_not_here_itself(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    worker.pull();
    server.pass(9 * DAY);
    let commit = worker.commit(vec![create(new_id(), "带来的")]);
    let answer = carry(&worker, sealed(&worker, &[worker.request(&[commit])]));
    assert_eq!(answer.results[0].outcome, Outcome::Applied);
    let seen = server.write(|connection| device::find(connection, worker.enrolment.device)).unwrap();
    assert!(seen.last_seen_ms.is_some_and(|day| day <= NOW && NOW - day < DAY));
}

fn a_file_with_too_much_says_that_the_rest_is_to_come_again(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let many = |n| Change::Create { scope: work_scope(), body: records::Record::to_body(&a_household(n)) };
    let ops = || (0..300).map(|_| op(new_id(), many("多"))).collect::<Vec<Op>>();
    let commits: Vec<Vec<u8>> = (0..2).map(|_| worker.commit(ops())).collect();
    let first = worker.request(&commits);
    let commit = minicbor::to_vec(Commit { push_seq: 3, ops: vec![] }).unwrap();
    let last = SyncRequest { commits: vec![ByteVec::from(commit)], ..worker.request(&[]) };
    let answer = carry(&worker, sealed(&worker, &[first, last]));
    assert_eq!((answer.settled, answer.put_off.as_deref()), (1, Some("sync.too_many_ops")));
}
