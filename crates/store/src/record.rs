//! The table of all records: bodies confirmed and working, and where each stands.

use records::call::Standing;
use records::proof::Proof;
use records::wire::RecordChange;
use records::{AccountId, Body, Kind, RecordId, Scope};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::scope::Place;
use crate::{Result, StoreFault, identity};

/// One record as it is kept.
#[derive(Debug, Clone)]
pub struct RecordRow {
    /// Its number in this database.
    pub rid: i64,
    /// Its id.
    pub id: RecordId,
    /// Its type.
    pub kind: Kind,
    /// Number of its scope in this database.
    pub scope: i64,
    /// Version of the confirmed body; 0 when it never was confirmed.
    pub version: u64,
    /// What the server last said.
    pub confirmed: Option<Body>,
    /// What the server took but has not told yet; `None` when it has told everything.
    pub promised: Option<Body>,
    /// With own pending changes; `None` when it is as promised or confirmed.
    pub working: Option<Body>,
    /// Whether a commit the server took but has not told yet deletes it.
    pub promised_deleted: bool,
    /// Whether it is deleted by own commits that wait, or that the server took.
    pub deleted: bool,
    /// Own commits touching it that wait.
    pub pending: u32,
    /// Own commits touching it that were refused.
    pub refused: u32,
    /// Who made it; `None` until confirmed.
    pub author: Option<AccountId>,
    /// When the server received it.
    pub received_ms: Option<i64>,
    /// What it adds to the digest of its scope.
    pub proof: Proof,
    /// Generation of its scope in which it came last.
    pub generation: i64,
    /// Number of the change by which it was cleared last; 0: never.
    pub cleared: u64,
    /// It came just now, and no table but this one knows of it.
    pub(crate) is_new: bool,
}

const COLUMNS: &str = "r.rid, r.id, r.kind, r.scope, r.version, r.confirmed, r.working, r.pending,
    r.refused, r.author, r.received_ms, r.proof, r.generation, r.promised, r.promised_deleted, r.deleted,
    r.cleared";

impl RecordRow {
    /// What pages show: the working body, or the promised, or the confirmed one; nothing when it is
    /// deleted.
    pub fn body(&self) -> Option<&Body> {
        self.beneath().filter(|_| !self.deleted)
    }

    /// The same, whether it is deleted or not; `None` when it was deleted before it came here.
    pub(crate) fn beneath(&self) -> Option<&Body> {
        self.working.as_ref().or(self.promised.as_ref()).or(self.confirmed.as_ref())
    }

    /// Whether it is gone, by whoever deleted it.
    pub fn is_gone(&self) -> bool {
        self.body().is_none()
    }

    /// Whether it is gone by a decision: nobody here brings it back. One that was reworded once, and deleted later, is
    /// deleted like any other.
    pub fn is_sealed(&self) -> bool {
        self.cleared > 0 && self.cleared == self.version && self.confirmed.is_none()
    }

    /// Whether the server has it, as far as was heard.
    pub(crate) fn is_held(&self) -> bool {
        self.version > 0 && self.confirmed.is_some()
    }

    /// A record that just came for the first time.
    pub(crate) fn arrived(rid: i64, place: &Place, change: &RecordChange, proof: Proof) -> Self {
        Self {
            rid,
            id: change.id,
            kind: change.kind,
            scope: place.rid,
            version: change.version,
            confirmed: change.body.clone(),
            promised: None,
            promised_deleted: false,
            deleted: false,
            working: None,
            pending: 0,
            refused: 0,
            author: Some(change.by),
            received_ms: Some(change.received_ms),
            proof,
            generation: place.generation,
            cleared: change.cleared,
            is_new: true,
        }
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            rid: row.get(0)?,
            id: RecordId::from_bytes(row.get(1)?),
            kind: Kind(row.get(2)?),
            scope: row.get(3)?,
            version: row.get::<_, i64>(4)?.unsigned_abs(),
            confirmed: row.get::<_, Option<Vec<u8>>>(5)?.map(Body::trusted),
            working: row.get::<_, Option<Vec<u8>>>(6)?.map(Body::trusted),
            pending: row.get(7)?,
            refused: row.get(8)?,
            author: row.get::<_, Option<[u8; 16]>>(9)?.map(AccountId::from_bytes),
            received_ms: row.get(10)?,
            proof: Proof(row.get(11)?),
            generation: row.get(12)?,
            promised: row.get::<_, Option<Vec<u8>>>(13)?.map(Body::trusted),
            promised_deleted: row.get(14)?,
            deleted: row.get(15)?,
            cleared: row.get::<_, i64>(16)?.unsigned_abs(),
            is_new: false,
        })
    }

    /// Where the record stands; `sent` tells whether its newest pending commit is on its way.
    pub fn standing(&self, db: &Connection) -> Result<Standing> {
        if self.refused > 0 {
            return Ok(Standing::NeedsYou);
        }
        if self.pending == 0 {
            return Ok(Standing::Accepted);
        }
        pending_standing(db, self.rid)
    }
}

/// Whether a record's pending commits are all on their way, or some still only here.
pub fn pending_standing(db: &Connection, rid: i64) -> Result<Standing> {
    let mut statement = db.prepare_cached(
        "SELECT min(o.sent) FROM outbox_record r JOIN outbox o USING (push_seq) WHERE r.record = ?1",
    )?;
    let sent: Option<i64> = statement.query_row([rid], |row| row.get(0))?;
    Ok(match sent {
        Some(0) => Standing::OnDevice,
        Some(_) => Standing::Sent,
        None => Standing::Accepted,
    })
}

