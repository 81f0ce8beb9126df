//! Files the core makes for a person to take along, written where they find them.

#[cfg(target_os = "android")]
mod asked;
#[cfg(not(target_os = "android"))]
mod folder;

use std::io::{Error, ErrorKind};

use records::Fault;

#[cfg(target_os = "android")]
pub use asked::keep;
#[cfg(not(target_os = "android"))]
pub use folder::keep;

/// Why a file could not be written into that place.
fn not_written(why: &Error, place: impl ToString) -> Fault {
    if matches!(why.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        return Fault::new("shell.no_space");
    }
    Fault::new("shell.not_written").with("folder", place)
}
