//! What is true of the whole database: its epoch, its signing key, where devices reach it.

use rusqlite::{Connection, OptionalExtension, params};

use super::column;
use crate::fault::ServerFault;
use crate::random;

/// Draws epoch and key of a new database.
pub(super) fn begin(connection: &Connection, now_ms: i64) -> Result<(), ServerFault> {
    let epoch = i64::from(u32::from_be_bytes(random::bytes()));
    let secret: [u8; 32] = random::bytes();
    connection.execute(
        "INSERT INTO meta (id, epoch, made_ms) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
        [epoch, now_ms],
    )?;
    connection.execute(
        "INSERT INTO signing_key (id, secret, made_ms) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
        params![secret, now_ms],
    )?;
    Ok(())
}

/// The database's epoch.
pub fn epoch(connection: &Connection) -> Result<u64, ServerFault> {
    Ok(connection.query_row("SELECT epoch FROM meta", [], |row| row.get(0))?)
}

/// The secret half of the signing key.
pub fn secret_key(connection: &Connection) -> Result<[u8; 32], ServerFault> {
    Ok(connection.query_row("SELECT secret FROM signing_key", [], |row| column::bytes32(row, 0))?)
}

/// Where devices reach the server, once it ran.
pub fn url(connection: &Connection) -> Result<Option<String>, ServerFault> {
    Ok(connection.query_row("SELECT url FROM meta", [], |row| row.get(0)).optional()?.flatten())
}

/// Remembers where devices reach the server, for invitations made later.
pub fn set_url(connection: &Connection, url: &str) -> Result<(), ServerFault> {
    connection.execute("UPDATE meta SET url = ?", [url])?;
    Ok(())
}
