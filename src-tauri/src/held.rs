//! The data folder on the core's thread: whose it is, its door, the open core and what of it lies sealed beside it.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use app::{App, Context};
use records::Fault;
use records::call::{Lock, LockState, SetPin};
use shell::door::Door;
use shell::{FAILED_INSIDE, STOPPED, Wanted};
use vault::Key;

use crate::folder::Folder;
use crate::key_store::Place;
use crate::unsent::Journal;
use crate::{clock, storage};

/// What waits, sealed while the database can be opened, and what was left when it could not any more.
const UNSENT: &str = "unsent";
const LEFT_BEHIND: &str = "left-behind";

/// The folder, as far as it is ours and open.
pub struct Held {
    place: Place,
    /// Opens the door once, when the app was started with it.
    pin: Option<String>,
    owner: Option<File>,
    door: Option<Door<Folder>>,
    opened: Option<Result<Opened, Fault>>,
}

/// An open core, and what of it lies sealed beside it.
pub struct Opened {
    app: App,
    unsent: Journal,
    /// How much had been written when it was last sealed.
    sealed_at: Option<u64>,
}

impl Held {
    /// Looks at nothing yet. With a PIN the door is opened once, or locked with it from now on.
    pub fn of(place: Place, pin: Option<String>) -> Self {
        Self { place, pin, owner: None, door: None, opened: None }
    }

    /// The door, once the folder is ours.
    ///
    /// # Errors
    /// `store.in_use`, `store.newer`; `lock.*` for a PIN that the app was started with.
    pub fn door(&mut self) -> Result<&mut Door<Folder>, Fault> {
        if self.owner.is_none() {
            self.owner = Some(storage::own(&self.place.folder)?);
        }
        let door = match self.door.take() {
            Some(door) => door,
            None => {
                let folder = Folder::at(self.place.folder.clone());
                let mut door = Door::at(folder, (self.place.key_store)())?;
                if let Some(pin) = self.pin.take() {
                    match door.lock().state {
                        LockState::Unset => door.set(&SetPin { pin, before: None })?,
                        _ => door.open(&pin)?,
                    }
                }
                door
            }
        };
        Ok(self.door.insert(door))
    }

    /// The open core, which is opened where it is not.
    ///
    /// # Errors
    /// As [`Door::key`], and what opening says.
    pub fn opened(&mut self) -> Result<&mut Opened, Fault> {
        let key = self.door()?.key()?.clone();
        if self.opened.as_ref().is_none_or(|opened| opened.as_ref().is_err_and(may_pass)) {
            self.opened = Some(Opened::of(&self.place.folder, &key));
        }
        match &mut self.opened {
            Some(Ok(opened)) => Ok(opened),
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(Fault::new(STOPPED)),
        }
    }

