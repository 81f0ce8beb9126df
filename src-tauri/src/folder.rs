//! The data folder as the place of a door.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Instant;

use records::Fault;
use shell::door::Place;
use vault::Strength;

use crate::storage::{self, io_fault};
use crate::{clock, private};

/// A data folder that is ours.
pub struct Folder {
    path: PathBuf,
    started: Instant,
}

impl Folder {
    /// This folder; its time begins now.
    pub fn at(path: PathBuf) -> Self {
        Self { path, started: Instant::now() }
    }
}

impl Place for Folder {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_fault(&error)),
        }
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        private::replace(&self.path.join(name), bytes).map_err(|error| io_fault(&error))
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        let removed = private::remove(&self.path.join(name));
        removed.and_then(|()| private::sync_folder(&self.path)).map_err(|error| io_fault(&error))
    }

    fn ticks_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn random(&self, buffer: &mut [u8]) {
        clock::random(buffer);
    }

    fn demands(&self) -> Strength {
        Strength::Pin
    }

    fn is_encrypted(&self) -> Result<bool, Fault> {
        storage::is_encrypted(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use shell::door::Door;
    use shell::key_store::NoKeyStore;

    use super::*;

    #[test]
    fn what_is_kept_is_there_for_the_next_start_and_gone_once_it_was_taken_away() {
        let folder = tempfile::TempDir::new().unwrap();
        let here = || Folder::at(folder.path().to_owned());
        assert_eq!(here().read("key").unwrap(), None);
        here().replace("key", b"one").unwrap();
        here().replace("key", b"two").unwrap();
        assert_eq!(here().read("key").unwrap().as_deref(), Some(&b"two"[..]));
        here().remove("key").unwrap();
        here().remove("key").unwrap();
        assert_eq!(here().read("key").unwrap(), None);
    }

    #[test]
    fn a_database_without_its_key_file_is_not_a_folder_in_which_no_pin_was_ever_chosen() {
        let folder = tempfile::TempDir::new().unwrap();
        fs::write(folder.path().join("gridwalk.db"), [7; 4096]).unwrap();
        let door = Door::at(Folder::at(folder.path().to_owned()), Box::new(NoKeyStore)).unwrap();
        assert_eq!(door.lock().state, records::call::LockState::Gone);
    }
}
