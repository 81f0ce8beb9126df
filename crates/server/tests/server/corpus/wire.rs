//! Bytes that are no request, bombs, and requests that stand in the way of others.

use minicbor::bytes::ByteVec;
use records::wire::{Commit, MAX_COMPRESSED, SyncRequest};
use sync::device::{self, Outgoing};

use super::{Case, Stage, case, refusal};
use crate::common::*;

fn sent(stage: &Stage, body: Vec<u8>, encoding: Option<&'static str>) -> String {
    let token = stage.worker.enrolment.token.to_vec();
    refusal(&post(&stage.server.url, &raw(body, encoding, &token), device::CONTENT_TYPE))
}

fn honest(stage: &Stage) -> Vec<u8> {
    minicbor::to_vec(stage.worker.request(&[])).unwrap()
}

/// An honest request, changed.
fn changed(stage: &Stage, change: impl Fn(SyncRequest) -> SyncRequest) -> String {
    let request = change(stage.worker.request(&[]));
    sent(stage, minicbor::to_vec(request).unwrap(), None)
}

/// Empty and one-byte strings by turns that do not shrink too well.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let one = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 31 == 0 { 0x40 } else { 0x60 }
    };
    (0..count).map(one).collect()
}

pub fn cases() -> Vec<Case> {
    [bytes(), bombs(), paths(), commits()].into_iter().flatten().collect()
}

