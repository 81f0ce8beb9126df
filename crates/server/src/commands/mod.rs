//! One file per command.

pub mod audit;
pub mod backup;
pub mod count;
pub mod courier;
mod ending;
pub mod import;
pub mod init;
pub mod invite;
pub mod manage;
pub mod run;
pub mod sweep;

use std::error::Error;
use std::time::UNIX_EPOCH;

use server::Database;
use server::database::Place;
use tokio::runtime::Runtime;

/// Opens the database of a command that works beside the server; the runtime carries its connections.
fn open(place: &Place) -> Result<(Runtime, Database), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let database = runtime.block_on(Database::open_existing(place))?;
    Ok((runtime, database))
}

/// The time, ms since 1970 UTC. Everything below is handed it.
#[expect(clippy::disallowed_methods, reason = "the server's shell is where the clock is read")]
fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
