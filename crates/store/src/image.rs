//! The whole database as one run of bytes: to keep elsewhere, and to begin from on another device.

use records::Incarnation;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, MAIN_DB};

use crate::{Result, Store, StoreFault, identity, schema};

/// Where SQLite's header says how the file is written: 1 by a rollback journal, 2 by a log. Bytes have neither.
const WRITTEN: std::ops::Range<usize> = 18..20;

impl Store {
    /// Everything as it is now, what is still to be sent with it. It belongs on no disk as it is.
    pub fn image(&mut self) -> Result<Vec<u8>> {
        // As in a write.
        let _ = self.keep_steps();
        let mut image = self.db.serialize(MAIN_DB)?.to_vec();
        if let Some(written) = image.get_mut(WRITTEN) {
            written.fill(1);
        }
        Ok(image)
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
        take_pages_of(&self.db, &taken.db)?;
        let backup = Backup::new(&taken.db, &mut self.db)?;
        match backup.step(-1)? {
            StepResult::Done => Ok(()),
            // Somebody else reads or writes; there is nobody in a shell.
            _ => Err(StoreFault::StepsLost),
        }
    }
}

/// Gives an empty database pages of the size of another's. What SQLite copies has to have them, and browsers begin with
/// larger ones. A file that has a log does not change them.
fn take_pages_of(db: &Connection, other: &Connection) -> Result<()> {
    let size = |db: &Connection| db.query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0));
    let (here, there) = (size(db)?, size(other)?);
    if here != there {
        db.execute_batch(&format!("PRAGMA journal_mode = DELETE; PRAGMA page_size = {there}; VACUUM"))?;
        schema::prepare(db)?;
    }
    Ok(())
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
