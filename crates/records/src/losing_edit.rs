//! The value that lost when two devices changed the same field: kept, shown, never silently gone.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::declaration::{Declaration, Family, Field, Kind, Record, readable};
use crate::ids::{AccountId, RecordId};
use crate::scope::Audience;

/// Written by the server beside the record it concerns, in the same scope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LosingEdit {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// Its kind.
    #[n(1)]
    pub kind: Kind,
    /// The field.
    #[n(2)]
    pub field: u32,
    /// The encoded value that lost; CBOR null where it cleared the field.
    #[n(3)]
    pub lost: ByteVec,
    /// Who wrote it.
    #[n(4)]
    pub lost_by: AccountId,
    /// When, ms since 1970 UTC by the effective clock.
    #[n(5)]
    pub lost_at: i64,
    /// The encoded value in force.
    #[n(6)]
    pub winning: ByteVec,
    /// Who wrote that.
    #[n(7)]
    pub won_by: AccountId,
    /// When.
    #[n(8)]
    pub won_at: i64,
}

impl Record for LosingEdit {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(90),
        name: "losing_edit",
        family: Family::AppendOnly,
        audience: Audience::Work,
        depth: 4,
        // The scope of the record it concerns.
        fields: &[
            Field::fixed(0, "record"),
            Field::fixed(1, "kind"),
            Field::fixed(2, "field"),
            Field::fixed(3, "lost"),
            Field::fixed(4, "lost_by"),
            Field::fixed(5, "lost_at"),
            Field::fixed(6, "winning"),
            Field::fixed(7, "won_by"),
            Field::fixed(8, "won_at"),
        ],
        commands: &[],
        check: |body| readable::<LosingEdit>(body).map(|_| ()),
    };
}
