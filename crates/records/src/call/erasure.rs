//! 删除请求: asked, decided, and what came of it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Standing;
use crate::codes::{Asker, ErasureCommand, ErasureGround, ErasureState, IdentityCheck, StopGround};
use crate::ids::RecordId;
use crate::time::Moment;

/// Notes that somebody asked for deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskErasure {
    /// Of whom.
    pub person: RecordId,
    /// Who asked.
    pub asker: Asker,
    /// How it was made sure that they may.
    pub checked: IdentityCheck,
}

/// Does something about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecideErasure {
    /// The request.
    pub id: RecordId,
    /// What.
    pub command: ErasureCommand,
    /// Why it is deleted.
    pub erased_for: Option<ErasureGround>,
    /// Why it is kept and not used …
    pub stopped_for: Option<StopGround>,
    /// … and the last day of that.
    pub until: Option<NaiveDate>,
}

/// Asks for a window of requests, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListErasures {
    /// Continues after this key.
    pub after: Option<String>,
    /// Rows wanted, at most 200.
    pub limit: u16,
}

/// Requests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ErasureWindow {
    /// The requests.
    pub rows: Vec<ErasureRow>,
    /// Key to continue with; `None` at the end.
    pub next: Option<String>,
    /// Whether whoever uses this device decides about them.
    pub may_decide: bool,
}

/// One request. It says nothing about the person that is not shown in any list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRow {
    /// Its record.
    pub id: RecordId,
    /// The number of the person's record: all that stays of it.
    pub subject: RecordId,
    /// Door and masked name; empty once they are no longer here.
    pub whose: String,
    /// Who asked.
    pub asker: Asker,
    /// How that was checked.
    pub checked: IdentityCheck,
    /// When.
    pub at: Moment,
    /// Who noted it.
    pub by: Option<String>,
    /// The last day on which whoever asked is to have an answer …
    pub reply_due: NaiveDate,
    /// … and how many days are left until then; below 0 where it is over. `None` once it is decided.
    pub days_left: Option<i32>,
    /// Where it stands.
    pub state: ErasureState,
    /// When that was decided.
    pub decided_at: Option<Moment>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Why it was deleted.
    pub erased_for: Option<ErasureGround>,
    /// Why it is kept and not used …
    pub stopped_for: Option<StopGround>,
    /// … and until when.
    pub until: Option<NaiveDate>,
    /// Nothing of the person is on this device any more.
    pub is_gone_here: bool,
    /// Where the record of it stands.
    pub standing: Standing,
}
