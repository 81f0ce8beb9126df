//! Records that left a scope for another one.

use std::collections::BTreeSet;

use records::{Kind, RecordId, Scope};
use sync::permit::Home;

use super::column;
use super::sql::{Row, Sql, SqlFault, Statement, Value};
use crate::fault::ServerFault;
use crate::values;

/// A record that leaves a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// The scope it leaves.
    pub scope: Scope,
    /// The number of that in the scope.
    pub version: u64,
    /// The record.
    pub record: RecordId,
    /// Its type.
    pub kind: Kind,
    /// The scope it goes to. Should it have left that one once, it is back.
    pub to: Scope,
}

/// The statements that keep departures.
pub fn kept(departures: &[Departure], now_ms: i64) -> Vec<Statement<'static>> {
    let forget = |record: RecordId, scope: &Scope| Statement {
        sql: "DELETE FROM departure WHERE record = ?1 AND scope = ?2".into(),
        values: values![record.as_bytes().to_vec(), scope.to_string()],
    };
    let mut statements: Vec<Statement<'static>> =
        departures.iter().flat_map(|d| [forget(d.record, &d.to), forget(d.record, &d.scope)]).collect();
    let row = |departure: &Departure| {
        values![
            departure.scope.to_string(),
            departure.version,
            departure.record.as_bytes().to_vec(),
            departure.kind.0,
            now_ms,
        ]
    };
    let sql = "INSERT INTO departure (scope, version, record, kind, left_ms) VALUES {rows}";
    statements.extend(Statement::of_rows(sql, departures.iter().map(row).collect()));
    statements
}

/// Whether anything left a scope after a number.
pub fn any_after(connection: &dyn Sql, scope: &Scope, after: u64) -> Result<bool, ServerFault> {
    let sql = "SELECT version FROM departure WHERE scope = ?1 AND version > ?2 LIMIT 1";
    Ok(connection.first(sql, values![scope.to_string(), after], |_| Ok(()))?.is_some())
}

/// The statements that find where those of these records were before that have moved, for [`home`].
pub fn homes(ids: &BTreeSet<RecordId>) -> Vec<Statement<'static>> {
    let sql = "SELECT record, scope, left_ms FROM departure WHERE record IN ({keys})";
    Statement::of_keys(sql, ids.iter().map(|id| Value::from(id.as_bytes().to_vec())).collect())
}

/// A record and where it was.
pub fn home(row: &Row<'_>) -> Result<(RecordId, Home), SqlFault> {
    Ok((column::id(row, 0)?, Home { scope: column::text(row, 1)?, until_ms: row.get(2)? }))
}
