//! The drill: a server is lost, and what is made of its backup is the same server, in either database.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use records::wire::{ANCHOR_BYTES, Anchor, Commit, Outcome, SyncRequest};
use records::{Incarnation, RecordId};
use server::audit::deed;
use server::backup;
use server::database::{FILE_NAME, meta, proof};
use tempfile::TempDir;

use super::{NewFile, back_up, busy, contents, digests, lasting, real_counts, restored};
use crate::common::*;
use crate::data::{Data, On, on_both_databases};

on_both_databases![
    a_server_that_was_lost_goes_on_from_its_backup,
    a_backup_goes_into_the_other_database_and_back,
    a_backup_of_the_first_schema_is_brought_up_to_date,
    a_backup_is_one_moment_beside_a_running_server,
];

fn a_server_that_was_lost_goes_on_from_its_backup(on: On) {
    let (server, mut device, _) = busy(on);
    let (before, counts, epoch) = (server.read(contents), real_counts(&server, on), server.read(meta::epoch));
    assert!(counts.values().all(|count| *count > 0), "something is in every table: {counts:?}");
    let file = NewFile::new();
    let summary = back_up(&server, &file);
    let held: BTreeMap<_, _> =
        summary.rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    assert_eq!(held, counts);
    assert_eq!(backup::verify(&file.path(), None).unwrap(), summary);
    let noted = server.audit().pop().unwrap();
    assert_eq!(
        (noted.deed.as_str(), noted.about),
        (deed::BACKED_UP, Some(summary.audit.unwrap().to_string()))
    );

    // The device goes on after the backup, and the server is lost.
    let after = new_id();
    let commit = device.commit(vec![create(after, "备份以后")]);
    device.round(std::slice::from_ref(&commit)).unwrap();
    drop(server);

    let server = restored(on, &file);
    assert_eq!(lasting(server.read(contents)), lasting(before.clone()));
    assert_eq!(server.read(digests).len(), before["scope"].len());
    let kept = server.write(digests);
    server.write(proof::count_anew);
    assert_eq!(server.write(digests), kept, "digests are those of what is there");
    let audit = server.read(contents).remove("audit").unwrap();
    assert_eq!(audit[..before["audit"].len()], before["audit"][..], "the chain goes on");
    server.read(|snapshot| server::audit::verify(snapshot, summary.audit.ok())).unwrap();
    let noted = server.audit().pop().unwrap();
    assert_eq!(
        (noted.deed.as_str(), noted.about),
        (deed::RESTORED, Some(summary.audit.unwrap().to_string()))
    );

    device.url = server.url.clone();
    brings_back_what_came_after(&server, device, &commit, (epoch, after));
}

/// The device's token and the server's key are good still. It hears that the server went back, and brings again what it
/// has.
fn brings_back_what_came_after(
    server: &TestServer,
    mut device: Device,
    commit: &[u8],
    (epoch, after): (u64, RecordId),
) {
    let hash = sync::signature::digest(commit)[..ANCHOR_BYTES].to_vec();
    let anchor = Anchor { push_seq: device.next_seq - 1, hash: hash.into(), history: None };
    let incoming = device.send(&SyncRequest { anchor: Some(anchor), ..device.request(&[]) });
    let key = device.enrolment.server_key.as_slice().try_into().unwrap();
    let answer = sync::device::read_sync_answer(&incoming, NONCE, &key).unwrap();
    assert_ne!(answer.epoch, epoch, "another epoch");
    assert_eq!(answer.epoch, server.read(meta::epoch), "which stays");
    assert_eq!(answer.settled, device.next_seq - 2, "less than the device heard of");

    device.incarnation = Incarnation(new_id().0);
    device.next_seq = 1;
    let commit = device.commit(minicbor::decode::<Commit>(commit).unwrap().ops);
    let answer = device.round(&[commit]).unwrap();
    assert_eq!(answer.results[0].outcome, Outcome::Applied);
    let mut other = server.worker();
    other.pull();
    assert_eq!(other.household(after).note.as_deref(), Some("备份以后"));
}

fn a_backup_goes_into_the_other_database_and_back(on: On) {
    let other = if on == On::Sqlite { On::Postgres } else { On::Sqlite };
    let (server, mut device, here) = busy(on);
    let before = lasting(server.read(contents));
    let (first, second) = (NewFile::new(), NewFile::new());
    back_up(&server, &first);
    let there = restored(other, &first);
    assert_eq!(lasting(there.read(contents)), before);
    device.url = there.url.clone();
    assert_eq!(device.push(vec![edit(here, device.records[&here].1, 12, "那边")]), Outcome::Applied);
    let changed = lasting(there.read(contents));
    back_up(&there, &second);
    assert_eq!(lasting(restored(on, &second).read(contents)), changed);
}

fn a_backup_of_the_first_schema_is_brought_up_to_date(on: On) {
    let folder = TempDir::new().unwrap();
    let old = rusqlite::Connection::open(folder.path().join(FILE_NAME)).unwrap();
    old.execute_batch(include_str!("../../../fixtures/schema_0001.sql")).unwrap();
    let file = NewFile::new();
    backup::dump(&old, 1, NOW, std::fs::File::create(file.path()).unwrap()).unwrap();
    assert_eq!(backup::verify(&file.path(), None).unwrap().audit.unwrap().number, 0, "it had none");
    drop(old);
    let by_backup = lasting(restored(on, &file).read(contents));
    let by_itself = TestServer::start_over(Data::Folder(folder));
    assert_eq!(by_backup, lasting(by_itself.read(contents)));
    assert!(by_backup["record"].len() > 1);
}

/// However much is pushed meanwhile: records, results and counters of a backup are of one moment.
fn a_backup_is_one_moment_beside_a_running_server(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    for _ in 0..3 {
        device.push((0..400).map(|_| create(new_id(), "先")).collect());
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let _ended = Ended(&done);
        threads.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                device.push(vec![create(new_id(), "同时"), create(new_id(), "同时")]);
            }
        });
        for _ in 0..4 {
            let file = NewFile::new();
            back_up(&server, &file);
            let copy = restored(On::Sqlite, &file);
            let kept = copy.write(digests);
            copy.write(proof::count_anew);
            assert_eq!(copy.write(digests), kept);
        }
    });
}

/// Says that it is over, also when a test panics.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
