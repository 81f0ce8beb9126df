//! Records as they are now, and the ops that made them so.

use std::collections::{BTreeMap, BTreeSet};

use records::body::{CLEARED, DELETED};
use records::proof::Proof;
use records::rules::erasure::Standing;
use records::rules::retention::Aged;
use records::wire::RecordChange;
use records::{AccountId, AreaPath, Body, Kind, Moment, RecordId, Scope};
use sync::permit::Home;
use sync::settle::Stored;
use sync::stamps::Stamps;

use super::sql::{Row, Sql, SqlFault, Statement, Value, damaged};
use super::{column, departure};
use crate::fault::ServerFault;
use crate::values;

/// Most changes read at once while a page is filled.
const CHANGES: usize = 512;

/// A record with what it adds to the digest of its scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The record.
    pub record: Stored,
    /// What it adds.
    pub proof: Proof,
}

/// What was found of records and ops.
#[derive(Debug, Default)]
pub struct Locked {
    /// The records that exist.
    pub records: Vec<Proven>,
    /// The ops that were applied.
    pub applied: Vec<RecordId>,
    /// Where those of the records were before that have moved.
    pub homes: BTreeMap<RecordId, Vec<Home>>,
}

/// Those of these records that exist, where they were before, and those of these ops that were applied.
/// The records are locked in the order of their ids until the transaction ends, and the rest is read
/// after that: what another transaction has just done to them is seen.
pub fn lock(
    connection: &dyn Sql,
    ids: &BTreeSet<RecordId>,
    ops: &BTreeSet<RecordId>,
) -> Result<Locked, ServerFault> {
    let sql = "SELECT id, kind, scope, version, body, stamps, author, received_ms, is_deleted, proof
               FROM record WHERE id IN ({keys}) ORDER BY id /* FOR UPDATE */";
    let mut statements = Statement::of_keys(sql, ids.iter().map(key).collect());
    let of_records = statements.len();
    statements.extend(departure::homes(ids));
    let before_ops = statements.len();
    statements.extend(Statement::of_keys(APPLIED, ops.iter().map(key).collect()));
    let mut found = Locked::default();
    connection.run(&statements, &mut |place, row| {
        match place {
            record if record < of_records => found.records.push(proven(row)?),
            home if home < before_ops => {
                let (record, home) = departure::home(row)?;
                found.homes.entry(record).or_default().push(home);
            }
            _ => found.applied.push(column::id(row, 0)?),
        }
        Ok(())
    })?;
    Ok(found)
}

/// Records as they now are.
#[derive(Debug, Default)]
pub struct Changes {
    /// Those that are new.
    pub new: Vec<Proven>,
    /// Those that exist where they are.
    pub known: Vec<Proven>,
    /// Those that exist elsewhere.
    pub moved: Vec<Proven>,
}

/// Writes records as they now are. Runs `then` behind it in the same round trip.
///
/// # Errors
/// [`ServerFault::OtherScope`] when an id belongs to a record elsewhere; a failure of the database, also
/// when a new record exists.
pub fn write(connection: &dyn Sql, changes: &Changes, then: Vec<Statement<'_>>) -> Result<(), ServerFault> {
    let mut statements = Statement::of_rows(INSERT, rows_of(&changes.new)?);
    statements.extend(Statement::of_rows(&format!("{INSERT} {REPLACE}"), rows_of(&changes.known)?));
    statements.extend(Statement::of_rows(&format!("{INSERT} {MOVE}"), rows_of(&changes.moved)?));
    let records = statements.len();
    statements.extend(then);
    let changed = connection.run(&statements, &mut |_, _| Ok(()))?;
    let expected = changes.new.len() + changes.known.len() + changes.moved.len();
    match changed[..records].iter().sum::<u64>() == expected as u64 {
        true => Ok(()),
        false => Err(ServerFault::OtherScope),
    }
}

const APPLIED: &str = "SELECT id FROM op WHERE id IN ({keys})";
const INSERT: &str =
    "INSERT INTO record (id, kind, scope, version, body, stamps, author, received_ms, is_deleted, proof, cleared)
     VALUES {rows}";
