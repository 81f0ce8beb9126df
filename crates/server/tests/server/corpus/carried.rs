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
    [files(), photos(), pictures()].into_iter().flatten().collect()
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

/// Brings these bytes, which are not what they say or say more than a picture.
fn brought(stage: &Stage, media: &str, bytes: &[u8]) -> String {
    let photo = hash(bytes);
    offered(stage, photo, bytes.len() as u64, media);
    code(ask(&stage.worker, photo, put(0, bytes)))
}

/// An honest picture with a segment of this marker behind its beginning.
fn with_segment(marker: u8, held: &[u8]) -> Vec<u8> {
    let length = u16::try_from(held.len() + 2).unwrap().to_be_bytes();
    let picture = picture();
    [&picture[..2], &[0xff, marker], &length, held, &picture[2..]].concat()
}

/// A whole PNG of one grey point, of these bytes before its data.
fn png(header: &str, before: &str) -> Vec<u8> {
    let text = format!(
        "89504e470d0a1a0a{header}{before}0000000a49444154789c63a8070000810080d394534a0000000049454e44ae426082"
    );
    ::records::hex::bytes(&text).unwrap()
}

const POINT: &str = "0000000d49484452000000010000000108000000003a7e9b55";
const HUGE: &str = "0000000d49484452000186a0000186a008000000008d395414";
const AUTHOR: &str = "0000001074455874417574686f72005a68616e672053616e4fb6d472";

fn pictures() -> Vec<Case> {
    const JPEG: &str = "image/jpeg";
    const NOT_ONE: &str = "attachment.not_a_photo";
    const MORE: &str = "attachment.tells_more";
    let place = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\x1a\0\0\0\0N 46 48 11";
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta exif:GPSLatitude='46,48.2N'/>";
    let behind =
        |more: &'static [u8]| move |s: &mut Stage| brought(s, JPEG, &[&picture()[..], more].concat());
    vec![
        case("a page that says it is a photo", NOT_ONE, |s| brought(s, JPEG, b"<!doctype html><script>")),
        case("a drawing that says it is a photo", NOT_ONE, |s| {
            brought(s, "image/png", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
        }),
        case("a program that says it is a photo", NOT_ONE, |s| brought(s, "image/webp", b"MZ\x90\0\x03")),
        case("a GIF that says it is a JPEG", NOT_ONE, |s| brought(s, JPEG, b"GIF89a\x01\0\x01\0\0\0\0;")),
        case("a JPEG that says it is a PNG", NOT_ONE, |s| {
            brought(s, "image/png", &sample::picture(4_000, 9))
        }),
        case("a PNG that says it is a WebP", NOT_ONE, |s| brought(s, "image/webp", &png(POINT, ""))),
        case("a page before a photo", NOT_ONE, |s| {
            brought(s, JPEG, &[&b"<script>alert(1)</script>"[..], &picture()].concat())
        }),
        case("a page behind a photo", MORE, behind(b"<script>alert(1)</script>")),
        case("an archive behind a photo", MORE, behind(b"PK\x03\x04\x14\0\0\0\x08\0")),
        case("a byte behind a photo", MORE, behind(b"\0")),
        case("a second photo behind a photo", MORE, |s| brought(s, JPEG, &picture().repeat(2))),
        case("a page inside a photo, as a comment", MORE, |s| {
            brought(s, JPEG, &with_segment(0xfe, b"<script>alert(1)</script>"))
        }),
        case("a photo with a place", MORE, move |s| brought(s, JPEG, &with_segment(0xe1, place))),
        case("a photo with a place in XMP", MORE, move |s| brought(s, JPEG, &with_segment(0xe1, xmp))),
        case("a photo with the press' words", MORE, |s| {
            brought(s, JPEG, &with_segment(0xed, b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x05Zhang"))
        }),
        case("a photo with a profile", MORE, |s| {
            brought(s, JPEG, &with_segment(0xe2, b"ICC_PROFILE\0\x01\x01Zhang San's phone"))
        }),
        case("a PNG with its author", MORE, |s| brought(s, "image/png", &png(POINT, AUTHOR))),
        case("a JPEG of four thousand million points", "attachment.too_many_pixels", |s| {
            let mut bomb = picture();
            let frame = bomb.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
            bomb[frame + 5..frame + 9].fill(0xff);
            brought(s, JPEG, &bomb)
        }),
        case("a PNG of ten thousand million points", "attachment.too_many_pixels", |s| {
            brought(s, "image/png", &png(HUGE, ""))
        }),
        case("a photo cut in half", NOT_ONE, |s| brought(s, JPEG, &picture()[..2_500])),
        case("a photo without its end", NOT_ONE, |s| brought(s, JPEG, &picture()[..4_998])),
        case("a segment longer than the photo", NOT_ONE, |s| {
            let picture = picture();
            brought(s, JPEG, &[&picture[..2], &[0xff, 0xe1, 0xff, 0xff], &picture[2..]].concat())
        }),
    ]
}

#[test]
fn what_the_attacks_are_made_from_is_honest() {
    use ::records::rules::photo::check;
    assert_eq!(check("image/jpeg", &picture()), Ok(()));
    assert_eq!(check("image/png", &png(POINT, "")), Ok(()));
}
