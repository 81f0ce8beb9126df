//! `backup`, `restore`, `verify`: everything in the database in one file, and back. Each says as one line of JSON what
//! the file holds.

use std::error::Error;
use std::path::Path;

use serde_json::{Map, json};
use server::backup::{self, Passphrase, Summary};
use server::database::Place;
use tokio::runtime::Runtime;

use super::{now_ms, open};

/// Writes a backup, sealed where there is a passphrase.
pub fn back_up(
    file: &Path,
    place: &Place,
    passphrase: Option<&Passphrase>,
) -> Result<String, Box<dyn Error>> {
    let (_runtime, database) = open(place)?;
    Ok(line(&backup::back_up(&database, file, passphrase, now_ms())?)?)
}

/// Makes a database of a backup. An audit that was broken before is restored as it was.
pub fn restore(
    file: &Path,
    place: &Place,
    passphrase: Option<&Passphrase>,
) -> Result<String, Box<dyn Error>> {
    let summary = Runtime::new()?.block_on(backup::restore(file, passphrase, place, now_ms()))?;
    Ok(line(&summary)?)
}

/// Reads a backup to its end. An audit that is broken in it is an error.
pub fn verify(file: &Path, passphrase: Option<&Passphrase>) -> Result<String, Box<dyn Error>> {
    let summary = backup::verify(file, passphrase)?;
    summary.audit?;
    Ok(line(&summary)?)
}

fn line(summary: &Summary) -> Result<String, serde_json::Error> {
    let Summary { schema, made_ms, software, rows, audit } = summary;
    let rows: Map<_, _> = rows.iter().map(|(table, count)| ((*table).to_owned(), json!(count))).collect();
    let (end, broken) = match audit {
        Ok(end) => (Some(end.to_string()), None),
        Err(broken) => (None, Some(broken.to_string())),
    };
    serde_json::to_string(&json!({
        "schema": schema, "made_ms": made_ms, "software": software, "rows": rows, "audit": end,
        "audit_broken": broken,
    }))
}
