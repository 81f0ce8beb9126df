//! The device's SQLite: every record, the queries of the pages, and the outbox.
//!
//! One user action is one transaction that changes records and writes the commit that will be sent.
//! The confirmed body is what the server last said; the working body adds what still waits. Pages
//! show the working one. Nothing here reads a clock or opens a file: the shell passes both in.

pub mod acknowledged;
mod action;
pub mod attachment;
mod clearing;
mod command;
pub mod confirm;
pub mod courier;
pub mod encryption;
mod fault;
pub mod identity;
mod image;
mod layer;
pub mod left;
pub mod outbox;
mod projection;
pub mod purge;
pub mod quarantine;
pub mod record;
mod schema;
pub mod scope;
pub mod search;
pub mod settle;
pub mod tables;

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use action::{Action, Committed, Origin};
pub use confirm::Slice;
pub use fault::StoreFault;
pub use identity::{Identity, LastRound};
pub use outbox::{RefusedRow, WaitingCommit};
pub use record::{RecordRow, pending_standing};
pub use schema::SCHEMA_VERSION;

/// The result of everything here.
pub type Result<T> = std::result::Result<T, StoreFault>;

/// An open database of this device.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    has_log: bool,
    /// Something was written that may not be on disk yet.
    owes_disk: bool,
    steps: Steps,
    losses: u32,
}

/// Where the steps of taking in an answer stand. They share one transaction: a page that several of them
/// change is written once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Steps {
    /// All of them are kept.
    Kept,
    /// The transaction is open.
    Open,
    /// It came to nothing. Those that follow would leave a gap, so there are none until the next answer.
    Lost,
}

/// A transaction that only reads, until it is dropped. Its statements are compiled once: a round with
/// nothing new is mostly a dozen of these.
struct Snapshot<'a>(&'a Connection);

impl<'a> Snapshot<'a> {
    fn of(db: &'a Connection) -> Result<Self> {
        db.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(db))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // There is nothing to lose; where it fails, the next beginning says so.
        let _ = self.0.prepare_cached("ROLLBACK").and_then(|mut end| end.execute([]));
    }
}

impl Store {
    /// Takes over a connection: sets it up, brings an older schema up to date.
    ///
    /// # Errors
    /// [`StoreFault::Newer`] when the file was written by a newer version, [`StoreFault::Foreign`] when
    /// by another program; nothing is changed then.
    pub fn open(db: Connection) -> Result<Self> {
        schema::check(&db)?;
        let has_log = schema::prepare(&db)?;
        let mut store = Self { db, has_log, owes_disk: true, steps: Steps::Kept, losses: 0 };
        schema::migrate(&mut store.db)?;
        Ok(store)
    }

    /// Gives the connection back.
    pub fn close(mut self) -> Connection {
        // Steps that were not kept are gone, as in a crash: the server tells them again.
        if self.steps == Steps::Open {
            self.lose_steps();
        }
        self.db
    }

    /// How often steps of taking in an answer were lost, for whoever proves that nothing else is.
    pub fn losses(&self) -> u32 {
        self.losses
    }

    /// Runs a read on one snapshot.
    pub fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        if !self.db.is_autocommit() {
            return read(&self.db);
        }
        let snapshot = Snapshot::of(&self.db)?;
        read(snapshot.0)
    }

    /// Runs a write as one transaction; an error changes nothing. When this returns, it and all that was
    /// written before it is on disk.
    pub fn write<T>(&mut self, write: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        // Steps that cannot be kept are no reason to refuse what a person saves: the next step fails.
        let _ = self.keep_steps();
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = write(&tx)?;
        tx.commit()?;
        Ok(answer)
    }

    /// As [`Store::write`] for what the server tells and would tell again: it is whole or not at all, but
    /// on disk only with the next write. When the power goes, this and all that followed may be gone.
    pub(crate) fn write_soon<T>(&mut self, write: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.owes_disk = true;
        self.write_lazily(write)
    }

    /// An answer begins: what is left of the one before it is kept, and nothing is lost of this one.
    pub fn begin_steps(&mut self) -> Result<()> {
        let kept = if self.steps == Steps::Lost { Ok(()) } else { self.keep_steps() };
        self.steps = Steps::Kept;
        kept
    }

    /// Runs a step of taking in an answer. It is kept with all steps since the last [`Store::write`] or
    /// [`Store::keep_steps`], or lost with them: an error undoes all of these, and so does a crash.
    pub(crate) fn step<T>(&mut self, step: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.look_after_steps()?;
        if self.steps == Steps::Kept {
            self.db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            self.steps = Steps::Open;
        }
        let answer = step(&self.db);
        if answer.is_err() {
            self.lose_steps();
        }
        answer
    }

    /// Keeps the steps taken so far: they are on disk when this returns.
    ///
    /// # Errors
    /// [`StoreFault::StepsLost`] and what SQLite says: they are as if they had never been, and so is
    /// every step that follows until the next answer.
    pub fn keep_steps(&mut self) -> Result<()> {
        self.look_after_steps()?;
        if self.steps == Steps::Kept {
            return Ok(());
        }
        let kept = self.db.prepare_cached("COMMIT").and_then(|mut end| end.execute([]));
        match kept {
            Ok(_) => self.steps = Steps::Kept,
            Err(_) => self.lose_steps(),
        }
        Ok(kept.map(|_| ())?)
    }

    /// SQLite ends a transaction by itself when a disk fails, also while something is only read.
    fn look_after_steps(&mut self) -> Result<()> {
        if self.steps == Steps::Open && self.db.is_autocommit() {
            self.lose_steps();
        }
        if self.steps == Steps::Lost { Err(StoreFault::StepsLost) } else { Ok(()) }
    }

    fn lose_steps(&mut self) {
        self.steps = Steps::Lost;
        self.losses = self.losses.saturating_add(1);
        if !self.db.is_autocommit() {
            // Where it fails, so does the next beginning.
            let _ = self.db.execute_batch("ROLLBACK");
        }
    }

    /// Writes what ends a round: all that came in it is on disk when this returns. Where nothing came,
    /// nothing waits for the disk.
    pub fn write_at_the_end<T>(&mut self, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.look_after_steps()?;
        let answer = match (self.steps, self.owes_disk) {
            (Steps::Open, _) => {
                let answer = self.step(write)?;
                self.keep_steps()?;
                answer
            }
            (_, false) => return self.write_lazily(|tx| write(tx)),
            (_, true) => self.write(|tx| {
                let answer = write(tx)?;
                identity::count_end(tx)?;
                Ok(answer)
            })?,
        };
        self.owes_disk = false;
        Ok(answer)
    }

    fn write_lazily<T>(&mut self, write: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        if !self.has_log {
            return self.write(write);
        }
        // Within their transaction SQLite does not let this setting be changed. As in a write.
        let _ = self.keep_steps();
        self.db.execute_batch("PRAGMA synchronous = NORMAL")?;
        let answer = self.write(write);
        self.db.execute_batch("PRAGMA synchronous = FULL")?;
        answer
    }
}
