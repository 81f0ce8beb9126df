//! Photos: who may open one is whoever may hold a record whose author had its bytes.

use records::attachment::{
    Attachment, AttachmentAnswer, AttachmentAsk, AttachmentHash, AttachmentRequest, PART_BYTES,
};
use records::codes::Role;
use records::visit::Visit;
use records::wire::{Change, Op, Outcome, PROTOCOL};
use records::{Moment, Record, RecordId, Scope};
use sync::attachment;

use crate::common::*;
use crate::data::On;

/// Every test in the list, on both databases with a folder, and with a bucket.
macro_rules! on_every_store {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(super::TestServer::start(super::On::Sqlite)); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(super::TestServer::start(super::On::Postgres)); })*
        }
        #[cfg(feature = "s3")]
        mod bucket {
            $(#[test] fn $name() { super::$name(super::TestServer::start_with_bucket()); })*
        }
    };
}

on_every_store![
    whoever_guesses_a_hash_sees_nothing,
    two_who_both_have_the_bytes_show_them_both,
    who_may_see_one_shows_it_by_a_record_of_their_own,
    parts_stay_no_longer_than_they_are_good_for,
    one_is_read_from_anywhere_on,
    what_is_lost_is_brought_again,
];

const GRID_08: &str = "230881/001/003/08";

pub fn picture() -> Vec<u8> {
    sample::picture(5_000, 1)
}

fn neighbour(server: &TestServer) -> Device {
    server.enrol("隔壁", Role::GridWorker, GRID_08)
}

/// What the server says of a photo, or the code it refuses it with.
pub fn ask(device: &Device, hash: AttachmentHash, ask: AttachmentAsk) -> Result<AttachmentAnswer, String> {
    let request = AttachmentRequest { protocol: PROTOCOL, hash, ask, nonce: NONCE.to_vec().into() };
    let outgoing = attachment::request(&request, &device.enrolment.token);
    let incoming = post(&device.url, &outgoing, sync::device::CONTENT_TYPE);
    let key = device.enrolment.server_key.as_slice().try_into().unwrap();
    attachment::read_answer(&incoming, NONCE, &key).map_err(|fault| fault.code().to_owned())
}

pub fn offer(device: &Device, hash: AttachmentHash, size: usize) -> AttachmentAnswer {
    let offer = AttachmentAsk::Offer { size: size as u64, media: "image/jpeg".to_owned() };
    ask(device, hash, offer).unwrap()
}

pub fn put(offset: u64, bytes: &[u8]) -> AttachmentAsk {
    AttachmentAsk::Put { offset, bytes: bytes.to_vec().into() }
}

pub fn bring(device: &Device, bytes: &[u8]) -> AttachmentHash {
    let hash = attachment::hash(bytes);
    assert_eq!(offer(device, hash, bytes.len()), AttachmentAnswer::From { offset: 0 }, "every byte");
    assert_eq!(ask(device, hash, put(0, bytes)), Ok(AttachmentAnswer::Held));
    hash
}

pub fn sees(device: &Device, hash: AttachmentHash) -> bool {
    match ask(device, hash, AttachmentAsk::Get { offset: 0 }) {
        Ok(AttachmentAnswer::Part { bytes, .. }) => attachment::hash(&bytes) == hash,
        Ok(other) => panic!("{other:?}"),
        Err(code) => {
            assert_eq!(code, "attachment.missing");
            false
        }
    }
}

/// Makes a visit in a grid that names a photo.
pub fn name(device: &mut Device, grid: &str, hash: AttachmentHash) -> RecordId {
    let photo = Attachment { hash, size: 5_000, media: "image/jpeg".to_owned(), name: None };
    let visit = Visit { photos: Some(vec![photo]), ..Visit::met(new_id(), Moment::beijing(NOW)) };
    let scope: Scope = scope(&format!("{grid}#work"));
    let change = Change::Create { scope, body: visit.to_body() };
    let op = Op { kind: Visit::DECLARATION.kind, ..op(new_id(), change) };
    let id = op.record;
    assert_eq!(device.push(vec![op]), Outcome::Applied);
    id
}

fn whoever_guesses_a_hash_sees_nothing(server: TestServer) {
    let (mut worker, mut neighbour) = (server.worker(), neighbour(&server));
    let hash = attachment::hash(&picture());
    name(&mut worker, GRID, hash);
    bring(&worker, &picture());
    assert!(sees(&worker, hash));

    name(&mut neighbour, GRID_08, hash);
    assert!(!sees(&neighbour, hash), "to name it opens nothing");
    assert_eq!(offer(&neighbour, hash, 5_000), AttachmentAnswer::From { offset: 0 }, "nor to offer it");
    assert_eq!(ask(&neighbour, hash, put(0, &[0; 5_000])), Err("attachment.hash_wrong".to_owned()));
    assert!(!sees(&neighbour, hash), "nor to bring something else");
    let colleague = server.enrol("也在隔壁", Role::GridWorker, GRID_08);
    assert!(!sees(&colleague, hash), "and others do not see it there either");
    assert!(sees(&worker, hash), "while it stays where it was");
}

