//! Photos and other files on this device: what waits to be sent, what is here, what nobody needs.
//!
//! Rows go first and never wait for them. The bytes lie in parts of [`PART_BYTES`], so that whatever
//! breaks off goes on where it was.

use records::attachment::{Attachment, AttachmentHash, PART_BYTES, may_refer, referred};
use records::wire::{Change, Commit, Op};
use records::{Body, RecordId};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::Result;
use crate::record::RecordRow;
use crate::tables::draft;

/// What was taken for a record that was never saved is kept so long, ms.
const TAKEN_KEPT_MS: i64 = 30 * 24 * 3_600_000;

/// Stands for a record in a link: a commit that has left this device names the attachment, though its
/// record is not here any more.
const OWED: i64 = 0;

/// An attachment as it stands on this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Its hash.
    pub hash: AttachmentHash,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub media: String,
    /// Bytes on this device, from the first on.
    pub here: u64,
    /// Bytes the server has of this device, from the first on.
    pub there: u64,
    /// The server has it all.
    pub is_held: bool,
    /// Why the server does not take or give it.
    pub refused: Option<String>,
}

impl AttachmentRow {
    /// Whether every byte is on this device.
    pub fn is_here(&self) -> bool {
        self.here == self.size
    }
}

const COLUMNS: &str = "a.hash, a.size, a.media, a.here, a.there, a.is_held, a.refused";
/// Waits to be sent: whole here, named by a record, not refused. The first condition is that of the index
/// `attachment_waiting`.
const WAITING: &str = "(a.is_held = 0 OR a.wanted = 1) AND a.is_held = 0 AND a.here = a.size
    AND a.refused IS NULL AND EXISTS (SELECT 1 FROM attachment_link l WHERE l.hash = a.hash)";

/// Keeps a file for a record that is being filled in. The same bytes are kept once.
pub fn take(
    tx: &Transaction<'_>,
    record: RecordId,
    attachment: &Attachment,
    bytes: &[u8],
    now_ms: i64,
) -> Result<()> {
    expect(tx, attachment, now_ms)?;
    if find(tx, attachment.hash)?.is_some_and(|row| !row.is_here()) {
        for (place, part) in (0..).zip(bytes.chunks(PART_BYTES)) {
            put_part(tx, attachment.hash, place, part)?;
        }
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let sql = "UPDATE attachment SET here = ?2, size = ?2, wanted = 0 WHERE hash = ?1";
        tx.execute(sql, params![attachment.hash.as_bytes(), size])?;
    }
    note_taken(tx, record, attachment, now_ms)
}

/// Takes for a record what one before it named: work that was refused goes on as a new sheet, and keeps
/// its photos.
pub fn take_over(db: &Connection, named: &[Attachment], record: RecordId, now_ms: i64) -> Result<()> {
    for attachment in named {
        expect(db, attachment, now_ms)?;
        note_taken(db, record, attachment, now_ms)?;
    }
    Ok(())
}

fn note_taken(db: &Connection, record: RecordId, attachment: &Attachment, now_ms: i64) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO attachment_taken (record, place, hash, name, taken_ms)
         VALUES (?1, (SELECT count(*) FROM attachment_taken WHERE record = ?1), ?2, ?3, ?4)",
    )?
    .execute(params![record.as_bytes(), attachment.hash.as_bytes(), attachment.name, now_ms])?;
    Ok(())
}

/// Leaves a file out again that was taken for a record.
pub fn leave_out(tx: &Transaction<'_>, record: RecordId, hash: AttachmentHash) -> Result<()> {
    tx.execute(
        "DELETE FROM attachment_taken WHERE record = ?1 AND hash = ?2",
        params![record.as_bytes(), hash.as_bytes()],
    )?;
    Ok(())
}

/// What was taken for a record, in its order; `None` for nothing.
pub fn taken_for(db: &Connection, record: RecordId) -> Result<Option<Vec<Attachment>>> {
    let mut find = db.prepare_cached(
        "SELECT t.hash, a.size, a.media, t.name FROM attachment_taken t JOIN attachment a USING (hash)
         WHERE t.record = ?1 ORDER BY t.place, t.hash",
    )?;
    let rows = find.query_map([record.as_bytes()], |row| {
        let hash = AttachmentHash::new(row.get(0)?);
        let size = row.get::<_, i64>(1)?.unsigned_abs();
        Ok(Attachment { hash, size, media: row.get(2)?, name: row.get(3)? })
    })?;
    let taken: Vec<Attachment> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Some(taken).filter(|taken| !taken.is_empty()))
}

