//! Enrolled devices, known by the hash of their token.

use records::{AccountId, DeviceId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::column;
use crate::fault::ServerFault;

/// One enrolled device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub account: AccountId,
    /// When it last asked, ms since 1970 UTC.
    pub last_seen_ms: Option<i64>,
    /// Since when it is shut out, ms since 1970 UTC.
    pub revoked_ms: Option<i64>,
}

/// Adds a device.
pub fn add(
    connection: &Connection,
    device: &Device,
    name: &str,
    token_hash: &[u8; 32],
    now_ms: i64,
) -> Result<(), ServerFault> {
    connection.execute(
        "INSERT INTO device (id, account, name, token_hash, made_ms) VALUES (?, ?, ?, ?, ?)",
        params![device.id.as_bytes(), device.account.as_bytes(), name, token_hash, now_ms],
    )?;
    Ok(())
}

/// The device with this token.
pub fn by_token(connection: &Connection, token_hash: &[u8; 32]) -> Result<Option<Device>, ServerFault> {
    let sql = "SELECT id, account, last_seen_ms, revoked_ms FROM device WHERE token_hash = ?";
    Ok(connection.prepare_cached(sql)?.query_row([token_hash], device).optional()?)
}

/// The device with this id.
pub fn get(connection: &Connection, id: DeviceId) -> Result<Device, ServerFault> {
    let sql = "SELECT id, account, last_seen_ms, revoked_ms FROM device WHERE id = ?";
    Ok(connection.prepare_cached(sql)?.query_row([id.as_bytes()], device)?)
}

/// Gives a device another token.
pub fn set_token(connection: &Connection, id: DeviceId, token_hash: &[u8; 32]) -> Result<(), ServerFault> {
    connection
        .execute("UPDATE device SET token_hash = ? WHERE id = ?", params![token_hash, id.as_bytes()])?;
    Ok(())
}

/// Notes that a device asked.
pub fn seen(connection: &Connection, id: DeviceId, now_ms: i64) -> Result<(), ServerFault> {
    let mut update = connection.prepare_cached("UPDATE device SET last_seen_ms = ? WHERE id = ?")?;
    update.execute(params![now_ms, id.as_bytes()])?;
    Ok(())
}

/// Shuts a device out.
pub fn revoke(connection: &Connection, id: DeviceId, now_ms: i64) -> Result<(), ServerFault> {
    let sql = "UPDATE device SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL";
    connection.execute(sql, params![now_ms, id.as_bytes()])?;
    Ok(())
}

fn device(row: &Row<'_>) -> rusqlite::Result<Device> {
    Ok(Device {
        id: column::id(row, 0)?,
        account: column::id(row, 1)?,
        last_seen_ms: row.get(2)?,
        revoked_ms: row.get(3)?,
    })
}
