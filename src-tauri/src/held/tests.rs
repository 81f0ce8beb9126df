//! What outlives a defect, a busy folder, a key and a flipped bit.

use std::collections::BTreeSet;
use std::fs;

use records::household::Household;
use records::wire::Commit;
use store::{Origin, identity};
use sync::seal::{KEY_BYTES, KeyPair};
use sync::signature::digest;
use tempfile::TempDir;

use super::*;
use crate::platform;

fn code<T>(answer: Result<T, Fault>) -> Result<(), String> {
    answer.map(drop).map_err(|fault| fault.code)
}

#[test]
fn a_defect_ends_one_piece_of_work_and_no_other() {
    let folder = TempDir::new().unwrap();
    let mut held = Held::of(Place::named(folder.path().to_owned()), Some("135790".to_owned()));
    let defect = held.run(|_, _| -> Result<(), Fault> { panic!("one bad record") });
    assert_eq!(code(defect), Err(FAILED_INSIDE.to_owned()));
    assert_eq!(code(held.run(|app, _| app.sync_chip())), Ok(()));
}

#[test]
fn what_could_not_be_opened_is_tried_again() {
    let folder = TempDir::new().unwrap();
    let other_window = storage::own(folder.path()).unwrap();
    let mut held = Held::of(Place::named(folder.path().to_owned()), Some("135790".to_owned()));
    assert_eq!(code(held.run(|app, _| app.sync_chip())), Err("store.in_use".to_owned()));
    drop(other_window);
    assert_eq!(code(held.run(|app, _| app.sync_chip())), Ok(()));
}

/// The device of somebody enrolled at a server with these keys, with one thing kept that is not sent.
fn enrolled(folder: &TempDir, server: &KeyPair) -> Held {
    let mut held = Held::of(Place::named(folder.path().to_owned()), Some("135790".to_owned()));
    let key = server.public;
    held.run(|app, _| {
        let enrol = app.store().write(|tx| {
            identity::set_identity(tx, &platform::tests::identity("http://127.0.0.1:9"))?;
            identity::set_sealing_key(tx, &key)
        });
        enrol.map_err(Fault::from)
    })
    .unwrap();
    held
}

fn save(held: &mut Held) {
    let saved = held.run(|app, context| {
        let (now_ms, scope) = (context.now.utc_ms, "230881/001/003/07#work".parse().unwrap());
        let mut new_id = || context.new_id();
        let id = new_id();
        let household = Household { residents: 2, ..Household::blank(id) };
        let origin = Origin { now_ms, hold_ms: 8_000, new_id: &mut new_id };
        app.store().act(origin, |action| action.create(id, &scope, &household)).map_err(Fault::from)
    });
    saved.unwrap();
}

/// What a server reads of a sealed commit: its number, and how much it does.
fn read(sealed: &[u8], server: &KeyPair) -> (u64, usize) {
    let (_, letter) = sync::courier::read_question(&sealed[KEY_BYTES..], server).unwrap();
    let request = letter.request(0).unwrap();
    let commit: Commit = minicbor::decode(&request.commits[0]).unwrap();
    (commit.push_seq, commit.ops.len())
}

#[test]
fn what_waits_lies_sealed_beside_the_database_and_outlives_its_key() {
    let (folder, server) = (TempDir::new().unwrap(), KeyPair::of(&[7; 32]));
    let mut held = enrolled(&folder, &server);
    (0..3).for_each(|_| save(&mut held));
    held.sync();
    let sealed = |name| {
        let all = Journal::open(folder.path().join(name)).unwrap().all().unwrap();
        all.iter().map(|(_, sealed)| read(sealed, &server)).collect::<Vec<_>>()
    };
    assert_eq!(sealed(UNSENT), [(1, 1), (2, 1), (3, 1)]);

    // What is taken back is not in it, and what a crash kept from being sealed is sealed when it is opened again.
    let undone = held.run(|app, context| {
        let now_ms = context.now.utc_ms;
        app.store().write(|tx| store::outbox::undo(tx, 3, now_ms)).map_err(Fault::from)
    });
    assert_eq!(undone.unwrap().push_seq, 3);
    assert_eq!(sealed(UNSENT), [(1, 1), (2, 1), (3, 0)]);
    drop(held);
    fs::remove_file(folder.path().join(UNSENT)).unwrap();
    let mut held = Held::of(Place::named(folder.path().to_owned()), Some("135790".to_owned()));
    held.run(|app, _| app.sync_chip()).unwrap();
    assert_eq!(sealed(UNSENT), [(1, 1), (2, 1), (3, 0)]);

    // The key goes: the letters stay, and can be read by nobody but the server.
    let lock = held.lock(Wanted::BeginAnew).unwrap();
    assert_eq!((lock.state, lock.left_behind as usize), (LockState::Unset, 3));
    assert!(!folder.path().join("gridwalk.db").exists() && !folder.path().join(UNSENT).exists());
    assert_eq!(sealed(LEFT_BEHIND), [(1, 1), (2, 1), (3, 0)]);
    let left = held.left_behind().unwrap().all().unwrap();
    assert!(sync::courier::read_question(&left[0].1[KEY_BYTES..], &KeyPair::of(&[8; 32])).is_err());
}

