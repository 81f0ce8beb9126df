//! 同步: what waits, what was refused, what lost, and when we last spoke.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::ids::RecordId;

/// Asks for the sync page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetSync {}

/// Starts a round now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SyncNow {}

/// The chip at the top: when, and how much waits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SyncChip {
    /// Changes not yet accepted.
    pub waiting: u32,
    /// Cards that need the person.
    pub needs_you: u32,
    /// What is going on.
    pub state: SyncState,
    /// Last finished round, ms since 1970 UTC.
    pub last_ms: Option<i64>,
}

/// What is going on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SyncState {
    /// Nothing.
    #[default]
    Idle,
    /// A round is under way.
    Working,
    /// First sync: this much of that much has arrived.
    First {
        /// Records received.
        received: u64,
        /// Records in all.
        total: u64,
    },
    /// No network, or the server does not answer. Everything is kept; it will be tried again.
    Offline,
    /// The round failed otherwise.
    Failed(Fault),
}

/// The sync page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPage {
    /// As on the chip.
    pub chip: SyncChip,
    /// The last finished round.
    pub last: Option<Round>,
    /// Changes waiting, oldest first, at most 50.
    pub waiting: Vec<WaitingRow>,
    /// Refused changes and conflicts.
    pub cards: Vec<Card>,
    /// Records held, by scope.
    pub held: Vec<HeldRow>,
}

/// A finished round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// When it ended, ms since 1970 UTC.
    pub at_ms: i64,
    /// Commits sent.
    pub sent: u32,
    /// Records received.
    pub received: u32,
    /// Bytes over the wire, both ways.
    pub bytes: u64,
}

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingRow {
    /// Its number.
    pub push_seq: u64,
    /// Name of the first record's type, `visit`.
    pub kind: String,
    /// A line to know it by: door and masked name, or subject.
    pub title: String,
    /// When it was saved, ms since 1970 UTC.
    pub saved_ms: i64,
}

/// Something that needs the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Identifies the card when it is settled.
    pub id: CardId,
    /// A line to know it by.
    pub title: String,
    /// When, ms since 1970 UTC.
    pub at_ms: i64,
    /// What happened.
    pub what: CardWhat,
}

/// Identifies a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CardId {
    /// A refused commit.
    Refused(u64),
    /// A losing edit.
    Lost(RecordId),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CardWhat {
    /// The server refused a change; it is kept here.
    Refused {
        /// Why.
        fault: Fault,
        /// Name of the record's type.
        kind: String,
        /// The record, to open it.
        record: RecordId,
        /// The household it concerns, whose page shows it.
        #[serde(default)]
        household: Option<RecordId>,
    },
    /// Two devices changed the same field.
    Conflict {
        /// Name of the field, `household.note`.
        field: String,
        /// The record, to open it.
        record: RecordId,
        /// The value that lost, masked where needed.
        lost: String,
        /// Who wrote it.
        lost_by: String,
        /// When, ms since 1970 UTC.
        lost_ms: i64,
        /// The value in force.
        winning: String,
        /// Who wrote that.
        won_by: String,
        /// When, ms since 1970 UTC.
        won_ms: i64,
        /// Whether the losing value is this person's.
        is_mine: bool,
        /// Whether the field is one that a person must decide: nobody's value has won yet.
        #[serde(default)]
        needs_choice: bool,
    },
}

/// Settles a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// The card.
    pub card: CardId,
    /// How.
    pub how: Settlement,
}

/// How a card is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settlement {
    /// Leave it as it is now: withdraw the refused change, or accept the winning value.
    LeaveIt,
    /// Use the losing value after all; of a change to a deleted record, bring the record back with it.
    UseMine,
    /// Send the refused change once more.
    TryAgain,
}

/// How much is held of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRow {
    /// Name of the area.
    pub area: String,
    /// Audience, `work`.
    pub audience: String,
    /// Records.
    pub records: u64,
}
