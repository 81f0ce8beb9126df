//! `sweep`: lets go of what may not be kept any longer, or says what that is.

use std::error::Error;
use std::time::Duration;

use records::rules::retention::Periods;
use serde_json::json;
use server::fault::chain;
use server::files::Files;
use server::{Database, sweep as swept};

use super::run::readable;
use super::{now_ms, open};
use crate::command_line::SweepOptions;

/// So long after its start a server looks first: who waits for it comes before.
const AFTER_START: Duration = Duration::from_secs(10 * 60);
/// And so long after that again.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Sweeps, or looks; says how much by which rule.
pub fn sweep(options: &SweepOptions) -> Result<String, Box<dyn Error>> {
    let (runtime, database) = open(&options.place)?;
    let found = match (options.is_dry, &options.attachments) {
        (true, _) => runtime.block_on(swept::look(&database, &options.periods, now_ms()))?,
        (false, location) => {
            let variables = || std::env::vars_os().filter_map(readable);
            let files = location.as_ref().map(|location| Files::at(location, variables())).transpose()?;
            runtime.block_on(swept::sweep(&database, files.as_ref(), &options.periods, now_ms()))?
        }
    };
    Ok(json!({ "dry_run": options.is_dry, "due": found.0 }).to_string())
}

/// Says once a day how much is due, as long as the server runs. It goes when the keeper says so: a server's clock that is
/// years ahead, or a device's that was years behind when something was noted, would take what nobody brings back.
pub async fn say_daily(database: Database, periods: Periods) {
    let mut wait = AFTER_START;
    loop {
        tokio::time::sleep(wait).await;
        wait = A_DAY;
        match swept::look(&database, &periods, now_ms()).await {
            Ok(due) => tracing::info!(due = ?due.0, "may not be kept any longer; `sweep` lets go of it"),
            Err(fault) => tracing::error!(cause = chain(&fault), "could not see what is due"),
        }
    }
}
