//! Exactly once: pushes, retries, lost answers, copies of a database, commits that cannot be applied.

use minicbor::bytes::ByteVec;
use records::codes::Role;
use records::household::Household;
use records::losing_edit::LosingEdit;
use records::wire::{ANCHOR_BYTES, Anchor, Change, Op, Outcome, SyncRequest};
use records::{Body, Record};

use server::ServerFault;
use server::database::proof;
use server::database::sql::Sql;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    what_one_device_pushes_another_pulls,
    a_retry_gets_the_stored_answer_and_changes_nothing,
    a_lost_answer_loses_nothing,
    a_copied_database_is_found_out_and_loses_nothing,
    an_op_that_comes_again_in_another_life_changes_nothing,
    a_life_of_another_device_is_a_copy_too,
    one_bad_commit_never_blocks_the_next,
    what_the_database_refuses_is_refused_alone_and_leaves_nothing,
    after_missing_numbers_nothing_is_applied_and_the_answer_says_what_is_missing,
    more_ops_than_fit_are_settled_as_far_as_they_do,
    many_devices_at_once_lose_nothing_and_draw_every_number_once,
    a_restart_keeps_everything,
    a_device_that_heard_of_another_commit_under_a_number_is_told_so,
    a_device_that_heard_something_else_of_its_commits_is_told_so,
    a_scope_is_told_again_to_whoever_holds_something_else,
    digests_kept_up_with_every_change_are_those_of_what_is_stored,
];

fn what_one_device_pushes_another_pulls(on: On) {
    let server = TestServer::start(on);
    let (mut one, mut two) = (server.worker(), server.worker());
    let id = new_id();
    assert_eq!(one.push(vec![create(id, "三楼左")]), Outcome::Applied);
    two.pull();
    assert_eq!(two.household(id).note.as_deref(), Some("三楼左"));
    assert_eq!(one.household(id), two.household(id), "and the first gets its own back");
    let answer = two.round(&[]).unwrap();
    assert!(answer.scopes.is_empty(), "nothing comes twice: {:?}", answer.scopes);
    assert_eq!(answer.granted.len(), 4);
}

fn a_retry_gets_the_stored_answer_and_changes_nothing(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let id = new_id();
    let commits = vec![
        device.commit(vec![create(id, "一")]),
        device.commit(vec![edit(new_id(), 0, 12, "no such record")]),
        device.commit(vec![edit(id, 0, 12, "二")]),
    ];
    let first = device.round(&commits).unwrap();
    let version = device.records[&id].1;
    for _ in 0..3 {
        let again = device.round(&commits).unwrap();
        assert_eq!((&again.results, again.settled), (&first.results, 3));
        assert!(again.scopes.is_empty() && !again.is_clone);
    }
    assert_eq!(first.results[1].outcome, refused("record.missing"));
    assert_eq!((device.records[&id].1, device.household(id).note.as_deref()), (version, Some("二")));
}

fn a_lost_answer_loses_nothing(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let commits: Vec<_> = (0..3).map(|_| device.commit(vec![create(new_id(), "甲")])).collect();
    // The device never reads this one.
    assert_eq!(device.send(&device.request(&commits[..2])).status, 200);
    let answer = device.round(&commits).unwrap();
    assert_eq!((answer.settled, answer.results.len()), (3, 3));
    assert!(answer.results.iter().all(|result| result.outcome == Outcome::Applied));
    assert_eq!(device.of_kind(Household::DECLARATION.kind).len(), 3);
}

