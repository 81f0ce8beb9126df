//! The data folder: one database, one owner.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use app::App;
use records::Fault;
use records::call::Room;
use rusqlite::Connection;

use crate::private;

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
    private::folder(folder).map_err(|error| io_fault(&error))?;
    let lock = File::create(folder.join("lock")).map_err(|error| io_fault(&error))?;
    match try_lock(&lock) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Fault::new("store.in_use")),
        Err(TryLockError::Error(error)) => return Err(io_fault(&error)),
    }
    let file = folder.join("gridwalk.db");
    private::file(&file).map_err(|error| io_fault(&error))?;
    let connection = Connection::open(&file).map_err(|error| Fault::from(store_fault(error)))?;
    let app = App::open(connection, file.display().to_string())?;
    Ok(Opened { app, _lock: lock })
}

#[cfg(not(target_os = "android"))]
fn try_lock(file: &File) -> Result<(), TryLockError> {
    file.try_lock()
}

/// Android has the same lock, only std does not offer it there (1.96 answers `Unsupported`).
#[cfg(target_os = "android")]
fn try_lock(file: &File) -> Result<(), TryLockError> {
    use rustix::fs::{FlockOperation, flock};
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(TryLockError::WouldBlock),
        Err(other) => Err(TryLockError::Error(other.into())),
    }
}

/// The room in this folder and on its disk. Nobody but the person takes it away.
pub fn room(folder: &Path) -> Room {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let used = files.filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum();
    Room { used, free: free(folder), stays: true, is_gone: false }
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_data_is_closed_to_everybody_else() {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let parent = tempfile::TempDir::new().unwrap();
        let data = parent.path().join("data");
        // A new folder, and one that an earlier version left open.
        for _ in 0..2 {
            let opened = open(&data).unwrap();
            assert_eq!((mode(&data), mode(&data.join("gridwalk.db"))), (0o700, 0o600));
            drop(opened);
            set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
            set_permissions(data.join("gridwalk.db"), Permissions::from_mode(0o644)).unwrap();
        }
    }

    #[test]
    fn the_room_is_that_of_the_folder_and_its_disk() {
        let folder = tempfile::TempDir::new().unwrap();
        assert_eq!(room(folder.path()).used, 0);
        let _opened = open(folder.path()).unwrap();
        let room = room(folder.path());
        let database = folder.path().join("gridwalk.db").metadata().unwrap().len();
        assert!(room.stays && room.used >= database, "{room:?}");
        #[cfg(unix)]
        assert!(room.free.unwrap() > 0);
    }

    #[test]
    fn one_folder_has_one_owner() {
        let folder = tempfile::TempDir::new().unwrap();
        let first = open(folder.path()).unwrap();
        assert_eq!(open(folder.path()).err().unwrap().code, "store.in_use");
        drop(first);
        assert!(open(folder.path()).is_ok());
    }
}
