//! Lives of devices' databases, and what became of their commits.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use records::wire::{CommitResult, Outcome};
use records::{DeviceId, Incarnation};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sync::clock::Hlc;
use sync::round::Known;

use super::column;
use crate::fault::ServerFault;

/// How far a device's database has been settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The device it belongs to.
    pub device: DeviceId,
    /// Number of the last commit with a result.
    pub settled: u64,
    /// Effective time of its last change.
    pub last_hlc: Hlc,
}

/// The progress of an incarnation; `None` before its first commit.
pub fn progress(connection: &Connection, id: Incarnation) -> Result<Option<Progress>, ServerFault> {
    let sql = "SELECT device, settled, last_hlc FROM incarnation WHERE id = ?";
    Ok(connection.prepare_cached(sql)?.query_row([id.as_bytes()], read_progress).optional()?)
}

/// Keeps the progress of an incarnation.
pub fn set_progress(
    connection: &Connection,
    id: Incarnation,
    progress: &Progress,
) -> Result<(), ServerFault> {
    let sql = "INSERT INTO incarnation (id, device, settled, last_hlc) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (id) DO UPDATE SET settled = ?3, last_hlc = ?4";
    let device = progress.device.as_bytes();
    connection.prepare_cached(sql)?.execute(params![
        id.as_bytes(),
        device,
        progress.settled,
        progress.last_hlc.0
    ])?;
    Ok(())
}

/// The results of these commits, as far as there are any.
pub fn results(
    connection: &Connection,
    id: Incarnation,
    numbers: RangeInclusive<u64>,
) -> Result<BTreeMap<u64, Known>, ServerFault> {
    let sql = "SELECT push_seq, hash, outcome FROM result
               WHERE incarnation = ? AND push_seq BETWEEN ? AND ?";
    let mut query = connection.prepare_cached(sql)?;
    let known = query.query_map(params![id.as_bytes(), numbers.start(), numbers.end()], read_known)?;
    Ok(known.collect::<rusqlite::Result<_>>()?)
}

/// The number of the last commit with these bytes.
pub fn number_of(
    connection: &Connection,
    id: Incarnation,
    hash: &[u8; 32],
) -> Result<Option<u64>, ServerFault> {
    let sql = "SELECT max(push_seq) FROM result WHERE incarnation = ? AND hash = ?";
    Ok(connection.query_row(sql, params![id.as_bytes(), hash], |row| row.get(0))?)
}

/// Keeps what became of a commit.
pub fn add_result(
    connection: &Connection,
    id: Incarnation,
    hash: &[u8; 32],
    result: &CommitResult,
) -> Result<(), ServerFault> {
    let outcome = minicbor::to_vec(&result.outcome).map_err(|_| ServerFault::Unwritable)?;
    let sql = "INSERT INTO result (incarnation, push_seq, hash, outcome) VALUES (?, ?, ?, ?)";
    connection.prepare_cached(sql)?.execute(params![id.as_bytes(), result.push_seq, hash, outcome])?;
    Ok(())
}

fn read_progress(row: &Row<'_>) -> rusqlite::Result<Progress> {
    Ok(Progress { device: column::id(row, 0)?, settled: row.get(1)?, last_hlc: Hlc(row.get(2)?) })
}

fn read_known(row: &Row<'_>) -> rusqlite::Result<(u64, Known)> {
    let outcome: Outcome = minicbor::decode(row.get_ref(2)?.as_blob()?)
        .map_err(|error| column::damaged(2, Type::Blob, error))?;
    Ok((row.get(0)?, Known { hash: column::bytes32(row, 1)?, outcome }))
}
