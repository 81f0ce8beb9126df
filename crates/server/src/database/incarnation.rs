//! Lives of devices' databases, and what became of their commits.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use records::wire::{CommitResult, Outcome};
use records::{DeviceId, Incarnation};
use sync::clock::Hlc;
use sync::history;
use sync::round::Known;

use super::column;
use super::sql::{Row, Sql, SqlFault, Statement, damaged};
use crate::fault::ServerFault;
use crate::values;

/// How far a device's database has been settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The device it belongs to.
    pub device: DeviceId,
    /// Number of the last commit with a result.
    pub settled: u64,
    /// Effective time of its last change.
    pub last_hlc: Hlc,
    /// What became of its commits; `None` where one was settled before this was counted.
    pub history: Option<i64>,
}

impl Progress {
    /// Before the first commit.
    pub fn of_new(device: DeviceId) -> Self {
        Self { device, settled: 0, last_hlc: Hlc::default(), history: Some(history::BEGIN) }
    }
}

/// The progress of an incarnation; `None` before its first commit.
pub fn progress(connection: &dyn Sql, id: Incarnation) -> Result<Option<Progress>, ServerFault> {
    let sql = "SELECT device, settled, last_hlc, history FROM incarnation WHERE id = ?1";
    Ok(connection.first(sql, values![id.as_bytes()], read_progress)?)
}

/// The progress of an incarnation, which belongs to the device that first used it. Its row stays locked
/// until the transaction ends: two requests of one incarnation are settled one after the other.
pub fn lock(connection: &dyn Sql, id: Incarnation, device: DeviceId) -> Result<Progress, ServerFault> {
    let sql = "INSERT INTO incarnation (id, device, settled, last_hlc, history) VALUES (?1, ?2, 0, 0, ?3)
               ON CONFLICT (id) DO UPDATE SET settled = incarnation.settled
               RETURNING device, settled, last_hlc, history";
    let values = values![id.as_bytes(), device.as_bytes(), history::BEGIN];
    Ok(connection.one(sql, values, read_progress)?)
}

/// The statement that keeps the progress of an incarnation.
pub fn set_progress(id: Incarnation, progress: &Progress) -> Statement<'static> {
    let sql = "UPDATE incarnation SET settled = ?1, last_hlc = ?2, history = ?3 WHERE id = ?4".into();
    let Progress { settled, last_hlc, history, .. } = progress;
    Statement { sql, values: values![*settled, last_hlc.0, *history, id.as_bytes().to_vec()] }
}

/// The results of these commits, as far as there are any.
pub fn results(
    connection: &dyn Sql,
    id: Incarnation,
    numbers: RangeInclusive<u64>,
) -> Result<BTreeMap<u64, Known>, ServerFault> {
    let sql = "SELECT push_seq, hash, outcome, history FROM result
               WHERE incarnation = ?1 AND push_seq BETWEEN ?2 AND ?3";
    let values = values![id.as_bytes(), *numbers.start(), *numbers.end()];
    Ok(connection.all(sql, values, read_known)?.into_iter().collect())
}

/// The number of the last commit with these bytes.
pub fn number_of(connection: &dyn Sql, id: Incarnation, hash: &[u8; 32]) -> Result<Option<u64>, ServerFault> {
    let sql = "SELECT max(push_seq) FROM result WHERE incarnation = ?1 AND hash = ?2";
    Ok(connection.one(sql, values![id.as_bytes(), hash], |row| row.optional(0))?)
}

/// The statements that keep what became of commits, each with the hash of its bytes. The history of those
/// before them becomes that of all.
pub fn add_results(
    id: Incarnation,
    history: &mut Option<i64>,
    results: &[([u8; 32], CommitResult)],
) -> Result<Vec<Statement<'static>>, ServerFault> {
    let row = |(hash, result): &([u8; 32], CommitResult)| {
        *history = history.map(|before| history::after(before, hash, result));
        let outcome = minicbor::to_vec(&result.outcome).map_err(|_| ServerFault::Unwritable)?;
        Ok(values![id.as_bytes().to_vec(), result.push_seq, hash.to_vec(), outcome, *history])
    };
    let rows = results.iter().map(row).collect::<Result<_, ServerFault>>()?;
    let sql = "INSERT INTO result (incarnation, push_seq, hash, outcome, history) VALUES {rows}";
    Ok(Statement::of_rows(sql, rows))
}

fn read_progress(row: &Row<'_>) -> Result<Progress, SqlFault> {
    let (settled, last_hlc, history) = (row.get(1)?, Hlc(row.get(2)?), row.optional(3)?);
    Ok(Progress { device: column::id(row, 0)?, settled, last_hlc, history })
}

fn read_known(row: &Row<'_>) -> Result<(u64, Known), SqlFault> {
    let outcome: Outcome = minicbor::decode(column::bytes(row, 2)?).map_err(|error| damaged(2, error))?;
    Ok((row.get(0)?, Known { hash: column::bytes32(row, 1)?, outcome, history: row.optional(3)? }))
}