fn bytes() -> Vec<Case> {
    vec![
        case("noise", "sync.garbage", |s| sent(s, b"\xff\x00garbage".to_vec(), None)),
        case("nothing", "sync.garbage", |s| sent(s, vec![], None)),
        case("JSON", "sync.garbage", |s| sent(s, br#"{"protocol":1}"#.to_vec(), None)),
        case("a page", "sync.garbage", |s| {
            sent(s, b"<!doctype html><script>alert(1)</script>".to_vec(), None)
        }),
        case("a zip file", "sync.garbage", |s| sent(s, b"PK\x03\x04\x14\x00\x00\x00".to_vec(), None)),
        case("a request cut in half", "sync.garbage", |s| {
            let request = honest(s);
            sent(s, request[..request.len() / 2].to_vec(), None)
        }),
        case("a request with a byte behind it", "sync.trailing", |s| {
            sent(s, [&honest(s)[..], &[0]].concat(), None)
        }),
        case("a request twice", "sync.trailing", |s| sent(s, honest(s).repeat(2), None)),
        case("a request of no declared length", "sync.length_undeclared", |s| {
            sent(s, [&[0xbf][..], &honest(s)[1..], &[0xff]].concat(), None)
        }),
        case("the same key twice", "sync.keys_unordered", |s| sent(s, vec![0xa2, 0, 1, 0, 1], None)),
        case("keys in another order", "sync.keys_unordered", |s| sent(s, vec![0xa2, 1, 1, 0, 1], None)),
        case("what says it is packed and is not", "sync.garbage", |s| sent(s, honest(s), Some("gzip"))),
        case("what says it is zstd and is not", "sync.garbage", |s| sent(s, honest(s), Some("zstd"))),
        case("a packing nobody knows", "sync.encoding_unknown", |s| sent(s, honest(s), Some("br"))),
        case("two packings", "sync.encoding_unknown", |s| sent(s, honest(s), Some("gzip, gzip"))),
        case("a protocol of the future", "sync.server_older", |s| {
            changed(s, |r| SyncRequest { protocol: 99, ..r })
        }),
        case("a nonce of 15 bytes", "sync.garbage", |s| {
            changed(s, |r| SyncRequest { nonce: ByteVec::from(vec![7; 15]), ..r })
        }),
        case("a nonce of 17 bytes", "sync.garbage", |s| {
            changed(s, |r| SyncRequest { nonce: ByteVec::from(vec![7; 17]), ..r })
        }),
        case("no nonce", "sync.garbage", |s| {
            changed(s, |r| SyncRequest { nonce: ByteVec::from(vec![]), ..r })
        }),
        case("sixty thousand bytes of nobody", "sync.token_refused", |s| {
            refusal(&post(&s.server.url, &raw(vec![0; 60_000], None, &[0; 32]), device::CONTENT_TYPE))
        }),
        case("a request without an authorisation", "sync.token_refused", |s| {
            refusal(&post(
                &s.server.url,
                &Outgoing { token: None, ..raw(honest(s), None, b"") },
                device::CONTENT_TYPE,
            ))
        }),
        case("a form", "sync.not_cbor", |s| {
            let outgoing = raw(honest(s), None, &s.worker.enrolment.token);
            refusal(&post(&s.server.url, &outgoing, "application/x-www-form-urlencoded"))
        }),
        case("text", "sync.not_cbor", |s| {
            let outgoing = raw(honest(s), None, &s.worker.enrolment.token);
            refusal(&post(&s.server.url, &outgoing, "text/plain"))
        }),
        case("JSON that says so", "sync.not_cbor", |s| {
            let outgoing = raw(b"{}".to_vec(), None, &s.worker.enrolment.token);
            refusal(&post(&s.server.url, &outgoing, "application/json"))
        }),
    ]
}

fn bombs() -> Vec<Case> {
    vec![
        case("more bytes than are taken", "sync.too_large", |s| sent(s, vec![0; MAX_COMPRESSED + 1], None)),
        case("a gzip bomb", "sync.ratio_too_high", |s| {
            sent(s, sync::pack::pack(vec![0; 200_000], "gzip").bytes.repeat(60), Some("gzip"))
        }),
        case("a zstd bomb", "sync.ratio_too_high", |s| {
            sent(s, sync::pack::pack(vec![0; 200_000], "zstd").bytes.repeat(60), Some("zstd"))
        }),
        case("lists in lists in lists", "sync.too_deep", |s| {
            sent(s, [vec![0xa1, 0x18, 99], vec![0x81; 100_000], vec![0]].concat(), None)
        }),
        case("maps in maps in maps", "sync.too_deep", |s| {
            sent(s, [vec![0xa1, 0x18, 99], [0xa1, 0].repeat(50_000), vec![0]].concat(), None)
        }),
        case("tags on tags on tags", "sync.too_deep", |s| {
            sent(s, [vec![0xa1, 0x18, 99], vec![0xc1; 100_000], vec![0]].concat(), None)
        }),
        case("two million empty strings", "sync.too_many_values", |s| {
            let many = [&[0xa1, 4, 0x9a, 0, 0x1e, 0x84, 0x80][..], &noise(2_000_000)].concat();
            sent(s, sync::pack::pack(many, "zstd").bytes, Some("zstd"))
        }),
        case("a list that says it has four thousand million", "sync.garbage", |s| {
            sent(s, vec![0xa1, 4, 0x9a, 0xff, 0xff, 0xff, 0xff], None)
        }),
        case("a string that says it is larger than memory", "sync.garbage", |s| {
            sent(s, vec![0xa1, 4, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], None)
        }),
    ]
}

/// A request to a path that takes one from devices alone.
fn to(stage: &Stage, path: &'static str, body: Vec<u8>) -> String {
    let token = stage.worker.enrolment.token.to_vec();
    refusal(&post(&stage.server.url, &Outgoing { path, ..raw(body, None, &token) }, device::CONTENT_TYPE))
}

fn paths() -> Vec<Case> {
    vec![
        case("noise as an attachment", "sync.garbage", |s| to(s, "/attachment", b"\xff\x00garbage".to_vec())),
        case("a round as an attachment", "sync.garbage", |s| to(s, "/attachment", honest(s))),
        case("noise as an enrolment", "sync.garbage", |s| to(s, "/enrol", b"\xff\x00garbage".to_vec())),
        case("a round as an enrolment", "sync.garbage", |s| to(s, "/enrol", honest(s))),
        case("noise as a carried file", "sync.garbage", |s| to(s, "/courier", b"\xff\x00garbage".to_vec())),
    ]
}

fn commits() -> Vec<Case> {
    vec![
        case("a commit that is noise", "commit.malformed", |s| {
            let number = s.worker.next_seq;
            s.worker.next_seq += 1;
            // A map that has the number of a commit and nothing else that a commit has.
            let mut bytes = vec![0xa2, 0];
            bytes.extend(minicbor::to_vec(number).unwrap());
            bytes.extend([1, 0x61, b'x']);
            answered(s, &[bytes])
        }),
        case("a commit with a change of a newer version", "commit.newer", |s| {
            let number = s.worker.next_seq;
            s.worker.next_seq += 1;
            let commit = Commit { push_seq: number, ops: vec![create(new_id(), "新")] };
            let bytes = minicbor::to_vec(commit).unwrap();
            // The number of the change stands where Create's stood.
            let place = bytes.windows(3).rposition(|window| window == [0x82, 0x00, 0x82]).unwrap();
            let mut newer = bytes;
            newer[place + 1] = 0x17;
            answered(s, &[newer])
        }),
    ]
}

fn answered(stage: &mut Stage, commits: &[Vec<u8>]) -> String {
    let answer = stage.worker.round(commits);
    match answer.map(|answer| answer.results.into_iter().next().map(|result| result.outcome)) {
        Ok(Some(records::wire::Outcome::Refused { code })) => code,
        other => format!("{other:?}"),
    }
}
