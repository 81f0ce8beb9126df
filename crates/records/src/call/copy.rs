//! 一份这个人的全部信息: everything that is kept of somebody, for themselves (PIPL 45).

use serde::{Deserialize, Serialize};

use crate::codes::{
    Asker, Basis, ConsentForm, Deed, ErasureState, Finding, IdentityCheck, MatterState, Purpose, VisitKind,
    VisitResult, WishState,
};
use crate::ids::RecordId;
use crate::time::Moment;

/// Shows everything kept of somebody, once. That it was handed over, and to whom, is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetCopy {
    /// Of whom.
    pub person: RecordId,
    /// Who is given it.
    pub receiver: Asker,
    /// How it was made sure that they may have it.
    pub checked: IdentityCheck,
}

/// The same as a closed file. It is on record as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackCopy {
    /// What and for whom.
    pub copy: GetCopy,
}

/// Opens such a file, to read it or to print it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCopy {
    /// Number of the upload.
    pub upload: u64,
    /// The digits that open it, however they were typed.
    pub code: String,
}

impl std::fmt::Debug for OpenCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenCopy").field("upload", &self.upload).finish_non_exhaustive()
    }
}

/// Everything kept of somebody. It holds nothing that somebody else said of them in confidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonCopy {
    /// When it was made.
    pub made: Moment,
    /// Who made it.
    pub by: Option<String>,
    /// The unit that is answerable.
    pub host_unit: Option<String>,
    /// Who was given it.
    pub receiver: Asker,
    /// The door, whole.
    pub door: String,
    /// What is kept, field by field.
    pub facts: Vec<CopiedFact>,
    /// Values that were corrected, as far as they are kept.
    pub history: Vec<CopiedChange>,
    /// Visits that name them.
    pub visits: Vec<CopiedVisit>,
    /// Matters and wishes of the household that came from it.
    pub matters: Vec<CopiedMatter>,
    /// What they agreed to and took back.
    pub consents: Vec<CopiedConsent>,
    /// What was done with their data, the making of this copy included.
    pub handlings: Vec<CopiedHandling>,
    /// What they asked for.
    pub requests: Vec<CopiedRequest>,
    /// Changes that wait here to be sent.
    pub waiting: u32,
    /// The server may have more than this device: it has not read everything yet.
    pub is_behind: bool,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedFact {
    /// Its name, `person.phone`.
    pub field: String,
    /// Its value; of an enumeration its code.
    pub value: String,
    /// On what it rests.
    pub basis: Basis,
    /// The law.
    pub law: String,
}

/// A value that was another one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedChange {
    /// Its field.
    pub field: String,
    /// The value that did not stay; empty where there was none.
    pub before: String,
    /// When it was written.
    pub written: Moment,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedVisit {
    /// When.
    pub started: Moment,
    /// Why.
    pub kind: VisitKind,
    /// What came of it.
    pub result: VisitResult,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The words.
    pub note: String,
    /// By whom.
    pub by: Option<String>,
}

/// A matter or a wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedMatter {
    /// When it was seen; a wish has none.
    pub occurred: Option<Moment>,
    /// What it is; empty where somebody else reported it.
    pub subject: String,
    /// More words; empty as well then.
    pub content: String,
    /// Where it stands, of a matter …
    pub state: Option<MatterState>,
    /// … or of a wish.
    pub wish: Option<WishState>,
}

/// An agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedConsent {
    /// To which field.
    pub field: String,
    /// Agreed, or taken back.
    pub is_given: bool,
    /// When.
    pub said: Moment,
    /// How.
    pub form: ConsentForm,
}

/// Something that was done with their data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedHandling {
    /// When.
    pub done: Moment,
    /// What.
    pub deed: Deed,
    /// With which field.
    pub field: Option<String>,
    /// What for.
    pub purpose: Option<Purpose>,
    /// Who was given it.
    pub receiver: Option<Asker>,
    /// By whom.
    pub by: Option<String>,
}

/// A request for deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedRequest {
    /// When.
    pub asked: Moment,
    /// By whom.
    pub asker: Asker,
    /// Where it stands.
    pub state: ErasureState,
}
