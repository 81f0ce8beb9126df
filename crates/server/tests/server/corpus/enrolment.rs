//! Codes that are guessed, used, late or others'; tokens of nobody.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::bytes::ByteVec;
use records::codes::Role;
use records::wire::{EnrolAnswer, EnrolRequest, Nonce, PROTOCOL};
use sync::Invitation;
use sync::device::{self, CONTENT_TYPE, Outgoing};
use sync::enrolment_code::with_check_digit;

use super::{Case, Stage, case, pushed, refusal};
use crate::common::*;

const OTHER: &Nonce = b"another one_____";

pub fn cases() -> Vec<Case> {
    [codes(), tokens()].into_iter().flatten().collect()
}

/// An invitation that is there before the case begins; making it is no part of the attack.
fn asked(stage: &Stage, request: &EnrolRequest) -> String {
    let body = minicbor::to_vec(request).unwrap();
    let outgoing =
        Outgoing { path: "/enrol", content_encoding: None, accept_encoding: "gzip", token: None, body };
    refusal(&post(&stage.server.url, &outgoing, CONTENT_TYPE))
}

fn request(code: &str, nonce: &Nonce) -> EnrolRequest {
    EnrolRequest {
        protocol: PROTOCOL,
        code: code.to_owned(),
        device_name: "闯入".into(),
        nonce: ByteVec::from(nonce.to_vec()),
    }
}

fn invited(stage: &Stage) -> Invitation {
    stage.server.invite("周燕", Role::GridWorker, GRID)
}

/// The same selector, another secret.
fn guess(invitation: &Invitation, n: u32) -> String {
    with_check_digit(&format!("{}{n:06}", &invitation.code[..3]))
}

fn codes() -> Vec<Case> {
    vec![
        case("a code that nobody gave out", "enrol.code_wrong", |s| {
            asked(s, &request(&with_check_digit("000000000"), OTHER))
        }),
        case("no code", "enrol.code_wrong", |s| asked(s, &request("", OTHER))),
        case("a code of letters", "enrol.code_wrong", |s| asked(s, &request("ABCDEFGHIJ", OTHER))),
        case("a code of full-width zeros and SQL", "enrol.code_wrong", |s| {
            asked(s, &request("０' OR 1=1 --", OTHER))
        }),
        case("a code of a thousand digits", "enrol.code_wrong", |s| {
            asked(s, &request(&"1".repeat(1_000), OTHER))
        }),
        case("a code with a wrong check digit", "enrol.code_wrong", |s| {
            let code = invited(s).code;
            let last = code.as_bytes()[code.len() - 1];
            let wrong = if last == b'0' { '1' } else { '0' };
            asked(s, &request(&format!("{}{wrong}", &code[..code.len() - 1]), OTHER))
        }),
        case("a guessed code", "enrol.code_wrong", |s| asked(s, &request(&guess(&invited(s), 1), OTHER))),
        case("the right code after five guesses", "enrol.too_many_tries", |s| {
            let invitation = invited(s);
            for n in 0..5 {
                asked(s, &request(&guess(&invitation, n), OTHER));
            }
            asked(s, &request(&invitation.code, OTHER))
        }),
        case("a sixth guess", "enrol.too_many_tries", |s| {
            let invitation = invited(s);
            for n in 0..5 {
                asked(s, &request(&guess(&invitation, n), OTHER));
            }
            asked(s, &request(&guess(&invitation, 9), OTHER))
        }),
        case("a code that was used, by somebody else", "enrol.code_used", |s| {
            asked(s, &request(&s.used.code, OTHER))
        }),
        case("a code that came too late", "enrol.code_expired", |s| {
            let invitation = invited(s);
            s.server.pass(10 * 60_000 + 1);
            asked(s, &request(&invitation.code, OTHER))
        }),
        case("an enrolment of the future", "sync.server_older", |s| {
            let invitation = invited(s);
            asked(s, &EnrolRequest { protocol: 99, ..request(&invitation.code, OTHER) })
        }),
        case("an enrolment without a nonce", "sync.garbage", |s| {
            let invitation = invited(s);
            asked(s, &EnrolRequest { nonce: ByteVec::from(vec![]), ..request(&invitation.code, OTHER) })
        }),
        case("an enrolment with the name of a book", "sync.too_large", |s| {
            let invitation = invited(s);
            asked(s, &EnrolRequest { device_name: "书".repeat(5_000), ..request(&invitation.code, OTHER) })
        }),
    ]
}

