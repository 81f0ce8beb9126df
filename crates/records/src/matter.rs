//! 事项: something reported, pointing at a list item or marked 清单外 with a reason (domain T1, §2.4).

use minicbor::{Decode, Encode};

use crate::Body;
use crate::attachment::{self, Attachment};
use crate::codes::{MatterSource, MatterState, Urgency};
use crate::declaration::{
    Declaration, Family, Field, Kind, NAME_LENGTH, Record, RefusalCode, SENTENCE_LENGTH, plausible, readable,
    texts_fit,
};
use crate::ids::RecordId;
use crate::item::is_item_code;
use crate::scope::Audience;
use crate::time::Moment;

/// One matter as it was reported. What becomes of it follows as steps of its own.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Matter {
    /// Item code; `None` only with `off_list_reason`.
    #[n(0)]
    pub item: Option<String>,
    /// Version of the item list of that day.
    #[n(1)]
    pub list_version: u32,
    /// What it is, 1–150 characters.
    #[n(2)]
    pub subject: String,
    /// Where, at most 150 characters.
    #[n(3)]
    pub place: String,
    /// When it was seen.
    #[n(4)]
    pub occurred: Moment,
    /// More words, at most 2,000 characters.
    #[n(5)]
    pub content: Option<String>,
    /// How it came to us.
    #[n(6)]
    pub source: MatterSource,
    /// The household it concerns.
    #[n(7)]
    pub household: Option<RecordId>,
    /// The visit it came from.
    #[n(8)]
    pub visit: Option<RecordId>,
    /// How urgent.
    #[n(9)]
    pub urgency: Urgency,
    /// Why no item fits (清单外), at most 500 characters.
    #[n(10)]
    pub off_list_reason: Option<String>,
    /// Department of the item on that day.
    #[n(11)]
    pub department: Option<String>,
    /// Limit in workdays of the item on that day.
    #[n(12)]
    pub limit_workdays: Option<u16>,
    /// What has become of it; nothing yet when it waits to be accepted.
    #[n(13)]
    pub progress: Option<Progress>,
    /// Photos of it; never needed.
    #[n(14)]
    pub photos: Option<Vec<Attachment>>,
}

/// What has become of a matter by its last step.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Progress {
    /// Its state.
    #[n(0)]
    pub state: MatterState,
    /// The result, or the reason.
    #[n(1)]
    pub note: Option<String>,
    /// Since when, ms since 1970 UTC by the effective clock.
    #[n(2)]
    pub at_ms: i64,
    /// The matter it became one with.
    #[n(3)]
    pub duplicate_of: Option<RecordId>,
}

/// Number of the field [`Matter::progress`].
pub(crate) const PROGRESS: u32 = 13;

impl Progress {
    /// As the value of a field.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        Body::of(self).as_bytes().to_vec()
    }
}

impl Matter {
    /// Where it stands.
    pub fn state(&self) -> MatterState {
        self.progress.as_ref().map_or(MatterState::Waiting, |progress| progress.state)
    }
}

impl Record for Matter {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(30),
        name: "matter",
        family: Family::AppendOnly,
        audience: Audience::Work,
        depth: 4,
        fields: &[
            Field::fixed(0, "item"),
            Field::fixed(1, "list_version"),
            Field::fixed(2, "subject"),
            Field::fixed(3, "place"),
            Field::fixed(4, "occurred"),
            Field::fixed(5, "content"),
            Field::fixed(6, "source"),
            Field::fixed(7, "household"),
            Field::fixed(8, "visit"),
            Field::fixed(9, "urgency"),
            Field::fixed(10, "off_list_reason"),
            Field::fixed(11, "department"),
            Field::fixed(12, "limit_workdays"),
            Field::decided(PROGRESS, "progress"),
            Field::fixed(14, "photos").of_attachments(),
        ],
        commands: crate::matter_flow::COMMANDS,
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let matter: Matter = readable(body)?;
    let reason_given = matter.off_list_reason.as_ref().is_some_and(|r| !r.trim().is_empty());
    match &matter.item {
        None if !reason_given => return Err("matter.item_or_reason"),
        Some(code) if !is_item_code(code) => return Err("item.code_wrong"),
        _ => {}
    }
    plausible(matter.occurred)?;
    texts_fit(&matter.off_list_reason, SENTENCE_LENGTH)?;
    texts_fit(&matter.department, NAME_LENGTH)?;
    attachment::check(matter.photos.as_deref())?;
    match matter.subject.chars().count() {
        0 => Err("matter.subject_missing"),
        151.. => Err("matter.subject_too_long"),
        _ if matter.place.chars().count() > 150 => Err("matter.place_too_long"),
        _ if matter.content.as_ref().is_some_and(|c| c.chars().count() > 2_000) => {
            Err("matter.content_too_long")
        }
        _ => Ok(()),
    }
}