const REPLACE: &str = "ON CONFLICT (id) DO UPDATE
     SET version = excluded.version, body = excluded.body, stamps = excluded.stamps,
         is_deleted = excluded.is_deleted, proof = excluded.proof, cleared = excluded.cleared
     WHERE record.scope = excluded.scope AND record.kind = excluded.kind";

const MOVE: &str = "ON CONFLICT (id) DO UPDATE
     SET scope = excluded.scope, version = excluded.version, body = excluded.body,
         stamps = excluded.stamps, is_deleted = excluded.is_deleted, proof = excluded.proof, cleared = excluded.cleared
     WHERE record.kind = excluded.kind";

const CHANGED: &str =
    "SELECT id, kind, version, body, author, received_ms, is_deleted, CAST(0 AS BIGINT), cleared
     FROM record WHERE scope = ?1 AND version > ?2";
const DEPARTED: &str =
    "SELECT record, kind, version, NULL, NULL, left_ms, CAST(1 AS BIGINT), CAST(1 AS BIGINT), CAST(0 AS BIGINT)
     FROM departure WHERE scope = ?1 AND version > ?2";

/// Hands over the changes of a scope after a number, ascending, until `take` says stop. Returns
/// whether some were left. `expected` is how many will be taken at most: no more are read at once.
pub fn changes_after(
    connection: &dyn Sql,
    scope: &Scope,
    after: u64,
    expected: usize,
    mut take: impl FnMut(RecordChange) -> bool,
) -> Result<bool, ServerFault> {
    let name = scope.to_string();
    // Hardly any scope has departures, and two tables are slower to read than one.
    let sql = match departure::any_after(connection, scope, after)? {
        true => format!("{CHANGED} UNION ALL {DEPARTED} ORDER BY version LIMIT ?3"),
        false => format!("{CHANGED} ORDER BY version LIMIT ?3"),
    };
    // One more tells that there are more.
    let at_once = CHANGES.min(expected.saturating_add(1));
    let mut after = after;
    loop {
        let changes = connection.all(&sql, values![&name, after, at_once as u64], change)?;
        let is_last = changes.len() < at_once;
        for change in changes {
            after = change.version;
            if !take(change) {
                return Ok(true);
            }
        }
        if is_last {
            return Ok(false);
        }
    }
}

/// Everything that stands in an area itself, deleted or not: what it is and what it says.
pub fn in_area(connection: &dyn Sql, area: &AreaPath) -> Result<Vec<(RecordId, Kind, Body)>, ServerFault> {
    let sql = "SELECT id, kind, body FROM record WHERE scope >= ?1 AND scope < ?2 ORDER BY id";
    // The names of its scopes go on with `#`, those of areas inside it with `/`.
    let (from, to) = (format!("{area}#"), format!("{area}$"));
    Ok(connection.all(sql, values![from, to], |row| {
        Ok((column::id(row, 0)?, Kind(row.get(1)?), Body::trusted(row.get(2)?)))
    })?)
}

/// Everything that stands in an area itself with what says how long it is kept, and its version.
pub fn aged_in_area(connection: &dyn Sql, area: &AreaPath) -> Result<Vec<(Aged, u64)>, ServerFault> {
    let sql = "SELECT id, kind, body, is_deleted, stamps, version FROM record
               WHERE scope >= ?1 AND scope < ?2 ORDER BY id";
    let (from, to) = (format!("{area}#"), format!("{area}$"));
    Ok(connection.all(sql, values![from, to], |row| {
        let stamps = Stamps::from_bytes(column::bytes(row, 4)?).map_err(|error| damaged(4, error))?;
        let (id, kind, body) = (column::id(row, 0)?, Kind(row.get(1)?), Body::trusted(row.get(2)?));
        let is_deleted = row.get(3)?;
        let on =
            |register: u32| stamps.written(register).map(|stamp| Moment::beijing(stamp.hlc.ms()).local_day());
        let (deleted_on, cleared_on) = (on(DELETED).filter(|_| is_deleted), on(CLEARED));
        let record = Standing { id, kind, body, is_deleted };
        Ok((Aged { record, deleted_on, cleared_on }, row.get(5)?))
    })?)
}

/// Areas of this depth in which anything stands.
pub fn areas_at(connection: &dyn Sql, depth: usize) -> Result<BTreeSet<AreaPath>, ServerFault> {
    let names = connection.all("SELECT name FROM scope ORDER BY name", vec![], |row| column::text(row, 0))?;
    let areas = names.into_iter().map(|scope: Scope| scope.area);
    Ok(areas.filter(|area| area.depth() == depth).collect())
}

