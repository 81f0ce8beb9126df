//! What is true of the whole database: its epoch, its signing key, where devices reach it.

use super::column;
use super::sql::Sql;
use crate::fault::ServerFault;
use crate::{random, values};

/// Draws epoch and key of a new database.
pub(super) fn begin(connection: &dyn Sql, now_ms: i64) -> Result<(), ServerFault> {
    let epoch = any_epoch();
    let secret: [u8; 32] = random::bytes();
    connection.execute(
        "INSERT INTO meta (id, epoch, made_ms) VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING",
        values![epoch, now_ms],
    )?;
    connection.execute(
        "INSERT INTO signing_key (id, secret, made_ms) VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING",
        values![&secret, now_ms],
    )?;
    Ok(())
}

fn any_epoch() -> i64 {
    i64::from(u32::from_be_bytes(random::bytes()))
}

/// Draws another epoch: the server went back.
pub(crate) fn draw_epoch(connection: &dyn Sql) -> Result<(), ServerFault> {
    let before: i64 = connection.one("SELECT epoch FROM meta", vec![], |row| row.get(0))?;
    let mut epoch = any_epoch();
    while epoch == before {
        epoch = any_epoch();
    }
    connection.execute("UPDATE meta SET epoch = ?1", values![epoch])?;
    Ok(())
}

/// The database's epoch.
pub fn epoch(connection: &dyn Sql) -> Result<u64, ServerFault> {
    Ok(connection.one("SELECT epoch FROM meta", vec![], |row| row.get(0))?)
}

/// The secret half of the signing key.
pub fn secret_key(connection: &dyn Sql) -> Result<[u8; 32], ServerFault> {
    Ok(connection.one("SELECT secret FROM signing_key", vec![], |row| column::bytes32(row, 0))?)
}

/// Where devices reach the server, once it ran.
pub fn url(connection: &dyn Sql) -> Result<Option<String>, ServerFault> {
    Ok(connection.first("SELECT url FROM meta", vec![], |row| row.optional(0))?.flatten())
}

/// Remembers where devices reach the server, for invitations made later.
pub fn set_url(connection: &dyn Sql, url: &str) -> Result<(), ServerFault> {
    connection.execute("UPDATE meta SET url = ?1", values![url])?;
    Ok(())
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Records that are not deleted.
    pub records: u64,
    /// Devices that are not shut out.
    pub devices: u64,
    /// Commits that somebody has to decide about.
    pub quarantined: u64,
    /// Entries of the audit.
    pub audit: u64,
}

/// Counts what there is.
pub fn totals(snapshot: &dyn Sql) -> Result<Totals, ServerFault> {
    let sql = "SELECT (SELECT CAST(coalesce(sum(count), 0) AS BIGINT) FROM scope),
                      (SELECT count(*) FROM device WHERE revoked_ms IS NULL),
                      (SELECT count(*) FROM quarantine WHERE outcome IS NULL),
                      (SELECT number FROM audit_head)";
    Ok(snapshot.one(sql, vec![], |row| {
        let (records, devices) = (row.get(0)?, row.get(1)?);
        Ok(Totals { records, devices, quarantined: row.get(2)?, audit: row.get(3)? })
    })?)
}