/// Keeps up what a record refers to.
pub(crate) fn link(db: &Connection, row: &RecordRow, body: Option<&Body>) -> Result<()> {
    if !may_refer(row.kind) {
        return Ok(());
    }
    let named = body.map(|body| referred(row.kind, body)).unwrap_or_default();
    if row.is_new && named.is_empty() {
        return Ok(());
    }
    let mut known = db.prepare_cached("SELECT hash FROM attachment_link WHERE record = ?1")?;
    let known = known.query_map([row.rid], |row| Ok(AttachmentHash::new(row.get(0)?)))?;
    let known: Vec<AttachmentHash> = known.collect::<rusqlite::Result<_>>()?;
    for gone in known.iter().filter(|hash| !named.iter().any(|one| one.hash == **hash)) {
        db.prepare_cached("DELETE FROM attachment_link WHERE record = ?1 AND hash = ?2")?
            .execute(params![row.rid, gone.as_bytes()])?;
    }
    for one in named.iter().filter(|one| !known.contains(&one.hash)) {
        expect(db, one, row.received_ms.unwrap_or(0))?;
        db.prepare_cached("INSERT OR IGNORE INTO attachment_link (record, hash) VALUES (?1, ?2)")?
            .execute(params![row.rid, one.hash.as_bytes()])?;
    }
    Ok(())
}

/// A record leaves this device, and its commits went to the server: what they name and the server does not
/// have yet is sent all the same.
pub(crate) fn owe(db: &Connection, rid: i64) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO attachment_link (record, hash)
         SELECT ?2, a.hash FROM attachment_link l JOIN attachment a USING (hash)
         WHERE l.record = ?1 AND a.is_held = 0 AND a.here = a.size AND a.refused IS NULL",
    )?
    .execute([rid, OWED])?;
    Ok(())
}

fn owe_no_more(db: &Connection, hash: AttachmentHash) -> Result<()> {
    db.prepare_cached("DELETE FROM attachment_link WHERE record = ?1 AND hash = ?2")?
        .execute(params![OWED, hash.as_bytes()])?;
    Ok(())
}

/// There is such a file somewhere.
fn expect(db: &Connection, attachment: &Attachment, now_ms: i64) -> Result<()> {
    let size = i64::try_from(attachment.size).unwrap_or(i64::MAX);
    db.prepare_cached(
        "INSERT OR IGNORE INTO attachment (hash, size, media, used_ms) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![attachment.hash.as_bytes(), size, attachment.media, now_ms])?;
    Ok(())
}

/// What is known of a file.
pub fn find(db: &Connection, hash: AttachmentHash) -> Result<Option<AttachmentRow>> {
    let mut find = db.prepare_cached(&format!("SELECT {COLUMNS} FROM attachment a WHERE a.hash = ?1"))?;
    Ok(find.query_row([hash.as_bytes()], row_of).optional()?)
}

/// The files a record refers to.
pub fn of_record(db: &Connection, record: RecordId) -> Result<Vec<AttachmentRow>> {
    let mut find = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM record r JOIN attachment_link l ON l.record = r.rid JOIN attachment a USING (hash)
         WHERE r.id = ?1 ORDER BY a.hash"
    ))?;
    let rows = find.query_map([record.as_bytes()], row_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The next file to send: whole here, named by a record, not refused; begun ones first.
pub fn next_to_send(db: &Connection) -> Result<Option<AttachmentRow>> {
    let mut find = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM attachment a
         WHERE {WAITING} ORDER BY a.there = 0, a.used_ms LIMIT 1"
    ))?;
    Ok(find.query_row([], row_of).optional()?)
}

/// The next file to fetch, the last wanted first.
pub fn next_to_fetch(db: &Connection) -> Result<Option<AttachmentRow>> {
    let mut find = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM attachment a
         WHERE (a.is_held = 0 OR a.wanted = 1) AND a.wanted = 1 AND a.here < a.size AND a.refused IS NULL
         ORDER BY a.used_ms DESC LIMIT 1"
    ))?;
    Ok(find.query_row([], row_of).optional()?)
}

/// How many files wait to be sent.
pub fn waiting_count(db: &Connection) -> Result<u32> {
    let mut count = db.prepare_cached(&format!("SELECT count(*) FROM attachment a WHERE {WAITING}"))?;
    Ok(count.query_row([], |row| row.get(0))?)
}

