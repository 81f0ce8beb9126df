//! 今日: the next thing to do.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::codes::VisitResult;
use crate::ids::RecordId;

/// Asks for the home page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetToday {}

/// The home page of a grid worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Today {
    /// The day it speaks of.
    #[serde(with = "super::as_number")]
    pub on: NaiveDate,
    /// Staircases to climb, in walking order; at most 40 doors in all.
    pub staircases: Vec<Staircase>,
    /// Households due today or before, all of them.
    pub due: u32,
    /// Buildings those shown stand in.
    pub buildings: u32,
    /// Visits done today.
    pub done_today: u32,
    /// Visit sheets that were begun and put aside.
    pub drafts: Vec<DraftRow>,
    /// The month so far.
    pub month: Month,
    /// The server was not heard for long: doors are shown and no people, until it is.
    #[serde(default)]
    pub captures_only: bool,
}

/// One staircase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staircase {
    /// Estate (小区).
    pub estate: String,
    /// Building.
    pub building: String,
    /// Unit; empty when there is only one.
    pub unit: String,
    /// Doors to knock at, in walking order.
    pub doors: Vec<DueDoor>,
}

/// One door of the day. Never the reason for the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueDoor {
    /// The household.
    pub household: RecordId,
    /// Door.
    pub room: String,
    /// Masked name of the head; empty when unknown.
    pub name: String,
    /// Day it is due.
    #[serde(with = "super::as_number")]
    pub due_on: NaiveDate,
    /// Last visit of any result.
    #[serde(with = "super::as_number")]
    pub last: Option<(NaiveDate, VisitResult)>,
    /// A kind hint for whoever knocks.
    pub hint: Option<String>,
    /// Whether a phone number is known.
    pub has_phone: bool,
}

/// A visit sheet put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftRow {
    /// The household.
    pub household: RecordId,
    /// Its door: building, unit and room.
    pub door: String,
    /// Masked name.
    pub name: String,
    /// When it was last touched, ms since 1970 UTC.
    pub touched_ms: i64,
}

/// The month so far: one small line, not a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Month {
    /// Households with at least one effective visit this month.
    pub visited: u32,
    /// Households with a rhythm, not moved away.
    pub key_total: u32,
    /// Of those, visited this month.
    pub key_visited: u32,
}
