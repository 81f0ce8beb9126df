//! What can go wrong in the store, and the stable code it has at the boundary.

use records::{BodyFault, Fault, RecordId};
use rusqlite::ErrorCode;
use thiserror::Error;

/// Why the store could not do it. Nothing was half-written: every write is one transaction.
#[derive(Debug, Error)]
pub enum StoreFault {
    /// The file was written by a newer version of the app.
    #[error("the database has schema {found}, this version knows up to {known}")]
    Newer {
        /// Schema of the file.
        found: u32,
        /// Newest schema this version knows.
        known: u32,
    },
    /// The file was written by another program.
    #[error("the database belongs to another program")]
    Foreign,
    /// SQLite said no.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A stored body cannot be read.
    #[error("a stored record cannot be read")]
    Body(#[from] BodyFault),
    /// The record is not here.
    #[error("no record {0}")]
    Missing(RecordId),
    /// The record's own check refused it.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// The save can no longer be taken back.
    #[error("too late to undo")]
    UndoTooLate,
    /// It was changed from outside, or the medium forgets.
    #[error("the database is damaged")]
    Damaged,
    /// Somebody else has it open.
    #[error("the database is in use")]
    InUse,
    /// This SQLite encrypts nothing: built wrongly.
    #[error("the database cannot be encrypted here")]
    NoCipher,
    /// Steps of taking in an answer could not be kept; the server tells the rest again.
    #[error("earlier steps were lost")]
    StepsLost,
}

impl StoreFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "store.newer",
            Self::Foreign => "store.foreign",
            Self::Sqlite(error) => sqlite_code(error),
            Self::Body(_) | Self::Damaged => "store.damaged",
            Self::Missing(_) => "record.missing",
            Self::Refused(code) => code,
            Self::UndoTooLate => "undo.too_late",
            Self::InUse => "store.in_use",
            Self::StepsLost | Self::NoCipher => "store.failed",
        }
    }
}

fn sqlite_code(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "store.full",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => "store.read_only",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "store.damaged",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "core.busy",
        _ => "store.failed",
    }
}

impl From<StoreFault> for Fault {
    fn from(fault: StoreFault) -> Self {
        Fault::new(fault.code())
    }
}
