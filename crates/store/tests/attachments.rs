//! What of photos stays on a device, and what goes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[cfg(target_family = "wasm")]
use contract::test;
use records::attachment::{Attachment, AttachmentHash, PART_BYTES};
use records::codes::{MatterSource, Urgency};
use records::matter::Matter;
use records::wire::{CommitResult, Outcome};
use records::{Moment, RecordId, Scope};
use store::{Origin, Store, attachment, outbox, settle};

const NOW: i64 = 1_795_000_000_000;
const DAY: i64 = 24 * 3_600_000;

fn store() -> Store {
    Store::open(contract::database()).unwrap()
}

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

/// A photo of this many bytes; the store goes by what it is called.
fn photo(n: u8, size: usize) -> (Attachment, Vec<u8>) {
    let hash = AttachmentHash::new([n; 32]);
    (Attachment { hash, size: size as u64, media: "image/jpeg".to_owned(), name: None }, vec![n; size])
}

fn take(store: &mut Store, record: RecordId, (photo, bytes): &(Attachment, Vec<u8>), now_ms: i64) {
    store.write(|tx| attachment::take(tx, record, photo, bytes, now_ms)).unwrap();
}

/// Saves a matter with what was taken for it.
fn save(store: &mut Store, record: RecordId) -> u64 {
    let scope: Scope = "230881/001/003/07#work".parse().unwrap();
    let mut new_id =
        || RecordId::from_bytes([[record.as_bytes()[0]; 8], [255; 8]].concat().try_into().unwrap());
    let origin = Origin { now_ms: NOW, hold_ms: 8_000, new_id: &mut new_id };
    let saved = store.act(origin, |action| {
        let matter = Matter {
            item: None,
            list_version: 1,
            subject: "路灯不亮".to_owned(),
            place: "村口".to_owned(),
            occurred: Moment::beijing(NOW),
            content: None,
            source: MatterSource::Patrol,
            household: None,
            visit: None,
            urgency: Urgency::Normal,
            off_list_reason: Some("清单外".to_owned()),
            department: None,
            limit_workdays: None,
            progress: None,
            photos: attachment::taken_for(action.db(), record)?,
        };
        action.create(record, &scope, &matter)
    });
    saved.unwrap().1.push_seq.unwrap()
}

fn is_here(store: &Store, hash: AttachmentHash) -> bool {
    store.read(|db| attachment::bytes(db, hash)).unwrap().is_some()
}

fn next_to_send(store: &Store) -> Option<AttachmentHash> {
    store.read(attachment::next_to_send).unwrap().map(|row| row.hash)
}

#[test]
fn what_a_record_names_is_sent_and_what_was_only_taken_is_not() {
    let mut store = store();
    let large = photo(1, 2 * PART_BYTES + 5);
    take(&mut store, id(1), &large, NOW);
    assert_eq!(next_to_send(&store), None, "nothing is saved yet");
    save(&mut store, id(1));
    assert_eq!(next_to_send(&store), Some(large.0.hash));
    assert_eq!(store.read(|db| attachment::bytes(db, large.0.hash)).unwrap(), Some(large.1));
    let last = store.read(|db| attachment::part(db, large.0.hash, 2 * PART_BYTES as u64)).unwrap();
    assert_eq!(last, Some(vec![1; 5]));
    store.write(|tx| attachment::set_there(tx, large.0.hash, None)).unwrap();
    assert_eq!(next_to_send(&store), None, "the server has it");
}

#[test]
fn what_is_taken_back_goes_back_to_the_draft() {
    let mut store = store();
    let photo = photo(1, 10);
    take(&mut store, id(1), &photo, NOW);
    let push_seq = save(&mut store, id(1));
    store.write(|tx| outbox::undo(tx, push_seq, NOW + 1)).unwrap();
    assert_eq!(next_to_send(&store), None);
    store.write(|tx| attachment::tidy(tx, 0, NOW + 1)).unwrap();
    assert_eq!(store.read(|db| attachment::taken_for(db, id(1))).unwrap(), Some(vec![photo.0]));
}

#[test]
fn nothing_goes_that_the_server_does_not_have_however_full_it_is() {
    let mut store = store();
    let (old, new, unsent) = (photo(1, 100), photo(2, 100), photo(3, 100));
    for (n, photo) in [(1, &old), (2, &new), (3, &unsent)] {
        take(&mut store, id(n), photo, NOW + i64::from(n));
        save(&mut store, id(n));
    }
    store.write(|tx| attachment::set_there(tx, old.0.hash, None)).unwrap();
    store.write(|tx| attachment::set_there(tx, new.0.hash, None)).unwrap();
    store.write(|tx| attachment::tidy(tx, 150, NOW)).unwrap();
    let here = [&old, &new, &unsent].map(|photo| is_here(&store, photo.0.hash));
    assert_eq!(here, [false, true, true], "the longest unseen goes");
    store.write(|tx| attachment::tidy(tx, 0, NOW + 400 * DAY)).unwrap();
    assert!(is_here(&store, unsent.0.hash));
    // It can be fetched again.
    store.write(|tx| attachment::want(tx, old.0.hash, NOW)).unwrap();
    let next = store.read(attachment::next_to_fetch).unwrap().unwrap();
    assert_eq!((next.hash, next.here), (old.0.hash, 0));
}

#[test]
fn a_photo_is_sent_though_its_record_is_out_of_sight() {
    let mut store = store();
    let photo = photo(1, 10);
    take(&mut store, id(1), &photo, NOW);
    let push_seq = save(&mut store, id(1));
    let taken = [CommitResult { push_seq, outcome: Outcome::Applied }];
    store.settle(&taken, (NOW, NOW), None).unwrap();
    // The server took it, and what it told since says nothing of it.
    store.write(|tx| settle::end_promises(tx)).unwrap();
    store.write(|tx| attachment::tidy(tx, 0, NOW + 400 * DAY)).unwrap();
    assert_eq!(next_to_send(&store), Some(photo.0.hash));
    store.write(|tx| attachment::set_there(tx, photo.0.hash, None)).unwrap();
    store.write(|tx| attachment::tidy(tx, 1_000, NOW)).unwrap();
    assert!(!is_here(&store, photo.0.hash), "nobody needs it here any more");
}

#[test]
fn the_same_bytes_are_kept_once() {
    let mut store = store();
    let photo = photo(1, 3 * PART_BYTES);
    for n in [1, 2] {
        take(&mut store, id(n), &photo, NOW);
        take(&mut store, id(n), &photo, NOW);
        save(&mut store, id(n));
    }
    let parts: u32 = store
        .read(|db| Ok(db.query_row("SELECT count(*) FROM attachment_part", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(parts, 3);
    let of_one = store.read(|db| attachment::of_record(db, id(2))).unwrap();
    assert_eq!(of_one.len(), 1);
}
