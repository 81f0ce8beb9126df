//! The frames of `POST /sync` and `POST /enrol`: integer-keyed CBOR, unknown keys ignored.
//!
//! Device and server read this one definition. Commits travel as opaque bytes, so that one that
//! cannot be decoded is answered and kept without blocking the others.

use std::fmt;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Decoder, Encode};

use crate::body::{Body, Patch};
use crate::declaration::Kind;
use crate::ids::{AccountId, DeviceId, Incarnation, RecordId};
use crate::outcome::known_outcome;
pub use crate::outcome::{FIRST_OUTCOMES, NEWEST_OUTCOME, Outcome};
use crate::scope::Scope;

/// Version of the frames. A server answers older ones for at least two versions.
pub const PROTOCOL: u16 = 1;

/// Bytes of the nonce that a request draws and its answer's signature covers, no more and no fewer:
/// what is signed must not depend on where a nonce ends.
pub const NONCE_BYTES: usize = 16;
/// Drawn anew for each request.
pub type Nonce = [u8; NONCE_BYTES];

/// Most ops in one request, and so the most commits looked at.
pub const MAX_OPS: usize = 500;
/// Most bytes of one op.
pub const MAX_OP_BYTES: usize = 64 * 1024;
/// Most bytes of a request or answer as sent.
pub const MAX_COMPRESSED: usize = 2 * 1024 * 1024;
/// Most bytes of a request or answer once decompressed.
pub const MAX_DECOMPRESSED: usize = 10 * 1024 * 1024;

/// What a device sends in one round.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SyncRequest {
    /// [`PROTOCOL`] of the sender.
    #[n(0)]
    pub protocol: u16,
    /// The life of the device's database.
    #[n(1)]
    pub incarnation: Incarnation,
    /// The device's clock, ms since 1970 UTC, to measure its offset.
    #[n(2)]
    pub clock_ms: i64,
    /// Epoch of the server as last seen.
    #[n(3)]
    pub epoch: Option<u64>,
    /// Encoded [`Commit`]s in ascending order of their number; of more than [`MAX_OPS`] the first are
    /// read, and the rest comes again.
    #[n(4)]
    #[cbor(decode_with = "first_commits")]
    pub commits: Vec<ByteVec>,
    /// Where the device stands in each scope it knows.
    #[n(5)]
    pub cursors: Vec<Cursor>,
    /// Most bytes of changes the device wants in the answer.
    #[n(6)]
    pub budget: u32,
    /// Drawn anew each round; the answer's signature covers it.
    #[n(7)]
    pub nonce: ByteVec,
    /// The last commit the device heard the outcome of, under this incarnation.
    #[n(8)]
    pub anchor: Option<Anchor>,
    /// What it did about scopes that were taken from it, and what it waits to hear.
    #[n(9)]
    pub aftermath: Option<Aftermath>,
    /// The device does not know yet to what key of the server it can seal.
    #[n(11)]
    #[cbor(default, skip_if = "std::ops::Not::not")]
    pub lacks_sealing_key: bool,
    /// The newest [`Outcome`] the device can carry out, by its number; 0 of devices from before this was
    /// said, which know the first [`FIRST_OUTCOMES`].
    #[n(12)]
    #[cbor(default, skip_if = "is_zero")]
    pub outcomes: u8,
    /// The device can take a new token; of devices from before they were renewed, which go on with theirs, false.
    #[n(13)]
    #[cbor(default, skip_if = "std::ops::Not::not")]
    pub takes_tokens: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as `skip_if` calls it")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// Reads as many commits as are looked at, and skips the others without keeping them.
fn first_commits<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Vec<ByteVec>, minicbor::decode::Error> {
    let count = d.array()?.ok_or_else(|| minicbor::decode::Error::message("indefinite array"))?;
    let mut commits = vec![];
    for place in 0..count {
        // One more tells that there are too many.
        match place <= MAX_OPS as u64 {
            true => commits.push(ByteVec::from(d.bytes()?.to_vec())),
            false => d.skip()?,
        }
    }
    Ok(commits)
}

/// A settled commit, by which device and server see that they speak of the same ones. Numbers alone do
/// not show it: two copies of a database may have given one number to two commits, and a server that
/// went back to a backup may have taken the one after the other, or refused what it had taken.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Anchor {
    /// Its number.
    #[n(0)]
    pub push_seq: u64,
    /// The first [`ANCHOR_BYTES`] of the SHA-256 of its bytes.
    #[n(1)]
    pub hash: ByteVec,
    /// What became of it and of all before it, in one number (`sync::history`); `None` where one of them
    /// was settled before this was counted. Not element 2: the kept bytes of a newer sender have something
    /// unknown there.
    #[n(3)]
    pub history: Option<i64>,
}

