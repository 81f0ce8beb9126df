//! `import items`: the county's own list.

use std::error::Error;

use intake::table;
use serde_json::json;
use server::import;

use super::{now_ms, open};
use crate::command_line::ImportOptions;

/// Imports a file; says as JSON what became of its rows.
pub fn import_items(options: &ImportOptions) -> Result<String, Box<dyn Error>> {
    let bytes = std::fs::read(&options.file)?;
    let name = options.file.file_name().unwrap_or_default().to_string_lossy();
    let table = table::read(&bytes, &name)?;
    let (_runtime, database) = open(&options.place)?;
    let plan = database
        .write_here(|transaction| import::import_items(transaction, &table, &options.county, now_ms()))?;
    let summary = json!({
        "rows": plan.rows, "new": plan.new, "changed": plan.changed, "same": plan.same,
        "unknown_columns": plan.unknown_columns, "problems": plan.problems,
    });
    Ok(summary.to_string())
}
