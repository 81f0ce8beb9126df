//! Enrolled devices, known by the hash of their token.

use records::{AccountId, DeviceId};

use super::column;
use super::sql::{Row, Sql, SqlFault};
use crate::fault::ServerFault;
use crate::values;

/// One enrolled device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub account: AccountId,
    /// The day on which it last asked, as its first moment in Beijing, ms since 1970 UTC.
    pub last_seen_ms: Option<i64>,
    /// Since when it is shut out, ms since 1970 UTC.
    pub revoked_ms: Option<i64>,
}

/// How a token that was shown stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// It is the next one, and not used before.
    pub is_next: bool,
    /// The next one is made.
    pub has_next: bool,
    /// Since when the one in force is, ms since 1970 UTC.
    pub since_ms: i64,
}

pub(super) const BY_TOKEN: &str = "SELECT id, account, last_seen_ms, revoked_ms,
    CAST(CASE WHEN token_hash = ?1 THEN 0 ELSE 1 END AS BIGINT), next_hash, coalesce(token_ms, made_ms)
    FROM device WHERE token_hash = ?1 OR next_hash = ?1";

/// Adds a device.
pub fn add(
    connection: &dyn Sql,
    device: &Device,
    name: &str,
    token_hash: &[u8; 32],
    now_ms: i64,
) -> Result<(), ServerFault> {
    connection.execute(
        "INSERT INTO device (id, account, name, token_hash, made_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        values![device.id.as_bytes(), device.account.as_bytes(), name, token_hash, now_ms],
    )?;
    Ok(())
}

/// The device with this token, or this one next.
pub fn by_token(connection: &dyn Sql, token_hash: &[u8; 32]) -> Result<Option<Device>, ServerFault> {
    Ok(connection.first(BY_TOKEN, values![token_hash], device)?)
}

/// The device with this id; `None` when there is none.
pub fn find(connection: &dyn Sql, id: DeviceId) -> Result<Option<Device>, ServerFault> {
    let sql = "SELECT id, account, last_seen_ms, revoked_ms FROM device WHERE id = ?1";
    Ok(connection.first(sql, values![id.as_bytes()], device)?)
}

/// Every device with its name, in the order in which they were enrolled.
pub fn all(connection: &dyn Sql) -> Result<Vec<(Device, String)>, ServerFault> {
    let sql = "SELECT id, account, last_seen_ms, revoked_ms, name FROM device ORDER BY made_ms, id";
    Ok(connection.all(sql, vec![], |row| Ok((device(row)?, row.get(4)?)))?)
}

/// The device that had this token before the one it has.
pub fn by_void_token(connection: &dyn Sql, token_hash: &[u8; 32]) -> Result<Option<Device>, ServerFault> {
    let sql = "SELECT id, account, last_seen_ms, revoked_ms FROM device WHERE void_hash = ?1";
    Ok(connection.first(sql, values![token_hash], device)?)
}

/// Gives a device another token, and its next one, instead of those it has.
pub fn set_token(
    connection: &dyn Sql,
    id: DeviceId,
    (token_hash, next_hash): (&[u8; 32], &[u8; 32]),
) -> Result<(), ServerFault> {
    let sql = "UPDATE device SET token_hash = ?1, next_hash = ?2 WHERE id = ?3";
    connection.execute(sql, values![token_hash, next_hash, id.as_bytes()])?;
    Ok(())
}

/// Keeps the hash of the next token, where there is none.
pub fn set_next_token(connection: &dyn Sql, id: DeviceId, next_hash: &[u8; 32]) -> Result<(), ServerFault> {
    let sql = "UPDATE device SET next_hash = ?1 WHERE id = ?2 AND next_hash IS NULL";
    connection.execute(sql, values![next_hash, id.as_bytes()])?;
    Ok(())
}

/// The next token, which was shown, takes the place of the one before, and another is the next.
pub fn take_next_token(
    connection: &dyn Sql,
    id: DeviceId,
    (shown_hash, next_hash): (&[u8; 32], &[u8; 32]),
    now_ms: i64,
) -> Result<(), ServerFault> {
    let sql = "UPDATE device SET void_hash = token_hash, token_hash = ?1, next_hash = ?2, token_ms = ?3
               WHERE id = ?4 AND next_hash = ?1";
    connection.execute(sql, values![shown_hash, next_hash, now_ms, id.as_bytes()])?;
    Ok(())
}

/// Notes on which day a device asked.
pub fn seen(connection: &dyn Sql, id: DeviceId, day_ms: i64) -> Result<(), ServerFault> {
    let sql = "UPDATE device SET last_seen_ms = ?1 WHERE id = ?2";
    connection.execute(sql, values![day_ms, id.as_bytes()])?;
    Ok(())
}

/// Shuts a device out.
pub fn revoke(connection: &dyn Sql, id: DeviceId, now_ms: i64) -> Result<(), ServerFault> {
    let sql = "UPDATE device SET revoked_ms = ?1 WHERE id = ?2 AND revoked_ms IS NULL";
    connection.execute(sql, values![now_ms, id.as_bytes()])?;
    Ok(())
}

/// How the token stands by which the device of this row was found.
pub(super) fn shown(row: &Row<'_>) -> Result<Shown, SqlFault> {
    Ok(Shown { is_next: row.get(4)?, has_next: row.bytes(5)?.is_some(), since_ms: row.get(6)? })
}

pub(super) fn device(row: &Row<'_>) -> Result<Device, SqlFault> {
    Ok(Device {
        id: column::id(row, 0)?,
        account: column::id(row, 1)?,
        last_seen_ms: row.optional(2)?,
        revoked_ms: row.optional(3)?,
    })
}
