//! 备份: everything in the database in one file, which either database is made of again.
//!
//! Photos are not in it: they lie in a folder or bucket of their own.

mod content;
mod dump;
mod fault;
mod frame;
mod read;

use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::Path;

use lockbox::stream::SealWriter;

pub use dump::dump;
pub use fault::BackupFault;
pub use lockbox::stream::Passphrase;

use crate::audit::{self, Broken, Entry, deed};
use crate::database::audit::Link;
use crate::database::filling::Filling;
use crate::database::sql::Sql;
use crate::database::{Database, Place, meta, schema, tables};
use crate::fault::ServerFault;
use crate::random;
use crate::unplaced::Unplaced;
use read::Reading;

/// Most rows in one group.
const MOST_ROWS: usize = 1_000;
/// Most bytes of a group: more than the largest commit that waits in quarantine.
const MOST_GROUP_BYTES: usize = 16 * 1024 * 1024;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The schema its rows are of.
    pub schema: usize,
    /// When it was made, ms since 1970 UTC.
    pub made_ms: i64,
    /// The version that made it.
    pub software: String,
    /// Rows of each table.
    pub rows: Vec<(&'static str, u64)>,
    /// The end of the audit, or where it was broken already when the backup was made.
    pub audit: Result<Link, Broken>,
}

impl Summary {
    fn end_of_audit(&self) -> String {
        self.audit.map_or_else(|broken| broken.to_string(), |end| end.to_string())
    }
}

/// Writes a backup beside whatever the server does, reads it again, gives it its name, and notes that. With a passphrase
/// it is sealed before any of it reaches the disk. Blocks.
///
/// # Errors
/// [`BackupFault::Exists`], [`BackupFault::File`]; [`BackupFault::Damaged`] where the disk does not give back what it
/// was given; a failure of the database.
pub fn back_up(
    database: &Database,
    file: &Path,
    passphrase: Option<&Passphrase>,
    now_ms: i64,
) -> Result<Summary, ServerFault> {
    if file.exists() {
        return Err(BackupFault::Exists(file.to_owned()).into());
    }
    let unplaced = Unplaced::beside(file);
    let out = BufWriter::new(unplaced.make().map_err(BackupFault::File)?);
    let written = database.read_here(|snapshot| write(snapshot, passphrase, now_ms, out))?;
    let written = written.into_inner().map_err(|error| BackupFault::File(error.into_error()))?;
    written.sync_all().map_err(BackupFault::File)?;
    let summary = verify(unplaced.path(), passphrase)?;
    unplaced.place().map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => BackupFault::Exists(file.to_owned()),
        _ => BackupFault::File(error),
    })?;
    let entry = Entry::new(deed::BACKED_UP, now_ms).about(summary.end_of_audit());
    database.write_here(|transaction| audit::note(transaction, &entry))?;
    Ok(summary)
}

fn write(
    snapshot: &dyn Sql,
    passphrase: Option<&Passphrase>,
    now_ms: i64,
    out: BufWriter<File>,
) -> Result<BufWriter<File>, ServerFault> {
    let Some(passphrase) = passphrase else { return dump(snapshot, schema::VERSION, now_ms, out) };
    let out = SealWriter::begin(out, passphrase, &random::bytes()).map_err(BackupFault::File)?;
    let sealed = dump(snapshot, schema::VERSION, now_ms, out)?;
    Ok(sealed.finish().map_err(BackupFault::File)?)
}

/// Reads a backup to its end; says what it holds. One that is sealed needs its passphrase, and with a passphrase nothing
/// else is taken.
///
/// # Errors
/// [`BackupFault`].
pub fn verify(file: &Path, passphrase: Option<&Passphrase>) -> Result<Summary, BackupFault> {
    to_the_end(Reading::open(file, passphrase)?)
}

/// The same of a backup that is in memory, and not sealed.
///
/// # Errors
/// [`BackupFault`].
pub fn verify_bytes(file: &[u8]) -> Result<Summary, BackupFault> {
    to_the_end(Reading::begin(file)?)
}

fn to_the_end<R: Read>(mut reading: Reading<R>) -> Result<Summary, BackupFault> {
    while reading.next()?.is_some() {}
    Ok(reading.summary())
}

/// Makes a database of a backup where there is none. All of the file is read before anything is written, and what is
/// written is one transaction. The server is another one for its devices from then on: it went back.
///
/// # Errors
/// [`BackupFault`]; a failure of the database.
pub async fn restore(
    file: &Path,
    passphrase: Option<&Passphrase>,
    place: &Place,
    now_ms: i64,
) -> Result<Summary, ServerFault> {
    let summary = verify(file, passphrase)?;
    let (schema, file, passphrase) = (summary.schema, file.to_owned(), passphrase.cloned());
    let entry = Entry::new(deed::RESTORED, now_ms).about(summary.end_of_audit());
    let filling = Filling {
        schema,
        fill: Box::new(move |transaction| fill(transaction, schema, &file, passphrase.as_ref())),
        finish: Box::new(move |transaction| {
            meta::draw_epoch(transaction)?;
            audit::note(transaction, &entry)
        }),
    };
    Database::make_filled(place, filling).await?;
    Ok(summary)
}

fn fill(
    transaction: &dyn Sql,
    schema: usize,
    file: &Path,
    passphrase: Option<&Passphrase>,
) -> Result<(), ServerFault> {
    tables::clear(transaction, schema)?;
    let mut reading = Reading::open(file, passphrase)?;
    while let Some(group) = reading.next()? {
        group.table.insert(transaction, schema, group.rows)?;
    }
    Ok(())
}
