//! `audit`: what concerns trust, and whether it is as it was written.

use std::error::Error;

use serde_json::json;
use server::audit::{self, Entry};
use server::database::Place;

use super::open;
use crate::command_line::Look;

/// Looks at the audit.
pub fn audit(place: &Place, look: &Look) -> Result<String, Box<dyn Error>> {
    let (_runtime, database) = open(place)?;
    match look {
        Look::List => {
            let entries = database.read_here(|snapshot| audit::entries(snapshot, 0))?;
            Ok(entries.iter().map(|(number, entry)| line(*number, entry)).collect())
        }
        Look::Verify(noted) => {
            let end = database.read_here(|snapshot| audit::verify(snapshot, *noted))??;
            Ok(format!("{end}\n"))
        }
    }
}

fn line(number: u64, entry: &Entry) -> String {
    let Entry { at_ms, deed, account, device, about, from, times, by } = entry;
    let line = json!({
        "number": number, "at_ms": at_ms, "deed": deed, "account": account, "device": device,
        "about": about, "from": from, "times": times, "by": by,
    });
    format!("{line}\n")
}
