//! Records as they are now, and the ops that made them so.

use records::proof::Proof;
use records::wire::RecordChange;
use records::{Body, Kind, RecordId, Scope};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sync::settle::Stored;
use sync::stamps::{Stamps, UNNUMBERED};

use super::column;
use crate::fault::ServerFault;

/// The record with this id.
pub fn get(connection: &Connection, id: RecordId) -> Result<Option<Stored>, ServerFault> {
    let sql = "SELECT id, kind, scope, version, body, stamps, author, received_ms, is_deleted
               FROM record WHERE id = ?";
    Ok(connection.prepare_cached(sql)?.query_row([id.as_bytes()], stored).optional()?)
}

/// Adds a record. `provisional` stands in for its number: it is below 0 and used once in the
/// transaction.
pub fn add(connection: &Connection, record: &Stored, provisional: i64) -> Result<(), ServerFault> {
    write(connection, INSERT, record, provisional).map(|_| ())
}

/// Writes a record as it now is, new or not; `provisional` as for [`add`].
///
/// # Errors
/// [`ServerFault::OtherScope`] when the id belongs to a record elsewhere.
pub fn put(connection: &Connection, record: &Stored, provisional: i64) -> Result<(), ServerFault> {
    match write(connection, UPSERT, record, provisional)? {
        1 => Ok(()),
        _ => Err(ServerFault::OtherScope),
    }
}

const INSERT: &str =
    "INSERT INTO record (id, kind, scope, version, body, stamps, author, received_ms, is_deleted)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const UPSERT: &str =
    "INSERT INTO record (id, kind, scope, version, body, stamps, author, received_ms, is_deleted)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
     ON CONFLICT (id) DO UPDATE SET version = ?4, body = ?5, stamps = ?6, is_deleted = ?9
     WHERE scope = ?3 AND kind = ?2";

fn write(
    connection: &Connection,
    sql: &str,
    record: &Stored,
    provisional: i64,
) -> Result<usize, ServerFault> {
    let version = match record.version {
        UNNUMBERED => provisional,
        number => i64::try_from(number).map_err(|_| ServerFault::Unwritable)?,
    };
    Ok(connection.prepare_cached(sql)?.execute(params![
        record.id.as_bytes(),
        record.kind.0,
        record.scope.to_string(),
        version,
        record.body.as_bytes(),
        record.stamps.to_bytes(),
        record.author.as_bytes(),
        record.received_ms,
        record.is_deleted,
    ])?)
}

/// What a record added to its scope's digest before this transaction.
pub fn proof(connection: &Connection, id: RecordId) -> Result<Proof, ServerFault> {
    let mut query = connection.prepare_cached("SELECT proof FROM record WHERE id = ?")?;
    Ok(Proof(query.query_row([id.as_bytes()], |row| row.get(0))?))
}

/// Gives a record its number.
pub fn set_number(
    connection: &Connection,
    id: RecordId,
    version: u64,
    proof: Proof,
    stamps: &Stamps,
) -> Result<(), ServerFault> {
    let sql = "UPDATE record SET version = ?, proof = ?, stamps = ? WHERE id = ?";
    let mut update = connection.prepare_cached(sql)?;
    update.execute(params![version, proof.0, stamps.to_bytes(), id.as_bytes()])?;
    Ok(())
}

/// Hands over the changes of a scope after a number, ascending, until `take` says stop. Returns
/// whether some were left.
pub fn changes_after(
    connection: &Connection,
    scope: &Scope,
    after: u64,
    mut take: impl FnMut(RecordChange) -> bool,
) -> Result<bool, ServerFault> {
    let sql = "SELECT id, kind, version, body, author, received_ms, is_deleted
               FROM record WHERE scope = ? AND version > ? ORDER BY version";
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![scope.to_string(), after])?;
    while let Some(row) = rows.next()? {
        if !take(change(row)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Bodies of the records of a type in a scope.
pub fn of_kind(
    connection: &Connection,
    scope: &Scope,
    kind: Kind,
) -> Result<Vec<(RecordId, u64, Body)>, ServerFault> {
    let sql = "SELECT id, version, body FROM record WHERE scope = ? AND kind = ? AND NOT is_deleted";
    let mut query = connection.prepare_cached(sql)?;
    let bodies = query.query_map(params![scope.to_string(), kind.0], |row| {
        Ok((column::id(row, 0)?, row.get(1)?, Body::trusted(row.get(2)?)))
    })?;
    Ok(bodies.collect::<rusqlite::Result<_>>()?)
}

/// Records that are not deleted, by scope and type.
pub fn counts(connection: &Connection) -> Result<Vec<(Scope, Kind, u64)>, ServerFault> {
    let sql = "SELECT scope, kind, count(*) FROM record WHERE NOT is_deleted GROUP BY 1, 2 ORDER BY 1, 2";
    let mut query = connection.prepare(sql)?;
    let counts = query.query_map([], |row| Ok((column::text(row, 0)?, Kind(row.get(1)?), row.get(2)?)))?;
    Ok(counts.collect::<rusqlite::Result<_>>()?)
}

/// Whether there is no record at all.
pub fn is_empty(connection: &Connection) -> Result<bool, ServerFault> {
    Ok(connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM record)", [], |row| row.get(0))?)
}

/// Whether an op was applied.
pub fn is_applied(connection: &Connection, op: RecordId) -> Result<bool, ServerFault> {
    let mut query = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM op WHERE id = ?)")?;
    Ok(query.query_row([op.as_bytes()], |row| row.get(0))?)
}

/// Notes that an op is applied.
pub fn set_applied(connection: &Connection, op: RecordId) -> Result<(), ServerFault> {
    connection.prepare_cached("INSERT INTO op (id) VALUES (?)")?.execute([op.as_bytes()])?;
    Ok(())
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let stamps = row.get_ref(5)?.as_blob()?;
    Ok(Stored {
        id: column::id(row, 0)?,
        kind: Kind(row.get(1)?),
        scope: column::text(row, 2)?,
        version: u64::try_from(row.get::<_, i64>(3)?).unwrap_or(UNNUMBERED),
        body: Body::trusted(row.get(4)?),
        stamps: Stamps::from_bytes(stamps).map_err(|error| column::damaged(5, Type::Blob, error))?,
        author: column::id(row, 6)?,
        received_ms: row.get(7)?,
        is_deleted: row.get(8)?,
    })
}

fn change(row: &Row<'_>) -> rusqlite::Result<RecordChange> {
    let is_deleted: bool = row.get(6)?;
    Ok(RecordChange {
        id: column::id(row, 0)?,
        kind: Kind(row.get(1)?),
        version: row.get(2)?,
        body: if is_deleted { None } else { Some(Body::trusted(row.get(3)?)) },
        by: column::id(row, 4)?,
        received_ms: row.get(5)?,
    })
}
