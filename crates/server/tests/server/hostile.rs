//! Clients that lie, and bytes that are no request.

use std::io::{Read, Write};
use std::net::TcpStream;

use minicbor::bytes::ByteVec;
use records::codes::Role;
use records::household::Household;
use records::person::Person;
use records::wire::{Change, Commit, Cursor, EnrolRequest, ErrorAnswer, Op, Outcome, PROTOCOL, SyncRequest};
use records::{Kind, Record};
use server::database::device::revoke;
use server::database::quarantine;
use sync::device::{self, Incoming, Outgoing};

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    a_forged_scope_gives_nothing_away_and_writes_nothing,
    a_stranger_with_a_commit_takes_no_turn_at_writing,
    the_author_is_the_tokens_whatever_the_payload_says,
    a_role_writes_only_what_it_may_wherever_it_is,
    an_enrolment_is_small_and_never_inflated,
    a_device_shut_out_between_head_and_body_writes_nothing,
    an_answer_is_cbor_whatever_else_is_accepted,
    bodies_and_commits_beyond_the_limits_are_refused_alone,
    of_too_many_ops_the_first_are_settled_and_the_rest_comes_again,
    a_losing_edit_cannot_be_steered_into_another_record,
];

fn error_code(incoming: &Incoming) -> (u16, String) {
    assert_eq!(incoming.content_type.as_deref(), Some("application/cbor"));
    (incoming.status, minicbor::decode::<ErrorAnswer>(&incoming.body).unwrap().code)
}

fn a_forged_scope_gives_nothing_away_and_writes_nothing(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let mut neighbour = server.enrol("马立新", Role::GridWorker, "230881/001/003/06");
    let id = new_id();
    assert_eq!(device.push(vec![create(id, "本网格")]), Outcome::Applied);

    // Neither by naming the scope, nor by naming the record, nor by asking for its changes.
    for scope_name in ["230881/001/003/07#work", "230881/001/003/07#sensitive"] {
        let body = a_household("闯入").to_body();
        let forged = op(new_id(), Change::Create { scope: scope(scope_name), body });
        assert_eq!(neighbour.push(vec![forged]), refused("record.not_permitted"));
    }
    assert_eq!(neighbour.push(vec![edit(id, 1, 12, "改")]), refused("record.not_permitted"));
    assert_eq!(neighbour.push(vec![op(id, Change::Delete { base: 1 })]), refused("record.not_permitted"));
    neighbour.cursors.insert(work_scope(), 0);
    let answer = neighbour.round(&[]).unwrap();
    assert!(answer.scopes.iter().all(|page| page.scope != work_scope()));
    assert!(!neighbour.records.contains_key(&id) && !answer.granted.contains(&work_scope()));
}

fn the_author_is_the_tokens_whatever_the_payload_says(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let id = new_id();
    device.push(vec![create(id, "谁写的")]);
    let request = SyncRequest {
        cursors: vec![Cursor { scope: work_scope(), seq: 0, digest: 0 }],
        ..device.request(&[])
    };
    let key = device.enrolment.server_key.as_slice().try_into().unwrap();
    let answer = device::read_sync_answer(&device.send(&request), NONCE, &key).unwrap();
    let page = answer.scopes.iter().find(|page| page.scope == work_scope()).unwrap();
    assert_eq!(page.changes[0].by, device.enrolment.account);
}

fn a_role_writes_only_what_it_may_wherever_it_is(on: On) {
    let server = TestServer::start(on);
    let mut street = server.enrol("孙志远", Role::Street, "230881/001");
    let mut member = server.enrol("赵晓东", Role::Member, COMMUNITY);
    for device in [&mut street, &mut member] {
        assert_eq!(device.push(vec![create(new_id(), "越权")]), refused("record.not_permitted"));
    }
    let mut worker = server.worker();
    let person = Op { kind: Person::DECLARATION.kind, ..create(new_id(), "错位") };
    assert_eq!(worker.push(vec![person]), refused("record.scope_wrong"));
    let unknown = Op { kind: Kind(999), ..create(new_id(), "新类型") };
    assert_eq!(worker.push(vec![unknown]), refused("record.kind_unknown"));
}

fn a_stranger_with_a_commit_takes_no_turn_at_writing(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let commit = device.commit(vec![create(new_id(), "生人")]);
    let request = minicbor::to_vec(device.request(&[commit])).unwrap();
    let stranger = raw(request, None, &[0; 32]);
    let answer = server.write(|_| Ok(post(&server.url, &stranger, device::CONTENT_TYPE)));
    assert_eq!(error_code(&answer), (401, "sync.token_refused".to_owned()), "while somebody else writes");
}

