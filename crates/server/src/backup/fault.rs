//! What is wrong with a backup, or with the place it is to go to.

use std::path::PathBuf;

use thiserror::Error;

/// Why a backup is not made, read or restored.
#[derive(Debug, Error)]
pub enum BackupFault {
    /// The file is something else.
    #[error("that is no backup of a Gridwalk server")]
    NotOne,
    /// The file is not what was written.
    #[error("the backup is damaged, or its end is missing (seen at byte {0})")]
    Damaged(u64),
    /// The backup is of a newer schema.
    #[error("the backup has schema {found}, this server knows up to {known}; please update the server")]
    Newer {
        /// The backup's schema.
        found: usize,
        /// This version's.
        known: usize,
    },
    /// The backup is written in a way that this version does not know.
    #[error("the backup was written by a newer server (format {0}); please update the server")]
    NewerFormat(u16),
    /// It is sealed, and nobody said with what.
    #[error("the backup is sealed: name its passphrase by --passphrase-file or GRIDWALK_PASSPHRASE")]
    Sealed,
    /// It is not sealed, though somebody said with what: anybody could have put it there.
    #[error(
        "the backup is not sealed, and anybody could have made it; if that is right, leave the passphrase out"
    )]
    Open,
    /// It is sealed with another passphrase, or was changed at its beginning.
    #[error("the passphrase does not open the backup, or the backup was changed")]
    Shut,
    /// There is a database already where one is to be restored.
    #[error(
        "{0} is not empty; a backup is restored only where there is no database, and nothing was changed"
    )]
    NotEmpty(String),
    /// There is a file already where the backup is to be written.
    #[error("{} is there already, and nothing was changed", .0.display())]
    Exists(PathBuf),
    /// A row has more bytes than a backup carries.
    #[error("a row of {0} has more bytes than a backup carries")]
    RowTooLarge(&'static str),
    /// The file cannot be read or written.
    #[error("the backup cannot be read or written")]
    File(#[source] std::io::Error),
}

impl BackupFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOne => "backup.not_one",
            Self::Damaged(_) => "backup.damaged",
            Self::Newer { .. } | Self::NewerFormat(_) => "backup.newer",
            Self::Sealed => "backup.sealed",
            Self::Open => "backup.open",
            Self::Shut => "backup.shut",
            Self::NotEmpty(_) => "backup.not_empty",
            Self::Exists(_) => "backup.exists",
            Self::RowTooLarge(_) => "backup.row_too_large",
            Self::File(_) => "backup.file",
        }
    }
}
