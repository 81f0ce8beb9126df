//! `count`: what the database holds.

use std::error::Error;

use records::declaration::declaration;
use records::{Kind, Scope};
use serde_json::json;
use server::database::{Place, record};

use super::open;

/// Records by scope and kind, one JSON object a line.
pub fn count(place: &Place) -> Result<String, Box<dyn Error>> {
    let (_runtime, database) = open(place)?;
    let counts = database.read_here(record::counts)?;
    Ok(counts.iter().map(|(scope, kind, count)| line(scope, *kind, *count)).collect())
}

fn line(scope: &Scope, kind: Kind, count: u64) -> String {
    let name = declaration(kind).map_or("unknown", |declaration| declaration.name);
    let line = json!({ "scope": scope, "kind": kind.0, "name": name, "count": count });
    format!("{line}\n")
}
