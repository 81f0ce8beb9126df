//! The item list and its categories. Searching happens over the loaded list, see `app`.

use records::item::{Item, ItemCategory};
use records::{Body, Record, RecordId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::Result;
use crate::projection::{Stale, remove};
use crate::record::{self, RecordRow};

pub(crate) fn project_category(
    db: &Connection,
    row: &RecordRow,
    body: Option<&Body>,
    _: &mut Stale,
) -> Result<()> {
    let Some(body) = body else { return remove(db, "item_category", row.rid) };
    let category = ItemCategory::from_body(body)?;
    db.prepare_cached("INSERT OR REPLACE INTO item_category (rid, code, name) VALUES (?1, ?2, ?3)")?
        .execute(params![row.rid, category.code, category.name])?;
    Ok(())
}

pub(crate) fn project(db: &Connection, row: &RecordRow, body: Option<&Body>, _: &mut Stale) -> Result<()> {
    let Some(body) = body else { return remove(db, "item", row.rid) };
    let item = Item::from_body(body)?;
    db.prepare_cached("INSERT OR REPLACE INTO item (rid, code) VALUES (?1, ?2)")?
        .execute(params![row.rid, item.code])?;
    Ok(())
}

/// Categories by code.
pub fn categories(db: &Connection) -> Result<Vec<ItemCategory>> {
    let mut statement = db.prepare_cached("SELECT code, name FROM item_category ORDER BY code")?;
    let rows = statement.query_map([], |row| Ok(ItemCategory { code: row.get(0)?, name: row.get(1)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Categories with the records' ids, for import.
pub fn categories_with_ids(db: &Connection) -> Result<Vec<(RecordId, ItemCategory)>> {
    record::all(db, "item_category", "code")
}

/// The whole list with the records' ids, by code.
pub fn all(db: &Connection) -> Result<Vec<(RecordId, Item)>> {
    record::all(db, "item", "code")
}

/// The item with this code.
pub fn by_code(db: &Connection, code: &str) -> Result<Option<Item>> {
    let mut statement = db.prepare_cached("SELECT rid FROM item WHERE code = ?1 LIMIT 1")?;
    let rid: Option<i64> = statement.query_row([code], |row| row.get(0)).optional()?;
    let Some(rid) = rid else { return Ok(None) };
    record::by_rid(db, rid)?.body().map(Item::from_body).transpose().map_err(Into::into)
}

/// The id of the item with this code.
pub fn id_of(db: &Connection, code: &str) -> Result<Option<RecordId>> {
    let mut statement = db
        .prepare_cached("SELECT r.id FROM item t JOIN record r ON r.rid = t.rid WHERE t.code = ?1 LIMIT 1")?;
    Ok(statement.query_row([code], |row| Ok(RecordId::from_bytes(row.get(0)?))).optional()?)
}

/// Notes that an item was used, so that it is offered first next time.
pub fn note_use(db: &Connection, code: &str, now_ms: i64) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO item_use (code, times, last_ms) VALUES (?1, 1, ?2)
         ON CONFLICT (code) DO UPDATE SET times = times + 1, last_ms = ?2",
    )?
    .execute(params![code, now_ms])?;
    Ok(())
}

/// Codes used on this device: code, how often, when last.
pub fn uses(db: &Connection) -> Result<Vec<(String, u32, i64)>> {
    let mut statement = db.prepare_cached("SELECT code, times, last_ms FROM item_use")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
