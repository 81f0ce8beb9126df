//! What every shell does alike, in a window and in a browser: rounds and photos in the background, and the
//! one typed call of the pages.
//!
//! A shell opens the database, moves bytes and knows the time; it says how through [`Platform`].

pub mod background;
pub mod calls;
pub mod door;
pub mod key_store;
mod news;
mod photos;
mod platform;

pub use background::Background;
pub use platform::{
    Asker, CERTIFICATE_WRONG, Movable, NoAnswer, Platform, SILENCE_MS, Shared, Wanted, patience_with,
};

/// The core is gone, and nothing will be answered any more.
pub const STOPPED: &str = "core.stopped";
/// A defect ended one piece of work; the next is done by a core opened anew.
pub const FAILED_INSIDE: &str = "core.failed_inside";
