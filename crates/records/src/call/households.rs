//! 住户: list, search, page with timeline, corrections in place.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Standing;
use crate::codes::{
    CareLevel, ConsentForm, Finding, HouseholdKind, KeyCategory, Purpose, Relation, Residence, Sex, Urgency,
    VisitKind, VisitResult,
};
use crate::ids::RecordId;
use crate::person;
use crate::time::Moment;

/// Asks for a window of the household list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListHouseholds {
    /// Name, pinyin, initials, door number, or several of them; empty lists everything.
    pub search: String,
    /// Which households.
    pub filter: HouseholdFilter,
    /// Continues after this key.
    pub after: Option<String>,
    /// Rows wanted, at most 200.
    pub limit: u16,
}

/// Which households to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum HouseholdFilter {
    /// All of them.
    #[default]
    All,
    /// Those with a visit rhythm.
    Key,
    /// Those due today or before.
    Due,
}

/// Rows of the household list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdWindow {
    /// The rows.
    pub rows: Vec<HouseholdRow>,
    /// Key to continue with; `None` at the end.
    pub next: Option<String>,
    /// All households of the filter; `None` for a search.
    pub total: Option<u32>,
}

/// One row: door and masked name. Reasons only after opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdRow {
    /// The household.
    pub id: RecordId,
    /// Estate.
    pub estate: String,
    /// Building.
    pub building: String,
    /// Unit; may be empty.
    pub unit: String,
    /// Door.
    pub room: String,
    /// Masked name of the head, or of the person found; empty when unknown.
    pub name: String,
    /// Last visit of any result.
    #[serde(with = "super::as_number")]
    pub last: Option<(NaiveDate, VisitResult)>,
    /// Day it is due.
    #[serde(with = "super::as_number")]
    pub due_on: Option<NaiveDate>,
    /// Where its newest local change stands.
    pub standing: Standing,
}

/// Asks for a household's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetHousehold {
    /// The household.
    pub id: RecordId,
}

/// A household's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdPage {
    /// Door, masked name, last visit, due date.
    pub row: HouseholdRow,
    /// Family, collective, tenant.
    pub kind: HouseholdKind,
    /// People living here.
    pub residents: u8,
    /// Care level.
    pub care: CareLevel,
    /// Why it is a 重点户.
    pub categories: Vec<KeyCategory>,
    /// The reason in words.
    pub care_reason: Option<String>,
    /// Day the level is looked at again.
    #[serde(with = "super::as_number")]
    pub review_on: Option<NaiveDate>,
    /// 有党员包联.
    pub has_partner: bool,
    /// 有渠道对接.
    pub channel: Option<String>,
    /// 有菜单服务.
    pub services: Vec<String>,
    /// Hint for whoever knocks.
    pub hint: Option<String>,
    /// A note for colleagues.
    pub note: Option<String>,
    /// People, masked.
    pub people: Vec<PersonRow>,
    /// Newest entries of the timeline.
    pub timeline: TimelineWindow,
    /// Whether a visit sheet was begun.
    pub has_draft: bool,
}

/// One person of a household, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRow {
    /// The person.
    pub id: RecordId,
    /// Masked name.
    pub name: String,
    /// Relation to the head.
    pub relation: Relation,
    /// Sex.
    pub sex: Option<Sex>,
    /// Age in whole years today.
    pub age: Option<u16>,
    /// Masked phone.
    pub phone: Option<String>,
    /// Whether an ID number is kept.
    pub has_id_number: bool,
    /// What was agreed to about the ID number, last; `None` where nothing was said.
    pub id_consent: Option<ConsentRow>,
    /// Residence.
    pub residence: Residence,
    /// Where the newest local change stands.
    pub standing: Standing,
}

/// What somebody agreed to, or took back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRow {
    /// Agreed, or taken back.
    pub is_given: bool,
    /// When.
    pub at: Moment,
    /// How.
    pub form: ConsentForm,
}

/// Writes down that a person agreed that their ID number is kept, or took that back. Nothing else depends on it: a visit
/// is saved whatever they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteConsent {
    /// Who.
    pub person: RecordId,
    /// What about.
    pub what: Masked,
    /// Agreed, or taken back.
    pub is_given: bool,
    /// How; of a child under 14 by whoever brings it up.
    pub form: ConsentForm,
}

