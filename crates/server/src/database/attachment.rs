//! Which attachments are here, who brought what of them, and which records refer to them.

use std::collections::BTreeSet;

use records::attachment::{AttachmentHash, PART_BYTES};
use records::{DeviceId, RecordId, Scope};

use super::column;
use super::device::Device;
use super::sql::{Row, Sql, SqlFault, Statement, Value};
use crate::fault::ServerFault;
use crate::values;

/// What a device has brought of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// How many bytes it has.
    pub size: u64,
    /// What it is.
    pub media: String,
    /// Bytes that came, from the first on.
    pub received: u64,
}

/// The statements that keep what new records refer to. It never changes.
pub fn linked(links: &[(RecordId, AttachmentHash)]) -> Vec<Statement<'static>> {
    let row = |(record, hash): &(RecordId, AttachmentHash)| {
        values![record.as_bytes().to_vec(), hash.as_bytes().to_vec()]
    };
    let sql = "INSERT INTO attachment_link (record, hash) VALUES {rows} ON CONFLICT DO NOTHING";
    Statement::of_rows(sql, links.iter().map(row).collect())
}

/// The statements that forget what these records refer to.
pub fn unlinked(records: &BTreeSet<RecordId>) -> Vec<Statement<'static>> {
    let keys = records.iter().map(|id| Value::from(id.as_bytes().to_vec())).collect();
    Statement::of_keys("DELETE FROM attachment_link WHERE record IN ({keys})", keys)
}

/// Those that are here whole since before this moment and that no record refers to.
pub fn orphans(connection: &dyn Sql, before_ms: i64) -> Result<Vec<AttachmentHash>, ServerFault> {
    let sql = "SELECT hash FROM attachment a WHERE made_ms < ?1
               AND NOT EXISTS (SELECT 1 FROM attachment_link l WHERE l.hash = a.hash) ORDER BY hash";
    let read = |row: &Row<'_>| Ok(AttachmentHash::new(column::bytes32(row, 0)?));
    Ok(connection.all(sql, values![before_ms], read)?)
}

/// Forgets one whose bytes are gone, unless a record refers to it by now.
pub fn forget(connection: &dyn Sql, hash: AttachmentHash) -> Result<(), ServerFault> {
    for table in ["attachment", "attachment_brought"] {
        let sql = format!(
            "DELETE FROM {table} WHERE hash = ?1
             AND NOT EXISTS (SELECT 1 FROM attachment_link l WHERE l.hash = ?1)"
        );
        connection.execute(&sql, values![hash.as_bytes()])?;
    }
    Ok(())
}

/// The scopes of the records that refer to it, are not deleted, and whose author has brought all its
/// bytes: whoever only knows its hash opens it to nobody, themselves included.
pub fn scopes(connection: &dyn Sql, hash: AttachmentHash) -> Result<Vec<Scope>, ServerFault> {
    let sql = "SELECT DISTINCT r.scope FROM attachment_link l JOIN record r ON r.id = l.record
               WHERE l.hash = ?1 AND r.is_deleted = 0
               AND EXISTS (SELECT 1 FROM attachment_brought b JOIN device d ON d.id = b.device
                           WHERE b.hash = l.hash AND b.received = b.size AND d.account = r.author)";
    Ok(connection.all(sql, values![hash.as_bytes()], |row| column::text(row, 0))?)
}

/// One that is here whole, as who brought all of it has brought it.
pub fn whole(connection: &dyn Sql, hash: AttachmentHash) -> Result<Option<Brought>, ServerFault> {
    let sql = "SELECT size, media, size FROM attachment WHERE hash = ?1";
    Ok(connection.first(sql, values![hash.as_bytes()], read_brought)?)
}

/// Notes that one is here whole.
pub fn keep(
    connection: &dyn Sql,
    hash: AttachmentHash,
    size: u64,
    media: &str,
    now_ms: i64,
) -> Result<(), ServerFault> {
    let sql = "INSERT INTO attachment (hash, size, media, made_ms) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO NOTHING";
    connection.execute(sql, values![hash.as_bytes(), size, media, now_ms])?;
    Ok(())
}

/// What a device has brought of one.
pub fn brought(
    connection: &dyn Sql,
    device: DeviceId,
    hash: AttachmentHash,
) -> Result<Option<Brought>, ServerFault> {
    let sql = "SELECT size, media, received FROM attachment_brought WHERE device = ?1 AND hash = ?2";
    Ok(connection.first(sql, values![device.as_bytes(), hash.as_bytes()], read_brought)?)
}

/// Notes what a device has brought.
pub fn set_brought(
    connection: &dyn Sql,
    device: DeviceId,
    hash: AttachmentHash,
    brought: &Brought,
    now_ms: i64,
) -> Result<(), ServerFault> {
    let sql = "INSERT INTO attachment_brought (device, hash, size, media, received, touched_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (device, hash) DO UPDATE SET size = excluded.size, media = excluded.media,
                   received = excluded.received, touched_ms = excluded.touched_ms";
    let Brought { size, media, received } = brought;
    let values = values![device.as_bytes(), hash.as_bytes(), *size, media, *received, now_ms];
    connection.execute(sql, values)?;
    Ok(())
}

/// Bytes that a device has announced since this moment for which its person has made no record yet.
/// However small, each counts as one part: rows take room, too.
pub fn unreferred(connection: &dyn Sql, device: &Device, since_ms: i64) -> Result<u64, ServerFault> {
    let sql = "SELECT b.size FROM attachment_brought b WHERE b.device = ?1 AND b.touched_ms >= ?2
               AND NOT EXISTS (SELECT 1 FROM attachment_link l JOIN record r ON r.id = l.record
                               WHERE l.hash = b.hash AND r.author = ?3)";
    let values = values![device.id.as_bytes(), since_ms, device.account.as_bytes()];
    let sizes = connection.all(sql, values, |row| row.get::<u64>(0))?;
    Ok(sizes.iter().map(|size| (*size).max(PART_BYTES as u64)).sum())
}

/// Forgets what a device began to bring and left before this moment. What it has brought wholly is
/// remembered: its record may come much later. Returns which those are; their parts can go.
pub fn forget_begun(
    connection: &dyn Sql,
    device: DeviceId,
    before_ms: i64,
) -> Result<Vec<AttachmentHash>, ServerFault> {
    let sql = "DELETE FROM attachment_brought WHERE device = ?1 AND touched_ms < ?2 AND received < size
               RETURNING hash";
    let read = |row: &Row<'_>| Ok(AttachmentHash::new(column::bytes32(row, 0)?));
    Ok(connection.all(sql, values![device.as_bytes(), before_ms], read)?)
}

fn read_brought(row: &Row<'_>) -> Result<Brought, SqlFault> {
    Ok(Brought { size: row.get(0)?, media: row.get(1)?, received: row.get(2)? })
}