fn a_copied_database_is_found_out_and_loses_nothing(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    assert_eq!(device.push(vec![create(new_id(), "前")]), Outcome::Applied);
    let mut copy = device.copied();
    let shared = create(new_id(), "两边都有");
    assert_eq!(device.push(vec![shared.clone(), create(new_id(), "原")]), Outcome::Applied);

    let own = create(new_id(), "副本");
    let commits = vec![copy.commit(vec![shared.clone()]), copy.commit(vec![own.clone()])];
    let answer = copy.round(&commits).unwrap();
    assert!(answer.is_clone && answer.results.is_empty() && answer.settled == 2);
    assert_eq!(copy.of_kind(Household::DECLARATION.kind).len(), 3, "nothing of it was applied");

    // It takes a new life and pushes again; what was applied before is not applied twice.
    copy.incarnation = records::Incarnation(new_id().0);
    copy.next_seq = 1;
    let commits = vec![copy.commit(vec![shared]), copy.commit(vec![own])];
    let answer = copy.round(&commits).unwrap();
    assert!(!answer.is_clone && answer.results.iter().all(|r| r.outcome == Outcome::Applied));
    device.pull();
    copy.pull();
    assert_eq!(device.records, copy.records);
    assert_eq!(device.of_kind(Household::DECLARATION.kind).len(), 4);
}

fn an_op_that_comes_again_in_another_life_changes_nothing(on: On) {
    let server = TestServer::start(on);
    let (mut device, mut other) = (server.worker(), server.worker());
    let id = new_id();
    assert_eq!(device.push(vec![create(id, "起初")]), Outcome::Applied);
    let old = edit(id, device.records[&id].1, 12, "旧的");
    assert_eq!(device.push(vec![old.clone()]), Outcome::Applied);
    other.pull();
    assert_eq!(other.push(vec![edit(id, other.records[&id].1, 12, "新的")]), Outcome::Applied);

    // A backup is restored: its database takes a new life and pushes what it has again.
    let mut restored = device.copied();
    restored.incarnation = records::Incarnation(new_id().0);
    restored.next_seq = 1;
    assert_eq!(restored.push(vec![old]), Outcome::Applied);
    restored.pull();
    assert_eq!(restored.household(id).note.as_deref(), Some("新的"));
    assert!(restored.of_kind(LosingEdit::DECLARATION.kind).is_empty());
}

fn a_life_of_another_device_is_a_copy_too(on: On) {
    let server = TestServer::start(on);
    let (mut one, mut two) = (server.worker(), server.worker());
    assert_eq!(one.push(vec![create(new_id(), "一")]), Outcome::Applied);
    two.incarnation = one.incarnation;
    two.next_seq = 2;
    let commit = two.commit(vec![create(new_id(), "二")]);
    assert!(two.round(&[commit]).unwrap().is_clone);
    assert!(two.round(&[]).unwrap().is_clone);
}

fn one_bad_commit_never_blocks_the_next(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let (good, after) = (new_id(), new_id());
    let mut commits = vec![
        device.commit(vec![
            create(good, "好"),
            op(new_id(), Change::Create { scope: work_scope(), body: Body::trusted(vec![0xa0]) }),
        ]),
        b"\xff these bytes are no commit".to_vec(),
    ];
    device.next_seq += 1;
    commits.push(device.commit(vec![create(after, "后")]));
    let answer = device.round(&commits).unwrap();
    let outcomes: Vec<_> =
        answer.results.iter().map(|result| (result.push_seq, result.outcome.clone())).collect();
    let expected =
        [(1, refused("record.malformed")), (2, refused("commit.malformed")), (3, Outcome::Applied)];
    assert_eq!(outcomes, expected);
    assert!(!device.records.contains_key(&good), "a commit is applied wholly or not at all");
    assert!(device.records.contains_key(&after));
    assert_eq!(device.round(&commits[1..2]).unwrap().results[0].outcome, refused("commit.malformed"));
}

