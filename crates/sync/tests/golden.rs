//! The bytes of every frame, kept in files: today's encoder makes them, and today's decoder reads them, those
//! of a newer sender and those of an older one.
//!
//! A frame or variant that is new needs a file of its own in `golden/`; with `GRIDWALK_GOLDEN=new` in the
//! environment these tests write the files that are missing. One that is there is never changed: somewhere
//! a device sends these bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use records::access::{AccessAnswer, AccessAsk, AccessRequest, AskedPost, Colleague, GivenCode, KnownDevice};
use records::attachment::{AttachmentAnswer, AttachmentAsk, AttachmentHash, AttachmentRequest};
use records::codes::Role;
use records::wire::{
    Aftermath, Anchor, Awaited, Change, Commit, CommitResult, Cursor, Decided, EnrolAnswer, EnrolRequest,
    ErrorAnswer, NEWEST_OUTCOME, NewToken, Op, Outcome, Post, Purged, RecordChange, Revoked, Ruling,
    ScopeChanges, SyncAnswer, SyncRequest,
};
use records::{AccountId, Body, DeviceId, Incarnation, Kind, Patch, RecordId, Scope};
use sync::{Invitation, frame, round};

/// ms since 1970 UTC.
const AT: i64 = 1_795_000_000_000;

fn id(byte: u8) -> RecordId {
    RecordId::from_bytes([byte; 16])
}

fn scope() -> Scope {
    "230881/001/003/07#work".parse().unwrap()
}

/// `{0: "走访", 3: 2}`
fn body() -> Body {
    Body::parse(b"\xa2\x00\x66\xe8\xb5\xb0\xe8\xae\xbf\x03\x02".to_vec()).unwrap()
}

fn op(change: Change) -> Op {
    Op { id: id(0x11), record: id(0x22), kind: Kind(4), at_ms: AT, change }
}

fn commit(ops: Vec<Op>) -> Commit {
    Commit { push_seq: 70_000, ops }
}

fn create() -> Commit {
    commit(vec![op(Change::Create { scope: scope(), body: body() })])
}

