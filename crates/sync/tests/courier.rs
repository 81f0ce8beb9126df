//! Rounds carried by hand: only who is meant reads them, and a changed file opens for nobody.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::OnceLock;

use minicbor::bytes::ByteVec;
use proptest::prelude::*;
use records::Incarnation;
use records::wire::{ErrorAnswer, NEWEST_OUTCOME, Nonce, PROTOCOL, SyncAnswer, SyncRequest};
use sync::courier::{self, CourierFault, Question, Say, Sealed, Way};
use sync::seal::{Key, KeyPair};
use sync::signature;

const SIGNING: [u8; 32] = [7; 32];
const ID: &Nonce = b"this question___";
const TOKEN: &[u8] = b"the token of this device, secret";

fn drawing(seed: u8) -> impl FnMut(&mut [u8]) {
    let mut drawn = seed;
    move |buffer| {
        for byte in buffer {
            drawn = drawn.wrapping_mul(5).wrapping_add(17);
            *byte = drawn;
        }
    }
}

fn request(commits: usize) -> SyncRequest {
    SyncRequest {
        protocol: PROTOCOL,
        incarnation: Incarnation::from_bytes([3; 16]),
        clock_ms: 1_763_000_000_000,
        epoch: None,
        commits: vec![ByteVec::from("张伟，2-1-201".repeat(20).into_bytes()); commits],
        cursors: vec![],
        budget: 100_000,
        nonce: ByteVec::from(ID.to_vec()),
        anchor: None,
        lacks_sealing_key: false,
        takes_tokens: false,
        outcomes: NEWEST_OUTCOME,
        aftermath: None,
    }
}