fn what_the_database_refuses_is_refused_alone_and_leaves_nothing(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let ids = [new_id(), new_id(), new_id(), new_id()];
    let bad = create(ids[2], "坏");
    server.data.refuse_op(bad.id);
    let commits = [
        device.commit(vec![create(ids[0], "前")]),
        device.commit(vec![create(ids[1], "同一次"), bad]),
        device.commit(vec![create(ids[3], "后")]),
    ];
    for _ in 0..2 {
        let answer = device.round(&commits).unwrap();
        let outcomes: Vec<_> = answer.results.into_iter().map(|result| result.outcome).collect();
        assert_eq!(outcomes, [Outcome::Applied, refused("commit.failed"), Outcome::Applied]);
    }
    device.pull();
    let there = ids.map(|id| device.records.contains_key(&id));
    assert_eq!(there, [true, false, false, true]);
    let kept = server.write(digests);
    server.write(proof::count_anew);
    assert_eq!(server.write(digests), kept, "and the digest knows nothing of it");
}

fn after_missing_numbers_nothing_is_applied_and_the_answer_says_what_is_missing(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    device.next_seq = 2;
    let commit = device.commit(vec![create(new_id(), "早了")]);
    let answer = device.round(&[commit]).unwrap();
    assert_eq!((answer.settled, answer.results), (0, vec![]));
    device.next_seq = 1;
    let disorder = [device.commit(vec![]), {
        device.next_seq = 3;
        device.commit(vec![])
    }];
    assert_eq!(device.round(&disorder).unwrap_err().code(), "sync.gap");
    device.next_seq = 1;
    assert_eq!(device.push(vec![create(new_id(), "一")]), Outcome::Applied);
    assert_eq!(device.of_kind(Household::DECLARATION.kind).len(), 1);
}

fn more_ops_than_fit_are_settled_as_far_as_they_do(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let commits: Vec<_> =
        (0..6).map(|_| device.commit((0..100).map(|_| create(new_id(), "多")).collect())).collect();
    let answer = device.round(&commits).unwrap();
    assert_eq!((answer.settled, answer.results.len()), (5, 5));
    let answer = device.round(&commits[5..]).unwrap();
    assert_eq!((answer.settled, answer.results.len()), (6, 1));
    device.pull();
    assert_eq!(device.of_kind(Household::DECLARATION.kind).len(), 600);
}

