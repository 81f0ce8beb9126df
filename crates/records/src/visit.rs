//! Visits, append-only, and their amendments (domain §2.3, §3.8).

use chrono::NaiveDate;
use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::{Finding, Role, VisitKind, VisitResult};
use crate::declaration::{Declaration, Family, Field, Kind, Record, RefusalCode, readable};
use crate::ids::RecordId;
use crate::scope::Audience;
use crate::time::Moment;

/// One visit. It is never changed: a correction is a [`VisitAmendment`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Visit {
    /// Whom.
    #[n(0)]
    pub household: RecordId,
    /// Why.
    #[n(1)]
    pub kind: VisitKind,
    /// What came of it.
    #[n(2)]
    pub result: VisitResult,
    /// When it began, by the device's clock.
    #[n(3)]
    pub started: Moment,
    /// How long, 0–600 minutes, when worth saying.
    #[n(4)]
    pub minutes: Option<u16>,
    /// What was found; empty means all well or nothing seen.
    #[n(5)]
    pub findings: Vec<Finding>,
    /// One's own words, at most 1,000 characters.
    #[n(6)]
    pub note: Option<String>,
    /// Matters opened from this visit.
    #[n(7)]
    pub matters: Vec<RecordId>,
    /// The next day to come by, when agreed.
    #[n(8)]
    #[cbor(with = "crate::time::optional_day", has_nil)]
    pub next_on: Option<NaiveDate>,
}

const VISITORS: &[Role] =
    &[Role::GridWorker, Role::CommunityStaff, Role::CommunityLead, Role::Member, Role::VillageLiaison];

impl Record for Visit {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(20),
        name: "visit",
        family: Family::AppendOnly,
        audience: Audience::Work,
        depth: 4,
        writers: VISITORS,
        fields: &[
            Field::fixed(0, "household"),
            Field::fixed(1, "kind"),
            Field::fixed(2, "result"),
            Field::fixed(3, "started"),
            Field::fixed(4, "minutes"),
            Field::fixed(5, "findings"),
            Field::fixed(6, "note"),
            Field::fixed(7, "matters"),
            Field::fixed(8, "next_on"),
        ],
        check: check_visit,
    };
}

fn check_visit(body: &Body) -> Result<(), RefusalCode> {
    let visit: Visit = readable(body)?;
    match visit {
        v if v.minutes.is_some_and(|m| m > 600) => Err("visit.too_long"),
        v if v.note.as_ref().is_some_and(|n| n.chars().count() > 1_000) => Err("visit.note_too_long"),
        v if v.findings.contains(&Finding::Newer(4)) => Err("visit.finding_belongs_to_report"),
        v if v.next_on.is_some_and(|next| next < v.started.local_day()) => Err("visit.next_before_visit"),
        _ => Ok(()),
    }
}

/// A correction of one field of a visit, with its reason; or the visit's withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct VisitAmendment {
    /// The visit.
    #[n(0)]
    pub visit: RecordId,
    /// When it was corrected.
    #[n(1)]
    pub at: Moment,
    /// Why; required.
    #[n(2)]
    pub reason: String,
    /// The corrected result.
    #[n(3)]
    pub result: Option<VisitResult>,
    /// The corrected note.
    #[n(4)]
    pub note: Option<String>,
    /// The visit did not happen.
    #[n(5)]
    pub withdrawn: bool,
}

impl Record for VisitAmendment {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(21),
        name: "visit_amendment",
        family: Family::AppendOnly,
        audience: Audience::Work,
        depth: 4,
        writers: VISITORS,
        fields: &[
            Field::fixed(0, "visit"),
            Field::fixed(1, "at"),
            Field::fixed(2, "reason"),
            Field::fixed(3, "result"),
            Field::fixed(4, "note"),
            Field::fixed(5, "withdrawn"),
        ],
        check: check_amendment,
    };
}

fn check_amendment(body: &Body) -> Result<(), RefusalCode> {
    let amendment: VisitAmendment = readable(body)?;
    if amendment.reason.trim().is_empty() { Err("amendment.reason_missing") } else { Ok(()) }
}
