//! 走访: the sheet, its draft, saving, undo, amendment.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{HouseholdRow, ItemRow, Standing};
use crate::codes::{CareLevel, Finding, VisitKind, VisitResult};
use crate::ids::RecordId;
use crate::time::Moment;

/// Opens the sheet for a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenVisitSheet {
    /// Whom.
    pub household: RecordId,
}

/// What the sheet shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitSheet {
    /// Door and masked name.
    pub row: HouseholdRow,
    /// Hint for whoever knocks.
    pub hint: Option<String>,
    /// Care level, for the rhythm line.
    pub care: CareLevel,
    /// Masked phone to call, with the person it belongs to.
    pub phone: Option<(RecordId, String)>,
    /// The draft to go on with; a fresh one when there was none.
    pub draft: VisitDraft,
    /// Whether the draft was begun before.
    pub is_resumed: bool,
    /// The next day to propose, by result.
    #[serde(with = "super::as_number")]
    pub proposals: Vec<(VisitResult, Option<NaiveDate>)>,
    /// Next door in the staircase that is due, for 挨家走.
    pub next_door: Option<RecordId>,
}

/// A visit as it is being filled in. Nothing is chosen beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitDraft {
    /// The visit's id, made when the sheet was opened, so that saving twice saves once.
    pub id: RecordId,
    /// Whom.
    pub household: RecordId,
    /// Why.
    pub kind: VisitKind,
    /// What came of it.
    pub result: Option<VisitResult>,
    /// When it began.
    pub started: Moment,
    /// Findings.
    pub findings: Vec<Finding>,
    /// "都好" was chosen, which is not the same as nothing chosen.
    pub all_well: bool,
    /// One's own words.
    pub note: String,
    /// The next day; `None` goes by the rhythm.
    #[serde(with = "super::as_number")]
    pub next_on: Option<NaiveDate>,
    /// Matters to record with it.
    pub matters: Vec<MatterDraft>,
}

/// A matter as it is being filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatterDraft {
    /// The matter's id, made by the core when the item was chosen; `None` lets the core make it.
    pub id: Option<RecordId>,
    /// The item; `None` only with a reason.
    pub item: Option<ItemRow>,
    /// What it is; the item's name unless changed.
    pub subject: String,
    /// Where; the household's door unless changed.
    pub place: String,
    /// More words.
    pub content: String,
    /// Why no item fits.
    pub off_list_reason: String,
}

/// Saves a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveVisit {
    /// The filled sheet.
    pub draft: VisitDraft,
}

/// Corrects a saved visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmendVisit {
    /// The visit.
    pub visit: RecordId,
    /// Why; required.
    pub reason: String,
    /// Corrected result.
    pub result: Option<VisitResult>,
    /// Corrected note.
    pub note: Option<String>,
    /// The visit did not happen.
    pub withdrawn: bool,
}

/// Saved: on disk, and in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The record that was saved.
    pub id: RecordId,
    /// Where it stands: always on this device at first.
    pub standing: Standing,
    /// Takes it back; `None` when nothing changed.
    pub undo: Option<u64>,
    /// Undo is possible until then, ms since 1970 UTC.
    pub undo_until_ms: i64,
}

/// Takes a save back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// As given by [`Saved`].
    pub undo: u64,
}

/// Taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The visit as a draft again, when it was one.
    pub draft: Option<VisitDraft>,
}

/// Keeps what is being typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveDraft {
    /// The sheet as it stands.
    pub draft: VisitDraft,
}

/// Forgets a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropDraft {
    /// Whose.
    pub household: RecordId,
}
