//! Small facts about this database: who it belongs to, how it looks, when it last spoke.

use std::fmt;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use records::codes::Role;
use records::wire::{Anchor, Post};
use records::{AccountId, AreaPath, DeviceId, Incarnation};
use rusqlite::{Connection, OptionalExtension, params};

use crate::Result;

/// Who this device is to the server. Written at enrolment; the server may change post and token. The token is not for logs.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Identity {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// The life of this database; a restored copy takes a new one.
    #[n(1)]
    pub incarnation: Incarnation,
    /// Opaque token.
    #[n(2)]
    pub token: ByteVec,
    /// Pinned Ed25519 key of the server, 32 bytes.
    #[n(3)]
    pub server_key: ByteVec,
    /// Address of the server.
    #[n(4)]
    pub server: String,
    /// The account.
    #[n(5)]
    pub account: AccountId,
    /// Shown name.
    #[n(6)]
    pub name: String,
    /// Role.
    #[n(7)]
    pub role: Role,
    /// Where the person works.
    #[n(8)]
    pub area: AreaPath,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Identity");
        shown.field("device", &self.device).field("incarnation", &self.incarnation);
        shown.field("server", &self.server).field("account", &self.account).field("role", &self.role);
        shown.field("area", &self.area).finish_non_exhaustive()
    }
}

/// The last finished round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LastRound {
    /// When it ended, ms since 1970 UTC.
    #[n(0)]
    pub at_ms: i64,
    /// Commits sent.
    #[n(1)]
    pub sent: u32,
    /// Records received.
    #[n(2)]
    pub received: u32,
    /// Bytes both ways.
    #[n(3)]
    pub bytes: u64,
    /// Epoch of the server.
    #[n(4)]
    pub epoch: u64,
    /// Bytes of all rounds of its day, this one included.
    #[n(5)]
    pub day_bytes: Option<u64>,
}

/// Since when the server was not heard, by this device's clock, and what that clock hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Lease {
    /// When it was heard last, ms since 1970 UTC.
    #[n(0)]
    pub heard_ms: i64,
    /// What the clock showed when it was noted last, ms since 1970 UTC.
    #[n(1)]
    pub noted_ms: i64,
    /// By how much it was set back since then, in all, ms.
    #[cbor(n(2), default)]
    pub back_ms: i64,
}

impl Lease {
    /// The server was heard just now.
    pub fn since(heard_ms: i64) -> Self {
        Self { heard_ms, noted_ms: heard_ms, back_ms: 0 }
    }
}

const ANCHOR: &str = "anchor";
const SEALING_KEY: &str = "sealing_key";
const PIN: &str = "server_pin";
const ENDS: &str = "ends";

/// Reads a fact.
pub(crate) fn get(db: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    let mut statement = db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// Writes a fact.
pub(crate) fn set(db: &Connection, name: &str, value: &[u8]) -> Result<()> {
    let mut statement = db.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
    )?;
    statement.execute(params![name, value])?;
    Ok(())
}

fn get_as<T: for<'b> Decode<'b, ()>>(db: &Connection, name: &str) -> Result<Option<T>> {
    // A fact that cannot be read is as good as none; the caller enrols or asks anew.
    Ok(get(db, name)?.and_then(|bytes| minicbor::decode(&bytes).ok()))
}

#[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
fn set_as<T: Encode<()>>(db: &Connection, name: &str, value: &T) -> Result<()> {
    set(db, name, &minicbor::to_vec(value).unwrap())
}

/// Who this device is; `None` before enrolment.
pub fn identity(db: &Connection) -> Result<Option<Identity>> {
    get_as(db, "identity")
}

/// Keeps who this device is.
pub fn set_identity(db: &Connection, identity: &Identity) -> Result<()> {
    set_as(db, "identity", identity)
}

/// The server replaced the token that was used by another one. Nothing changes where this database has a third one: it
/// was given another identity since it asked.
pub fn renew_token(db: &Connection, used: &[u8], new: &[u8; 32]) -> Result<()> {
    match identity(db)? {
        Some(known) if known.token.as_slice() == used => {
            set_identity(db, &Identity { token: new.to_vec().into(), ..known })
        }
        _ => Ok(()),
    }
}

/// The person does something else now, or elsewhere.
pub fn set_post(db: &Connection, post: &Post) -> Result<()> {
    match identity(db)? {
        Some(known) if (known.role, &known.area) != (post.role, &post.area) => {
            set_identity(db, &Identity { role: post.role, area: post.area.clone(), ..known })
        }
        _ => Ok(()),
    }
}

/// The nonce this one-time code is being redeemed with; `None` for any other code.
pub fn redeeming(db: &Connection, code: &str) -> Result<Option<[u8; 16]>> {
    let kept: Option<(String, ByteVec)> = get_as(db, "redeeming")?;
    let nonce = kept.filter(|(kept, _)| kept == code).map(|(_, nonce)| nonce.to_vec());
    Ok(nonce.and_then(|nonce| nonce.try_into().ok()))
}