/// Everything in a database, in a few bytes.
fn digest_of(app: &mut App) -> Result<[u8; 32], Fault> {
    Ok(digest(&app.store().everything()?))
}

/// What the database says, if it can be read, and every commit that is known: by it, and by the letters beside it.
fn known(folder: &Path, key: &Key, server: &KeyPair) -> (Option<[u8; 32]>, BTreeSet<u64>) {
    let opened = Opened::of(folder, key).and_then(|mut opened| {
        let everything = digest_of(&mut opened.app)?;
        Ok((everything, opened.app.store().read(store::outbox::outlines)?))
    });
    let (everything, outlines) = opened.map_or((None, vec![]), |(all, outlines)| (Some(all), outlines));
    let mut known: BTreeSet<u64> = outlines.iter().map(|outline| outline.push_seq).collect();
    for name in [UNSENT, LEFT_BEHIND] {
        let letters = Journal::open(folder.join(name)).unwrap().all().unwrap();
        known.extend(letters.iter().map(|(_, sealed)| read(sealed, server).0));
    }
    (everything, known)
}

const COMMITS: u64 = 12;

/// Flips a bit at so many places of these files, one at a time. What can be read then was once so, and every commit is
/// known. Answers how many places were tried, and after how many nothing could be read.
fn flip(
    files: &[(&str, Vec<u8>)],
    places: usize,
    once: &BTreeSet<[u8; 32]>,
    (key, server): (&Key, &KeyPair),
) -> (usize, usize) {
    let bytes: usize = files.iter().map(|(_, file)| file.len()).sum();
    let (mut tried, mut unreadable) = (0, 0);
    for (name, file) in files {
        let share = (places * file.len() / bytes).max(100);
        for place in 0..share {
            let folder = TempDir::new().unwrap();
            for (other, bytes) in files {
                fs::write(folder.path().join(other), bytes).unwrap();
            }
            let mut flipped = file.clone();
            let at = place * file.len() / share;
            flipped[at] ^= 1 << (place % 8);
            fs::write(folder.path().join(name), &flipped).unwrap();
            let (everything, known) = known(folder.path(), key, server);
            assert_eq!(known, (1..=COMMITS).collect(), "{name}, byte {at}");
            assert!(everything.is_none_or(|all| once.contains(&all)), "{name}, byte {at}: never was so");
            (tried, unreadable) = (tried + 1, unreadable + usize::from(everything.is_none()));
        }
    }
    (tried, unreadable)
}

#[test]
fn a_bit_that_flips_anywhere_is_found_out_or_changes_nothing_and_costs_no_commit() {
    let (folder, server) = (TempDir::new().unwrap(), KeyPair::of(&[7; 32]));
    let mut once = BTreeSet::new();
    let mut held = Held::of(Place::named(folder.path().to_owned()), Some("135790".to_owned()));
    let remember = |held: &mut Held| digest_of(&mut held.opened().unwrap().app).unwrap();
    once.insert(remember(&mut held));
    drop(held);
    let mut held = enrolled(&folder, &server);
    once.insert(remember(&mut held));
    for _ in 0..COMMITS {
        save(&mut held);
        once.insert(remember(&mut held));
    }
    held.sync();
    let now = BTreeSet::from([remember(&mut held)]);
    let key = held.door().unwrap().key().unwrap().clone();
    let files = |names: &[&'static str]| -> Vec<(&'static str, Vec<u8>)> {
        names.iter().map(|name| (*name, fs::read(folder.path().join(name)).unwrap())).collect()
    };
    // As a battery that is taken out leaves the files: with a log, of which SQLite passes over what is damaged.
    let with_a_log = files(&["gridwalk.db", "gridwalk.db-wal", UNSENT]);
    drop(held);
    let at_rest = files(&["gridwalk.db", UNSENT]);
    // What cannot be read goes into no file for another device, either.
    let mut damaged = at_rest[0].1.clone();
    let pages = damaged.len() / 4096;
    (1..pages).for_each(|page| damaged[page * 4096 + 100] ^= 1);
    fs::write(folder.path().join("gridwalk.db"), damaged).unwrap();
    let image = Opened::of(folder.path(), &key).and_then(|mut opened| Ok(opened.app.store().image()?));
    assert_eq!(image.err().unwrap().code, "store.damaged");
    let (tried, _) = flip(&with_a_log, 500, &once, (&key, &server));
    let (tried_at_rest, unreadable) = flip(&at_rest, 500, &now, (&key, &server));
    assert!(tried + tried_at_rest >= 1_000, "{tried} and {tried_at_rest}");
    assert!(unreadable >= 100, "{unreadable} of {tried_at_rest}: the others are in empty pages");
}
