//! What a device believes of an answer, and what it makes of everything else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use minicbor::bytes::ByteVec;
use records::codes::Role;
use records::wire::{
    EnrolAnswer, EnrolRequest, ErrorAnswer, NEWEST_OUTCOME, Nonce, PROTOCOL, SyncAnswer, SyncRequest,
};
use records::{AccountId, DeviceId, Incarnation};
use sync::device::{self, Incoming, RoundFault};
use sync::signature::Purpose;
use sync::{pack, signature};

const SECRET: [u8; 32] = [7; 32];
const NONCE: &Nonce = b"of this round___";

fn answer(protocol: u16) -> SyncAnswer {
    SyncAnswer {
        protocol,
        epoch: 1,
        clock_ms: 1_763_000_000_000,
        settled: 3,
        results: vec![],
        scopes: vec![],
        granted: (1..60).map(|n| format!("230881/001/003/{n:02}#work").parse().unwrap()).collect(),
        is_clone: false,
        sealing_key: None,
        put_off: None,
        token: None,
        ruling: None,
    }
}

fn signed(body: Vec<u8>) -> Incoming {
    signed_for(Purpose::Sync, body)
}

fn signed_for(purpose: Purpose, body: Vec<u8>) -> Incoming {
    let signature = signature::sign(&SECRET, purpose, NONCE, &body);
    let packed = pack::pack(body, pack::ACCEPTED);
    Incoming {
        status: 200,
        content_type: Some("application/cbor".to_owned()),
        content_encoding: packed.encoding.map(str::to_owned),
        signature: Some(signature),
        body: packed.bytes,
    }
}

fn good() -> Incoming {
    signed(minicbor::to_vec(answer(PROTOCOL)).unwrap())
}

fn refusal(status: u16, code: &str) -> Incoming {
    let body = minicbor::to_vec(ErrorAnswer { code: code.to_owned() }).unwrap();
    Incoming { status, signature: None, ..signed(body) }
}

fn html(status: u16) -> Incoming {
    Incoming {
        status,
        content_type: Some("text/html; charset=utf-8".to_owned()),
        body: b"<html>please log in</html>".to_vec(),
        ..Incoming::default()
    }
}

fn read(incoming: &Incoming) -> Result<SyncAnswer, RoundFault> {
    device::read_sync_answer(incoming, NONCE, &signature::public_key(&SECRET))
}

#[test]
fn a_signed_answer_is_read() {
    assert!(good().content_encoding.is_some(), "this one is large enough to be compressed");
    assert_eq!(read(&good()).unwrap(), answer(PROTOCOL));
}

#[test]
fn everything_else_has_a_code_of_its_own() {
    let newer = signed(vec![0xa2, 0x00, 0x18, 99, 0x01, 0x60]);
    let garbage = signed(b"\xff\xff\xff".to_vec());
    let damaged = Incoming { content_encoding: Some("gzip".to_owned()), ..signed(vec![1, 2, 3]) };
    let large = Incoming { body: vec![0; records::wire::MAX_COMPRESSED + 1], ..good() };
    let no_type = Incoming { content_type: None, ..good() };
    let trailing = signed([minicbor::to_vec(answer(PROTOCOL)).unwrap(), vec![0]].concat());
    let cases: [(Incoming, &str); 20] = [
        (html(200), "sync.not_gridwalk"),
        (html(302), "sync.not_gridwalk"),
        (refusal(307, "sync.gap"), "sync.not_gridwalk"),
        (Incoming { status: 308, ..good() }, "sync.not_gridwalk"),
        (trailing, "sync.garbage"),
        (html(403), "sync.not_gridwalk"),
        (html(511), "sync.not_gridwalk"),
        (no_type, "sync.not_gridwalk"),
        (html(502), "sync.server_failed"),
        (refusal(500, "server.failed"), "sync.server_failed"),
        (refusal(401, "sync.token_refused"), "sync.token_refused"),
        (refusal(403, "sync.token_refused"), "sync.token_refused"),
        (refusal(409, "sync.gap"), "sync.gap"),
        (refusal(400, "sync.server_newer"), "sync.server_newer"),
        (refusal(413, "sync.too_large"), "sync.too_large"),
        (newer, "sync.server_newer"),
        (garbage, "sync.garbage"),
        (damaged, "sync.garbage"),
        (large, "sync.too_large"),
        (Incoming { signature: None, ..good() }, "sync.signature_wrong"),
    ];
    for (incoming, code) in cases {
        assert_eq!(read(&incoming).unwrap_err().code(), code, "{:?}", incoming.content_type);
    }
}

#[test]
fn an_answer_to_another_request_or_by_another_key_is_not_believed() {
    let key = signature::public_key(&SECRET);
    let other = signature::public_key(&[8; 32]);
    let code = |result: Result<SyncAnswer, RoundFault>| result.unwrap_err().code().to_owned();
    assert_eq!(code(device::read_sync_answer(&good(), b"of another round", &key)), "sync.signature_wrong");
    assert_eq!(code(device::read_sync_answer(&good(), NONCE, &other)), "sync.signature_wrong");
    let mut tampered = signed(minicbor::to_vec(answer(PROTOCOL)).unwrap());
    tampered.content_encoding = None;
    tampered.body = minicbor::to_vec(SyncAnswer { settled: 9, ..answer(PROTOCOL) }).unwrap();
    assert_eq!(code(read(&tampered)), "sync.signature_wrong");
}

