//! One file per command.

pub mod count;
pub mod courier;
pub mod import;
pub mod invite;
pub mod run;

use std::time::UNIX_EPOCH;

/// The time, ms since 1970 UTC. Everything below is handed it.
#[expect(clippy::disallowed_methods, reason = "the server's shell is where the clock is read")]
fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