fn an_enrolment_is_small_and_never_inflated(on: On) {
    let server = TestServer::start(on);
    let invitation = server.invite("王小梅", Role::GridWorker, GRID);
    let request = |device_name: String, nonce: &[u8]| EnrolRequest {
        protocol: PROTOCOL,
        code: invitation.code.clone(),
        device_name,
        nonce: ByteVec::from(nonce.to_vec()),
    };
    let enrol = |request: &EnrolRequest, encoding| {
        let packed = sync::pack::pack(minicbor::to_vec(request).unwrap(), "gzip").bytes;
        let body = if encoding == Some("gzip") { packed } else { minicbor::to_vec(request).unwrap() };
        let outgoing = Outgoing { path: "/enrol", token: None, ..raw(body, encoding, b"") };
        error_code(&post(&server.url, &outgoing, device::CONTENT_TYPE))
    };
    let garbage = (400, "sync.garbage".to_owned());
    assert_eq!(enrol(&request("x".repeat(300), NONCE), Some("gzip")), garbage);
    assert_eq!(enrol(&request("测试机".to_owned(), &[NONCE, &NONCE[..]].concat()), None), garbage);
    let large = request("x".repeat(5_000), NONCE);
    assert_eq!(enrol(&large, None), (413, "sync.too_large".to_owned()));
}

/// The body of a round may take minutes to come: what counts is who may write when it is written.
fn a_device_shut_out_between_head_and_body_writes_nothing(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let commit = device.commit(vec![create(new_id(), "太晚")]);
    let outgoing = device::sync_request(&device.request(&[commit]), &device.enrolment.token);
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    // The server asks for the body once it has let the head in.
    let head = format!(
        "POST /sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/cbor\r\nAuthorization: {}\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n{}\r\n",
        outgoing.authorization().unwrap(),
        outgoing.body.len(),
        outgoing.content_encoding.map_or(String::new(), |name| format!("Content-Encoding: {name}\r\n")),
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).unwrap();
    assert_eq!(said, *b"HTTP/1.1 100 Continue\r\n\r\n");
    server.write(|connection| revoke(connection, device.enrolment.device, NOW));
    stream.write_all(&outgoing.body).unwrap();
    let mut answer = vec![];
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
    let waiting = server.write(|connection| quarantine::waiting(connection));
    assert_eq!(waiting.len(), 1, "it was made before, so somebody looks at it");
    let mut colleague = server.worker();
    colleague.pull();
    assert!(colleague.of_kind(Household::DECLARATION.kind).is_empty());
}

fn an_answer_is_cbor_whatever_else_is_accepted(on: On) {
    // Every request of these tests says `Accept: text/html`, as a browser would.
    let server = TestServer::start(on);
    let device = server.worker();
    let incoming = device.send(&device.request(&[]));
    assert_eq!((incoming.status, incoming.content_type.as_deref()), (200, Some("application/cbor")));
    assert!(incoming.signature.is_some());
}

fn bodies_and_commits_beyond_the_limits_are_refused_alone(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let mut large = a_household("大");
    large.services = vec!["很长".repeat(12_000)];
    let large = op(new_id(), Change::Create { scope: work_scope(), body: large.to_body() });
    assert_eq!(device.push(vec![large]), refused("commit.op_too_large"));
    let many = (0..501).map(|_| create(new_id(), "多")).collect();
    assert_eq!(device.push(many), refused("commit.too_many_ops"));
    assert_eq!(device.push(vec![create(new_id(), "还行")]), Outcome::Applied);
}

fn of_too_many_ops_the_first_are_settled_and_the_rest_comes_again(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let commits: Vec<Vec<u8>> =
        [300, 200, 1].map(|ops| device.commit((0..ops).map(|_| create(new_id(), "多")).collect())).to_vec();
    let answer = device.round(&commits).unwrap();
    assert_eq!((answer.settled, answer.put_off.as_deref()), (2, Some("sync.too_many_ops")));
    let answer = device.round(&commits).unwrap();
    assert_eq!((answer.settled, answer.results.len(), answer.put_off), (3, 3, None));

    // Of more commits than may be looked at not even their number counts.
    let commits: Vec<Vec<u8>> = (0..502).map(|_| device.commit(vec![])).collect();
    let answer = device.round(&commits).unwrap();
    assert_eq!((answer.settled, answer.put_off.as_deref()), (503, Some("sync.too_many_ops")));
    let answer = device.round(&commits[500..]).unwrap();
    assert_eq!((answer.settled, answer.put_off), (505, None));
}

fn a_losing_edit_cannot_be_steered_into_another_record(on: On) {
    // An op id chosen by the client must not let it overwrite a record elsewhere; whatever happens,
    // the round is answered and the neighbour's records are as they were.
    let server = TestServer::start(on);
    let mut device = server.worker();
    let id = new_id();
    device.push(vec![create(id, "原样")]);
    let mut twice = edit(id, 0, 12, "改");
    twice.id = id;
    assert_eq!(device.push(vec![twice.clone(), twice]), Outcome::Applied);
    let commit = Commit { push_seq: u64::MAX, ops: vec![] };
    let commit = minicbor::to_vec(commit).unwrap();
    let answer = device.round(&[commit]).unwrap();
    assert_eq!((answer.settled, answer.results), (2, vec![]), "such a number is far ahead of everything");
}