/// Bytes of the hash in an [`Anchor`].
pub const ANCHOR_BYTES: usize = 8;

/// What a device says after something was taken out of its hands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Aftermath {
    /// Scopes it has purged since it last said so; said again until an answer comes.
    #[n(0)]
    pub purged: Vec<Purged>,
    /// Commits in quarantine whose decision it waits for.
    #[n(1)]
    pub awaited: Vec<Awaited>,
}

/// Most receipts, and most awaited commits, looked at in one request.
pub const MAX_AFTERMATH: usize = 100;

/// A device's receipt: it holds nothing of the scope any more.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Purged {
    /// The scope.
    #[n(0)]
    pub scope: Scope,
    /// As the server said in [`Revoked`].
    #[n(1)]
    pub revoked_ms: i64,
    /// Records removed.
    #[n(2)]
    pub records: u64,
    /// When it was done, by the device's clock, ms since 1970 UTC.
    #[n(3)]
    pub at_ms: i64,
}

/// A commit in quarantine, by the number it was sent under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct Awaited {
    /// The incarnation that sent it.
    #[n(0)]
    pub incarnation: Incarnation,
    /// Its number there.
    #[n(1)]
    pub push_seq: u64,
}

/// How far a device has read in a scope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Cursor {
    /// The scope.
    #[n(0)]
    pub scope: Scope,
    /// Number of the last change applied; 0 for none.
    #[n(1)]
    pub seq: u64,
    /// Digest of what the device holds of the scope, as of [`crate::proof`]; 0 of the first devices,
    /// which knew none.
    #[n(2)]
    #[cbor(default)]
    pub digest: i64,
}

/// Everything one user action changed, applied as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Commit {
    /// Contiguous within an incarnation, from 1.
    #[n(0)]
    pub push_seq: u64,
    /// The changes, possibly none (an action undone before it was sent).
    #[n(1)]
    pub ops: Vec<Op>,
}

/// One change of one record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Op {
    /// Applied once, whatever commit brings it.
    #[n(0)]
    pub id: RecordId,
    /// The record.
    #[n(1)]
    pub record: RecordId,
    /// Its type.
    #[n(2)]
    pub kind: Kind,
    /// Device clock at the action, ms since 1970 UTC.
    #[n(3)]
    pub at_ms: i64,
    /// What changes.
    #[n(4)]
    pub change: Change,
}

/// What an op does to its record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Change {
    /// Makes the record in this scope.
    #[n(0)]
    Create {
        /// Where it belongs.
        #[n(0)]
        scope: Scope,
        /// Its fields.
        #[n(1)]
        body: Body,
    },
    /// Changes fields of an editable record.
    #[n(1)]
    Edit {
        /// Version of the record the edit was made on; 0 when it was not confirmed yet.
        #[n(0)]
        base: u64,
        /// The fields.
        #[n(1)]
        patch: Patch,
    },
    /// Deletes an editable record; it stays deleted.
    #[n(2)]
    Delete {
        /// Version of the record the deletion was made on.
        #[n(0)]
        base: u64,
    },
    /// Asks for what a rule of the record's type decides, in the order of arrival.
    #[n(3)]
    Command {
        /// Number of the command within the type.
        #[n(0)]
        command: u16,
        /// What it says.
        #[n(1)]
        args: Body,
    },
    /// Takes the deletion of a record back: it is again what it was.
    #[n(4)]
    Restore {
        /// Version of the record the restoration was made on.
        #[n(0)]
        base: u64,
    },
}

/// Whether bytes that cannot be read as a [`Commit`] are one, with a change of a newer version in it.
pub fn is_newer_commit(bytes: &[u8]) -> bool {
    let outline: Option<CommitOutline> = minicbor::decode(bytes).ok();
    outline.is_some_and(|commit| commit.ops.iter().any(|op| op.change > NEWEST_CHANGE))
}

/// The largest number of a [`Change`].
const NEWEST_CHANGE: u32 = 4;

/// What every version has in the same place.
#[derive(Decode)]
#[cbor(map)]
struct CommitOutline {
    #[n(1)]
    ops: Vec<OpOutline>,
}

#[derive(Decode)]
#[cbor(map)]
struct OpOutline {
    #[n(4)]
    #[cbor(decode_with = "number_of_change")]
    change: u32,
}

fn number_of_change<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<u32, minicbor::decode::Error> {
    let parts = d.array()?.ok_or_else(|| minicbor::decode::Error::message("indefinite array"))?;
    let number = d.u32()?;
    (1..parts).try_for_each(|_| d.skip())?;
    Ok(number)
}