/// The record with this id.
pub fn find(db: &Connection, id: RecordId) -> Result<Option<RecordRow>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM record r WHERE r.id = ?1"))?;
    Ok(statement.query_row([id.as_bytes()], RecordRow::from_row).optional()?)
}

/// The record with this id, which must be here.
pub fn get(db: &Connection, id: RecordId) -> Result<RecordRow> {
    find(db, id)?.ok_or(StoreFault::Missing(id))
}

/// The record with this number, which must be here.
pub fn by_rid(db: &Connection, rid: i64) -> Result<RecordRow> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM record r WHERE r.rid = ?1"))?;
    Ok(statement.query_row([rid], RecordRow::from_row)?)
}

/// The typed working record with this id.
pub fn typed<T: records::Record>(db: &Connection, id: RecordId) -> Result<T> {
    let row = get(db, id)?;
    let body = row.body().ok_or(StoreFault::Missing(id))?;
    Ok(T::from_body(body)?)
}

/// Who made a record; what was never confirmed was made by whoever this device belongs to.
pub fn author(db: &Connection, row: &RecordRow) -> Result<Option<AccountId>> {
    match row.author {
        Some(author) => Ok(Some(author)),
        None => Ok(identity::identity(db)?.map(|identity| identity.account)),
    }
}

/// The records a type's table names, with their typed bodies, in the order asked for. `rest` continues
/// a query on that table as `t`: its condition, order and limit.
pub(crate) fn typed_rows<T: records::Record>(
    db: &Connection,
    table: &str,
    rest: &str,
    params: impl Params,
) -> Result<Vec<(RecordRow, T)>> {
    let sql = format!("SELECT {COLUMNS} FROM {table} t JOIN record r ON r.rid = t.rid {rest}");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params)?;
    let mut typed = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RecordRow::from_row(row)?;
        if let Some(value) = row.body().map(T::from_body).transpose()? {
            typed.push((row, value));
        }
    }
    Ok(typed)
}

/// All records of a type's table with their ids, for import.
pub(crate) fn all<T: records::Record>(
    db: &Connection,
    table: &str,
    order: &str,
) -> Result<Vec<(RecordId, T)>> {
    let rows = typed_rows(db, table, &format!("ORDER BY t.{order}"), [])?;
    Ok(rows.into_iter().map(|(row, value)| (row.id, value)).collect())
}

/// Every record of a type that is here, for types whose table nothing asks for. Reads the whole table of records.
pub fn of_kind<T: records::Record>(db: &Connection) -> Result<Vec<(RecordRow, T)>> {
    let sql = format!("SELECT {COLUMNS} FROM record r WHERE r.kind = ?1 ORDER BY r.rid");
    let mut statement = db.prepare(&sql)?;
    let mut rows = statement.query([T::DECLARATION.kind.0])?;
    let mut typed = Vec::new();
    while let Some(row) = rows.next()? {
        let row = RecordRow::from_row(row)?;
        // One that only a newer version can read is nobody's here.
        let value = row.body().and_then(|body| T::from_body(body).ok());
        typed.extend(value.map(|value| (row, value)));
    }
    Ok(typed)
}

/// Number of a scope in this database, made when it is new.
pub(crate) fn scope_rid(db: &Connection, scope: &Scope) -> Result<i64> {
    let name = scope.to_string();
    let mut find = db.prepare_cached("SELECT rid FROM scope WHERE name = ?1")?;
    if let Some(rid) = find.query_row([&name], |row| row.get(0)).optional()? {
        return Ok(rid);
    }
    db.prepare_cached("INSERT INTO scope (name) VALUES (?1)")?.execute([&name])?;
    Ok(db.last_insert_rowid())
}

/// The scope with this number.
pub fn scope_of(db: &Connection, rid: i64) -> Result<Scope> {
    let mut statement = db.prepare_cached("SELECT name FROM scope WHERE rid = ?1")?;
    let name: String = statement.query_row([rid], |row| row.get(0))?;
    name.parse().map_err(|_| StoreFault::Refused("record.scope_wrong"))
}

/// Writes the row of a new record and answers its number.
pub(crate) fn insert(db: &Connection, id: RecordId, kind: Kind, scope: i64) -> Result<i64> {
    let mut statement = db.prepare_cached("INSERT INTO record (id, kind, scope) VALUES (?1, ?2, ?3)")?;
    statement.execute(params![id.as_bytes(), kind.0, scope])?;
    Ok(db.last_insert_rowid())
}

/// Removes the row of a record that never was anything to anybody else.
pub(crate) fn forget(db: &Connection, rid: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM record WHERE rid = ?1")?.execute([rid])?;
    Ok(())
}

/// Writes a record's working body, and whether it is deleted.
pub(crate) fn set_working(db: &Connection, rid: i64, working: Option<&Body>, deleted: bool) -> Result<()> {
    let mut statement = db.prepare_cached("UPDATE record SET working = ?2, deleted = ?3 WHERE rid = ?1")?;
    statement.execute(params![rid, working.map(Body::as_bytes), deleted])?;
    Ok(())
}

/// Adds to the counts of own commits that wait or were refused.
pub(crate) fn count(db: &Connection, rid: i64, pending: i32, refused: i32) -> Result<()> {
    let mut statement = db.prepare_cached(
        "UPDATE record SET pending = max(0, pending + ?2), refused = max(0, refused + ?3) WHERE rid = ?1",
    )?;
    statement.execute(params![rid, pending, refused])?;
    Ok(())
}
