//! Files somebody carried here, and photos.

use minicbor::bytes::ByteVec;
use records::attachment::{AttachmentAnswer, AttachmentAsk, AttachmentHash, MAX_BYTES, PART_BYTES};
use sync::attachment::hash;
use sync::courier::{Question, ask as sealed, post as posted_to};
use sync::device::CONTENT_TYPE;
use sync::seal::Key;

use super::{Case, Stage, case, refusal};
use crate::common::*;
use crate::photos::{ask, picture, put};

pub fn cases() -> Vec<Case> {
    [files(), photos()].into_iter().flatten().collect()
}

/// An honest question in a file, sealed to this key.
fn file(stage: &Stage, sealing_key: &Key) -> Vec<u8> {
    let device = &stage.worker;
    let question = Question {
        id: NONCE,
        server: &device.url,
        sealing_key,
        token: &device.enrolment.token,
        requests: &[device.request(&[])],
        made_ms: device.clock_ms,
    };
    sealed(&question, &mut server::random::fill).unwrap().file
}

fn sealing_key(stage: &Stage) -> Key {
    stage.worker.enrolment.sealing_key.as_ref().unwrap().as_slice().try_into().unwrap()
}

fn carried(stage: &Stage, file: &[u8]) -> String {
    refusal(&post(&stage.server.url, &posted_to(file), CONTENT_TYPE))
}

/// An honest file with one byte turned.
fn turned(stage: &Stage, place: impl Fn(usize) -> usize) -> String {
    let mut file = file(stage, &sealing_key(stage));
    let place = place(file.len());
    file[place] ^= 0x40;
    carried(stage, &file)
}

fn files() -> Vec<Case> {
    vec![
        case("a file that is none", "courier.not_a_file", |s| {
            carried(s, b"PK\x03\x04 and so on, as long as that takes")
        }),
        case("an empty file", "courier.not_a_file", |s| carried(s, b"")),
        case("a file cut in half", "courier.damaged", |s| {
            let file = file(s, &sealing_key(s));
            carried(s, &file[..file.len() * 3 / 4])
        }),
        case("a file with its last byte turned", "courier.damaged", |s| turned(s, |length| length - 1)),
        case("a file with a byte in its middle turned", "courier.damaged", |s| {
            turned(s, |length| length * 3 / 4)
        }),
        case("a file with its first byte turned", "courier.not_a_file", |s| turned(s, |_| 0)),
        case("a file with a byte behind it", "courier.damaged", |s| {
            carried(s, &[file(s, &sealing_key(s)), vec![0]].concat())
        }),
        case("a file for another server", "courier.other_server", |s| carried(s, &file(s, &[9; 32]))),
    ]
}

fn offered(stage: &Stage, hash: AttachmentHash, size: u64, media: &str) -> String {
    code(ask(&stage.worker, hash, AttachmentAsk::Offer { size, media: media.to_owned() }))
}

fn code(answer: Result<AttachmentAnswer, String>) -> String {
    answer.map_or_else(|code| code, |answer| format!("{answer:?}"))
}

fn photos() -> Vec<Case> {
    vec![
        case("a photo nobody named is fetched", "attachment.missing", |s| {
            code(ask(&s.worker, AttachmentHash::new([1; 32]), AttachmentAsk::Get { offset: 0 }))
        }),
        case("a part of a photo that was not offered", "attachment.not_offered", |s| {
            code(ask(&s.worker, hash(&picture()), put(0, &picture())))
        }),
        case("a page is offered as a photo", "attachment.media_wrong", |s| {
            offered(s, hash(b"<html>"), 6, "text/html")
        }),
        case("a drawing with scripts is offered", "attachment.media_wrong", |s| {
            offered(s, hash(b"<svg/>"), 6, "image/svg+xml")
        }),
        case("a program is offered", "attachment.media_wrong", |s| {
            offered(s, hash(b"MZ"), 2, "application/octet-stream")
        }),
        case("a photo of nothing is offered", "attachment.too_large", |s| {
            offered(s, hash(b""), 0, "image/jpeg")
        }),
        case("a photo of ten megabytes and a byte is offered", "attachment.too_large", |s| {
            offered(s, hash(b"x"), MAX_BYTES + 1, "image/jpeg")
        }),
        case("a photo of all there is is offered", "attachment.too_large", |s| {
            offered(s, hash(b"x"), u64::MAX, "image/jpeg")
        }),
        case("a part behind the end of what was offered", "attachment.too_large", |s| {
            let photo = hash(&picture());
            ask(&s.worker, photo, AttachmentAsk::Offer { size: 10, media: "image/jpeg".into() }).unwrap();
            code(ask(&s.worker, photo, put(0, &[0; 11])))
        }),
        case("a part larger than parts are", "attachment.too_large", |s| {
            let photo = hash(&[1; 300_000]);
            ask(&s.worker, photo, AttachmentAsk::Offer { size: 300_000, media: "image/jpeg".into() })
                .unwrap();
            code(ask(&s.worker, photo, put(0, &vec![1; PART_BYTES + 1])))
        }),
        case("other bytes than those that were offered", "attachment.hash_wrong", |s| {
            let photo = hash(b"what it says it is");
            ask(&s.worker, photo, AttachmentAsk::Offer { size: 18, media: "image/png".into() }).unwrap();
            code(ask(&s.worker, photo, put(0, b"what it really is!")))
        }),
        case("a photo by a token of nobody", "sync.token_refused", |s| {
            let token = ByteVec::from(vec![3; 32]);
            let enrolment = records::wire::EnrolAnswer { token, ..s.worker.enrolment.clone() };
            let stranger = Device { enrolment, ..s.worker.copied() };
            code(ask(&stranger, hash(&picture()), AttachmentAsk::Get { offset: 0 }))
        }),
    ]
}