/// Asks for earlier entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListTimeline {
    /// The household.
    pub household: RecordId,
    /// Continues after this key.
    pub after: Option<String>,
    /// Entries wanted, at most 100.
    pub limit: u16,
}

/// Entries of a timeline, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TimelineWindow {
    /// The entries.
    pub entries: Vec<TimelineEntry>,
    /// Key to continue with; `None` at the end.
    pub next: Option<String>,
}

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// The visit or matter.
    pub id: RecordId,
    /// When.
    pub at: Moment,
    /// Who, when known.
    pub by: Option<String>,
    /// Where it stands.
    pub standing: Standing,
    /// What.
    pub what: TimelineWhat,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimelineWhat {
    /// A visit.
    Visit {
        /// Kind.
        kind: VisitKind,
        /// Result, amendments applied.
        result: VisitResult,
        /// Findings.
        findings: Vec<Finding>,
        /// Note, amendments applied.
        note: Option<String>,
        /// How often it was amended.
        amended: u32,
        /// Withdrawn by an amendment.
        withdrawn: bool,
        /// "都好" was chosen.
        #[serde(default)]
        all_well: bool,
    },
    /// A matter.
    Matter {
        /// Subject.
        subject: String,
        /// Department.
        department: Option<String>,
        /// Limit in workdays.
        limit_workdays: Option<u16>,
        /// Urgency.
        urgency: Urgency,
    },
}

/// Asks to show one masked value once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reveal {
    /// Whose.
    pub person: RecordId,
    /// What.
    pub what: Masked,
    /// Why; needed for the ID number.
    pub purpose: Option<Purpose>,
}

impl Reveal {
    /// Asks for what needs no purpose to be named.
    pub fn of(person: RecordId, what: Masked) -> Self {
        Self { person, what, purpose: None }
    }
}

/// What can be revealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Masked {
    /// Name.
    Name,
    /// Phone.
    Phone,
    /// ID number.
    IdNumber,
}

impl Masked {
    /// Number of the person's field.
    pub fn field(self) -> u32 {
        match self {
            Self::Name => person::NAME,
            Self::Phone => person::PHONE,
            Self::IdNumber => person::ID_NUMBER,
        }
    }
}

/// A value in plain, to be shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revealed {
    /// The value.
    pub value: String,
}

/// Corrects facts of a household. `None` leaves a fact as it is; an empty text clears it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditHousehold {
    /// The household.
    pub id: RecordId,
    /// People living here.
    pub residents: Option<u8>,
    /// Care level.
    pub care: Option<CareLevel>,
    /// Categories.
    pub categories: Option<Vec<KeyCategory>>,
    /// Reason for the level.
    pub care_reason: Option<String>,
    /// 有党员包联.
    pub has_partner: Option<bool>,
    /// 有渠道对接.
    pub channel: Option<String>,
    /// 有菜单服务.
    pub services: Option<Vec<String>>,
    /// Note for colleagues.
    pub note: Option<String>,
    /// Hint at the door; belongs to the house.
    pub hint: Option<String>,
}

impl EditHousehold {
    /// A correction that corrects nothing yet.
    pub fn nothing(id: RecordId) -> Self {
        Self {
            id,
            residents: None,
            care: None,
            categories: None,
            care_reason: None,
            has_partner: None,
            channel: None,
            services: None,
            note: None,
            hint: None,
        }
    }
}

/// Corrects facts of a person. `None` leaves a fact as it is; an empty text clears it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditPerson {
    /// The person.
    pub id: RecordId,
    /// Name.
    pub name: Option<String>,
    /// Phone as typed.
    pub phone: Option<String>,
    /// ID number as typed.
    pub id_number: Option<String>,
}

/// Deletes a person, or a household with its people, that was entered by mistake. A household that was
/// visited stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// The person or household.
    pub id: RecordId,
}

/// Takes a deletion back, however long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restore {
    /// What was deleted.
    pub id: RecordId,
}