fn two_who_both_have_the_bytes_show_them_both(server: TestServer) {
    let (mut worker, mut neighbour) = (server.worker(), neighbour(&server));
    let hash = bring(&worker, &picture());
    name(&mut worker, GRID, hash);
    let colleague = server.enrol("也在隔壁", Role::GridWorker, GRID_08);
    name(&mut neighbour, GRID_08, hash);
    bring(&neighbour, &picture());
    assert_eq!(offer(&neighbour, hash, 5_000), AttachmentAnswer::Held, "not brought twice");
    assert!([&worker, &neighbour, &colleague].iter().all(|device| sees(device, hash)));
    assert_eq!(server.kept_photos(), 1, "and it is kept once");
}

/// A colleague of two grids' community has seen a photo in one of them and names it in the other.
fn who_may_see_one_shows_it_by_a_record_of_their_own(server: TestServer) {
    let (mut worker, neighbour) = (server.worker(), neighbour(&server));
    let hash = bring(&worker, &picture());
    name(&mut worker, GRID, hash);
    let mut staff = server.enrol("李红梅", Role::CommunityStaff, COMMUNITY);
    name(&mut staff, GRID_08, hash);
    assert!(sees(&staff, hash) && !sees(&neighbour, hash), "not yet said to have it");
    assert_eq!(offer(&staff, hash, 5_000), AttachmentAnswer::Held, "no byte is brought again");
    assert!(sees(&neighbour, hash));
}

fn parts_stay_no_longer_than_they_are_good_for(server: TestServer) {
    let mut worker = server.worker();
    let (bytes, hash) = (picture(), attachment::hash(&picture()));
    offer(&worker, hash, 5_000);
    ask(&worker, hash, put(0, &bytes[..3_000])).unwrap();
    assert_eq!(server.kept_parts(), 1);
    assert!(ask(&worker, hash, put(3_000, &[7; 2_000])).is_err());
    assert_eq!(server.kept_parts(), 0, "not what the hash says");

    ask(&worker, hash, put(0, &bytes[..3_000])).unwrap();
    assert_eq!(ask(&worker, hash, put(3_000, &bytes[3_000..])), Ok(AttachmentAnswer::Held));
    assert_eq!((server.kept_parts(), server.kept_photos()), (0, 1), "put together");

    name(&mut worker, GRID, hash);
    let other = server.worker();
    let left = attachment::hash(b"left");
    for device in [&worker, &other] {
        offer(device, left, 4);
        ask(device, left, put(0, b"le")).unwrap();
    }
    server.pass(31 * 24 * 3_600_000);
    offer(&worker, attachment::hash(b"another"), 7);
    assert_eq!(server.kept_parts(), 1, "begun long ago and left; another device's are its own");
    assert_eq!(offer(&worker, hash, 5_000), AttachmentAnswer::Held, "what was brought is remembered");
    assert_eq!(offer(&worker, left, 4), AttachmentAnswer::From { offset: 0 });
}

fn one_is_read_from_anywhere_on(server: TestServer) {
    let mut worker = server.worker();
    let bytes = sample::picture(PART_BYTES + 5_000, 2);
    let (size, hash) = (bytes.len() as u64, attachment::hash(&bytes));
    let (first, rest) = bytes.split_at(PART_BYTES);
    offer(&worker, hash, bytes.len());
    let half = PART_BYTES as u64;
    assert_eq!(ask(&worker, hash, put(0, first)), Ok(AttachmentAnswer::From { offset: half }));
    assert_eq!(offer(&worker, hash, bytes.len()), AttachmentAnswer::From { offset: half }, "it goes on");
    assert_eq!(ask(&worker, hash, put(half, rest)), Ok(AttachmentAnswer::Held));
    name(&mut worker, GRID, hash);
    for (offset, part) in
        [(0, first), (7, &bytes[7..PART_BYTES + 7]), (half, rest), (size - 1, &rest[4_999..])]
    {
        let part = AttachmentAnswer::Part { size, bytes: part.to_vec().into() };
        assert_eq!(ask(&worker, hash, AttachmentAsk::Get { offset }), Ok(part), "from {offset} on");
    }
    let beyond = ask(&worker, hash, AttachmentAsk::Get { offset: size });
    assert_eq!(beyond, Err("attachment.missing".to_owned()));
}

/// The store is older than the database, or another one.
fn what_is_lost_is_brought_again(server: TestServer) {
    let mut worker = server.worker();
    let (bytes, hash) = (picture(), attachment::hash(&picture()));
    offer(&worker, hash, 5_000);
    for (begin, end) in [(0, 2_000), (2_000, 4_000)] {
        ask(&worker, hash, put(begin, &bytes[begin as usize..end])).unwrap();
    }
    server.lose_photos("/2000");
    let from = |offset| Ok(AttachmentAnswer::From { offset });
    assert_eq!(ask(&worker, hash, put(4_000, &bytes[4_000..])), from(2_000), "from what is there on");
    assert_eq!(ask(&worker, hash, put(2_000, &bytes[2_000..])), Ok(AttachmentAnswer::Held));

    name(&mut worker, GRID, hash);
    assert!(sees(&worker, hash));
    server.lose_photos("whole/");
    assert!(!sees(&worker, hash), "it is told as missing, not as a failure that passes");
}