/// What the server sends back.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SyncAnswer {
    /// [`PROTOCOL`] of the server.
    #[n(0)]
    pub protocol: u16,
    /// Changes when the server went back to an older backup.
    #[n(1)]
    pub epoch: u64,
    /// Server clock, ms since 1970 UTC.
    #[n(2)]
    pub clock_ms: i64,
    /// Last commit number settled for this incarnation.
    #[n(3)]
    pub settled: u64,
    /// One result per commit sent that is settled now, in order.
    #[n(4)]
    pub results: Vec<CommitResult>,
    /// Changes by scope.
    #[n(5)]
    pub scopes: Vec<ScopeChanges>,
    /// Every scope the device holds a grant for; others it keeps until told [`Ruling::revoked`].
    #[n(6)]
    pub granted: Vec<Scope>,
    /// The number `push_seq` is known with other bytes: the database is a copy of another one.
    #[n(7)]
    pub is_clone: bool,
    /// X25519 key of the server, when the device said that it lacks it.
    #[n(11)]
    pub sealing_key: Option<ByteVec>,
    /// Why the last commits sent are not settled and are to come again: a stable code.
    #[n(12)]
    pub put_off: Option<String>,
    /// What was decided about this device and its person; `None` where there is nothing to say.
    #[n(8)]
    pub ruling: Option<Ruling>,
    /// The token to use from now on; the one before counts until this one is first used. It goes as the first one
    /// did: whoever can read it here reads it in the next request.
    #[n(13)]
    pub token: Option<NewToken>,
}

/// A token on its way to its device. Not for logs.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct NewToken(#[n(0)] pub ByteVec);

impl NewToken {
    /// The 32 bytes; `None` when it has more or less.
    pub fn bytes(&self) -> Option<[u8; 32]> {
        self.0.as_slice().try_into().ok()
    }
}

impl From<[u8; 32]> for NewToken {
    fn from(token: [u8; 32]) -> Self {
        Self(token.to_vec().into())
    }
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewToken(..)")
    }
}

/// What was decided about a device and its person since it last asked. The answer's signature covers
/// it, as all of the answer: nothing else makes a device give up what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Ruling {
    /// Scopes the device still holds and no longer may; said until it says that it has purged them.
    #[n(0)]
    pub revoked: Vec<Revoked>,
    /// What became of the commits it waits to hear of, of those decided about.
    #[n(1)]
    pub decided: Vec<Decided>,
    /// What the person does now, and where, once that has changed.
    #[n(2)]
    pub post: Option<Post>,
}

/// A scope that was taken away.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Revoked {
    /// The scope.
    #[n(0)]
    pub scope: Scope,
    /// Since when, ms since 1970 UTC by the server's clock.
    #[n(1)]
    pub at_ms: i64,
}

/// What became of a commit in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Decided {
    /// The commit.
    #[n(0)]
    pub commit: Awaited,
    /// Its outcome, never [`Outcome::Quarantined`].
    #[n(1)]
    #[cbor(decode_with = "known_outcome")]
    pub outcome: Outcome,
}

/// What a person does, and where.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Post {
    /// What.
    #[n(0)]
    pub role: crate::codes::Role,
    /// Where.
    #[n(1)]
    pub area: crate::scope::AreaPath,
}

/// What became of a commit. Stored with the commit's hash and replayed on every retry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CommitResult {
    /// Its number.
    #[n(0)]
    pub push_seq: u64,
    /// What became of it.
    #[n(1)]
    #[cbor(decode_with = "known_outcome")]
    pub outcome: Outcome,
}

/// A page of changes of one scope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ScopeChanges {
    /// The scope.
    #[n(0)]
    pub scope: Scope,
    /// The cursor after this page.
    #[n(1)]
    pub to: u64,
    /// Whether more follow.
    #[n(2)]
    pub more: bool,
    /// The changes, ascending by version.
    #[n(3)]
    pub changes: Vec<RecordChange>,
    /// Records in the scope at the snapshot that was read, for progress.
    #[n(4)]
    pub count: u64,
    /// Digest of the whole scope, when nothing more follows.
    #[n(5)]
    pub digest: Option<i64>,
}

/// A record as the server now has it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecordChange {
    /// The record.
    #[n(0)]
    pub id: RecordId,
    /// Its type.
    #[n(1)]
    pub kind: Kind,
    /// Its version: the number of this change in its scope.
    #[n(2)]
    pub version: u64,
    /// Its fields; `None` when it is deleted.
    #[n(3)]
    pub body: Option<Body>,
    /// Who made it.
    #[n(4)]
    pub by: AccountId,
    /// When the server received it first, ms since 1970 UTC.
    #[n(5)]
    pub received_ms: i64,
    /// It left this scope for another one, where it comes as any change does; it has no fields here.
    #[n(6)]
    #[cbor(default, skip_if = "std::ops::Not::not")]
    pub has_left: bool,
    /// Number of the change by which it was cleared last: nothing that was kept of it before may stay, commits included.
    /// 0: never.
    #[n(7)]
    #[cbor(default, skip_if = "is_never")]
    pub cleared: u64,
}

