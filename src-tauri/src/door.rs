//! What stands before the database: the key file on disk, the tries, and the key while it is open.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use records::Fault;
use records::call::{Lock, LockState, SetPin, Settings};
use vault::{KEY_BYTES, Key, KeyFile, MOST_WRONG, Pin, RANDOM_BYTES, VaultFault, wait_ms};

use crate::key_store::KeyStore;
use crate::storage::{self, io_fault};
use crate::{clock, private};

/// The key file lies here twice: a damaged one is no loss.
const COPIES: [&str; 2] = ["key", "key.again"];

/// The door of a data folder.
pub struct Door {
    folder: PathBuf,
    key_store: Box<dyn KeyStore>,
    kept: Kept,
    key: Option<Key>,
    /// When the last wrong try was, or the app was started: a clock that is put on shortens no waiting.
    waits_since: Instant,
}

/// What lies in the folder.
enum Kept {
    /// No PIN was ever chosen.
    Nothing,
    /// A key, or what is left of one.
    File(KeyFile),
    /// Neither copy can be read: nobody opens what is here.
    Ruins,
}

impl Door {
    /// Finds how the folder was left.
    ///
    /// # Errors
    /// `store.newer`; `store.*` when the disk fails.
    pub fn at(folder: &Path, key_store: Box<dyn KeyStore>) -> Result<Self, Fault> {
        let [one, other] = COPIES.map(|name| read(&folder.join(name)));
        let copies = [one?, other?];
        let kept = match &copies {
            // A folder that came without its key file is not one in which no PIN was ever chosen.
            [None, None] if storage::is_encrypted(folder)? => Kept::Ruins,
            [None, None] => Kept::Nothing,
            [one, other] => {
                let [one, other] = [one, other].map(|copy| copy.as_deref().unwrap_or_default());
                match KeyFile::read_either([one, other]) {
                    Ok(file) => Kept::File(file),
                    Err(VaultFault::Newer) => return Err(Fault::new("store.newer")),
                    Err(_) => Kept::Ruins,
                }
            }
        };
        let (folder, waits_since) = (folder.to_owned(), Instant::now());
        let mut door = Self { folder, key_store, kept, key: None, waits_since };
        // The power went between the tenth try and what came of it.
        if let Kept::File(file) = &door.kept
            && file.wrong() >= MOST_WRONG
            && !file.is_destroyed()
        {
            let destroyed = file.destroyed();
            door.keep(destroyed)?;
        }
        Ok(door)
    }

    /// The key, while the door is open.
    ///
    /// # Errors
    /// `lock.unset`, `lock.shut`, `lock.gone`.
    pub fn key(&self) -> Result<&Key, Fault> {
        self.key.as_ref().ok_or_else(|| match self.state() {
            LockState::Unset => Fault::new("lock.unset"),
            LockState::Gone => Fault::new("lock.gone"),
            _ => Fault::new("lock.shut"),
        })
    }

    /// How it stands.
    pub fn lock(&self) -> Lock {
        let mut lock = Lock::of(self.state());
        if let Kept::File(file) = &self.kept {
            lock.wrong = file.wrong();
            lock.tries_left = MOST_WRONG.saturating_sub(file.wrong());
            lock.wait_ms = self.wait_ms(file.wrong());
            lock.settings = file.look().and_then(|look| serde_json::from_str(look).ok());
        }
        lock
    }

    fn state(&self) -> LockState {
        match (&self.kept, &self.key) {
            (_, Some(_)) => LockState::Open,
            (Kept::Nothing, _) => LockState::Unset,
            (Kept::File(file), _) if !file.is_destroyed() => LockState::Shut,
            _ => LockState::Gone,
        }
    }

    fn wait_ms(&self, wrong: u8) -> u64 {
        let waited = self.waits_since.elapsed();
        let left = Duration::from_millis(wait_ms(wrong)).saturating_sub(waited);
        u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
    }

    /// Chooses a PIN: the first one, which makes the key, or another one beside an open door.
    ///
    /// # Errors
    /// `lock.pin_length`, `lock.pin_guessed`; `lock.wrong` when the one before is another, which counts as a try;
    /// `lock.shut` and `lock.gone`.
    pub fn set(&mut self, SetPin { pin, before }: &SetPin) -> Result<(), Fault> {
        let pin = Pin::chosen(pin).map_err(|weak| Fault::new(weak.code()))?;
        let file = match (&self.kept, self.key.clone()) {
            (Kept::Nothing, _) => {
                let key = Key::new(random::<KEY_BYTES>());
                let file = self.closed(&key, &pin)?;
                self.key = Some(key);
                file
            }
            (Kept::File(_), Some(key)) => {
                if !self.try_open(before.as_deref().unwrap_or_default())? {
                    return Err(Fault::new("lock.wrong"));
                }
                let new = self.closed(&key, &pin)?;
                let Kept::File(file) = &self.kept else { return Err(Fault::new("lock.gone")) };
                file.followed_by(new)
            }
            _ => return self.key().map(drop),
        };
        let kept = self.keep(file);
        if kept.is_err() && matches!(self.kept, Kept::Nothing) {
            self.key = None;
        }
        kept
    }

