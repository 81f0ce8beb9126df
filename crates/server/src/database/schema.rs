//! Opening a SQLite file and bringing it to this version's schema. Migrations only grow.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use super::sql::Sql;
use super::{FILE_NAME, audit, meta, private, proof};
use crate::fault::ServerFault;

/// Every migration, in order. One that was released is never changed. PostgreSQL reads the same text
/// with its own names of the types.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { sql: include_str!("migrations/0001_first.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0002_proof.sql"), then: proof::count_anew },
    Migration { sql: include_str!("migrations/0003_standing.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0004_attachment.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0005_brought.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0006_history.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0007_sent.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0008_audit.sql"), then: audit::begin },
    Migration { sql: include_str!("migrations/0009_access.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0010_token.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0011_cleared.sql"), then: |_| Ok(()) },
];
/// Marks the file as a Gridwalk server's: `GWSV`.
pub(super) const APPLICATION_ID: i64 = 0x4757_5356;
/// Another process may hold the writer for a moment: an invitation is made while the server runs.
const BUSY: Duration = Duration::from_secs(15);
/// Statements that stay prepared.
const STATEMENTS: usize = 128;

/// A step from one schema to the next: SQL, and what SQL cannot say.
pub(super) struct Migration {
    pub(super) sql: &'static str,
    pub(super) then: fn(&dyn Sql) -> Result<(), ServerFault>,
}

/// Number of this version's schema.
pub const VERSION: usize = MIGRATIONS.len();

/// Opens or makes the file and upgrades it.
pub(super) fn open(file: &Path, now_ms: i64) -> Result<Connection, ServerFault> {
    private::make(file)?;
    let connection = connect(file)?;
    private::close(file)?;
    begin(connection, now_ms)
}

/// Makes a server's database of whatever this is a connection to, or upgrades it.
///
/// # Errors
/// As of [`Database::open`](super::Database::open).
pub fn open_on(connection: Connection, now_ms: i64) -> Result<Connection, ServerFault> {
    begin(prepare(connection)?, now_ms)
}

fn begin(mut connection: Connection, now_ms: i64) -> Result<Connection, ServerFault> {
    migrate(&mut connection)?;
    meta::begin(&connection, now_ms)?;
    Ok(connection)
}

/// Opens the database in a data folder that has one, beside a running server or without.
///
/// # Errors
/// [`ServerFault::NoDatabase`] when there is none; as of [`Database::open`](super::Database::open).
pub fn open_existing(folder: &Path) -> Result<Connection, ServerFault> {
    let file = folder.join(FILE_NAME);
    if !file.exists() {
        return Err(ServerFault::NoDatabase(file));
    }
    let mut connection = connect(&file)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// A connection to a file that is up to date. What was acknowledged survives a power cut.
pub(super) fn connect(file: &Path) -> Result<Connection, ServerFault> {
    prepare(Connection::open(file)?)
}

fn prepare(connection: Connection) -> Result<Connection, ServerFault> {
    connection.busy_timeout(BUSY)?;
    // Before the first pragma that would write into a file that is not ours to write into.
    missing_in(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // As pragmas they would have every statement compiled anew that is there already.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without this SQLite plans a query anew whenever other values are bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), ServerFault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let missing = missing_in(&transaction)?;
    for migration in missing {
        transaction.execute_batch(migration.sql)?;
        (migration.then)(&*transaction)?;
    }
    if !missing.is_empty() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    Ok(transaction.commit()?)
}

/// The migrations the file lacks. A file of a newer version or of another program is left alone.
fn missing_in(connection: &Connection) -> Result<&'static [Migration], ServerFault> {
    let found: usize = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let missing = MIGRATIONS.get(found..).ok_or(ServerFault::NewerDatabase { found, known: VERSION })?;
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_ours = if found == 0 { tables == 0 } else { id == APPLICATION_ID };
    if is_ours { Ok(missing) } else { Err(ServerFault::ForeignDatabase) }
}