fn answer() -> SyncAnswer {
    SyncAnswer {
        protocol: PROTOCOL,
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

fn asked(requests: &[SyncRequest], seed: u8) -> Sealed {
    let keys = KeyPair::of_server(&SIGNING);
    let question = Question {
        id: ID,
        server: "https://grid.example.gov.cn",
        sealing_key: &keys.public,
        token: TOKEN,
        requests,
        made_ms: 1_763_000_000_000,
    };
    courier::ask(&question, &mut drawing(seed)).unwrap()
}

fn answered(file: &[u8], say: Say<'_>) -> Vec<u8> {
    let (header, letter) = courier::read_question(file, &KeyPair::of_server(&SIGNING)).unwrap();
    courier::answer((&header, &letter), say, &SIGNING, 1_763_000_600_000, &mut drawing(99)).unwrap()
}

#[test]
fn a_round_goes_there_and_back_in_two_files() {
    let requests = [request(5), request(2)];
    let sealed = asked(&requests, 1);
    let (header, letter) = courier::read_question(&sealed.file, &KeyPair::of_server(&SIGNING)).unwrap();
    assert_eq!((header.way, header.commits, header.id()), (Way::Question, 7, Some(*ID)));
    assert_eq!((letter.token.as_slice(), letter.rounds()), (TOKEN, 2));
    assert_eq!([letter.request(0).unwrap(), letter.request(1).unwrap()], requests);

    let back = answered(&sealed.file, Say::Answer(&answer()));
    let header = courier::header(&back).unwrap();
    assert_eq!((header.way, header.id()), (Way::Answer, Some(*ID)));
    let incoming = courier::read_answer(&back, &sealed.secret).unwrap();
    let key = signature::public_key(&SIGNING);
    assert_eq!(courier::believe(&incoming, ID, &key).unwrap(), answer());
    for (id, key) in [(b"another question", key), (ID, signature::public_key(&[8; 32]))] {
        let fault = courier::believe(&incoming, id, &key).unwrap_err();
        assert_eq!(fault.code(), "sync.signature_wrong");
    }
}

#[test]
fn a_refusal_comes_back_sealed_too() {
    let sealed = asked(&[request(1)], 1);
    let body = minicbor::to_vec(ErrorAnswer { code: "sync.revoked".to_owned() }).unwrap();
    let back = answered(&sealed.file, Say::Refusal(403, body));
    let incoming = courier::read_answer(&back, &sealed.secret).unwrap();
    let fault = courier::believe(&incoming, ID, &signature::public_key(&SIGNING)).unwrap_err();
    assert_eq!(fault.code(), "sync.token_refused");
}

#[test]
fn a_carrier_sees_whose_server_it_is_and_nothing_else() {
    let sealed = asked(&[request(1)], 1);
    let shown = String::from_utf8_lossy(&sealed.file);
    assert!(shown.starts_with("Gridwalk courier file, format 1\n"));
    assert!(shown.contains("https://grid.example.gov.cn"));
    assert!(!shown.contains("张伟") && !shown.contains("the token"));
    assert_eq!(courier::header(&sealed.file).unwrap().file_name(), "gridwalk-74686973.gwcourier");
    let back = answered(&sealed.file, Say::Answer(&answer()));
    assert_eq!(courier::header(&back).unwrap().file_name(), "gridwalk-74686973-answer.gwcourier");
    assert_ne!(sealed.file, asked(&[request(1)], 2).file, "the same work looks different each time");
}

#[test]
fn a_file_that_is_not_for_us_says_what_it_is() {
    let sealed = asked(&[request(1)], 1);
    let ours = KeyPair::of_server(&SIGNING);
    let back = answered(&sealed.file, Say::Answer(&answer()));
    let read = |file: &[u8], keys: &KeyPair| courier::read_question(file, keys).map(|_| ()).unwrap_err();
    assert_eq!(read(&sealed.file, &KeyPair::of_server(&[8; 32])), CourierFault::OtherServer);
    assert_eq!(read(&back, &ours), CourierFault::OtherKind);
    assert_eq!(courier::read_answer(&sealed.file, &sealed.secret).unwrap_err(), CourierFault::OtherKind);
    assert_eq!(read(b"PK\x03\x04", &ours), CourierFault::NotCourier);
    assert_eq!(read(&[], &ours), CourierFault::NotCourier);
    let newer = [b"Gridwalk courier file, format 2\n", &sealed.file[32..]].concat();
    assert_eq!(read(&newer, &ours), CourierFault::Newer);
    assert_eq!(read(&vec![b' '; courier::MAX_BYTES + 1], &ours), CourierFault::TooLarge);
    let other = asked(&[request(1)], 2);
    assert_eq!(courier::read_answer(&back, &other.secret).unwrap_err(), CourierFault::Damaged);
}

#[test]
fn more_than_a_file_may_hold_is_not_sealed() {
    // Noise does not shrink.
    let mut chance = oorandom::Rand32::new(1);
    let noise = std::iter::repeat_with(|| chance.rand_u32() as u8);
    let commits = vec![ByteVec::from(noise.take(courier::MAX_BYTES).collect::<Vec<u8>>())];
    let request = SyncRequest { commits, ..request(0) };
    let keys = KeyPair::of_server(&SIGNING);
    let question = Question {
        id: ID,
        server: "https://grid.example.gov.cn",
        sealing_key: &keys.public,
        token: TOKEN,
        requests: &[request],
        made_ms: 0,
    };
    assert_eq!(courier::ask(&question, &mut drawing(3)).err(), Some(CourierFault::TooLarge));
}

/// A question, its answer, and what opens the answer.
fn files() -> &'static (Vec<u8>, Vec<u8>, Key) {
    static FILES: OnceLock<(Vec<u8>, Vec<u8>, Key)> = OnceLock::new();
    FILES.get_or_init(|| {
        let sealed = asked(&[request(2)], 1);
        let back = answered(&sealed.file, Say::Answer(&answer()));
        (sealed.file, back, sealed.secret)
    })
}

/// What may happen to bytes on their way.
#[derive(Debug, Clone)]
enum Harm {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Append(Vec<u8>),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
}

impl Harm {
    fn done_to(&self, file: &[u8]) -> Vec<u8> {
        let mut file = file.to_vec();
        let length = file.len();
        match self {
            Self::Flip(at, by) => file[at.index(length)] ^= by,
            Self::Cut(at) => file.truncate(at.index(length)),
            Self::Append(more) => file.extend(more),
            Self::Insert(at, byte) => file.insert(at.index(length), *byte),
            Self::Remove(at) => drop(file.remove(at.index(length))),
            Self::Swap(one, other) => file.swap(one.index(length), other.index(length)),
        }
        file
    }
}

fn harm() -> impl Strategy<Value = Harm> {
    use prop::sample::Index;
    prop_oneof![
        4 => (any::<Index>(), 1u8..).prop_map(|(at, by)| Harm::Flip(at, by)),
        1 => any::<Index>().prop_map(Harm::Cut),
        1 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Harm::Append),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Harm::Insert(at, byte)),
        1 => any::<Index>().prop_map(Harm::Remove),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Harm::Swap(one, other)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_file_that_was_changed_opens_for_nobody(harms in prop::collection::vec(harm(), 1..4)) {
        let (question, answer, secret) = files();
        let harmed = |file: &[u8]| harms.iter().fold(file.to_vec(), |file, harm| {
            if file.is_empty() { file } else { harm.done_to(&file) }
        });
        let (changed_question, changed_answer) = (harmed(question), harmed(answer));
        if changed_question != *question {
            prop_assert!(courier::read_question(&changed_question, &KeyPair::of_server(&SIGNING)).is_err());
        }
        if changed_answer != *answer {
            prop_assert!(courier::read_answer(&changed_answer, secret).is_err());
        }
    }
}

#[test]
fn every_single_bit_counts() {
    let (question, answer, secret) = files();
    let keys = KeyPair::of_server(&SIGNING);
    for bit in 0..question.len() * 8 {
        let mut changed = question.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(courier::read_question(&changed, &keys).is_err(), "bit {bit} of the question");
    }
    for bit in 0..answer.len() * 8 {
        let mut changed = answer.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(courier::read_answer(&changed, secret).is_err(), "bit {bit} of the answer");
    }
}
