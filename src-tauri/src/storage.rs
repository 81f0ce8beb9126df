//! The data folder: one database, one owner, and everything in it encrypted.

use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

use app::App;
use records::Fault;
use records::call::Room;
use rusqlite::Connection;
use store::encryption;
use vault::Key;

use crate::private;

/// How every SQLite file begins that is not encrypted.
const PLAIN: &[u8; 16] = b"SQLite format 3\0";
/// What SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Makes the folder where there is none, and takes hold of it: a second app waits outside for as long as the answer
/// lives.
///
/// # Errors
/// `store.in_use` when another window has it.
pub fn own(folder: &Path) -> Result<File, Fault> {
    private::folder(folder).map_err(|error| io_fault(&error))?;
    let lock = File::create(folder.join("lock")).map_err(|error| io_fault(&error))?;
    match try_lock(&lock) {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Fault::new("store.in_use")),
        Err(TryLockError::Error(error)) => Err(io_fault(&error)),
    }
}

/// Opens the database in a folder one owns, making it when it is new. One that an earlier version left open to read is
/// encrypted first.
///
/// # Errors
/// What [`App::open`] says; `store.damaged` for what this key does not open.
pub fn open(folder: &Path, key: &Key) -> Result<App, Fault> {
    let file = database(folder);
    encrypt(folder, key)?;
    private::file(&file).map_err(|error| io_fault(&error))?;
    let connection = with_key(&file, key)?;
    App::open(connection, file.display().to_string())
}

/// Whether a database lies here that nobody reads without a key.
///
/// # Errors
/// When the disk fails.
pub fn is_encrypted(folder: &Path) -> Result<bool, Fault> {
    let file = database(folder);
    let is_empty = file.metadata().map_or(true, |about| about.len() == 0);
    Ok(!is_empty && !is_plain(&file).map_err(|error| io_fault(&error))?)
}

/// Takes away the database and everything SQLite keeps beside it.
///
/// # Errors
/// When the disk fails.
pub fn remove(folder: &Path) -> Result<(), Fault> {
    let file = database(folder);
    remove_beside(&file).and_then(|()| private::remove(&file)).map_err(|error| io_fault(&error))
}

fn database(folder: &Path) -> PathBuf {
    folder.join("gridwalk.db")
}

/// Encrypts a database that can be read without a key: into a file of its own, which takes its place when it is whole
/// and on disk. Wherever the power goes, one of the two is there. Its blocks may still be found on the medium.
fn encrypt(folder: &Path, key: &Key) -> Result<(), Fault> {
    let (plain, sealed) = (database(folder), folder.join("gridwalk.sealing"));
    let io = |error: std::io::Error| io_fault(&error);
    remove_beside(&sealed).and_then(|()| private::remove(&sealed)).map_err(io)?;
    if !is_plain(&plain).map_err(io)? {
        return Ok(());
    }
    private::file(&sealed).map_err(io)?;
    copy(&plain, &sealed, key)?;
    File::options().write(true).open(&sealed).and_then(|file| file.sync_all()).map_err(io)?;
    // Of the plain one nothing may be left that SQLite would read into the other.
    remove_beside(&plain).and_then(|()| private::take_place(&sealed, &plain)).map_err(io)
}

fn copy(plain: &Path, sealed: &Path, key: &Key) -> Result<(), Fault> {
    let db = Connection::open(plain).map_err(|error| Fault::from(app::StoreFault::from(error)))?;
    Ok(encryption::copy(&db, &sealed.to_string_lossy(), key.bytes())?)
}

