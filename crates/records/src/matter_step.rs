//! What was done with a matter, step by step. A matter's commands write it, never an edit.

use minicbor::{Decode, Encode};

use crate::codes::{MatterCommand, MatterState};
use crate::declaration::{Declaration, Family, Field, Kind, Record, readable};
use crate::ids::RecordId;
use crate::scope::Audience;

/// One step. Who took it is the record's author.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MatterStep {
    /// The matter.
    #[n(0)]
    pub matter: RecordId,
    /// What was done.
    #[n(1)]
    pub command: MatterCommand,
    /// The state before.
    #[n(2)]
    pub from: MatterState,
    /// The state after.
    #[n(3)]
    pub to: MatterState,
    /// The result, or the reason.
    #[n(4)]
    pub note: Option<String>,
    /// When, ms since 1970 UTC by the effective clock.
    #[n(5)]
    pub at_ms: i64,
    /// The matter it became one with.
    #[n(6)]
    pub target: Option<RecordId>,
}

impl Record for MatterStep {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(31),
        name: "matter_step",
        family: Family::AppendOnly,
        audience: Audience::Work,
        depth: 4,
        fields: &[
            Field::fixed(0, "matter"),
            Field::fixed(1, "command"),
            Field::fixed(2, "from"),
            Field::fixed(3, "to"),
            Field::fixed(4, "note"),
            Field::fixed(5, "at_ms"),
            Field::fixed(6, "target"),
        ],
        commands: &[],
        check: |body| readable::<MatterStep>(body).map(|_| ()),
    };
}
