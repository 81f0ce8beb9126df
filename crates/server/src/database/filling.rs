//! A database that is made of what a backup holds: only where there is none, and wholly or not at all.

use std::path::{Path, PathBuf};

use rusqlite::TransactionBehavior;

use super::schema::{APPLICATION_ID, MIGRATIONS, VERSION, connect};
use super::sql::Sql;
use super::{FILE_NAME, private};
use crate::backup::BackupFault;
use crate::fault::ServerFault;
use crate::unplaced::Unplaced;

/// Work inside the transaction that makes the database.
type Work = Box<dyn Fn(&dyn Sql) -> Result<(), ServerFault> + Send>;

/// What a new database is filled with, all in one transaction.
pub struct Filling {
    /// The schema its rows are of; the migrations behind it come after them.
    pub schema: usize,
    /// Writes the rows into tables of that schema.
    pub fill: Work,
    /// Does the last things, in this version's schema.
    pub finish: Work,
}

/// Makes the SQLite file in a folder. Its name is there once all of it is on disk.
pub(super) fn make_in(folder: &Path, filling: &Filling) -> Result<(), ServerFault> {
    let file = folder.join(FILE_NAME);
    // What lies beside a file that is gone would be read into the new one.
    if ["", "-wal", "-shm"].iter().any(|ending| with_ending(&file, ending).exists()) {
        return Err(BackupFault::NotEmpty(folder.display().to_string()).into());
    }
    let unplaced = Unplaced::beside(&file);
    private::make(unplaced.path())?;
    make(unplaced.path(), filling)?;
    unplaced.place().map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => BackupFault::NotEmpty(folder.display().to_string()).into(),
        _ => ServerFault::Folder(error),
    })
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn make(file: &Path, filling: &Filling) -> Result<(), ServerFault> {
    let mut connection = connect(file)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (before, after) = MIGRATIONS.split_at(filling.schema);
    for migration in before {
        transaction.execute_batch(migration.sql)?;
        (migration.then)(&*transaction)?;
    }
    (filling.fill)(&*transaction)?;
    for migration in after {
        transaction.execute_batch(migration.sql)?;
        (migration.then)(&*transaction)?;
    }
    (filling.finish)(&*transaction)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    // The last one to close it takes its log into the file.
    connection.close().map_err(|(_, error)| error.into())
}
