//! Writes the fixture of the newest schema: run once when a version is released, never again for
//! an older one. `cargo run -p store --example fixture > crates/store/fixtures/vN.sql`
#![expect(clippy::print_stdout, reason = "its output is the fixture")]

use records::codes::CareLevel;
use records::household::Household;
use records::{RecordId, Scope};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use store::{Origin, SCHEMA_VERSION, Store};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::temp_dir().join(format!("gridwalk-fixture-{}.db", std::process::id()));
    let mut store = Store::open(Connection::open(&file)?)?;
    let scope: Scope = "230881/001/003/07#work".parse()?;
    let household = Household {
        residents: 2,
        care: CareLevel::Key,
        care_since: "2026-01-01".parse().ok(),
        ..Household::blank(RecordId::from_bytes([200; 16]))
    };
    let mut new_id = || RecordId::from_bytes([101; 16]);
    let origin = Origin { now_ms: 1_795_000_000_000, hold_ms: 0, new_id: &mut new_id };
    store.act(origin, |action| action.create(RecordId::from_bytes([1; 16]), &scope, &household))?;
    drop(store);
    dump(&Connection::open(&file)?)?;
    std::fs::remove_file(&file)?;
    Ok(())
}

/// The database as SQL: the schema as it was made, then the rows of the ordinary tables.
fn dump(db: &Connection) -> rusqlite::Result<()> {
    let id: u32 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    println!("PRAGMA application_id = {id};");
    println!("PRAGMA user_version = {SCHEMA_VERSION};");
    let mut tables = db.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL
         AND name NOT LIKE 'household_search_%' AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
    )?;
    let objects: Vec<(String, String)> =
        tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    objects.iter().for_each(|(_, sql)| println!("{sql};"));
    for (name, sql) in objects.iter().filter(|(_, sql)| sql.starts_with("CREATE TABLE")) {
        debug_assert!(!sql.is_empty());
        dump_rows(db, name)?;
    }
    Ok(())
}

fn dump_rows(db: &Connection, table: &str) -> rusqlite::Result<()> {
    let mut statement = db.prepare(&format!("SELECT * FROM {table}"))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values: Vec<String> =
            (0..columns).map(|i| row.get_ref(i).map(literal)).collect::<Result<_, _>>()?;
        println!("INSERT INTO {table} VALUES ({});", values.join(", "));
    }
    Ok(())
}

fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''")),
        ValueRef::Blob(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("x'{digits}'")
        }
    }
}