    fn closed(&self, key: &Key, pin: &Pin) -> Result<KeyFile, Fault> {
        let stored = self.stored_or_new()?;
        KeyFile::close(key, pin, stored.as_ref(), &random::<RANDOM_BYTES>()).map_err(fault)
    }

    /// What the system's key store keeps for us, or keeps from now on. One that has no part in the key yet, and does not
    /// open, is left alone: nobody is kept from work by it.
    fn stored_or_new(&self) -> Result<Option<Key>, Fault> {
        let has_a_part = matches!(&self.kept, Kept::File(file) if file.needs_stored());
        match self.key_store.get() {
            Ok(Some(stored)) => Ok(Some(stored)),
            Err(_) if has_a_part => Err(Fault::new("lock.key_store")),
            Err(_) => Ok(None),
            Ok(None) => {
                let fresh = Key::new(random::<KEY_BYTES>());
                let put = self.key_store.put(&fresh);
                // What a store does not give back is no part of anything.
                let is_kept =
                    put.is_ok() && self.key_store.get().is_ok_and(|kept| kept.as_ref() == Some(&fresh));
                Ok(is_kept.then_some(fresh))
            }
        }
    }

    /// What the key store has to give before a PIN can be tried.
    fn stored_for(&self, file: &KeyFile) -> Result<Option<Key>, Fault> {
        if !file.needs_stored() {
            return Ok(None);
        }
        match self.key_store.get() {
            Ok(Some(stored)) => Ok(Some(stored)),
            Ok(None) => Err(Fault::new("lock.key_store_lost")),
            Err(_) => Err(Fault::new("lock.key_store")),
        }
    }

    /// Tries a PIN. Whether it was right shows in how the door stands then.
    ///
    /// # Errors
    /// `lock.key_store` when the system's key store does not open and `lock.key_store_lost` when it has nothing of ours,
    /// which costs no try; `store.*` when the disk fails.
    pub fn open(&mut self, pin: &str) -> Result<(), Fault> {
        self.try_open(pin).map(drop)
    }

    /// Counts the try on disk before it looks. Too early it does nothing.
    fn try_open(&mut self, pin: &str) -> Result<bool, Fault> {
        let Kept::File(file) = &self.kept else { return Ok(false) };
        if file.is_destroyed() || self.wait_ms(file.wrong()) > 0 {
            return Ok(false);
        }
        let stored = self.stored_for(file)?;
        // What takes long and much memory comes before the count, and tells nothing yet.
        let stretched = file.stretch(&Pin::typed(pin), stored.as_ref()).map_err(fault)?;
        let trying = file.trying();
        self.keep(trying.clone())?;
        match trying.open(&stretched) {
            Ok(key) => {
                self.keep(trying.opened())?;
                self.key = Some(key);
                Ok(true)
            }
            Err(VaultFault::Wrong) => {
                self.waits_since = Instant::now();
                let after = trying.refused();
                if after.is_destroyed() {
                    self.shut();
                    self.keep(after)?;
                }
                Ok(false)
            }
            Err(other) => Err(fault(other)),
        }
    }

    /// Forgets the key.
    pub fn shut(&mut self) {
        self.key = None;
    }

    /// Remembers how the app looks, for when nothing is open.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn look(&mut self, settings: &Settings) -> Result<(), Fault> {
        let look = serde_json::to_string(settings).unwrap_or_default();
        match &self.kept {
            Kept::File(file) if file.look() != Some(&look) => {
                let file = file.looking(look);
                self.keep(file)
            }
            _ => Ok(()),
        }
    }

    /// Destroys the key for good, if there is one.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn destroy(&mut self) -> Result<(), Fault> {
        self.shut();
        match &self.kept {
            Kept::File(file) if !file.is_destroyed() => {
                let destroyed = file.destroyed();
                self.keep(destroyed)
            }
            _ => Ok(()),
        }
    }

    /// Takes down what is left of a door that nobody opens any more.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn clear(&mut self) -> Result<(), Fault> {
        COPIES
            .iter()
            .try_for_each(|name| private::remove(&self.folder.join(name)))
            .map_err(|e| io_fault(&e))?;
        private::sync_folder(&self.folder).map_err(|error| io_fault(&error))?;
        self.kept = Kept::Nothing;
        Ok(())
    }

    fn keep(&mut self, file: KeyFile) -> Result<(), Fault> {
        let bytes = file.bytes();
        let [first, second] = COPIES.map(|name| self.folder.join(name));
        private::replace(&first, &bytes).map_err(|error| io_fault(&error))?;
        // From here on this one holds, being the later.
        self.kept = Kept::File(file);
        private::replace(&second, &bytes).map_err(|error| io_fault(&error))
    }
}

/// What is in a file; nothing where there is none. One that cannot be read now is not one that is missing.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Fault> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_fault(&error)),
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    clock::random(&mut bytes);
    bytes
}

fn fault(fault: VaultFault) -> Fault {
    match fault {
        VaultFault::NoMemory => Fault::new("device_file.no_memory"),
        VaultFault::Newer => Fault::new("store.newer"),
        VaultFault::Wrong | VaultFault::Destroyed | VaultFault::Damaged => Fault::new("lock.gone"),
    }
}

#[cfg(test)]
mod tests;