/// Somebody wants to see it: it is fetched if it is not here, and stays longest.
pub fn want(tx: &Transaction<'_>, hash: AttachmentHash, now_ms: i64) -> Result<()> {
    let mut update = tx.prepare_cached(
        "UPDATE attachment SET used_ms = ?2, wanted = here < size, refused = NULL WHERE hash = ?1",
    )?;
    update.execute(params![hash.as_bytes(), now_ms])?;
    Ok(())
}

/// Notes how many bytes the server has; `None` when it has them all.
pub fn set_there(tx: &Transaction<'_>, hash: AttachmentHash, bytes: Option<u64>) -> Result<()> {
    let mut update = tx.prepare_cached(
        "UPDATE attachment SET there = coalesce(?2, size), is_held = ?2 IS NULL WHERE hash = ?1",
    )?;
    update.execute(params![hash.as_bytes(), bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX))])?;
    if bytes.is_none() { owe_no_more(tx, hash) } else { Ok(()) }
}

/// What the records that these ops make refer to.
pub fn made_by<'a>(ops: impl IntoIterator<Item = &'a Op>) -> impl Iterator<Item = Attachment> {
    let named = |op: &Op| match &op.change {
        Change::Create { body, .. } => referred(op.kind, body),
        _ => vec![],
    };
    ops.into_iter().flat_map(named)
}

/// A server that went back to a backup may have forgotten what this commit names: what of it is here is
/// offered again. One that did not forget says so at once.
pub(crate) fn offer_again(db: &Connection, commit: &Commit) -> Result<()> {
    for one in made_by(&commit.ops) {
        db.prepare_cached("UPDATE attachment SET is_held = 0, there = 0 WHERE hash = ?1 AND here = size")?
            .execute([one.hash.as_bytes()])?;
    }
    Ok(())
}

/// Notes why the server does not take or give it.
pub fn refuse(tx: &Transaction<'_>, hash: AttachmentHash, code: &str) -> Result<()> {
    tx.execute(
        "UPDATE attachment SET refused = ?2, wanted = 0 WHERE hash = ?1",
        params![hash.as_bytes(), code],
    )?;
    owe_no_more(tx, hash)
}

