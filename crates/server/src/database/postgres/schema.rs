//! Brings a PostgreSQL database to this version's schema, by the same migrations as SQLite.

use super::super::schema::{MIGRATIONS, Migration, VERSION};
use super::transaction::Transaction;
use crate::backup::BackupFault;
use crate::database::filling::Filling;
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
    lock(transaction)?;
    let found = version(transaction)?;
    let missing = MIGRATIONS.get(found..).ok_or(ServerFault::NewerDatabase { found, known: VERSION })?;
    if found == 0 {
        begin(transaction)?;
    }
    run(transaction, missing)?;
    set_version(transaction)
}

/// Makes the schema of an empty database and fills it. `name` is what the database is called in an error.
pub(super) fn fill(transaction: &Transaction<'_>, filling: &Filling, name: &str) -> Result<(), ServerFault> {
    lock(transaction)?;
    match version(transaction) {
        Ok(0) => {}
        Ok(_) | Err(ServerFault::ForeignDatabase) => {
            return Err(BackupFault::NotEmpty(name.to_owned()).into());
        }
        Err(fault) => return Err(fault),
    }
    begin(transaction)?;
    let (before, after) = MIGRATIONS.split_at(filling.schema);
    run(transaction, before)?;
    (filling.fill)(transaction)?;
    run(transaction, after)?;
    (filling.finish)(transaction)?;
    set_version(transaction)
}

fn lock(sql: &dyn Sql) -> Result<(), ServerFault> {
    sql.first("SELECT pg_advisory_xact_lock(?1)", values![LOCK], |_| Ok(()))?;
    Ok(())
}

fn begin(transaction: &Transaction<'_>) -> Result<(), ServerFault> {
    transaction.script("CREATE TABLE schema_version (number BIGINT NOT NULL)")?;
    let sql: &dyn Sql = transaction;
    sql.execute("INSERT INTO schema_version (number) VALUES (0)", vec![])?;
    Ok(())
}

fn run(transaction: &Transaction<'_>, migrations: &[Migration]) -> Result<(), ServerFault> {
    migrations.iter().try_for_each(|migration| {
        transaction.script(&translated(migration.sql))?;
        (migration.then)(transaction)
    })
}

fn set_version(sql: &dyn Sql) -> Result<(), ServerFault> {
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
