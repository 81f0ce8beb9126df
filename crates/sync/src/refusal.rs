//! Why a commit is not applied.

use records::declaration::RefusalCode;
use thiserror::Error;

/// Why a commit is not applied. The device keeps it, shows the reason and the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The bytes are no commit.
    #[error("the commit cannot be read")]
    Malformed,
    /// A commit of a newer version, with a change this server does not know.
    #[error("a change of a newer version")]
    Newer,
    /// More ops than one commit may have.
    #[error("too many changes in one commit")]
    TooManyOps,
    /// More values lost than one commit may leave beside the records.
    #[error("too many conflicts in one commit")]
    TooManyConflicts,
    /// A body beyond the limit.
    #[error("a record is too large")]
    OpTooLarge,
    /// The server failed on this commit alone; it does not hold up the others.
    #[error("the server could not apply the commit")]
    Failed,
    /// A type this server does not know.
    #[error("unknown kind")]
    KindUnknown,
    /// The record is of another type.
    #[error("another kind")]
    KindWrong,
    /// The role may not write this type, or not there.
    #[error("not permitted")]
    NotPermitted,
    /// The author might write it once, or there: somebody is to see the commit first.
    #[error("for somebody to see")]
    ForSomebodyToSee,
    /// Records of this type do not belong in such a scope.
    #[error("wrong scope")]
    ScopeWrong,
    /// Another record has this id.
    #[error("the record exists")]
    Exists,
    /// No such record.
    #[error("no such record")]
    Missing,
    /// The record is deleted, and stays so.
    #[error("the record is deleted")]
    Deleted,
    /// What was kept of it went, or is put aside, by somebody's decision.
    #[error("the record is cleared")]
    Cleared,
    /// Records of this type are never changed.
    #[error("append-only")]
    AppendOnly,
    /// What is to be corrected is not there, or of another type or place.
    #[error("nothing there to correct")]
    NothingToAmend,
    /// What is to be corrected is somebody else's.
    #[error("somebody else's to correct")]
    NotYoursToAmend,
    /// A field that never changes.
    #[error("a fixed field")]
    FieldFixed,
    /// A field that commands alone write.
    #[error("a field that is decided")]
    FieldDecided,
    /// A command this server does not know.
    #[error("unknown command")]
    CommandUnknown,
    /// A text has characters that nobody sees.
    #[error("a text hides characters")]
    TextHidden,
    /// The record would not be valid, or a command must not happen; the code is the type's own.
    #[error("{0}")]
    Invalid(RefusalCode),
}

impl Refusal {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "commit.malformed",
            Self::Newer => "commit.newer",
            Self::TooManyOps => "commit.too_many_ops",
            Self::TooManyConflicts => "commit.too_many_conflicts",
            Self::OpTooLarge => "commit.op_too_large",
            Self::Failed => "commit.failed",
            Self::KindUnknown => "record.kind_unknown",
            Self::KindWrong => "record.kind_wrong",
            Self::NotPermitted => "record.not_permitted",
            Self::ForSomebodyToSee => "record.for_somebody_to_see",
            Self::ScopeWrong => "record.scope_wrong",
            Self::Exists => "record.exists",
            Self::Missing => "record.missing",
            Self::Deleted => "record.deleted",
            Self::Cleared => "record.cleared",
            Self::AppendOnly => "record.append_only",
            Self::NothingToAmend => "amendment.nothing_there",
            Self::NotYoursToAmend => "amendment.not_yours",
            Self::FieldFixed => "record.field_fixed",
            Self::FieldDecided => "record.field_decided",
            Self::CommandUnknown => "command.unknown",
            Self::TextHidden => "record.text_hidden",
            Self::Invalid(code) => code,
        }
    }
}
