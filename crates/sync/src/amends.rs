//! Which records correct others, and what they correct.

use records::visit::{Visit, VisitAmendment};
use records::{Body, Kind, Record, RecordId};

/// What a record corrects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amends {
    /// The record.
    pub(crate) record: RecordId,
    /// Its type.
    pub(crate) kind: Kind,
}

/// What a body of this type corrects; `None` where it stands for itself, or cannot be read.
pub(crate) fn target(kind: Kind, body: &Body) -> Option<Amends> {
    if kind != VisitAmendment::DECLARATION.kind {
        return None;
    }
    let amendment = VisitAmendment::from_body(body).ok()?;
    Some(Amends { record: amendment.visit, kind: Visit::DECLARATION.kind })
}
