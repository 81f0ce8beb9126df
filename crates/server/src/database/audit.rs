//! The chain of audit entries, and its end.

use super::column;
use super::sql::Sql;
use crate::fault::ServerFault;
use crate::values;

/// The end of the chain before its first entry.
pub const NOTHING: [u8; 32] = [0; 32];

/// An entry's place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Counted from 1.
    pub number: u64,
    /// Hash of the entry and of everything before it.
    pub hash: [u8; 32],
}

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its place.
    pub link: Link,
    /// CBOR.
    pub entry: Vec<u8>,
}

/// Makes the end of an empty chain.
pub(super) fn begin(connection: &dyn Sql) -> Result<(), ServerFault> {
    let sql = "INSERT INTO audit_head (id, number, hash) VALUES (1, 0, ?1) ON CONFLICT DO NOTHING";
    connection.execute(sql, values![&NOTHING])?;
    Ok(())
}

/// The end of the chain, which stays locked until the transaction ends.
///
/// A chain whose end somebody took back goes on behind its last entry: what is done must be noted all the same, and
/// the break stays.
pub fn lock_end(connection: &dyn Sql) -> Result<Link, ServerFault> {
    let end = read_end(connection, "SELECT number, hash FROM audit_head WHERE id = 1 /* FOR UPDATE */")?;
    let last = connection.one("SELECT coalesce(max(number), 0) FROM audit", vec![], |row| row.get(0))?;
    Ok(Link { number: end.number.max(last), ..end })
}

/// The end of the chain, in a snapshot.
pub fn end(snapshot: &dyn Sql) -> Result<Link, ServerFault> {
    read_end(snapshot, "SELECT number, hash FROM audit_head WHERE id = 1")
}

fn read_end(connection: &dyn Sql, sql: &str) -> Result<Link, ServerFault> {
    let link = connection
        .first(sql, vec![], |row| Ok(Link { number: row.get(0)?, hash: column::bytes32(row, 1)? }))?;
    Ok(link.unwrap_or(Link { number: 0, hash: NOTHING }))
}

/// Adds an entry behind the end.
pub fn add(connection: &dyn Sql, Kept { link, entry }: &Kept) -> Result<(), ServerFault> {
    let sql = "INSERT INTO audit (number, entry, hash) VALUES (?1, ?2, ?3)";
    connection.execute(sql, values![link.number, &entry[..], &link.hash])?;
    let sql = "INSERT INTO audit_head (id, number, hash) VALUES (1, ?1, ?2)
               ON CONFLICT (id) DO UPDATE SET number = excluded.number, hash = excluded.hash";
    connection.execute(sql, values![link.number, &link.hash])?;
    Ok(())
}

/// So many entries behind this number, in their order.
pub fn after(connection: &dyn Sql, number: u64, most: u32) -> Result<Vec<Kept>, ServerFault> {
    let sql = "SELECT number, hash, entry FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2";
    Ok(connection.all(sql, values![number, most], |row| {
        let link = Link { number: row.get(0)?, hash: column::bytes32(row, 1)? };
        Ok(Kept { link, entry: row.get(2)? })
    })?)
}

/// Takes all entries up to this number out.
pub fn cut(connection: &dyn Sql, last: u64) -> Result<(), ServerFault> {
    connection.execute("DELETE FROM audit WHERE number <= ?1", values![last])?;
    Ok(())
}