#[test]
fn an_enrolment_pins_the_key_the_invitation_names() {
    let key = signature::public_key(&SECRET);
    let answer = EnrolAnswer {
        device: DeviceId::from_bytes([1; 16]),
        token: ByteVec::from(vec![9; 32]),
        server_key: ByteVec::from(key.to_vec()),
        account: AccountId::from_bytes([2; 16]),
        name: "王小梅".to_owned(),
        role: Role::GridWorker,
        area: "230881/001/003/07".parse().unwrap(),
        granted: vec![],
        sealing_key: None,
    };
    let incoming = signed_for(Purpose::Enrol, minicbor::to_vec(&answer).unwrap());
    let prefix = signature::digest(&key)[..8].to_vec();
    for expected in [None, Some(&prefix[..]), Some(&key[..])] {
        assert_eq!(device::read_enrol_answer(&incoming, NONCE, expected).unwrap(), answer);
    }
    for wrong in [&[0; 8][..], &prefix[..7], &[0; 32]] {
        let fault = device::read_enrol_answer(&incoming, NONCE, Some(wrong)).unwrap_err();
        assert_eq!(fault.code(), "enrol.server_wrong");
    }
    for code in ["enrol.code_wrong", "enrol.code_expired", "enrol.too_many_tries", "enrol.code_used"] {
        let fault = device::read_enrol_answer(&refusal(403, code), NONCE, None).unwrap_err();
        assert_eq!(fault.code(), code);
    }
}

/// The server signs what it answers, and the asker chooses the nonce: neither may bend the other.
#[test]
fn a_signature_says_what_for_and_has_one_reading() {
    let (forged, real) = (minicbor::to_vec(answer(9)).unwrap(), minicbor::to_vec(answer(1)).unwrap());
    let key = signature::public_key(&SECRET);
    let believed = |body: Vec<u8>, signature: String| {
        let incoming = Incoming { signature: Some(signature), content_encoding: None, body, ..good() };
        device::read_sync_answer(&incoming, NONCE, &key).is_ok()
    };
    let sign = |purpose, nonce, body: &[u8]| signature::sign(&SECRET, purpose, nonce, body);
    assert!(believed(real.clone(), sign(Purpose::Sync, NONCE, &real)));
    assert!(!believed(real.clone(), sign(Purpose::Enrol, NONCE, &real)), "an enrolment's is no round's");

    // Asked with the nonce of somebody's round and a forged answer behind it, the server would sign
    // what reads as the forged answer, and the real one behind that.
    assert_eq!(signature::nonce(&[NONCE, &forged[..]].concat()), None);
    assert_eq!(signature::nonce(&NONCE[..15]), None);
    assert!(!believed([&forged[..], &real].concat(), sign(Purpose::Sync, NONCE, &real)));
}

#[test]
fn a_token_and_a_code_are_not_shown() {
    let enrol = EnrolRequest {
        protocol: PROTOCOL,
        code: "1234567897".to_owned(),
        device_name: "测试机".to_owned(),
        nonce: ByteVec::from(NONCE.to_vec()),
    };
    let outgoing = device::Outgoing { token: Some(b"secret".to_vec()), ..device::enrol_request(&enrol) };
    let incoming = Incoming { body: b"secret".to_vec(), ..good() };
    let bytes = format!("{:?}", b"secret");
    for shown in [format!("{outgoing:?}"), format!("{incoming:?}")] {
        assert!(!shown.contains(bytes.trim_matches(['[', ']'])) && shown.contains("bytes: "), "{shown}");
    }
}

#[test]
fn an_enrolment_is_small_and_goes_as_it_is() {
    let name = "很".repeat(60);
    let nonce = ByteVec::from(NONCE.to_vec());
    let enrol = EnrolRequest { protocol: PROTOCOL, code: "1234567897".to_owned(), device_name: name, nonce };
    let outgoing = device::enrol_request(&enrol);
    assert_eq!(outgoing.content_encoding, None);
    assert_eq!(outgoing.body, minicbor::to_vec(&enrol).unwrap());
}

#[test]
fn a_request_names_its_token_and_encoding() {
    let request = SyncRequest {
        protocol: PROTOCOL,
        incarnation: Incarnation::from_bytes([3; 16]),
        clock_ms: 0,
        epoch: None,
        commits: vec![ByteVec::from(vec![5; 2_000])],
        cursors: vec![],
        budget: 100_000,
        nonce: ByteVec::from(NONCE.to_vec()),
        anchor: None,
        lacks_sealing_key: false,
        takes_tokens: false,
        outcomes: NEWEST_OUTCOME,
        aftermath: None,
    };
    let outgoing = device::sync_request(&request, &[0xfb; 32]);
    assert_eq!((outgoing.path, outgoing.content_encoding), ("/sync", Some("zstd")));
    assert!(outgoing.authorization().unwrap().starts_with("Bearer -_v7"));
    let body = pack::unpack(&outgoing.body, outgoing.content_encoding).unwrap();
    assert_eq!(minicbor::decode::<SyncRequest>(&body).unwrap(), request);
}
