//! 同步: what waits, what was refused, what lost, and when we last spoke.

use serde::{Deserialize, Serialize};

use super::{MatterDraft, Standing, VisitDraft};
use crate::fault::Fault;
use crate::ids::RecordId;

/// Asks for the sync page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetSync {}

/// Starts a round now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SyncNow {}

/// Puts the first sync off for a while, or goes on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseSync {
    /// Whether it rests.
    pub is_paused: bool,
}

/// Says what kind of network the device is on, as far as the device knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TellLink {
    /// Whether bytes cost something, or are few.
    pub is_metered: bool,
}

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
    /// The first sync rests because the person said so. What is saved still goes out.
    Paused,
    /// No network, or the server does not answer. Everything is kept; it will be tried again.
    Offline,
    /// The round failed otherwise.
    Failed(Fault),
}

/// The sync page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SyncPage {
    /// As on the chip.
    pub chip: SyncChip,
    /// How far the first sync has come, whatever goes on now; `None` once it is done.
    pub first: Option<FirstSync>,
    /// Whether rounds stay small, by choice or because of the network.
    pub spares_data: bool,
    /// The last finished round.
    pub last: Option<Round>,
    /// Changes waiting, oldest first, at most 50.
    pub waiting: Vec<WaitingRow>,
    /// Refused changes and conflicts.
    pub cards: Vec<Card>,
    /// Records held, by scope.
    pub held: Vec<HeldRow>,
    /// What left this device because it was taken away, newest first.
    pub left: Vec<LeftRow>,
}

/// A first sync that is not done yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FirstSync {
    /// Records received.
    pub received: u64,
    /// Records in all, as far as the server has said.
    pub total: u64,
    /// Whether it rests because the person said so.
    pub is_paused: bool,
    /// Whether everything of the worker's own area is here, and only the rest is on its way.
    pub is_today_here: bool,
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
    /// The same of all rounds of its day.
    pub day_bytes: u64,
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
    /// Fields that it changes, `household.note`; empty when it makes the record.
    pub fields: Vec<String>,
    /// The record, to open it.
    pub record: Option<RecordId>,
    /// The household it concerns, whose page shows it.
    pub household: Option<RecordId>,
    /// On this device, or on its way.
    pub standing: Standing,
}

/// Asks for what waits, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListWaiting {
    /// Most rows.
    pub limit: u16,
}

/// What waits, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingWindow {
    /// The rows.
    pub rows: Vec<WaitingRow>,
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
    /// A commit somebody else is to decide about.
    Quarantined(u64),
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
        /// Whether the record is here at all: one that the refused change would have made is not.
        is_here: bool,
        /// The household it concerns, whose page shows it.
        #[serde(default)]
        household: Option<RecordId>,
        /// What it says, so that it can be corrected: personal values masked.
        #[serde(default)]
        says: Vec<Said>,
    },
    /// A change that came late and waits for somebody to decide (等上级看); it is kept here and there.
    Quarantined {
        /// Name of the record's type.
        kind: String,
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
        /// Whether the value in force is.
        #[serde(default)]
        is_winner_mine: bool,
        /// Whether the field is one that a person must decide: nobody's value has won yet.
        #[serde(default)]
        needs_choice: bool,
    },
}

/// A field and what a change puts there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Name of the field, `household.note`.
    pub field: String,
    /// The value, empty when it clears the field.
    pub value: String,
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
    /// Go on with what was refused where it can be corrected: a visit is withdrawn and becomes a draft, a
    /// matter becomes a form and is withdrawn once [`super::CorrectMatter`] saves it.
    Correct,
    /// The card that was settled last by [`Settlement::LeaveIt`] is not settled after all.
    BringBack,
}

/// A settled card.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Settled {
    /// The visit that goes on as a draft.
    pub draft: Option<VisitDraft>,
    /// The matter that goes on as a form; its card stays until that is saved.
    pub matter: Option<MatterDraft>,
    /// The commit that [`Settlement::UseMine`] made, to take it back.
    pub undo: Option<u64>,
    /// Until when that is possible, ms since 1970 UTC.
    pub undo_until_ms: i64,
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
    /// Records the server has, as far as it has said.
    pub total: u64,
}

/// Records of an area that are not here any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftRow {
    /// Name of the area.
    pub area: String,
    /// Records.
    pub records: u64,
    /// When, ms since 1970 UTC.
    pub at_ms: i64,
}
