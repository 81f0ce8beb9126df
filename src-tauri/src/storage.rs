//! The data folder: one database, one owner.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use app::App;
use records::Fault;
use rusqlite::Connection;

/// An open core, and the lock that keeps a second app away from its database.
pub struct Opened {
    /// The core.
    pub app: App,
    _lock: File,
}

/// Opens the database in this folder, making both when they are new.
///
/// # Errors
/// `store.in_use` when another window has it, and what [`App::open`] says.
pub fn open(folder: &Path) -> Result<Opened, Fault> {
    fs::create_dir_all(folder).map_err(|error| io_fault(&error))?;
    let lock = File::create(folder.join("lock")).map_err(|error| io_fault(&error))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Fault::new("store.in_use")),
        Err(TryLockError::Error(error)) => return Err(io_fault(&error)),
    }
    let file = folder.join("gridwalk.db");
    let connection = Connection::open(&file).map_err(|error| Fault::from(store_fault(error)))?;
    let app = App::open(connection, file.display().to_string())?;
    Ok(Opened { app, _lock: lock })
}

fn store_fault(error: rusqlite::Error) -> app::StoreFault {
    error.into()
}

fn io_fault(error: &std::io::Error) -> Fault {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        StorageFull => Fault::new("store.full"),
        PermissionDenied | ReadOnlyFilesystem => Fault::new("store.read_only"),
        _ => Fault::new("store.failed"),
    }
}
