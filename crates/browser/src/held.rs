//! The files of this worker, the door before them, and the core while it is open.

use std::cell::{Cell, RefCell};

use app::{App, Context};
use records::Fault;
use records::call::{Lock, LockState};
use shell::door::Door;
use shell::key_store::NoKeyStore;
use shell::{STOPPED, Wanted};
use sqlite_wasm_vfs::sahpool::OpfsSAHPoolUtil;
use tokio::sync::Mutex;
use vault::Key;

use crate::storage::DoorFiles;
use crate::{clock, storage};

/// The core in this worker. A defect in it ends the worker, and the page starts another.
pub struct Held {
    state: RefCell<State>,
    /// Held while the database is being opened: two connections would each keep a log of their own.
    opening: Mutex<()>,
    is_gone: Cell<bool>,
}

/// What is left of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// All of it.
    Whole,
    /// Its files are gone, and something is not sent yet.
    Unsent,
    /// Its files are gone, and the server has everything.
    Nothing,
}

enum State {
    Ours(Box<Ours>),
    /// Why the files could not be had; another attempt may go better.
    Closed(Fault),
    /// Another tab has it now.
    Given,
}

/// The files, once they are ours.
struct Ours {
    files: OpfsSAHPoolUtil,
    door: Door<DoorFiles>,
    /// The open core, or why it could not be opened with the key.
    app: Option<Result<App, Fault>>,
}

impl Held {
    /// Takes the files. With the key of the tab that had them before, the door is open.
    pub async fn open(key: Option<Key>) -> Self {
        let state = State::open(key).await;
        Self { state: RefCell::new(state), opening: Mutex::new(()), is_gone: Cell::new(false) }
    }

    /// Takes what could not be had before: disks are cleared and other tabs closed.
    pub async fn open_again(&self) {
        if !self.state.borrow().may_pass() {
            return;
        }
        let _alone = self.opening.lock().await;
        if !self.state.borrow().may_pass() {
            return;
        }
        let opened = State::open(None).await;
        let is_wanted = self.state.borrow().may_pass();
        if is_wanted {
            *self.state.borrow_mut() = opened;
        } else {
            // It was given up meanwhile.
            opened.let_go();
        }
    }

    /// One piece of work.
    ///
    /// # Errors
    /// The work's own, or why the database is not open.
    pub fn run<T>(
        &self,
        work: impl FnOnce(&mut App, &mut Context<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut state = self.state.borrow_mut();
        work(state.ours()?.app()?, &mut Context { now: clock::now(), random: &mut clock::random })
    }

    /// Does something about the lock.
    ///
    /// # Errors
    /// `lock.*`, and what opening the database says.
    pub fn lock(&self, wanted: Wanted) -> Result<Lock, Fault> {
        self.state.borrow_mut().ours()?.lock(wanted)
    }

    /// What looks after the door, on whatever is done with it.
    ///
    /// # Errors
    /// As [`Held::run`].
    pub fn door<T>(&self, work: impl FnOnce(&mut Door<DoorFiles>) -> Result<T, Fault>) -> Result<T, Fault> {
        work(&mut self.state.borrow_mut().ours()?.door)
    }

    /// Looks whether the browser took the files away below the open database, which goes on as long as this worker does
    /// and not longer: whatever is written there now is lost with it. No new files can be had before that.
    pub async fn look_after(&self) -> Health {
        // Nothing of the state is borrowed while this waits: pages go on asking.
        if !self.is_gone.get() && !storage::is_gone().await {
            return Health::Whole;
        }
        self.is_gone.set(true);
        match &*self.state.borrow() {
            // Where that cannot be read, waiting is the safe way.
            State::Ours(ours) if ours.holds_unsent() => Health::Unsent,
            _ => Health::Nothing,
        }
    }

    /// Whether the files were gone when this was last looked after.
    pub fn is_gone(&self) -> bool {
        self.is_gone.get()
    }

    /// Closes the database and lets go of its files.
    pub fn give(&self) {
        self.state.replace(State::Given).let_go();
    }
}

impl State {
    /// Whether opening again may go better.
    fn may_pass(&self) -> bool {
        match self {
            Self::Closed(fault) => may_pass(fault),
            Self::Ours(_) | Self::Given => false,
        }
    }

    fn ours(&mut self) -> Result<&mut Ours, Fault> {
        match self {
            Self::Ours(ours) => Ok(ours),
            Self::Closed(fault) => Err(fault.clone()),
            Self::Given => Err(Fault::new(STOPPED)),
        }
    }

    fn let_go(self) {
        if let Self::Ours(ours) = self {
            let Ours { files, door, app } = *ours;
            drop((app, door));
            // What cannot be let go of goes with the worker.
            let _ = files.pause();
        }
    }

    async fn open(key: Option<Key>) -> Self {
        let taken = storage::take().await.and_then(|(files, place)| {
            let mut door = Door::at(place, Box::new(NoKeyStore))?;
            key.into_iter().for_each(|key| door.handed(key));
            Ok(Ours { files, door, app: None })
        });
        taken.map_or_else(Self::Closed, |ours| Self::Ours(Box::new(ours)))
    }
}

impl Ours {
    /// The open core, which is opened where it is not.
    fn app(&mut self) -> Result<&mut App, Fault> {
        let key = self.door.key()?;
        if self.app.as_ref().is_none_or(|app| app.as_ref().is_err_and(may_pass)) {
            self.app = Some(storage::open(&self.files, self.door.place(), key));
        }
        match &mut self.app {
            Some(Ok(app)) => Ok(app),
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(Fault::new(STOPPED)),
        }
    }

    fn lock(&mut self, wanted: Wanted) -> Result<Lock, Fault> {
        match wanted {
            Wanted::Look => {}
            Wanted::Set(chosen) => {
                let set = self.door.set(&chosen);
                self.close_behind_the_door();
                set?;
            }
            Wanted::Open(typed) => {
                let tried = self.door.open(&typed.pin);
                self.close_behind_the_door();
                tried?;
            }
            Wanted::Shut => {
                // Closing the database takes the key out of SQLite's memory, too.
                self.app = None;
                self.door.shut();
            }
            Wanted::BeginAnew => {
                self.app = None;
                self.door.destroy()?;
                storage::remove(&self.files, self.door.place())?;
                self.door.clear()?;
            }
        }
        let lock = self.door.lock();
        if lock.state == LockState::Open {
            // Whoever opens hears at once what is wrong behind the door.
            self.app()?;
        }
        Ok(lock)
    }

    /// A tenth wrong try closes what is open as well.
    fn close_behind_the_door(&mut self) {
        if self.door.lock().state != LockState::Open {
            self.app = None;
        }
    }

    /// Where that cannot be read, waiting is the safe way. What is locked may hold some: the files that are open here still
    /// read it, and whoever opens the door can send it.
    fn holds_unsent(&self) -> bool {
        match &self.app {
            Some(Ok(app)) => app.holds_unsent().unwrap_or(true),
            Some(Err(_)) => false,
            None => self.door.lock().state == LockState::Shut,
        }
    }
}

/// Whether opening again may go better.
fn may_pass(fault: &Fault) -> bool {
    !matches!(fault.code.as_str(), "store.newer" | "store.damaged")
}