fn many_devices_at_once_lose_nothing_and_draw_every_number_once(on: On) {
    const DEVICES: usize = 6;
    const ROUNDS: usize = 8;
    let server = TestServer::start(on);
    let devices: Vec<Device> = (0..DEVICES).map(|_| server.worker()).collect();
    let mut devices: Vec<Device> = std::thread::scope(|threads| {
        let threads: Vec<_> = devices
            .into_iter()
            .map(|mut device| {
                threads.spawn(move || {
                    for _ in 0..ROUNDS {
                        assert_eq!(
                            device.push(vec![create(new_id(), "同时"), create(new_id(), "同时")]),
                            Outcome::Applied
                        );
                    }
                    device
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for device in &mut devices {
        device.pull();
        let mut versions: Vec<u64> =
            device.records.values().filter(|r| r.0 == Household::DECLARATION.kind).map(|r| r.1).collect();
        versions.sort_unstable();
        assert_eq!(versions, (1..=(DEVICES * ROUNDS * 2) as u64).collect::<Vec<_>>());
    }
}

fn a_restart_keeps_everything(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let id = new_id();
    let commit = device.commit(vec![create(id, "还在")]);
    let first = device.round(std::slice::from_ref(&commit)).unwrap();
    let server = TestServer::start_over(server.stop());
    device.url = server.url.clone();
    let again = device.round(&[commit]).unwrap();
    assert_eq!((again.results, again.epoch), (first.results, first.epoch));
    let mut other = server.enrol("新来的", Role::CommunityStaff, COMMUNITY);
    other.pull();
    assert_eq!(other.household(id).note.as_deref(), Some("还在"));
}

fn a_device_that_heard_of_another_commit_under_a_number_is_told_so(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let commit = device.commit(vec![create(new_id(), "一")]);
    device.round(std::slice::from_ref(&commit)).unwrap();
    let hash = sync::signature::digest(&commit)[..ANCHOR_BYTES].to_vec();
    for (hash, is_clone) in [(hash, false), (vec![7; ANCHOR_BYTES], true)] {
        let anchor = Some(Anchor { push_seq: 1, hash: hash.into(), history: None });
        let incoming = device.send(&SyncRequest { anchor, ..device.request(&[]) });
        let key = device.enrolment.server_key.as_slice().try_into().unwrap();
        let answer = sync::device::read_sync_answer(&incoming, NONCE, &key).unwrap();
        assert_eq!(answer.is_clone, is_clone);
    }
}

fn a_device_that_heard_something_else_of_its_commits_is_told_so(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let (id, unknown) = (new_id(), new_id());
    let commits = [
        device.commit(vec![create(id, "一")]),
        device.commit(vec![edit(unknown, 0, 12, "二")]),
        device.commit(vec![edit(id, 0, 12, "三")]),
    ];
    // In two requests, the last of which is repeated: what the server counts depends on neither.
    device.round(&commits[..1]).unwrap();
    let mut results = device.round(&commits[..2]).unwrap().results;
    results.extend(device.round(&commits[1..]).unwrap().results.split_off(1));
    assert!(matches!(&results[..], [one, two, three] if one.outcome == Outcome::Applied
        && matches!(two.outcome, Outcome::Refused { .. }) && three.outcome != two.outcome));
    let hash_of = |push_seq: u64| {
        let commit = &commits[usize::try_from(push_seq).unwrap() - 1];
        Some(ByteVec::from(sync::signature::digest(commit)[..ANCHOR_BYTES].to_vec()))
    };
    let heard = sync::history::heard(None, &results, hash_of).unwrap();
    results[1].outcome = Outcome::Applied;
    let heard_otherwise = sync::history::heard(None, &results, hash_of).unwrap();
    let uncounted = Anchor { history: None, ..heard.clone() };
    for (anchor, is_clone) in [(heard, false), (heard_otherwise, true), (uncounted, false)] {
        let incoming = device.send(&SyncRequest { anchor: Some(anchor), ..device.request(&[]) });
        let key = device.enrolment.server_key.as_slice().try_into().unwrap();
        let answer = sync::device::read_sync_answer(&incoming, NONCE, &key).unwrap();
        assert_eq!(answer.is_clone, is_clone);
    }
}

fn a_scope_is_told_again_to_whoever_holds_something_else(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    device.push(vec![create(new_id(), "一")]);
    device.pull();
    assert_eq!(device.round(&[]).unwrap().scopes, vec![], "nothing new, and the same on both sides");
    device.digests.insert(work_scope(), 7);
    let pages = device.round(&[]).unwrap().scopes;
    assert_eq!(pages.len(), 1);
    assert_eq!((pages[0].changes.len(), pages[0].digest.is_some()), (0, true), "its digest says enough");

    // A server that went back stands before the device's cursor.
    device.cursors.insert(work_scope(), 1_000);
    assert_eq!(device.round(&[]).unwrap().scopes[0].to, 1);
}

fn digests_kept_up_with_every_change_are_those_of_what_is_stored(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let ids = [new_id(), new_id(), new_id()];
    device.push(ids.iter().map(|id| create(*id, "一")).collect());
    device.push(vec![
        edit(ids[0], 0, 12, "二"),
        edit(ids[0], 0, 12, "三"),
        Op { change: Change::Delete { base: 0 }, ..edit(ids[1], 0, 12, "") },
    ]);
    let kept = server.write(digests);
    assert!(kept.iter().any(|(_, digest)| *digest != 0));
    server.write(proof::count_anew);
    assert_eq!(server.write(digests), kept);
}

fn digests(connection: &dyn Sql) -> Result<Vec<(String, i64)>, ServerFault> {
    let sql = "SELECT name, digest FROM scope ORDER BY name";
    Ok(connection.all(sql, vec![], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