/// Bodies of the records of a type in a scope.
pub fn of_kind(
    connection: &dyn Sql,
    scope: &Scope,
    kind: Kind,
) -> Result<Vec<(RecordId, u64, Body)>, ServerFault> {
    let sql = "SELECT id, version, body FROM record WHERE scope = ?1 AND kind = ?2 AND is_deleted = 0
               ORDER BY version";
    Ok(connection.all(sql, values![scope.to_string(), kind.0], |row| {
        Ok((column::id(row, 0)?, row.get(1)?, Body::trusted(row.get(2)?)))
    })?)
}

/// Records that are not deleted, by scope and type.
pub fn counts(connection: &dyn Sql) -> Result<Vec<(Scope, Kind, u64)>, ServerFault> {
    let sql = "SELECT scope, kind, count(*) FROM record WHERE is_deleted = 0 GROUP BY scope, kind ORDER BY scope, kind";
    Ok(connection.all(sql, vec![], |row| Ok((column::text(row, 0)?, Kind(row.get(1)?), row.get(2)?)))?)
}

/// Whether there is no record at all.
pub fn is_empty(connection: &dyn Sql) -> Result<bool, ServerFault> {
    Ok(connection.first("SELECT 1 FROM record LIMIT 1", vec![], |_| Ok(()))?.is_none())
}

/// Whether an op was applied.
pub fn is_applied(connection: &dyn Sql, op: RecordId) -> Result<bool, ServerFault> {
    Ok(!connection.all_of(&Statement::of_keys(APPLIED, vec![key(&op)]), |_| Ok(()))?.is_empty())
}

/// The statements that note that ops are applied.
pub fn set_applied(ops: &BTreeSet<RecordId>) -> Vec<Statement<'static>> {
    let rows = ops.iter().map(|op| vec![key(op)]).collect();
    Statement::of_rows("INSERT INTO op (id) VALUES {rows}", rows)
}

fn rows_of(records: &[Proven]) -> Result<Vec<Vec<Value<'_>>>, ServerFault> {
    records.iter().map(row_of).collect()
}

fn key(id: &RecordId) -> Value<'static> {
    Value::from(id.as_bytes().to_vec())
}

fn row_of(Proven { record, proof }: &Proven) -> Result<Vec<Value<'_>>, ServerFault> {
    let version = i64::try_from(record.version).map_err(|_| ServerFault::Unwritable)?;
    let cleared = i64::try_from(record.cleared()).map_err(|_| ServerFault::Unwritable)?;
    Ok(values![
        record.id.as_bytes(),
        record.kind.0,
        record.scope.to_string(),
        version,
        record.body.as_bytes(),
        record.stamps.to_bytes(),
        record.author.as_bytes(),
        record.received_ms,
        record.is_deleted,
        proof.0,
        cleared,
    ])
}

fn proven(row: &Row<'_>) -> Result<Proven, SqlFault> {
    let stamps = column::bytes(row, 5)?;
    let record = Stored {
        id: column::id(row, 0)?,
        kind: Kind(row.get(1)?),
        scope: column::text(row, 2)?,
        version: row.get(3)?,
        body: Body::trusted(row.get(4)?),
        stamps: Stamps::from_bytes(stamps).map_err(|error| damaged(5, error))?,
        author: column::id(row, 6)?,
        received_ms: row.get(7)?,
        is_deleted: row.get(8)?,
    };
    Ok(Proven { record, proof: Proof(row.get(9)?) })
}

fn change(row: &Row<'_>) -> Result<RecordChange, SqlFault> {
    let is_deleted: bool = row.get(6)?;
    Ok(RecordChange {
        id: column::id(row, 0)?,
        kind: Kind(row.get(1)?),
        version: row.get(2)?,
        body: if is_deleted { None } else { Some(Body::trusted(row.get(3)?)) },
        // Whoever hears that it left need not know whose it was.
        by: column::optional_id(row, 4)?.unwrap_or(AccountId::from_bytes([0; 16])),
        received_ms: row.get(5)?,
        has_left: row.get(7)?,
        cleared: row.get(8)?,
    })
}
