//! Where the power goes amid a step, and what the step is part of.

use oorandom::Rand64;

use super::super::slots::{HEADER, NAME};
use super::disk::{Done, Left, Step};

/// Bytes before each page in the log, and before all of them.
const FRAME_HEADER: usize = 24;
const LOG_HEADER: usize = 32;

/// How many points of each kind there were.
#[derive(Debug, Default)]
pub struct Tally {
    /// While a file of the pool was made, got or lost its name.
    names: usize,
    /// Between two pieces of the log.
    between: usize,
    /// Inside a piece of the log, or with what was not flushed lost or torn.
    inside: usize,
    /// While the database took the log over, or was made.
    database: usize,
    /// How often the log began anew.
    pub logs: usize,
}

impl Tally {
    /// A step begins.
    pub fn begin(&mut self, step: &Step) {
        let is_log = matches!(&step.done, Done::Write { bytes, .. } if bytes.len() == LOG_HEADER);
        self.logs += usize::from(is_log);
    }

    /// One more.
    pub fn count(&mut self, kind: Kind, left: Left) {
        match (kind, left) {
            (Kind::Name, _) => self.names += 1,
            (Kind::Log, Left::Written(0)) => self.between += 1,
            (Kind::Log, _) => self.inside += 1,
            (Kind::Database, _) => self.database += 1,
        }
    }

    /// All of them.
    pub fn points(&self) -> usize {
        self.names + self.between + self.inside + self.database
    }
}

/// What a step is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file of the pool is made, named, or given up.
    Name,
    /// The log.
    Log,
    /// The database, or the journal with which it was made.
    Database,
}

/// What each file of the pool is at the moment, by the names it was given.
#[derive(Debug, Default)]
pub struct Files(Vec<Option<Kind>>);

impl Files {
    /// A step is taken.
    pub fn take(&mut self, step: &Step) {
        let count = self.0.len().max(step.file + 1);
        self.0.resize(count, None);
        if let Done::Write { bytes, .. } = &step.done
            && is_name(step)
        {
            let end = bytes[..NAME].iter().position(|byte| *byte == 0).unwrap_or(NAME);
            self.0[step.file] = match &bytes[..end] {
                b"" => None,
                name if name.ends_with(b"-wal") => Some(Kind::Log),
                _ => Some(Kind::Database),
            };
        }
    }

    /// What a step is part of.
    pub fn kind(&self, step: &Step) -> Kind {
        let kind = self.0.get(step.file).copied().flatten();
        kind.filter(|_| !is_name(step)).unwrap_or(Kind::Name)
    }
}

/// Whether it writes a name, or takes one away.
pub fn is_name(step: &Step) -> bool {
    matches!(&step.done, Done::Write { at: 0, bytes } if bytes.len() == HEADER)
}

/// The points of one step: before it with all that was written, and amid it with more or less of that.
pub fn points(step: &Step, chance: &mut Rand64) -> Vec<Left> {
    let mut points = vec![Left::Written(0)];
    let torn = Left::Torn(chance.rand_u64());
    match &step.done {
        Done::Write { .. } if is_name(step) => {
            points.extend([1, 5, 11, NAME, HEADER - 2].map(Left::Written));
            points.extend([Left::Spoilt(0), Left::Flushed, torn, Left::Torn(chance.rand_u64())]);
        }
        // What stands before a page in the log is torn with the page.
        Done::Write { bytes, .. } if bytes.len() == FRAME_HEADER => {}
        Done::Write { bytes, .. } => {
            let inside = chance.rand_range(1..bytes.len() as u64) as usize;
            let more = [torn, Left::Zeroed, Left::Spoilt(inside), Left::Flushed];
            points.extend([Left::Written(inside), more[chance.rand_range(0..4) as usize]]);
        }
        Done::Truncate(_) | Done::Flush => points.extend([torn, Left::Zeroed]),
        Done::Open => {}
    }
    points
}
