//! 事项: what was reported.

use serde::{Deserialize, Serialize};

use super::{MatterDraft, Standing};
use crate::codes::{Admission, MatterCommand, MatterSource, MatterState, Urgency};
use crate::ids::RecordId;
use crate::time::Moment;

/// Reports a matter on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveMatter {
    /// The filled form.
    pub draft: MatterDraft,
    /// The household it concerns.
    pub household: Option<RecordId>,
}

/// Saves a corrected matter in place of the one that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectMatter {
    /// Number of the refused change, as on its card.
    pub refused: u64,
    /// The filled form.
    pub draft: MatterDraft,
}

/// Asks for a window of matters, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListMatters {
    /// Continues after this key.
    pub after: Option<String>,
    /// Rows wanted, at most 200.
    pub limit: u16,
}

/// Rows of the matter list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatterWindow {
    /// The rows.
    pub rows: Vec<MatterRow>,
    /// Key to continue with; `None` at the end.
    pub next: Option<String>,
    /// All of them.
    pub total: u32,
}

/// One matter in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatterRow {
    /// The matter.
    pub id: RecordId,
    /// Subject.
    pub subject: String,
    /// Place.
    pub place: String,
    /// When it was seen.
    pub occurred: Moment,
    /// Name of its category; `None` when off the list.
    pub category: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Limit in workdays.
    pub limit_workdays: Option<u16>,
    /// Urgency.
    pub urgency: Urgency,
    /// What has become of it; while a change waits, what it will be when the server agrees.
    pub state: MatterState,
    /// Where it stands.
    pub standing: Standing,
}

/// Asks for one matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetMatter {
    /// The matter.
    pub id: RecordId,
}

/// A matter's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatterPage {
    /// As in the list.
    pub row: MatterRow,
    /// Item code and the name it had that day.
    pub item: Option<(String, String)>,
    /// Version of the list.
    pub list_version: u32,
    /// 准入类别.
    pub admission: Option<Admission>,
    /// More words.
    pub content: Option<String>,
    /// Why no item fits.
    pub off_list_reason: Option<String>,
    /// How it came to us.
    pub source: MatterSource,
    /// The household, with its door and masked name.
    pub household: Option<(RecordId, String)>,
    /// Who reported it.
    pub by: Option<String>,
    /// When the server received it, ms since 1970 UTC.
    pub received_ms: Option<i64>,
    /// The result or reason said with the last step.
    pub outcome: Option<String>,
    /// The matter it became one with.
    pub duplicate_of: Option<RecordId>,
    /// What this person may do with it now.
    pub possible: Vec<MatterCommand>,
}

/// Does something with a matter. The server decides, in the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandMatter {
    /// The matter.
    pub id: RecordId,
    /// What.
    pub command: MatterCommand,
    /// The result, or the reason; empty where there is nothing to say.
    pub note: String,
    /// The matter it is the same as, for 合并.
    pub target: Option<RecordId>,
}
