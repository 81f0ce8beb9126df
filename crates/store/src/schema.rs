//! Opening: settings of the connection, and numbered migrations that only grow.

use rusqlite::{Connection, TransactionBehavior};

use crate::{Result, StoreFault};

const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001.sql")];

/// The newest schema this version knows, kept in SQLite's `user_version`.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// Sets the connection up: what 已保存 says is on disk, and readers never wait.
pub(crate) fn prepare(db: &Connection) -> Result<()> {
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    // Without shared memory (a browser) SQLite answers with another mode, which is as durable.
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    db.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16000;
         PRAGMA mmap_size = 268435456;",
    )?;
    db.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Applies what is missing, one transaction per step.
pub(crate) fn migrate(db: &mut Connection) -> Result<()> {
    let found: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > SCHEMA_VERSION {
        return Err(StoreFault::Newer { found, known: SCHEMA_VERSION });
    }
    for (number, sql) in (1..).zip(MIGRATIONS).skip(found as usize) {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}
