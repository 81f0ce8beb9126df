//! Faults of our own making. Every one of them must be noticed; one that is not shows that the
//! simulation looks away.

use std::str::FromStr;

use anyhow::{Error, bail};

/// What is done wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// The device moves its cursor to the end of a page before it has applied the page.
    CursorTooEarly,
    /// The server answers before its commit is on the disk.
    AckBeforeCommit,
    /// The server leaves a page out and says it was the last.
    SkippedPage,
    /// The device says saved before its commit is on the disk.
    SavedBeforeDisk,
    /// The device forgets what it has sent, not what was answered.
    ForgottenWhenSent,
    /// The server forgets which ops it has applied and what became of commits.
    ResultsForgotten,
    /// The server sends records of a scope that was not granted.
    ScopeLeak,
}

/// All of them.
pub const ALL: [Mutant; 7] = [
    Mutant::CursorTooEarly,
    Mutant::AckBeforeCommit,
    Mutant::SkippedPage,
    Mutant::SavedBeforeDisk,
    Mutant::ForgottenWhenSent,
    Mutant::ResultsForgotten,
    Mutant::ScopeLeak,
];

impl FromStr for Mutant {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match ALL.into_iter().find(|mutant| format!("{mutant:?}") == name) {
            Some(mutant) => Ok(mutant),
            None => bail!("no mutant is called {name}; there are {ALL:?}"),
        }
    }
}