/// Notes how large it is by the word of the server, which has it. A record may say anything.
pub fn set_size(tx: &Transaction<'_>, hash: AttachmentHash, size: u64) -> Result<()> {
    let mut update = tx.prepare_cached("UPDATE attachment SET size = ?2 WHERE hash = ?1")?;
    update.execute(params![hash.as_bytes(), i64::try_from(size).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// Keeps the next part that came.
pub fn add_part(tx: &Transaction<'_>, row: &AttachmentRow, bytes: &[u8]) -> Result<()> {
    put_part(tx, row.hash, row.here / PART_BYTES as u64, bytes)?;
    tx.execute(
        "UPDATE attachment SET here = min(size, here + ?2) WHERE hash = ?1",
        params![row.hash.as_bytes(), i64::try_from(bytes.len()).unwrap_or(0)],
    )?;
    Ok(())
}

/// All of it came and is what it should be.
pub fn arrived(tx: &Transaction<'_>, hash: AttachmentHash) -> Result<()> {
    let sql = "UPDATE attachment SET wanted = 0, there = size, is_held = 1 WHERE hash = ?1";
    tx.execute(sql, [hash.as_bytes()])?;
    Ok(())
}

/// Forgets the bytes that are here, and keeps that there is such a file.
pub fn drop_bytes(tx: &Transaction<'_>, hash: AttachmentHash) -> Result<()> {
    tx.execute("DELETE FROM attachment_part WHERE hash = ?1", [hash.as_bytes()])?;
    tx.execute("UPDATE attachment SET here = 0 WHERE hash = ?1", [hash.as_bytes()])?;
    Ok(())
}

/// The bytes from a place on, as many as one part has; the place is where a part begins.
pub fn part(db: &Connection, hash: AttachmentHash, offset: u64) -> Result<Option<Vec<u8>>> {
    let mut find = db.prepare_cached("SELECT bytes FROM attachment_part WHERE hash = ?1 AND place = ?2")?;
    let place = i64::try_from(offset / PART_BYTES as u64).unwrap_or(i64::MAX);
    Ok(find.query_row(params![hash.as_bytes(), place], |row| row.get(0)).optional()?)
}

/// All bytes of a file; `None` while some are not here.
pub fn bytes(db: &Connection, hash: AttachmentHash) -> Result<Option<Vec<u8>>> {
    if !find(db, hash)?.is_some_and(|row| row.is_here()) {
        return Ok(None);
    }
    let mut find = db.prepare_cached("SELECT bytes FROM attachment_part WHERE hash = ?1 ORDER BY place")?;
    let parts = find.query_map([hash.as_bytes()], |row| row.get::<_, Vec<u8>>(0))?;
    let parts: Vec<Vec<u8>> = parts.collect::<rusqlite::Result<_>>()?;
    Ok(Some(parts.concat()))
}

/// Forgets what nobody refers to, and of what the server has the longest unseen, until no more than
/// `most_bytes` of that are here. What the server does not have yet stays.
pub fn tidy(tx: &Transaction<'_>, most_bytes: u64, now_ms: i64) -> Result<()> {
    tx.execute("DELETE FROM attachment_taken WHERE taken_ms < ?1", [now_ms.saturating_sub(TAKEN_KEPT_MS)])?;
    forget_unreferred(tx)?;
    let mut find =
        tx.prepare("SELECT hash, here FROM attachment WHERE is_held = 1 AND here > 0 ORDER BY used_ms DESC")?;
    let held = find
        .query_map([], |row| Ok((AttachmentHash::new(row.get(0)?), row.get::<_, i64>(1)?.unsigned_abs())))?;
    let held: Vec<(AttachmentHash, u64)> = held.collect::<rusqlite::Result<_>>()?;
    let mut kept = 0;
    for (hash, bytes) in held {
        kept += bytes;
        if kept > most_bytes {
            drop_bytes(tx, hash)?;
        }
    }
    Ok(())
}

/// Forgets what neither a record nor a sheet refers to, with its bytes.
pub(crate) fn forget_unreferred(db: &Connection) -> Result<()> {
    db.execute(
        "DELETE FROM attachment WHERE NOT EXISTS (SELECT 1 FROM attachment_link l WHERE l.hash = attachment.hash)
             AND NOT EXISTS (SELECT 1 FROM attachment_taken t WHERE t.hash = attachment.hash)",
        [],
    )?;
    db.execute("DELETE FROM attachment_part WHERE hash NOT IN (SELECT hash FROM attachment)", [])?;
    Ok(())
}

/// Forgets what was taken for a record, and for the sheet put aside for it if it is a household. A sheet
/// names its records to be as `id`, its matters' as well.
pub(crate) fn forget_taken(db: &Connection, record: RecordId) -> Result<()> {
    let sheet = draft::of(db, record)?;
    let mut forget = db.prepare_cached("DELETE FROM attachment_taken WHERE record = ?1")?;
    for record in ids_of(sheet.as_deref().unwrap_or_default()).chain([record]) {
        forget.execute([record.as_bytes()])?;
    }
    Ok(())
}

/// What a sheet names as `id`. It is JSON without a space between its parts; SQLite's own reader of it would be
/// 10 kB of what a browser fetches.
fn ids_of(sheet: &str) -> impl Iterator<Item = RecordId> {
    sheet.split("\"id\":\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok())
}

fn put_part(tx: &Transaction<'_>, hash: AttachmentHash, place: u64, bytes: &[u8]) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO attachment_part (hash, place, bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT (hash, place) DO UPDATE SET bytes = ?3",
    )?
    .execute(params![hash.as_bytes(), i64::try_from(place).unwrap_or(i64::MAX), bytes])?;
    Ok(())
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<AttachmentRow> {
    Ok(AttachmentRow {
        hash: AttachmentHash::new(row.get(0)?),
        size: row.get::<_, i64>(1)?.unsigned_abs(),
        media: row.get(2)?,
        here: row.get::<_, i64>(3)?.unsigned_abs(),
        there: row.get::<_, i64>(4)?.unsigned_abs(),
        is_held: row.get(5)?,
        refused: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use contract::test;

    #[test]
    fn a_sheet_names_its_records_and_nothing_else_is_taken_for_one() {
        let id = |n: u8| RecordId::from_bytes([n; 16]);
        let sheet = format!(
            r#"{{"id":"{}","household":"{}","note":"\"id\":\"{}\"","matters":[{{"id":"{}"}},{{"id":"x"}}]}}"#,
            id(1),
            id(2),
            id(3),
            id(4)
        );
        assert_eq!(ids_of(&sheet).collect::<Vec<_>>(), [id(1), id(4)]);
        assert_eq!(ids_of("").count() + ids_of("\"id\":\"").count(), 0);
    }
}