/// A round with these bytes for a token.
fn with_token(stage: &Stage, token: &[u8]) -> String {
    let enrolment = EnrolAnswer { token: token.to_vec().into(), ..stage.worker.enrolment.clone() };
    let device = Device { enrolment, ..stage.worker.copied() };
    refusal(&device.send(&device.request(&[])))
}

/// A round with these words for an authorisation.
fn with_words(stage: &Stage, words: &str) -> String {
    let outgoing = device::sync_request(&stage.worker.request(&[]), &stage.worker.enrolment.token);
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let sent =
        config.new_agent().post(format!("{}/sync", stage.server.url)).header("Content-Type", CONTENT_TYPE);
    let sent = match outgoing.content_encoding {
        Some(encoding) => sent.header("Content-Encoding", encoding),
        None => sent,
    };
    let mut answer = sent.header("Authorization", words).send(&outgoing.body[..]).unwrap();
    let body = answer.body_mut().read_to_vec().unwrap();
    minicbor::decode::<records::wire::ErrorAnswer>(&body)
        .map_or_else(|_| "answered".to_owned(), |answer| answer.code)
}

fn tokens() -> Vec<Case> {
    let words = |stage: &Stage| URL_SAFE_NO_PAD.encode(&stage.worker.enrolment.token[..]);
    vec![
        case("no token", "sync.token_refused", |s| with_token(s, b"")),
        case("a token of zeros", "sync.token_refused", |s| with_token(s, &[0; 32])),
        case("half a token", "sync.token_refused", |s| with_token(s, &s.worker.enrolment.token[..16])),
        case("a token and a byte", "sync.token_refused", |s| {
            with_token(s, &[&s.worker.enrolment.token[..], &[0]].concat())
        }),
        case("a token with one bit turned", "sync.token_refused", |s| {
            let mut token = s.worker.enrolment.token.to_vec();
            token[31] ^= 1;
            with_token(s, &token)
        }),
        case("the device's id for a token", "sync.token_refused", |s| {
            with_token(s, s.worker.enrolment.device.as_bytes())
        }),
        case("the token's hash for a token", "sync.token_refused", |s| {
            with_token(s, &sync::signature::digest(&s.worker.enrolment.token))
        }),
        case("the server's key for a token", "sync.token_refused", |s| {
            with_token(s, &s.worker.enrolment.server_key)
        }),
        case("a token under another scheme", "sync.token_refused", move |s| {
            with_words(s, &format!("Basic {}", words(s)))
        }),
        case("a token without a scheme", "sync.token_refused", move |s| with_words(s, &words(s))),
        case("two tokens in one", "sync.token_refused", move |s| {
            with_words(s, &format!("Bearer {0} {0}", words(s)))
        }),
        case("a token that is SQL", "sync.token_refused", |s| with_words(s, "Bearer ' OR 1=1 --")),
        case("a token of ten thousand letters", "sync.token_refused", |s| {
            with_words(s, &format!("Bearer {}", "A".repeat(10_000)))
        }),
        case("a device that was shut out asks", "sync.revoked", |s| {
            refusal(&s.locked_out.send(&s.locked_out.request(&[])))
        }),
        case("a device that was shut out writes", "record.not_permitted", |s| {
            pushed(&mut s.locked_out, vec![create(new_id(), "太晚")])
        }),
        case("somebody whose post was taken writes", "record.not_permitted", |s| {
            pushed(&mut s.dismissed, vec![create(new_id(), "太晚")])
        }),
        case("somebody whose post was taken edits", "record.not_permitted", |s| {
            pushed(&mut s.dismissed, vec![edit(s.household, 1, 12, "太晚")])
        }),
        case("a member writes as the grid worker they were", "record.not_permitted", |s| {
            pushed(&mut s.moved, vec![create(new_id(), "太晚")])
        }),
        case("a member edits as the grid worker they were", "record.not_permitted", |s| {
            pushed(&mut s.moved, vec![edit(s.household, 1, 12, "太晚")])
        }),
        case("the token of a device that was given another", "sync.token_refused", |s| {
            with_token(s, &s.lost.enrolment.token)
        }),
    ]
}
