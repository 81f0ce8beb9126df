//! Opening: settings of the connection, and numbered migrations that only grow.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use crate::{Result, StoreFault};

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001.sql"),
    include_str!("../migrations/0002.sql"),
    include_str!("../migrations/0003.sql"),
    include_str!("../migrations/0004.sql"),
    include_str!("../migrations/0005.sql"),
    include_str!("../migrations/0006.sql"),
    include_str!("../migrations/0007.sql"),
    include_str!("../migrations/0008.sql"),
    include_str!("../migrations/0009.sql"),
];

/// The newest schema this version knows, kept in SQLite's `user_version`.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// Kept in SQLite's `application_id`, so that a file of another program is known: `GWDV`.
const APPLICATION_ID: u32 = 0x4757_4456;

/// Refuses a file that is not for this version to write. Reads only: such a file stays as it is.
pub(crate) fn check(db: &Connection) -> Result<()> {
    // A browser has no memory that its workers share, and this connection is the only one: with the file to
    // itself it keeps the index of a write-ahead log in its own. Before anything is read.
    if cfg!(target_family = "wasm") {
        db.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
    }
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    // Another program may keep any 32 bits there.
    let number = |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let objects: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let (id, found) = (number("application_id")?, number("user_version")?);
    match () {
        () if id == i64::from(APPLICATION_ID) && found > i64::from(SCHEMA_VERSION) => {
            Err(StoreFault::Newer { found: u32::try_from(found).unwrap_or(u32::MAX), known: SCHEMA_VERSION })
        }
        () if id == i64::from(APPLICATION_ID) || (id, found, objects) == (0, 0, 0) => Ok(()),
        () => Err(StoreFault::Foreign),
    }
}

/// Sets the connection up: what 已保存 says is on disk, and readers never wait. Answers whether there is
/// a write-ahead log.
pub(crate) fn prepare(db: &Connection) -> Result<bool> {
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    // Without shared memory (a browser) SQLite answers with another mode, in which a lost directory
    // entry could bring a rollback journal back.
    let synchronous = if mode == "wal" { "FULL" } else { "EXTRA" };
    db.execute_batch(&format!(
        "PRAGMA synchronous = {synchronous};
         PRAGMA secure_delete = FAST;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16000;
         PRAGMA mmap_size = 268435456;",
    ))?;
    // A plan does not depend on what is bound. Without this SQLite compiles a statement anew whenever other
    // values are bound to it and statistics or a partial index come into question.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // As a pragma it would have every statement compiled anew that is there already.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    db.set_prepared_statement_cache_capacity(128);
    Ok(mode == "wal")
}

/// Applies what is missing, one transaction per step.
pub(crate) fn migrate(db: &mut Connection) -> Result<()> {
    migrate_to(db, SCHEMA_VERSION)
}

fn migrate_to(db: &mut Connection, version: u32) -> Result<()> {
    let found = self::version(db)?;
    for (number, sql) in (1..=version).zip(MIGRATIONS).skip(found as usize) {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}

/// The schema a database has.
pub(crate) fn version(db: &Connection) -> Result<u32> {
    Ok(db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// An empty database of an earlier version, or of this one.
pub(crate) fn fresh(version: u32) -> Result<Connection> {
    let mut db = Connection::open_in_memory()?;
    migrate_to(&mut db, version)?;
    Ok(db)
}

/// Everything a database is made of, as it was made.
pub(crate) fn objects(db: &Connection) -> Result<Vec<(String, String, Option<String>)>> {
    let mut find = db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")?;
    let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