fn commits() -> [(&'static str, Commit); 6] {
    let patch = Patch::of_fields(&[(3, vec![0xf6])]);
    [
        ("commit_create", create()),
        ("commit_edit", commit(vec![op(Change::Edit { base: 9, patch })])),
        ("commit_delete", commit(vec![op(Change::Delete { base: 300 })])),
        ("commit_command", commit(vec![op(Change::Command { command: 61, args: body() })])),
        ("commit_restore", commit(vec![op(Change::Restore { base: 301 })])),
        ("commit_empty", commit(vec![])),
    ]
}

fn outcomes() -> [(&'static str, Outcome); 4] {
    [
        ("outcome_applied", Outcome::Applied),
        ("outcome_merged", Outcome::Merged),
        ("outcome_refused", Outcome::Refused { code: "record.not_permitted".to_owned() }),
        ("outcome_quarantined", Outcome::Quarantined),
    ]
}

fn request() -> SyncRequest {
    SyncRequest {
        protocol: 1,
        incarnation: Incarnation::from_bytes([0x33; 16]),
        clock_ms: AT,
        epoch: Some(5),
        commits: vec![ByteVec::from(minicbor::to_vec(create()).unwrap())],
        cursors: vec![Cursor { scope: scope(), seq: 1_000, digest: -2 }],
        budget: 1 << 20,
        nonce: ByteVec::from(vec![0x44; 16]),
        anchor: Some(anchor(None)),
        lacks_sealing_key: false,
        takes_tokens: false,
        aftermath: None,
        outcomes: 0,
    }
}

fn anchor(history: Option<i64>) -> Anchor {
    Anchor { push_seq: 69_999, hash: ByteVec::from(vec![0x55; 8]), history }
}

fn first_request() -> SyncRequest {
    SyncRequest { epoch: None, commits: vec![], cursors: vec![], anchor: None, ..request() }
}

fn answer() -> SyncAnswer {
    let outcomes = outcomes().into_iter().take(3);
    let results = (70_000..).zip(outcomes).map(|(push_seq, (_, outcome))| CommitResult { push_seq, outcome });
    let change = RecordChange {
        id: id(0x22),
        kind: Kind(4),
        version: 1_001,
        body: Some(body()),
        by: AccountId::from_bytes([0x66; 16]),
        received_ms: AT,
        has_left: false,
        cleared: 0,
    };
    let deleted = RecordChange { version: 1_002, body: None, ..change.clone() };
    SyncAnswer {
        protocol: 1,
        epoch: 5,
        clock_ms: AT,
        settled: 70_002,
        results: results.collect(),
        scopes: vec![ScopeChanges {
            scope: scope(),
            to: 1_002,
            more: false,
            changes: vec![change, deleted],
            count: 12,
            digest: Some(i64::MIN),
        }],
        granted: vec!["230881#public".parse().unwrap(), scope()],
        is_clone: false,
        sealing_key: None,
        put_off: None,
        token: None,
        ruling: None,
    }
}

fn enrol_request() -> EnrolRequest {
    EnrolRequest {
        protocol: 1,
        code: "1234567897".to_owned(),
        device_name: "周燕的手机".to_owned(),
        nonce: ByteVec::from(vec![0x44; 16]),
    }
}

fn enrol_answer() -> EnrolAnswer {
    EnrolAnswer {
        device: DeviceId::from_bytes([0x77; 16]),
        token: ByteVec::from(vec![0x88; 32]),
        server_key: ByteVec::from(vec![0x99; 32]),
        account: AccountId::from_bytes([0x66; 16]),
        name: "周燕".to_owned(),
        role: Role::GridWorker,
        area: "230881/001/003/07".parse().unwrap(),
        granted: vec![scope()],
        sealing_key: None,
    }
}

fn aftermath() -> Aftermath {
    let awaited = Awaited { incarnation: Incarnation::from_bytes([0x33; 16]), push_seq: 70_003 };
    let purged = Purged { scope: scope(), revoked_ms: AT, records: 12, at_ms: AT + 1 };
    Aftermath { purged: vec![purged], awaited: vec![awaited] }
}

fn ruling() -> Ruling {
    let commit = aftermath().awaited[0];
    Ruling {
        revoked: vec![Revoked { scope: scope(), at_ms: AT }],
        decided: vec![Decided { commit, outcome: Outcome::Applied }],
        post: Some(Post { role: Role::GridWorker, area: "230881/001/003/08".parse().unwrap() }),
    }
}

/// A page on which a record is said to have left.
fn departure() -> SyncAnswer {
    let mut answer = answer();
    let left = answer.scopes[0].changes.remove(1);
    answer.scopes[0].changes = vec![RecordChange { has_left: true, ..left }];
    answer
}

/// A page on which a record was cleared.
fn clearing() -> SyncAnswer {
    let mut answer = answer();
    let erased = answer.scopes[0].changes.remove(1);
    answer.scopes[0].changes = vec![RecordChange { cleared: 1_002, ..erased }];
    answer
}

fn sealing_key() -> Option<ByteVec> {
    Some(ByteVec::from(vec![0xaa; 32]))
}

fn asks() -> [(&'static str, AttachmentAsk); 3] {
    [
        ("attachment_offer", AttachmentAsk::Offer { size: 300_000, media: "image/jpeg".to_owned() }),
        ("attachment_put", AttachmentAsk::Put { offset: 131_072, bytes: vec![0xbb; 40].into() }),
        ("attachment_get", AttachmentAsk::Get { offset: 0 }),
    ]
}

fn attachment_request(ask: AttachmentAsk) -> AttachmentRequest {
    let hash = AttachmentHash::new([0xcc; 32]);
    AttachmentRequest { protocol: 1, hash, ask, nonce: ByteVec::from(vec![0x44; 16]) }
}

fn attachment_answers() -> [(&'static str, AttachmentAnswer); 3] {
    [
        ("attachment_held", AttachmentAnswer::Held),
        ("attachment_from", AttachmentAnswer::From { offset: 131_072 }),
        ("attachment_part", AttachmentAnswer::Part { size: 300_000, bytes: vec![0xdd; 40].into() }),
    ]
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).with_extension("hex")
}

/// The bytes of a file: hexadecimal digits; what begins with `#` is for people.
fn kept(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(file(name)).unwrap_or_else(|_| panic!("golden/{name}.hex is missing"));
    let digits: String = text.lines().filter(|line| !line.starts_with('#')).flat_map(str::chars).collect();
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    let line = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    bytes.chunks(32).map(line).collect()
}

/// The frame is these bytes, and these bytes are the frame.
fn is_kept<T>(name: &str, value: &T)
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + Debug,
{
    let made = minicbor::to_vec(value).unwrap();
    if std::env::var_os("GRIDWALK_GOLDEN").is_some() && !file(name).exists() {
        fs::write(file(name), hex(&made)).unwrap();
    }
    assert_eq!(hex(&made), hex(&kept(name)), "{name} is not written as it was");
    is_read_as(name, value);
}

/// These bytes are read as the frame.
fn is_read_as<T>(name: &str, value: &T)
where
    T: for<'b> Decode<'b, ()> + PartialEq + Debug,
{
    let read: T = frame::read(&kept(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(read, *value, "{name}");
}

fn access_asks() -> [(&'static str, AccessAsk); 7] {
    let (account, device) = (AccountId::from_bytes([0x66; 16]), DeviceId::from_bytes([0x77; 16]));
    let area = "230881/001/003/07".parse().unwrap();
    let post = AskedPost { role: Role::GridWorker, area, of: None };
    let of_department =
        AskedPost { role: Role::Department, of: Some("民政局".to_owned()), ..post.clone() };
    let phone = Some("13900000001".to_owned());
    [
        ("access_devices", AccessAsk::Devices { of: None }),
        ("access_lock_out", AccessAsk::LockOut { device }),
        ("access_code", AccessAsk::Code { of: Some(account) }),
        ("access_people", AccessAsk::People { words: "周".to_owned() }),
        ("access_invite", AccessAsk::Invite { name: "周燕".to_owned(), post, phone }),
        ("access_assign", AccessAsk::Assign { account, post: of_department }),
        ("access_dismiss", AccessAsk::Dismiss { account }),
    ]
}

fn access_answers() -> [(&'static str, AccessAnswer); 4] {
    let (account, device) = (AccountId::from_bytes([0x66; 16]), DeviceId::from_bytes([0x77; 16]));
    let known = KnownDevice {
        device,
        name: "周燕的手机".to_owned(),
        made_ms: AT,
        seen_on_ms: Some(AT),
        locked_out_ms: None,
        is_this: true,
    };
    let lost = KnownDevice { seen_on_ms: None, locked_out_ms: Some(AT), is_this: false, ..known.clone() };
    let area = "230881/001/003/07".parse().unwrap();
    let (role, name) = (Role::GridWorker, "周燕".to_owned());
    let colleague = Colleague { account, name, role, area, devices: 2, is_dismissed: false };
    let given = GivenCode { invitation: "gridwalk://enrol?code=1234567897".to_owned(), lasts_ms: 600_000 };
    [
        ("access_done", AccessAnswer::Done),
        ("access_known_devices", AccessAnswer::Devices { devices: vec![known, lost] }),
        ("access_colleagues", AccessAnswer::People { people: vec![colleague], is_cut: true }),
        ("access_given_code", AccessAnswer::Code { account, given }),
    ]
}

#[test]
fn every_frame_is_the_bytes_it_always_was() {
    commits().iter().for_each(|(name, commit)| is_kept(name, commit));
    outcomes().iter().for_each(|(name, outcome)| is_kept(name, outcome));
    is_kept("sync_request", &request());
    is_kept("sync_request_first", &first_request());
    is_kept("sync_request_sealing", &SyncRequest { lacks_sealing_key: true, ..first_request() });
    is_kept("sync_request_aftermath", &SyncRequest { aftermath: Some(aftermath()), ..first_request() });
    is_kept("sync_request_history", &SyncRequest { anchor: Some(anchor(Some(-3))), ..request() });
    is_kept("sync_request_outcomes", &SyncRequest { outcomes: NEWEST_OUTCOME, ..first_request() });
    is_kept("sync_answer", &answer());
    is_kept("sync_answer_ruling", &SyncAnswer { ruling: Some(ruling()), scopes: vec![], ..answer() });
    is_kept("sync_answer_departure", &departure());
    is_kept("sync_answer_clearing", &clearing());
    let put_off = Some(round::TOO_MANY_OPS.to_owned());
    is_kept("sync_answer_put_off", &SyncAnswer { put_off, results: vec![], scopes: vec![], ..answer() });
    is_kept("sync_request_tokens", &SyncRequest { takes_tokens: true, ..first_request() });
    let token = Some(NewToken::from([0x88; 32]));
    is_kept("sync_answer_token", &SyncAnswer { token, results: vec![], scopes: vec![], ..answer() });
    is_kept("enrol_request", &enrol_request());
    is_kept("sync_answer_sealing", &SyncAnswer { sealing_key: sealing_key(), scopes: vec![], ..answer() });
    is_kept("enrol_answer", &enrol_answer());
    is_kept("enrol_answer_sealing", &EnrolAnswer { sealing_key: sealing_key(), ..enrol_answer() });
    asks().into_iter().for_each(|(name, ask)| is_kept(name, &attachment_request(ask)));
    attachment_answers().iter().for_each(|(name, answer)| is_kept(name, answer));
    for (name, ask) in access_asks() {
        let nonce = ByteVec::from(vec![0x44; 16]);
        is_kept(name, &AccessRequest { protocol: 1, ask, nonce });
    }
    access_answers().iter().for_each(|(name, answer)| is_kept(name, answer));
    is_kept("error_answer", &ErrorAnswer { code: "enrol.code_wrong".to_owned() });
}

#[test]
fn an_invitation_is_the_text_it_always_was() {
    let text = "gridwalk://enrol?server=https%3A%2F%2Fgrid.example.org%3A8443&code=1234567897\
                &key=0123456789abcdef";
    let invitation: Invitation = text.parse().unwrap();
    assert_eq!(invitation.to_string(), text);
    assert_eq!(invitation.server, "https://grid.example.org:8443");
}

/// Tries every number that a variant could have: those the decoder knows must be among the frames above.
#[test]
fn no_variant_is_without_its_bytes() {
    let changes = commits().into_iter().flat_map(|(_, commit)| commit.ops).map(|op| variant_of(&op.change));
    assert_eq!(changes.collect::<BTreeSet<_>>(), known::<Change>());
    let outcomes = outcomes().iter().map(|(_, outcome)| variant_of(outcome)).collect::<BTreeSet<_>>();
    assert_eq!(outcomes, known::<Outcome>());
    let asks = asks().iter().map(|(_, ask)| variant_of(ask)).collect::<BTreeSet<_>>();
    assert_eq!(asks, known::<AttachmentAsk>());
    let answers = attachment_answers().iter().map(|(_, answer)| variant_of(answer)).collect::<BTreeSet<_>>();
    assert_eq!(answers, known::<AttachmentAnswer>());
}

/// A variant is written as its number and its fields.
fn variant_of(value: &impl Encode<()>) -> u8 {
    let bytes = minicbor::to_vec(value).unwrap();
    assert_eq!(bytes[0], 0x82);
    bytes[1]
}

fn known<T: for<'b> Decode<'b, ()>>() -> BTreeSet<u8> {
    let is_known = |number: &u8| {
        let without_fields = [0x82, *number, 0x80];
        minicbor::decode::<T>(&without_fields).err().is_none_or(|error| !error.is_unknown_variant())
    };
    // Numbers of one byte.
    (0..24).filter(is_known).collect()
}

#[test]
fn a_newer_sender_may_say_more_than_is_understood() {
    is_read_as("newer/commit_create", &create());
    is_read_as("newer/sync_request", &request());
    is_read_as("newer/sync_answer", &answer());
    is_read_as("newer/enrol_request", &enrol_request());
    is_read_as("newer/enrol_answer", &EnrolAnswer { role: Role::Newer(99), ..enrol_answer() });
    is_read_as("newer/error_answer", &ErrorAnswer { code: "enrol.code_wrong".to_owned() });
}

#[test]
fn a_change_that_is_not_understood_is_refused_alone() {
    let commits = [kept("newer/commit_of_unknown_change"), kept("commit_create")];
    let commits = commits.map(ByteVec::from);
    let received = round::received::<round::Gap>(&commits, 69_998, |_| Ok(None)).unwrap();
    assert_eq!(received[0].refusal().code(), "commit.newer");
    let numbered: Vec<_> = received.into_iter().map(|one| (one.push_seq, one.commit)).collect();
    assert_eq!(numbered, [(69_999, None), (70_000, Some(create()))]);
}

#[test]
fn an_outcome_that_is_not_understood_leaves_a_card_and_hides_no_other() {
    let answer: SyncAnswer = frame::read(&kept("newer/sync_answer_of_unknown_outcome")).unwrap();
    let outcomes: Vec<_> = answer.results.into_iter().map(|result| result.outcome).collect();
    let refused = |code: &str| Outcome::Refused { code: code.to_owned() };
    let expected =
        [Outcome::Applied, Outcome::Merged, refused("record.not_permitted"), refused("commit.outcome_newer")];
    assert_eq!(outcomes, expected);
    assert!(!answer.scopes.is_empty(), "what others did comes all the same");
}

#[test]
fn an_answer_that_is_not_understood_says_that_it_is_newer() {
    // {0: 2, 4: "later"}
    let bytes = b"\xa2\x00\x02\x04\x65later".to_vec();
    let incoming = sync::device::Incoming {
        status: 200,
        content_type: Some(sync::device::CONTENT_TYPE.to_owned()),
        signature: Some(sync::signature::sign(&[7; 32], sync::signature::Purpose::Sync, &[1; 16], &bytes)),
        body: bytes,
        ..Default::default()
    };
    let key = sync::signature::public_key(&[7; 32]);
    let read = sync::device::read_sync_answer(&incoming, &[1; 16], &key);
    assert!(matches!(read, Err(sync::device::RoundFault::ServerNewer)), "{read:?}");
}

/// The first build knew neither digests nor anchors.
#[test]
fn an_older_sender_says_less() {
    let cursors = vec![Cursor { digest: 0, ..request().cursors.remove(0) }];
    is_read_as("older/sync_request", &SyncRequest { cursors, anchor: None, ..request() });
    let mut scopes = answer().scopes;
    scopes[0].digest = None;
    is_read_as("older/sync_answer", &SyncAnswer { scopes, ..answer() });
}