fn is_never(cleared: &u64) -> bool {
    *cleared == 0
}

/// Redeems a one-time code. The code is not for logs.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolRequest {
    /// [`PROTOCOL`] of the sender.
    #[n(0)]
    pub protocol: u16,
    /// The code as typed.
    #[n(1)]
    pub code: String,
    /// What the person calls the device.
    #[n(2)]
    pub device_name: String,
    /// The answer's signature covers it.
    #[n(3)]
    pub nonce: ByteVec,
}

impl fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("EnrolRequest");
        shown.field("protocol", &self.protocol).field("device_name", &self.device_name);
        shown.finish_non_exhaustive()
    }
}

/// What an enrolled device needs to know. The token is not for logs.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolAnswer {
    /// The device's id.
    #[n(0)]
    pub device: DeviceId,
    /// Opaque 256-bit token, sent as `Authorization: Bearer`, stored hashed by the server.
    #[n(1)]
    pub token: ByteVec,
    /// Ed25519 key of the server; every later answer must be signed by it.
    #[n(2)]
    pub server_key: ByteVec,
    /// The account.
    #[n(3)]
    pub account: AccountId,
    /// Shown name.
    #[n(4)]
    pub name: String,
    /// Role of the account.
    #[n(5)]
    pub role: crate::codes::Role,
    /// Where the person works.
    #[n(6)]
    pub area: crate::scope::AreaPath,
    /// Scopes granted.
    #[n(7)]
    pub granted: Vec<Scope>,
    /// X25519 key of the server, to which a device seals what others carry for it. A server that does
    /// not tell it knows no couriers.
    #[n(8)]
    pub sealing_key: Option<ByteVec>,
}

impl fmt::Debug for EnrolAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("EnrolAnswer");
        shown.field("device", &self.device).field("account", &self.account);
        shown.field("role", &self.role).field("area", &self.area);
        shown.finish_non_exhaustive()
    }
}

/// The error body of any request: a stable code.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ErrorAnswer {
    /// Stable code, `enrol.code_wrong`.
    #[n(0)]
    pub code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_commits_one_more_is_read_than_is_looked_at() {
        let request = SyncRequest {
            protocol: PROTOCOL,
            incarnation: Incarnation::from_bytes([1; 16]),
            clock_ms: 0,
            epoch: None,
            commits: vec![ByteVec::from(vec![]); MAX_OPS + 9],
            cursors: vec![],
            budget: 7,
            nonce: ByteVec::from(vec![0; NONCE_BYTES]),
            anchor: None,
            lacks_sealing_key: false,
            aftermath: None,
            outcomes: NEWEST_OUTCOME,
            takes_tokens: true,
        };
        let read: SyncRequest = minicbor::decode(&minicbor::to_vec(&request).unwrap()).unwrap();
        assert_eq!((read.commits.len(), read.budget), (MAX_OPS + 1, 7));
    }

    /// Renumbering what goes over the wire would be noticed here.
    #[test]
    fn every_change_keeps_its_number() {
        let body = || Body::trusted(vec![0xa0]);
        let scope = || "230881#public".parse().unwrap();
        let changes = [
            (Change::Create { scope: scope(), body: body() }, 0),
            (Change::Edit { base: 1, patch: Patch::of_fields(&[]) }, 1),
            (Change::Delete { base: 1 }, 2),
            (Change::Command { command: 61, args: body() }, 3),
            (Change::Restore { base: 1 }, 4),
        ];
        for (change, number) in changes {
            let bytes = minicbor::to_vec(&change).unwrap();
            assert_eq!(number_of_change(&mut Decoder::new(&bytes), &mut ()).unwrap(), number);
            assert!(number <= NEWEST_CHANGE);
            assert_eq!(minicbor::decode::<Change>(&bytes).unwrap(), change);
        }
    }

    #[test]
    fn codes_and_tokens_are_not_shown() {
        let request = EnrolRequest {
            protocol: PROTOCOL,
            code: "1234567897".to_owned(),
            device_name: "测试机".to_owned(),
            nonce: ByteVec::from(vec![]),
        };
        let shown = format!("{request:?}");
        assert!(shown.contains("测试机") && !shown.contains("123456"), "{shown}");
        let shown = format!("{:?}", NewToken::from([77; 32]));
        assert!(!shown.contains("77"), "{shown}");
    }
}
