//! SQLite as [`Sql`], and transactions on one connection.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, TransactionBehavior, params_from_iter};

use super::sql::{Row, Sql, SqlFault, Statement, Value};
use crate::fault::ServerFault;

impl Sql for Connection {
    fn execute_all(&self, statements: &[Statement<'_>]) -> Result<Vec<u64>, SqlFault> {
        let execute = |statement: &Statement<'_>| {
            let changed = prepared(self, statement)?.execute(params_from_iter(&statement.values))?;
            Ok(changed as u64)
        };
        statements.iter().map(execute).collect()
    }

    fn query(
        &self,
        statement: &Statement<'_>,
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), SqlFault>,
    ) -> Result<(), SqlFault> {
        let mut query = prepared(self, statement)?;
        let mut rows = query.query(params_from_iter(&statement.values))?;
        while let Some(row) = rows.next()? {
            each(&Row::Sqlite(row))?;
        }
        Ok(())
    }
}

fn prepared<'c>(
    connection: &'c Connection,
    statement: &Statement<'_>,
) -> Result<CachedStatement<'c>, SqlFault> {
    Ok(connection.prepare_cached(&statement.sql)?)
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Null => ValueRef::Null,
        }))
    }
}

/// Runs one write transaction on this thread.
///
/// # Errors
/// The closure's, and whatever SQLite says.
pub fn write<T>(
    connection: &mut Connection,
    work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>,
) -> Result<T, ServerFault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = work(&*transaction)?;
    transaction.commit()?;
    Ok(result)
}

/// Reads from one snapshot on this thread.
///
/// # Errors
/// The closure's, and whatever SQLite says.
pub fn read<T>(
    connection: &mut Connection,
    work: impl FnOnce(&dyn Sql) -> Result<T, ServerFault>,
) -> Result<T, ServerFault> {
    work(&*connection.transaction()?)
}
