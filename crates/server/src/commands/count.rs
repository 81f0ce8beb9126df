//! `count`: what the database holds.

use std::error::Error;
use std::path::Path;

use records::declaration::declaration;
use records::{Kind, Scope};
use serde_json::json;
use server::database::{self, record, schema};

/// Records by scope and kind, one JSON object a line.
pub fn count(data: &Path) -> Result<String, Box<dyn Error>> {
    let mut connection = schema::open_existing(data)?;
    let counts = database::read(&mut connection, |snapshot| record::counts(snapshot))?;
    Ok(counts.iter().map(|(scope, kind, count)| line(scope, *kind, *count)).collect())
}

fn line(scope: &Scope, kind: Kind, count: u64) -> String {
    let name = declaration(kind).map_or("unknown", |declaration| declaration.name);
    let line = json!({ "scope": scope, "kind": kind.0, "name": name, "count": count });
    format!("{line}\n")
}
