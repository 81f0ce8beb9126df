//! The open core, or why there is none.

use std::cell::{Cell, RefCell};

use app::{App, Context};
use records::Fault;
use shell::STOPPED;
use sqlite_wasm_vfs::sahpool::OpfsSAHPoolUtil;
use tokio::sync::Mutex;

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
    Open(Box<App>, OpfsSAHPoolUtil),
    /// Why it could not be opened; another attempt may go better.
    Closed(Fault),
    /// Another tab has it now.
    Given,
}

impl Held {
    /// Takes the files and opens the database in them.
    pub async fn open() -> Self {
        Self { state: RefCell::new(State::open().await), opening: Mutex::new(()), is_gone: Cell::new(false) }
    }

    /// Opens what could not be opened before: disks are cleared and other tabs closed.
    pub async fn open_again(&self) {
        if !self.state.borrow().may_pass() {
            return;
        }
        let _alone = self.opening.lock().await;
        if !self.state.borrow().may_pass() {
            return;
        }
        let opened = State::open().await;
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
        let app = match &mut *state {
            State::Open(app, _) => app,
            State::Closed(fault) => return Err(fault.clone()),
            State::Given => return Err(Fault::new(STOPPED)),
        };
        work(app, &mut Context { now: clock::now(), random: &mut clock::random })
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
            State::Open(app, _) if app.holds_unsent().unwrap_or(true) => Health::Unsent,
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
            Self::Closed(fault) => !matches!(fault.code.as_str(), "store.newer" | "store.damaged"),
            Self::Open(..) | Self::Given => false,
        }
    }

    fn let_go(self) {
        if let Self::Open(app, files) = self {
            drop(app);
            // What cannot be let go of goes with the worker.
            let _ = files.pause();
        }
    }

    async fn open() -> Self {
        match storage::take().await {
            Ok(files) => match storage::open() {
                Ok(app) => Self::Open(Box::new(app), files),
                Err(fault) => Self::Closed(fault),
            },
            Err(fault) => Self::Closed(fault),
        }
    }
}
