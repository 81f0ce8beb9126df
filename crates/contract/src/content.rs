//! What is in a database, in one number.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// A hash of every row of every table, those of the search index included.
///
/// # Errors
/// Whatever SQLite says.
pub fn content(db: &Connection) -> rusqlite::Result<u64> {
    let tables = "SELECT name FROM sqlite_schema
                  WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name";
    let mut find = db.prepare_cached(tables)?;
    let names: Vec<String> = find.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut hasher = DefaultHasher::new();
    for name in names {
        name.hash(&mut hasher);
        add_rows(db, &name, &mut hasher)?;
    }
    Ok(hasher.finish())
}

fn add_rows(db: &Connection, table: &str, hasher: &mut DefaultHasher) -> rusqlite::Result<()> {
    let mut all = db.prepare_cached(&format!("SELECT * FROM \"{table}\""))?;
    let columns = all.column_count();
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => 0u8.hash(hasher),
                ValueRef::Integer(number) => number.hash(hasher),
                ValueRef::Real(number) => number.to_bits().hash(hasher),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.hash(hasher),
            }
        }
    }
    Ok(())
}
