//! Many at once: what each database must hold when transactions meet.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use records::household::Household;
use records::losing_edit::LosingEdit;
use records::wire::Outcome;
use records::{Incarnation, Record, RecordId};
use server::database::sql::Sql;
use server::database::{account, quarantine as kept};
use server::posts::dismiss;
use server::quarantine;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    no_reader_skips_a_record_while_many_write_into_one_scope,
    one_request_that_comes_many_times_at_once_is_applied_once,
    one_op_brought_by_two_lives_at_once_is_applied_once,
    commits_that_meet_in_opposite_order_both_stay,
    two_who_decide_about_one_commit_at_once_decide_once,
];

const REASON: u32 = 7;
const CHANNEL: u32 = 10;

fn no_reader_skips_a_record_while_many_write_into_one_scope(on: On) {
    const WRITERS: usize = 4;
    const PUSHES: usize = 8;
    let server = TestServer::start(on);
    let writers: Vec<Device> = (0..WRITERS).map(|_| server.worker()).collect();
    let readers: Vec<Device> = (0..2).map(|_| server.worker()).collect();
    let (written, readers) = thread::scope(|threads| {
        let writers: Vec<_> =
            writers.into_iter().map(|device| threads.spawn(|| write(device, PUSHES))).collect();
        let last = (WRITERS * PUSHES * 3) as u64;
        let readers: Vec<_> =
            readers.into_iter().map(|device| threads.spawn(move || follow(device, last))).collect();
        let written: BTreeSet<RecordId> = writers.into_iter().flat_map(|w| w.join().unwrap()).collect();
        (written, readers.into_iter().map(|r| r.join().unwrap()).collect::<Vec<_>>())
    });
    assert_eq!(written.len(), WRITERS * PUSHES * 3);
    for reader in readers {
        let held: BTreeSet<RecordId> = reader
            .records
            .iter()
            .filter(|(_, r)| r.0 == Household::DECLARATION.kind)
            .map(|(id, _)| *id)
            .collect();
        assert_eq!(held, written);
    }
}

/// Pushes three new records at a time.
fn write(mut device: Device, pushes: usize) -> Vec<RecordId> {
    let push = |_| {
        let ids = [new_id(), new_id(), new_id()];
        assert_eq!(device.push(ids.iter().map(|id| create(*id, "同时")).collect()), Outcome::Applied);
        ids
    };
    (0..pushes).flat_map(push).collect()
}

/// Reads small pages until the scope stands at its last number; its cursor never goes back, and nothing
/// comes at or before it.
fn follow(mut device: Device, last: u64) -> Device {
    device.budget = 700;
    loop {
        let before = device.cursors.get(&work_scope()).copied().unwrap_or(0);
        let answer = device.round(&[]).unwrap();
        let page = answer.scopes.iter().find(|page| page.scope == work_scope());
        let Some(page) = page else { continue };
        assert!(page.to >= before && page.changes.iter().all(|change| change.version > before));
        assert!(page.changes.iter().all(|change| change.version <= page.to));
        if page.to == last {
            return device;
        }
    }
}

fn one_request_that_comes_many_times_at_once_is_applied_once(on: On) {
    const TIMES: usize = 6;
    let server = TestServer::start(on);
    let mut device = server.worker();
    for n in 1..=5 {
        let id = new_id();
        let commits = [device.commit(vec![create(id, "一")]), device.commit(vec![edit(id, 0, 12, "二")])];
        let answers = at_once((0..TIMES).map(|_| {
            let mut copy = device.copied();
            let commits = commits.clone();
            move || copy.round(&commits).unwrap()
        }));
        for answer in &answers {
            assert_eq!(
                (&answer.results, answer.settled, answer.is_clone),
                (&answers[0].results, 2 * n, false)
            );
        }
        device.pull();
        assert_eq!((device.records[&id].1, device.household(id).note.as_deref()), (n, Some("二")));
    }
}

fn one_op_brought_by_two_lives_at_once_is_applied_once(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    for n in 1..=8 {
        let shared = create(new_id(), "两边都有");
        let answers = at_once((0..2).map(|_| {
            let mut life = device.copied();
            life.incarnation = Incarnation(new_id().0);
            life.next_seq = 1;
            let commit = life.commit(vec![shared.clone()]);
            move || life.round(&[commit]).unwrap()
        }));
        assert!(answers.iter().all(|answer| answer.results[0].outcome == Outcome::Applied), "{answers:?}");
        device.pull();
        assert_eq!(device.records[&shared.record].1, n, "it drew one number");
    }
    assert!(device.of_kind(LosingEdit::DECLARATION.kind).is_empty());
}

fn commits_that_meet_in_opposite_order_both_stay(on: On) {
    let server = TestServer::start(on);
    let mut devices = [server.worker(), server.worker()];
    for _ in 0..8 {
        let ids: Vec<RecordId> = (0..12).map(|_| new_id()).collect();
        let made = ids.iter().map(|id| create(*id, "起初")).collect();
        assert_eq!(devices[0].push(made), Outcome::Applied);
        for device in &mut devices {
            device.pull();
        }
        let reversed = ids.iter().rev().copied().collect();
        let [one, two] = devices;
        let edited = at_once([(one, ids.clone(), REASON), (two, reversed, CHANNEL)].map(
            |(mut device, ids, field)| {
                move || {
                    let ops = ids.iter().map(|id| edit(*id, device.records[id].1, field, "在此刻")).collect();
                    assert_eq!(device.push(ops), Outcome::Applied);
                    device
                }
            },
        ));
        devices = edited.try_into().ok().unwrap();
        devices[0].pull();
        for id in ids {
            let household = devices[0].household(id);
            let both = (household.care_reason.as_deref(), household.channel.as_deref());
            assert_eq!(both, (Some("在此刻"), Some("在此刻")));
        }
    }
}

fn two_who_decide_about_one_commit_at_once_decide_once(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let person = server.write(|connection| account::get(connection, worker.enrolment.account));
    server.write(|connection| dismiss(connection, &person, NOW + 1));
    for _ in 0..20 {
        assert_eq!(worker.push(vec![create(new_id(), "迟到的")]), Outcome::Quarantined);
    }
    for late in server.write(|connection| kept::waiting(connection)) {
        let decide: [fn(&dyn Sql, &quarantine::Id, i64) -> _; 2] = [quarantine::accept, quarantine::reject];
        let server = &server;
        let told =
            at_once(decide.map(|decide| {
                move || server.write(|connection| decide(connection, &late.id, server.now_ms()))
            }));
        assert_eq!(told[0], told[1], "whoever came second hears what the first one decided");
    }
}

/// Does these on a thread each, begun at the same moment.
fn at_once<T: Send, W: FnOnce() -> T + Send>(works: impl IntoIterator<Item = W>) -> Vec<T> {
    let works: Vec<W> = works.into_iter().collect();
    let barrier = Barrier::new(works.len());
    thread::scope(|threads| {
        let begin = |work: W| {
            threads.spawn(|| {
                barrier.wait();
                work()
            })
        };
        let threads: Vec<_> = works.into_iter().map(begin).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
