//! A database and its log, looked at after each action that was acknowledged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, ensure};
use contract::content;
use rusqlite::Connection;

use super::log::Log;

/// Bytes shared with whoever proves something about them.
pub type Bytes = Arc<Vec<u8>>;

/// Whose database it is, and so who opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A device's, opened by its core.
    Device,
    /// The server's.
    Server,
}

/// The two files of a database.
#[derive(Debug, Clone, Default)]
pub struct Pair {
    /// The database without what stands in the log alone.
    pub main: Bytes,
    /// The write-ahead log.
    pub log: Bytes,
}

impl Pair {
    fn read(main: &Path) -> Result<Self> {
        let mut name = main.as_os_str().to_owned();
        name.push("-wal");
        // There is no log before the first write.
        let log = fs::read(name).unwrap_or_default();
        Ok(Self { main: Arc::new(fs::read(main)?), log: Arc::new(log) })
    }
}

/// A state the database passes through: after a whole transaction.
#[derive(Debug, Clone)]
pub struct State {
    /// The frame of the log with which it is reached.
    pub frame: usize,
    /// The database, were everything in one file.
    pub image: Bytes,
    /// What is in it, where somebody looked: after an action that was acknowledged.
    pub content: Option<u64>,
}

/// One action between two looks.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Whose.
    pub side: Side,
    /// The files before.
    pub before: Pair,
    /// The files after.
    pub after: Pair,
    /// What the database was before.
    pub first: Bytes,
    /// The frames of the log that were written begin with this one.
    pub from: usize,
    /// Every state it passed through; the last is what was acknowledged.
    pub states: Vec<State>,
}

/// A database that is watched.
pub struct Watched {
    side: Side,
    main: PathBuf,
    /// Another connection, to see what is in it as everybody sees it.
    eye: Connection,
    pair: Pair,
    image: Bytes,
}

impl Watched {
    /// Begins with the database as it is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(side: Side, main: &Path) -> Result<Self> {
        let eye = Connection::open(main)?;
        let pair = Pair::read(main)?;
        let log = Log::of(&pair.log)?;
        let image = Arc::new(log.lay_over(&pair.main, 0..log.frames()));
        drop(log);
        Ok(Self { side, main: main.to_owned(), eye, pair, image })
    }

    /// The database as any other connection sees it.
    pub fn eye(&self) -> &Connection {
        &self.eye
    }

    /// What happened to the files since the last look; `None` when nothing did, or when the log began anew
    /// in between and took the traces away.
    ///
    /// # Errors
    /// When they are not what the file format says.
    pub fn look(&mut self) -> Result<Option<Moment>> {
        let (before, after) = (self.pair.clone(), Pair::read(&self.main)?);
        let (old, log) = (Log::of(&before.log)?, Log::of(&after.log)?);
        let is_same_log = old.generation() == log.generation();
        let from = if is_same_log { old.frames() } else { 0 };
        if log.frames() == from && before.main == after.main {
            return Ok(None);
        }
        let is_traced = is_same_log || before.main == after.main;
        let first = if is_traced { self.image.clone() } else { after.main.clone() };
        let mut states = states(&log, from, &first);
        let acknowledged = states.last().map_or_else(|| first.clone(), |state| state.image.clone());
        ensure!(acknowledged.len() >= after.main.len(), "a database that shrinks is not expected here");
        if let Some(last) = states.last_mut() {
            last.content = Some(content(&self.eye)?);
        }
        let moment = Moment { side: self.side, before, after: after.clone(), first, from, states };
        (self.pair, self.image) = (after.clone(), acknowledged);
        Ok(is_traced.then_some(moment))
    }
}

fn states(log: &Log<'_>, from: usize, first: &Bytes) -> Vec<State> {
    let mut reached: (usize, Bytes) = (from, first.clone());
    let step = |frame| {
        let image = Arc::new(log.lay_over(&reached.1, reached.0..frame));
        reached = (frame, image.clone());
        State { frame, image, content: None }
    };
    log.ends_after(from).map(step).collect()
}
