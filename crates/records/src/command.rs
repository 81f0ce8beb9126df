//! Commands: changes that are decided in the order in which they arrive, never merged. One rule decides
//! on the device, to show what will be, and at the server, for good.

use std::collections::BTreeMap;

use crate::body::{Body, Patch};
use crate::codes::{ErasureGround, Role};
use crate::declaration::{Kind, RefusalCode};
use crate::ids::{AccountId, RecordId};

/// One command of a record type.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Its number on the wire, never reused within its type.
    pub number: u16,
    /// The records its arguments name, which it is decided with.
    pub needs: fn(&Body) -> Vec<RecordId>,
    /// Decides: what happens, or why it must not.
    pub decide: fn(&Situation<'_>) -> Result<Vec<Event>, RefusalCode>,
}

/// What a command finds.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// Number of the command.
    pub command: u16,
    /// What it says.
    pub args: &'a Body,
    /// The record it is given to.
    pub record: RecordId,
    /// That record as it is now.
    pub body: &'a Body,
    /// Who made the record.
    pub author: AccountId,
    /// Who gives the command …
    pub by: AccountId,
    /// … and in which role.
    pub role: Role,
    /// When, ms since 1970 UTC: by the effective clock at the server, by its own on a device.
    pub at_ms: i64,
    /// The records it needs, of those that exist and that whoever commands may know.
    pub others: &'a BTreeMap<RecordId, (Kind, Body)>,
}

/// What happens by a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Fields of the record it was given to change.
    Patch(Patch),
    /// A record appears in the same scope.
    Create {
        /// Its type.
        kind: Kind,
        /// Its fields.
        body: Body,
    },
    /// What is kept of another record goes, or is put aside: the server's to carry out, with all that names it.
    Clear {
        /// The record, in the same area.
        record: RecordId,
        /// Its type.
        kind: Kind,
        /// How.
        how: Clearing,
    },
}

/// How a record is cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clearing {
    /// Nothing stays but its id and why; what names it elsewhere is reworded.
    Erase(ErasureGround),
    /// It leaves every device and is not used; the server keeps it.
    Withhold,
    /// It comes back.
    Release,
}

/// One step of a state machine: who may take it from where, and where it leads.
#[derive(Debug, Clone, Copy)]
pub struct Transition<S: 'static, C> {
    /// The command that takes it.
    pub command: C,
    /// States it is taken from.
    pub from: &'static [S],
    /// Who takes it.
    pub by: By,
    /// The state after it.
    pub to: S,
}

/// Who may take a step.
#[derive(Debug, Clone, Copy)]
pub enum By {
    /// Anybody in one of these roles.
    Roles(&'static [Role]),
    /// Whoever made the record.
    Author,
}

/// Why there is no step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// Nobody takes it from this state.
    State,
    /// Others take it from this state.
    Role,
}

/// The state that a command leads to.
///
/// # Errors
/// [`Blocked`] when there is no such step.
pub fn next<S: Copy + PartialEq, C: Copy + PartialEq>(
    table: &[Transition<S, C>],
    state: S,
    command: C,
    role: Role,
    is_author: bool,
) -> Result<S, Blocked> {
    let steps = table.iter().filter(|step| step.command == command && step.from.contains(&state));
    let mut blocked = Blocked::State;
    for step in steps {
        let may = match step.by {
            By::Roles(roles) => roles.contains(&role),
            By::Author => is_author,
        };
        if may {
            return Ok(step.to);
        }
        blocked = Blocked::Role;
    }
    Err(blocked)
}

/// A command that needs no other record.
pub(crate) fn nothing(_: &Body) -> Vec<RecordId> {
    vec![]
}
