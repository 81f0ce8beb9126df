//! Faults of our own making. Every one of them must be noticed; one that is not shows that the
//! simulation looks away.

mod at_device;
mod at_server;

use std::str::FromStr;

use anyhow::{Error, bail};

pub use at_server::as_if_taken;

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
    /// The server leaves out the first change of a page.
    FirstOfPageSkipped,
    /// The server answers commits as taken that found no room on its disk.
    AnsweredUncommitted,
    /// The server applies an op again that another incarnation brings.
    AppliedAgain,
    /// The server takes the device's clock for right.
    OffsetIgnored,
    /// The server gives a change a time that has not come yet.
    BeyondReceipt,
    /// The server keeps no losing edits.
    LosingEditDropped,
    /// The server lets the edit win that it heard last, whenever it was made.
    LastHeardWins,
    /// The server brings back what was deleted, because somebody edits it.
    LateEditRevives,
    /// The server gives a number out twice.
    NumberReused,
    /// The server tells no digests.
    DigestsUntold,
    /// The device names no anchor.
    AnchorUntold,
    /// The device takes what it showed for what the server said.
    ShownAsConfirmed,
    /// The device drops what was refused.
    RefusedDropped,
    /// The device leaves a gap where something was taken back.
    GapAfterUndo,
    /// The device counts from its first number again after a restart.
    NumbersRestart,
    /// The server does not tell what was taken away.
    RevocationUntold,
    /// The server takes everything away when it does not know who may hold what.
    ConfusionRevokes,
    /// The server refuses what came late, as if it had never been right.
    LateWorkRefused,
    /// The server keeps no steps of matters.
    StepDropped,
    /// The server obeys any command.
    CommandUndecided,
    /// The server forgets what became of commits that were carried to it.
    CarriedForgotten,
    /// The server forgets where a record was before it moved.
    DepartureForgotten,
    /// The server leaves the digests as they were when a record moves.
    DigestNotMoved,
    /// The server goes on telling a record where it was before it moved.
    StillTold,
    /// The device keeps what moved out of its sight.
    KeptWhenItLeft,
    /// The device takes a photo that was begun for one that is at the server.
    PhotoThereTooEarly,
}

/// All of them.
pub const ALL: [Mutant; 33] = [
    Mutant::CursorTooEarly,
    Mutant::AckBeforeCommit,
    Mutant::SkippedPage,
    Mutant::SavedBeforeDisk,
    Mutant::ForgottenWhenSent,
    Mutant::ResultsForgotten,
    Mutant::ScopeLeak,
    Mutant::FirstOfPageSkipped,
    Mutant::AnsweredUncommitted,
    Mutant::AppliedAgain,
    Mutant::OffsetIgnored,
    Mutant::BeyondReceipt,
    Mutant::LosingEditDropped,
    Mutant::LastHeardWins,
    Mutant::LateEditRevives,
    Mutant::NumberReused,
    Mutant::DigestsUntold,
    Mutant::AnchorUntold,
    Mutant::ShownAsConfirmed,
    Mutant::RefusedDropped,
    Mutant::GapAfterUndo,
    Mutant::NumbersRestart,
    Mutant::RevocationUntold,
    Mutant::ConfusionRevokes,
    Mutant::LateWorkRefused,
    Mutant::StepDropped,
    Mutant::CommandUndecided,
    Mutant::CarriedForgotten,
    Mutant::DepartureForgotten,
    Mutant::DigestNotMoved,
    Mutant::StillTold,
    Mutant::KeptWhenItLeft,
    Mutant::PhotoThereTooEarly,
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
