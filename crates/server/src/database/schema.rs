//! Opening the file and bringing it to this version's schema. Migrations only grow.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::{FILE_NAME, meta, private};
use crate::fault::ServerFault;

/// Every migration, in order. One that was released is never changed.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_first.sql")];
/// Marks the file as a Gridwalk server's: `GWSV`.
const APPLICATION_ID: i64 = 0x4757_5356;
/// Another process may hold the writer for a moment: an invitation is made while the server runs.
const BUSY: Duration = Duration::from_secs(15);

/// Number of this version's schema.
pub const VERSION: usize = MIGRATIONS.len();

/// Opens or makes the file and upgrades it.
pub(super) fn open(file: &Path, now_ms: i64) -> Result<Connection, ServerFault> {
    private::make(file)?;
    let mut connection = connect(file)?;
    private::close(file)?;
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
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY)?;
    // Before the first pragma that would write into a file that is not ours to write into.
    missing_in(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), ServerFault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let missing = missing_in(&transaction)?;
    missing.iter().try_for_each(|migration| transaction.execute_batch(migration))?;
    if !missing.is_empty() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    Ok(transaction.commit()?)
}

/// The migrations the file lacks. A file of a newer version or of another program is left alone.
fn missing_in(connection: &Connection) -> Result<&'static [&'static str], ServerFault> {
    let found: usize = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let missing = MIGRATIONS.get(found..).ok_or(ServerFault::NewerDatabase { found, known: VERSION })?;
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_ours = if found == 0 { tables == 0 } else { id == APPLICATION_ID };
    if is_ours { Ok(missing) } else { Err(ServerFault::ForeignDatabase) }
}
