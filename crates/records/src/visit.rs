//! Visits, append-only, and their amendments (domain §2.3, §3.8).

use chrono::NaiveDate;
use minicbor::{Decode, Encode};

use crate::Body;
use crate::attachment::{self, Attachment};
use crate::codes::{Finding, VisitKind, VisitResult};
use crate::declaration::{
    Declaration, Family, Field, Kind, Record, RefusalCode, SENTENCE_LENGTH, list_fits, plausible, readable,
    texts_fit,
};
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
    /// "都好" was chosen, which is not the same as nothing chosen.
    #[n(9)]
    pub all_well: Option<bool>,
    /// Photos of what was found; never needed.
    #[n(10)]
    pub photos: Option<Vec<Attachment>>,
}

impl Visit {
    /// A routine visit at which somebody was met, and no more to be told of it.
    pub fn met(household: RecordId, started: Moment) -> Self {
        Self {
            household,
            kind: VisitKind::Routine,
            result: VisitResult::Met,
            started,
            minutes: None,
            findings: vec![],
            note: None,
            matters: vec![],
            next_on: None,
            all_well: None,
            photos: None,
        }
    }
}

impl Record for Visit {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(20),
        name: "visit",
        family: Family::AppendOnly,
        audience: Audience::Work,
        depth: 4,
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
            Field::fixed(9, "all_well"),
            Field::fixed(10, "photos").of_attachments(),
        ],
        commands: &[],
        check: check_visit,
    };
}

fn check_visit(body: &Body) -> Result<(), RefusalCode> {
    let visit: Visit = readable(body)?;
    plausible(visit.started)?;
    list_fits(&visit.findings)?;
    list_fits(&visit.matters)?;
    attachment::check(visit.photos.as_deref())?;
    match visit {
        v if v.minutes.is_some_and(|m| m > 600) => Err("visit.too_long"),
        v if is_too_long(&v.note) => Err("visit.note_too_long"),
        v if v.findings.contains(&Finding::Newer(4)) => Err("visit.finding_belongs_to_report"),
        v if v.next_on.is_some_and(|next| next < v.started.local_day()) => Err("visit.next_before_visit"),
        _ => Ok(()),
    }
}

fn is_too_long(note: &Option<String>) -> bool {
    note.as_ref().is_some_and(|note| note.chars().count() > 1_000)
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
    /// Why; required, at most 500 characters.
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
        fields: &[
            Field::fixed(0, "visit"),
            Field::fixed(1, "at"),
            Field::fixed(2, "reason"),
            Field::fixed(3, "result"),
            Field::fixed(4, "note"),
            Field::fixed(5, "withdrawn"),
        ],
        commands: &[],
        check: check_amendment,
    };
}

fn check_amendment(body: &Body) -> Result<(), RefusalCode> {
    let amendment: VisitAmendment = readable(body)?;
    plausible(amendment.at)?;
    texts_fit([&amendment.reason], SENTENCE_LENGTH)?;
    match amendment {
        a if a.reason.trim().is_empty() => Err("amendment.reason_missing"),
        a if is_too_long(&a.note) => Err("visit.note_too_long"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit() -> Visit {
        Visit::met(RecordId::from_bytes([1; 16]), Moment::beijing(1_795_000_000_000))
    }

    fn amendment() -> VisitAmendment {
        VisitAmendment {
            visit: RecordId::from_bytes([1; 16]),
            at: Moment::beijing(1_795_000_000_000),
            reason: "按错了".to_owned(),
            result: None,
            note: None,
            withdrawn: false,
        }
    }

    #[test]
    fn what_no_sheet_can_hold_is_refused() {
        let never = Moment { utc_ms: i64::MAX, offset_min: 1_439 };
        for (visit, expected) in [
            (visit(), Ok(())),
            (Visit { started: never, ..visit() }, Err("moment.implausible")),
            (Visit { findings: vec![Finding::Other; 51], ..visit() }, Err("record.list_too_long")),
            (Visit { note: Some("字".repeat(1_001)), ..visit() }, Err("visit.note_too_long")),
            (Visit { findings: vec![Finding::Newer(4)], ..visit() }, Err("visit.finding_belongs_to_report")),
        ] {
            assert_eq!(check_visit(&visit.to_body()), expected);
        }
        for (amendment, expected) in [
            (amendment(), Ok(())),
            (VisitAmendment { at: never, ..amendment() }, Err("moment.implausible")),
            (VisitAmendment { reason: "字".repeat(501), ..amendment() }, Err("record.text_too_long")),
            (VisitAmendment { note: Some("字".repeat(1_001)), ..amendment() }, Err("visit.note_too_long")),
        ] {
            assert_eq!(check_amendment(&amendment.to_body()), expected);
        }
    }
}