/// Keeps it: when the answer gets lost, the same request is made again and gets the same device.
pub fn set_redeeming(db: &Connection, code: &str, nonce: [u8; 16]) -> Result<()> {
    set_as(db, "redeeming", &(code, ByteVec::from(nonce.to_vec())))
}

/// The last commit this database heard the outcome of; `None` after it took a new incarnation.
pub fn anchor(db: &Connection) -> Result<Option<Anchor>> {
    get_as(db, ANCHOR)
}

pub(crate) fn set_anchor(db: &Connection, anchor: &Anchor) -> Result<()> {
    set_as(db, ANCHOR, anchor)
}

pub(crate) fn drop_anchor(db: &Connection) -> Result<()> {
    db.execute("DELETE FROM meta WHERE name = ?1", [ANCHOR])?;
    Ok(())
}

/// The server's X25519 key; `None` until the server told it.
pub fn sealing_key(db: &Connection) -> Result<Option<[u8; 32]>> {
    Ok(get(db, SEALING_KEY)?.and_then(|bytes| bytes.try_into().ok()))
}

/// Keeps it, when it is one.
pub fn set_sealing_key(db: &Connection, key: &[u8]) -> Result<()> {
    if key.len() == 32 { set(db, SEALING_KEY, key) } else { Ok(()) }
}

/// SHA-256 of the key of the one authority that may sign the server's certificate; `None` where the system decides whom
/// to trust.
pub fn pin(db: &Connection) -> Result<Option<[u8; 32]>> {
    // One that cannot be read trusts nobody, rather than whoever the system does.
    Ok(get(db, PIN)?.map(|bytes| bytes.try_into().unwrap_or_default()))
}

/// Keeps it with the identity; both are of one invitation.
pub fn set_pin(db: &Connection, pin: Option<&[u8; 32]>) -> Result<()> {
    match pin {
        Some(pin) => set(db, PIN, pin),
        None => db.execute("DELETE FROM meta WHERE name = ?1", [PIN]).map(drop).map_err(Into::into),
    }
}

/// The last finished round.
pub fn last_round(db: &Connection) -> Result<Option<LastRound>> {
    get_as(db, "last_round")
}

/// Keeps the last finished round.
pub fn set_last_round(db: &Connection, round: &LastRound) -> Result<()> {
    set_as(db, "last_round", round)
}

/// Since when the server was not heard; `None` before it ever was.
pub fn lease(db: &Connection) -> Result<Option<Lease>> {
    let kept = get_as(db, "lease")?;
    // An earlier version noted no more than its last round.
    let of_round = |round: LastRound| Lease::since(round.at_ms);
    if kept.is_some() { Ok(kept) } else { Ok(last_round(db)?.map(of_round)) }
}

/// Keeps it.
pub fn set_lease(db: &Connection, lease: Lease) -> Result<()> {
    set_as(db, "lease", &lease)
}

/// Whether a round has once brought everything the server had.
pub fn first_sync_done(db: &Connection) -> Result<bool> {
    Ok(get(db, "first_sync_done")?.is_some())
}

/// Notes that it has.
pub fn set_first_sync_done(db: &Connection) -> Result<()> {
    set(db, "first_sync_done", &[1])
}

/// Whether the person put the first sync off.
pub fn first_sync_paused(db: &Connection) -> Result<bool> {
    Ok(get(db, "first_sync_paused")?.is_some_and(|value| value == [1]))
}

/// Puts it off, or goes on with it.
pub fn set_first_sync_paused(db: &Connection, is_paused: bool) -> Result<()> {
    set(db, "first_sync_paused", &[u8::from(is_paused)])
}

/// Settings of the user interface, as JSON.
pub fn settings(db: &Connection) -> Result<Option<String>> {
    Ok(get(db, "settings")?.and_then(|bytes| String::from_utf8(bytes).ok()))
}

/// Keeps settings of the user interface.
pub fn set_settings(db: &Connection, json: &str) -> Result<()> {
    set(db, "settings", json.as_bytes())
}

/// Counts the ends of rounds. SQLite leaves a page alone whose bytes stay as they are, and a transaction
/// that changes no page waits for no disk; this one always changes.
pub(crate) fn count_end(db: &Connection) -> Result<()> {
    let ends = get(db, ENDS)?.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
    set(db, ENDS, &ends.wrapping_add(1).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use contract::test;

    #[test]
    fn the_token_is_not_shown() {
        let identity = Identity {
            device: DeviceId::from_bytes([1; 16]),
            incarnation: Incarnation::from_bytes([2; 16]),
            token: vec![77; 32].into(),
            server_key: vec![0; 32].into(),
            server: "https://grid.example".to_owned(),
            account: AccountId::from_bytes([3; 16]),
            name: "周燕".to_owned(),
            role: Role::GridWorker,
            area: "230881/001/003/07".parse().unwrap(),
        };
        let shown = format!("{identity:?}");
        assert!(shown.contains("grid.example") && !shown.contains("77"), "{shown}");
    }
}
