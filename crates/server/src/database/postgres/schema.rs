//! Brings a PostgreSQL database to this version's schema, by the same migrations as SQLite.

use super::super::schema::{MIGRATIONS, VERSION};
use super::transaction::Transaction;
use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::values;

/// Two servers that start at once upgrade one after the other. A number of no meaning: `GWSV`.
const LOCK: i64 = 0x4757_5356;

/// What SQLite's types are here. Text is compared byte by byte, as SQLite does.
const TYPES: [(&str, &str); 5] = [
    (" STRICT, WITHOUT ROWID", ""),
    (" STRICT", ""),
    (" INTEGER", " BIGINT"),
    (" BLOB", " BYTEA"),
    (" TEXT", " TEXT COLLATE \"C\""),
];

/// Makes or upgrades the schema.
pub(super) fn migrate(transaction: &Transaction<'_>) -> Result<(), ServerFault> {
    let sql: &dyn Sql = transaction;
    sql.first("SELECT pg_advisory_xact_lock(?1)", values![LOCK], |_| Ok(()))?;
    let found = version(sql)?;
    if found == 0 {
        transaction.script("CREATE TABLE schema_version (number BIGINT NOT NULL)")?;
        sql.execute("INSERT INTO schema_version (number) VALUES (0)", vec![])?;
    }
    let missing = MIGRATIONS.get(found..).ok_or(ServerFault::NewerDatabase { found, known: VERSION })?;
    for migration in missing {
        transaction.script(&translated(migration.sql))?;
        (migration.then)(sql)?;
    }
    sql.execute("UPDATE schema_version SET number = ?1", values![VERSION as u64])?;
    Ok(())
}

/// Upgrades the schema of a database that has one.
pub(super) fn upgrade(transaction: &Transaction<'_>) -> Result<(), ServerFault> {
    match version(transaction)? {
        0 => Err(ServerFault::ForeignDatabase),
        _ => migrate(transaction),
    }
}

/// Number of the schema; 0 for an empty database. One of another program is left alone.
fn version(sql: &dyn Sql) -> Result<usize, ServerFault> {
    let tables = "SELECT table_name::text FROM information_schema.tables
                  WHERE table_schema = current_schema() ORDER BY table_name";
    let tables: Vec<String> = sql.all(tables, vec![], |row| row.get(0))?;
    match tables.iter().any(|name| name == "schema_version") {
        true => Ok(sql.one("SELECT number FROM schema_version", vec![], |row| row.get(0))?),
        false if tables.is_empty() => Ok(0),
        false => Err(ServerFault::ForeignDatabase),
    }
}

fn translated(sql: &str) -> String {
    TYPES.iter().fold(sql.to_owned(), |sql, (theirs, ours)| sql.replace(theirs, ours))
}