fn is_plain(file: &Path) -> std::io::Result<bool> {
    let mut head = vec![];
    match File::open(file) {
        Ok(file) => file.take(PLAIN.len() as u64).read_to_end(&mut head)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(head == PLAIN)
}

/// A connection that reads and writes under this key.
fn with_key(file: &Path, key: &Key) -> Result<Connection, Fault> {
    let db = Connection::open(file).map_err(|error| Fault::from(app::StoreFault::from(error)))?;
    encryption::unlock(&db, key.bytes())?;
    Ok(db)
}

fn remove_beside(file: &Path) -> std::io::Result<()> {
    BESIDE.iter().try_for_each(|ending| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        private::remove(Path::new(&name))
    })
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

/// What a disk said, as a person reads it.
pub fn io_fault(error: &std::io::Error) -> Fault {
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

    fn key(byte: u8) -> Key {
        Key::new([byte; 32])
    }

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
            let owner = own(&data).unwrap();
            drop(open(&data, &key(1)).unwrap());
            assert_eq!((mode(&data), mode(&data.join("gridwalk.db"))), (0o700, 0o600));
            drop(owner);
            set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
            set_permissions(data.join("gridwalk.db"), Permissions::from_mode(0o644)).unwrap();
        }
    }

    #[test]
    fn the_room_is_that_of_the_folder_and_its_disk() {
        let folder = tempfile::TempDir::new().unwrap();
        assert_eq!(room(folder.path()).used, 0);
        let _app = open(folder.path(), &key(1)).unwrap();
        let room = room(folder.path());
        let database = folder.path().join("gridwalk.db").metadata().unwrap().len();
        assert!(room.stays && room.used >= database, "{room:?}");
        #[cfg(unix)]
        assert!(room.free.unwrap() > 0);
    }

    #[test]
    fn one_folder_has_one_owner() {
        let folder = tempfile::TempDir::new().unwrap();
        let first = own(folder.path()).unwrap();
        assert_eq!(own(folder.path()).err().unwrap().code, "store.in_use");
        drop(first);
        assert!(own(folder.path()).is_ok());
    }

    /// A database as an earlier version left it, with somebody enrolled and a word of theirs.
    fn plain(folder: &Path) {
        let before = tempfile::TempDir::new().unwrap();
        let mut store = store::Store::open(Connection::open(database(before.path())).unwrap()).unwrap();
        store.write(|tx| store::identity::set_settings(tx, "门口的花是我种的")).unwrap();
        // As a process that is killed leaves it: with a log.
        for name in ["gridwalk.db", "gridwalk.db-wal"] {
            fs::copy(before.path().join(name), folder.join(name)).unwrap();
        }
    }

    fn word(app: &mut App) -> Option<String> {
        app.store().read(store::identity::settings).unwrap()
    }

    #[test]
    fn what_an_earlier_version_left_open_is_encrypted_and_all_there() {
        let folder = tempfile::TempDir::new().unwrap();
        plain(folder.path());
        let readable = || {
            let files =
                fs::read_dir(folder.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
            files.filter(|bytes| bytes.windows(9).any(|run| run == "门口的".as_bytes())).count()
        };
        assert!(readable() > 0);
        for _ in 0..2 {
            let mut app = open(folder.path(), &key(1)).unwrap();
            assert_eq!(word(&mut app).as_deref(), Some("门口的花是我种的"));
            assert_eq!(readable(), 0);
        }
    }

    #[test]
    fn wherever_the_power_goes_while_it_is_encrypted_one_of_the_two_is_whole() {
        let folder = tempfile::TempDir::new().unwrap();
        let (file, sealing) = (database(folder.path()), folder.path().join("gridwalk.sealing"));
        let whole = {
            plain(folder.path());
            copy(&file, &sealing, &key(1)).unwrap();
            fs::read(&sealing).unwrap()
        };
        // Before the new one takes the other's place, however much of it there is, and after.
        for cut in [0, 1, whole.len() / 2, whole.len()] {
            remove(folder.path()).unwrap();
            plain(folder.path());
            fs::write(&sealing, &whole[..cut]).unwrap();
            fs::write(folder.path().join("gridwalk.sealing-journal"), b"half").unwrap();
            assert_eq!(word(&mut open(folder.path(), &key(1)).unwrap()).as_deref(), Some("门口的花是我种的"));
            assert!(!sealing.exists() && !is_plain(&file).unwrap());
        }
        remove(folder.path()).unwrap();
        fs::write(&file, &whole).unwrap();
        assert_eq!(word(&mut open(folder.path(), &key(1)).unwrap()).as_deref(), Some("门口的花是我种的"));
    }

    #[test]
    fn a_device_goes_on_from_the_file_of_another_under_a_key_of_its_own() {
        let (old, new) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
        let mut app = open(old.path(), &key(1)).unwrap();
        app.store()
            .write(|tx| {
                store::identity::set_settings(tx, "门口的花是我种的")?;
                store::identity::set_identity(tx, &crate::platform::tests::identity("http://127.0.0.1:9"))
            })
            .unwrap();
        let mut context = app::Context { now: crate::clock::now(), random: &mut crate::clock::random };
        let image = app.device_image(&mut context).unwrap();
        let mut taken = open(new.path(), &key(2)).unwrap();
        taken.take_device(&image.bytes, &mut context).unwrap();
        drop(taken);
        assert_eq!(word(&mut open(new.path(), &key(2)).unwrap()).as_deref(), Some("门口的花是我种的"));
    }

    #[test]
    fn another_key_opens_nothing_and_changes_nothing() {
        let folder = tempfile::TempDir::new().unwrap();
        drop(open(folder.path(), &key(1)).unwrap());
        let before = fs::read(database(folder.path())).unwrap();
        assert_eq!(open(folder.path(), &key(2)).err().unwrap().code, "store.damaged");
        assert_eq!(fs::read(database(folder.path())).unwrap(), before);
        assert!(open(folder.path(), &key(1)).is_ok());
    }
}
