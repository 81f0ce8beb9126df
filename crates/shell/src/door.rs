//! What stands before the database: the key file, the tries, and the key while it is open. The same in every shell.

use records::Fault;
use records::call::{Lock, LockState, SetPin, Settings};
use vault::{KEY_BYTES, Key, KeyFile, MOST_WRONG, Pin, RANDOM_BYTES, Strength, VaultFault, wait_ms};

use crate::key_store::KeyStore;

/// The key file lies here twice: a damaged one is no loss.
const COPIES: [&str; 2] = ["key", "key.again"];

/// Where a door stands: a few small files beside the database, a clock that nobody sets, and chance.
pub trait Place {
    /// What is in a file; nothing where there is none. One that cannot be read now is not one that is missing.
    ///
    /// # Errors
    /// When the disk fails.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault>;

    /// Puts these bytes in the place of a file, on disk: after a power cut the old ones are found whole, or the new ones.
    ///
    /// # Errors
    /// When the disk fails.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Fault>;

    /// Takes a file away, if it is there.
    ///
    /// # Errors
    /// When the disk fails.
    fn remove(&self, name: &str) -> Result<(), Fault>;

    /// Time that runs with the process, ms since any moment; it never goes back.
    fn ticks_ms(&self) -> u64;

    /// Fills a buffer with random bytes.
    fn random(&self, buffer: &mut [u8]);

    /// How hard to guess a person's choice has to be here.
    fn demands(&self) -> Strength;

    /// Whether a database lies here that nobody reads without a key.
    ///
    /// # Errors
    /// When the disk fails.
    fn is_encrypted(&self) -> Result<bool, Fault>;
}

/// The door before a database.
pub struct Door<P> {
    place: P,
    key_store: Box<dyn KeyStore>,
    kept: Kept,
    key: Option<Key>,
    /// When the next try may be, by the place's ticks: a clock that is put on shortens no waiting.
    waits_until_ms: u64,
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

impl<P: Place> Door<P> {
    /// Finds how it was left. Who was wrong before waits anew.
    ///
    /// # Errors
    /// `store.newer`; `store.*` when the disk fails.
    pub fn at(place: P, key_store: Box<dyn KeyStore>) -> Result<Self, Fault> {
        let [one, other] = COPIES.map(|name| place.read(name));
        let copies = [one?, other?];
        let kept = match &copies {
            // A folder that came without its key file is not one in which no PIN was ever chosen.
            [None, None] if place.is_encrypted()? => Kept::Ruins,
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
        let mut door = Self { place, key_store, kept, key: None, waits_until_ms: 0 };
        door.wait();
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

    /// Where it stands.
    pub fn place(&self) -> &P {
        &self.place
    }

    /// Opens it with the key itself, from whoever had opened it before: another owner of the same place.
    pub fn handed(&mut self, key: Key) {
        if matches!(&self.kept, Kept::File(file) if !file.is_destroyed()) {
            self.key = Some(key);
        }
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
            lock.wait_ms = self.wait_ms();
            lock.settings = file.look().and_then(|look| serde_json::from_str(look).ok());
        }
        lock.is_passphrase = self.place.demands() == Strength::Passphrase;
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

    fn wait_ms(&self) -> u64 {
        self.waits_until_ms.saturating_sub(self.place.ticks_ms())
    }

    /// The next try is so long after this moment as tries were wrong.
    fn wait(&mut self) {
        let wrong = if let Kept::File(file) = &self.kept { file.wrong() } else { 0 };
        self.waits_until_ms = self.place.ticks_ms().saturating_add(wait_ms(wrong));
    }

    /// Chooses a PIN: the first one, which makes the key, or another one beside an open door.
    ///
    /// # Errors
    /// `lock.pin_length`, `lock.passphrase_length`, `lock.pin_guessed`; `lock.wrong` when the one before is another, which counts as a try;
    /// `lock.shut` and `lock.gone`.
    pub fn set(&mut self, SetPin { pin, before }: &SetPin) -> Result<(), Fault> {
        let pin = Pin::chosen(pin, self.place.demands()).map_err(|weak| Fault::new(weak.code()))?;
        let file = match (&self.kept, self.key.clone()) {
            (Kept::Nothing, _) => {
                let key = Key::new(self.random::<KEY_BYTES>());
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
        KeyFile::close(key, pin, stored.as_ref(), &self.random::<RANDOM_BYTES>()).map_err(fault)
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
                let fresh = Key::new(self.random::<KEY_BYTES>());
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
        if file.is_destroyed() || self.wait_ms() > 0 {
            return Ok(false);
        }
        let stored = self.stored_for(file)?;
        // What takes long and much memory comes before the count, and tells nothing yet.
        let stretched = file.stretch(&Pin::typed(pin), stored.as_ref()).map_err(fault)?;
        let trying = file.trying();
        // The other copy follows with the next one.
        let _ = self.note(trying.clone())?;
        match trying.open(&stretched) {
            Ok(key) => {
                let _ = self.note(trying.opened())?;
                self.key = Some(key);
                Ok(true)
            }
            Err(VaultFault::Wrong) => {
                self.wait();
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
        COPIES.iter().try_for_each(|name| self.place.remove(name))?;
        self.kept = Kept::Nothing;
        Ok(())
    }

    fn keep(&mut self, file: KeyFile) -> Result<(), Fault> {
        self.note(file)?
    }

    /// Keeps it in the first copy, and answers whether the second one was written as well. A try needs no more than one:
    /// who types the right PIN is not turned away, and in the end locked out, because of the other.
    fn note(&mut self, file: KeyFile) -> Result<Result<(), Fault>, Fault> {
        let bytes = file.bytes();
        let [first, second] = COPIES;
        self.place.replace(first, &bytes)?;
        // From here on this one holds, being the later.
        self.kept = Kept::File(file);
        Ok(self.place.replace(second, &bytes))
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.place.random(&mut bytes);
        bytes
    }
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
