//! The whole database as one run of bytes: to keep elsewhere, and to begin from on another device.

use records::Incarnation;
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, MAIN_DB, TransactionBehavior};

use crate::{Result, Store, StoreFault, identity, schema, search};

/// Where SQLite's header says how the file is written: 1 by a rollback journal, 2 by a log. Bytes have neither.
const WRITTEN: std::ops::Range<usize> = 18..20;

impl Store {
    /// Everything as it is now, what is still to be sent with it. It belongs on no disk as it is.
    pub fn image(&mut self) -> Result<Vec<u8>> {
        // As in a write.
        let _ = self.keep_steps();
        // SQLite puts zeros where it cannot read a page: nobody would miss them before the file is needed.
        let checked: String = self.db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if checked != "ok" {
            return Err(StoreFault::Damaged);
        }
        let mut image = self.db.serialize(MAIN_DB)?.to_vec();
        if let Some(written) = image.get_mut(WRITTEN) {
            written.fill(1);
        }
        Ok(image)
    }

    /// Every row of every table, for whoever proves that nothing else is there.
    pub fn everything(&self) -> Result<Vec<u8>> {
        self.read(|db| {
            let mut everything = vec![];
            for table in tables(db)? {
                let mut list = db.prepare(&format!("SELECT * FROM \"{table}\""))?;
                let columns = list.column_count();
                let mut rows = list.query([])?;
                while let Some(row) = rows.next()? {
                    for column in 0..columns {
                        everything.extend(format!("{table} {column} {:?}\n", row.get_ref(column)?).bytes());
                    }
                }
            }
            Ok(everything)
        })
    }

    /// Puts an image in the place of everything that is here, whole or not at all. It lives on under this incarnation,
    /// and what the server may have heard from the device it was made on goes out again: that one may have gone on.
    ///
    /// # Errors
    /// [`StoreFault::Newer`] and [`StoreFault::Foreign`] for what is no image of ours, [`StoreFault::Sqlite`] where
    /// there is no room; nothing is changed then.
    pub fn take_image(&mut self, image: &[u8], incarnation: Incarnation) -> Result<()> {
        let mut taken = Self::open(read(image)?)?;
        taken.send_all_again(incarnation)?;
        let _ = self.keep_steps();
        self.owes_disk = true;
        taken.keep_steps()?;
        take_over(&mut self.db, &taken.db)
    }
}

/// Puts what is in another database of this version into these tables, in one transaction. Row by row: SQLite copies
/// whole pages only between files that are written alike, and this one may be encrypted or have other pages.
fn take_over(db: &mut Connection, taken: &Connection) -> Result<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch("PRAGMA defer_foreign_keys = ON")?;
    let tables = tables(&tx)?;
    for table in &tables {
        tx.execute_batch(&format!("DELETE FROM \"{table}\""))?;
    }
    for table in &tables {
        copy_rows(&tx, taken, table)?;
    }
    tx.commit()?;
    forget_index(db)
}

fn copy_rows(db: &Connection, taken: &Connection, table: &str) -> Result<()> {
    let mut list = taken.prepare(&format!("SELECT * FROM \"{table}\""))?;
    let columns = list.column_count();
    let places = vec!["?"; columns].join(", ");
    let mut insert = db.prepare(&format!("INSERT INTO \"{table}\" VALUES ({places})"))?;
    let mut rows = list.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            insert.raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(row.get_ref(column)?))?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}

/// Every table that holds rows itself, those in which the index of words lies among them.
fn tables(db: &Connection) -> Result<Vec<String>> {
    let mut list = db.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table'
         AND sql NOT LIKE 'CREATE VIRTUAL TABLE %' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
    )?;
    let rows = list.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// SQLite keeps in mind how the index of words is laid out, and does not see that its tables were filled beside it; after
/// something that comes to nothing it looks again.
fn forget_index(db: &mut Connection) -> Result<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    search::remember(&tx, 1, None, &[])?;
    Ok(tx.rollback()?)
}

/// An image in memory, after a look whether it is one: its tables are those of the version it was written by, to the
/// letter, so that nothing in it does what ours would not.
fn read(image: &[u8]) -> Result<Connection> {
    let mut db = Connection::open_in_memory()?;
    db.deserialize_read_exact(MAIN_DB, image, image.len(), false).map_err(|_| StoreFault::Foreign)?;
    schema::check(&db).map_err(|fault| match fault {
        newer @ StoreFault::Newer { .. } => newer,
        _ => StoreFault::Foreign,
    })?;
    if identity::identity(&db).ok().flatten().is_none() {
        return Err(StoreFault::Foreign);
    }
    let version = schema::version(&db)?;
    if schema::objects(&db)? != schema::objects(&schema::fresh(version)?)? {
        return Err(StoreFault::Foreign);
    }
    let checked: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if checked == "ok" { Ok(db) } else { Err(StoreFault::Foreign) }
}