    /// One piece of work. A defect in it ends neither the thread nor the app: what was half written is
    /// rolled back, and the next piece finds a core opened anew.
    ///
    /// # Errors
    /// The work's own, and why there is no open core.
    pub fn run<T>(
        &mut self,
        work: impl FnOnce(&mut App, &mut Context<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let opened = self.opened()?;
        let mut context = Context { now: clock::now(), random: &mut clock::random };
        let done = catch_unwind(AssertUnwindSafe(|| {
            let done = work(&mut opened.app, &mut context);
            opened.seal(&mut context);
            done
        }));
        done.unwrap_or_else(|_| {
            self.opened = Some(Err(Fault::new(FAILED_INSIDE)));
            Err(Fault::new(FAILED_INSIDE))
        })
    }

    /// Does something about the lock.
    ///
    /// # Errors
    /// `lock.*`, and what opening the database says.
    pub fn lock(&mut self, wanted: Wanted) -> Result<Lock, Fault> {
        match wanted {
            Wanted::Look => {}
            Wanted::Set(chosen) => {
                let set = self.door()?.set(&chosen);
                self.close_behind_the_door()?;
                set?;
            }
            Wanted::Open(typed) => {
                let tried = self.door()?.open(&typed.pin);
                self.close_behind_the_door()?;
                tried?;
            }
            Wanted::Shut => {
                // Closing the database takes the key out of SQLite's memory, too.
                self.opened = None;
                self.door()?.shut();
            }
            Wanted::BeginAnew => self.begin_anew()?,
        }
        let mut lock = self.door()?.lock();
        lock.left_behind = u32::try_from(self.left_behind()?.marks().len()).unwrap_or(u32::MAX);
        if matches!(lock.state, LockState::Open) {
            // Whoever opens hears at once what is wrong behind the door.
            self.opened()?;
        }
        Ok(lock)
    }

    /// A tenth wrong try closes what is open as well.
    fn close_behind_the_door(&mut self) -> Result<(), Fault> {
        if self.door()?.lock().state != LockState::Open {
            self.opened = None;
        }
        Ok(())
    }

    /// Gives up the database. What was not sent is put aside, on disk, before anything is destroyed; what is open and was
    /// not sealed yet, is sealed before.
    fn begin_anew(&mut self) -> Result<(), Fault> {
        let io = |error: std::io::Error| storage::io_fault(&error);
        if let Some(Ok(opened)) = &mut self.opened {
            let mut context = Context { now: clock::now(), random: &mut clock::random };
            let unsent = opened.app.unsent(opened.unsent.marks(), &mut context)?;
            opened.unsent.follow(&unsent).map_err(io)?;
        }
        self.opened = None;
        let unsent = Journal::open(self.place.folder.join(UNSENT)).map_err(io)?;
        unsent.hand_over(&mut self.left_behind()?).map_err(io)?;
        self.door()?.destroy()?;
        storage::remove(&self.place.folder)?;
        self.door()?.clear()
    }

    /// The letters that another key left behind.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn left_behind(&mut self) -> Result<Journal, Fault> {
        self.door()?;
        Journal::open(self.place.folder.join(LEFT_BEHIND)).map_err(|error| storage::io_fault(&error))
    }

    /// After an answer: what was sealed for it is on disk a moment later.
    pub fn sync(&mut self) {
        if let Some(Ok(opened)) = &mut self.opened {
            opened.unsent.sync().unwrap_or_else(|_| opened.sealed_at = None);
        }
    }
}

impl Opened {
    fn of(folder: &Path, key: &Key) -> Result<Self, Fault> {
        let io = |error: std::io::Error| storage::io_fault(&error);
        let app = storage::open(folder, key)?;
        let unsent = Journal::open(folder.join(UNSENT)).map_err(io)?;
        let mut context = Context { now: clock::now(), random: &mut clock::random };
        // What a database does not know that has just been opened has arrived, or a damaged log took it along: it is
        // sent, for the server settles it once.
        let waiting = app.unsent(unsent.marks(), &mut context)?;
        let mut strays = unsent.all().map_err(io)?;
        strays.retain(|(mark, _)| !waiting.all.contains(mark));
        if !strays.is_empty() {
            let mut left = Journal::open(folder.join(LEFT_BEHIND)).map_err(io)?;
            left.append(&strays).and_then(|()| left.sync()).map_err(io)?;
        }
        let mut opened = Self { app, unsent, sealed_at: None };
        opened.seal(&mut context);
        Ok(opened)
    }

    /// Seals what waits and is not sealed yet. What a person saved is on disk already: a disk that has no room for this
    /// is no reason to say otherwise, and it is tried again with the next piece of work.
    fn seal(&mut self, context: &mut Context<'_>) {
        let Ok(writes) = self.app.writes() else { return };
        if self.sealed_at == Some(writes) {
            return;
        }
        let unsent = self.app.unsent(self.unsent.marks(), context);
        let followed = unsent.is_ok_and(|unsent| self.unsent.follow(&unsent).is_ok());
        self.sealed_at = followed.then_some(writes);
    }
}

/// Whether opening again may go better: disks are cleared and other windows closed.
fn may_pass(fault: &Fault) -> bool {
    !matches!(fault.code.as_str(), "store.newer" | "store.damaged")
}

#[cfg(test)]
mod tests;
