//! The counters of scopes: they give changes their numbers, and are locked last.

use records::Scope;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sync::grants::{Grant, Reach};

use super::column;
use crate::fault::ServerFault;

/// A scope that has records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeState {
    /// The scope.
    pub scope: Scope,
    /// Number of its last change.
    pub seq: u64,
    /// Records in it that are not deleted.
    pub count: u64,
    /// Sum of their proofs.
    pub digest: i64,
}

/// The scopes a grant covers, of those that have records.
pub fn covered(connection: &Connection, grant: &Grant) -> Result<Vec<ScopeState>, ServerFault> {
    match grant.reach {
        Reach::Here => {
            Ok(get(connection, &Scope::new(grant.area.clone(), grant.audience))?.into_iter().collect())
        }
        Reach::Within => inside(connection, grant),
    }
}

/// Draws this many numbers; returns the one before the first, and the digest as it was. The row stays
/// locked until the transaction ends, so callers take scopes in ascending order, last of all.
pub fn draw(
    connection: &Connection,
    scope: &Scope,
    numbers: u64,
    count: i64,
) -> Result<(u64, i64), ServerFault> {
    let sql = "INSERT INTO scope (name, seq, count, digest) VALUES (?1, ?2, ?3, 0)
               ON CONFLICT (name) DO UPDATE SET seq = seq + ?2, count = count + ?3
               RETURNING seq, digest";
    let mut draw = connection.prepare_cached(sql)?;
    let (last, digest): (u64, i64) =
        draw.query_row(params![scope.to_string(), numbers, count], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((last - numbers, digest))
}

/// Keeps the digest once every change has its number.
pub fn set_digest(connection: &Connection, scope: &Scope, digest: i64) -> Result<(), ServerFault> {
    let mut update = connection.prepare_cached("UPDATE scope SET digest = ?2 WHERE name = ?1")?;
    update.execute(params![scope.to_string(), digest])?;
    Ok(())
}

fn get(connection: &Connection, scope: &Scope) -> Result<Option<ScopeState>, ServerFault> {
    let sql = "SELECT name, seq, count, digest FROM scope WHERE name = ?";
    Ok(connection.prepare_cached(sql)?.query_row([scope.to_string()], state).optional()?)
}

/// Names inside an area begin with its path; `~` sorts behind every character of a name.
fn inside(connection: &Connection, grant: &Grant) -> Result<Vec<ScopeState>, ServerFault> {
    let sql =
        "SELECT name, seq, count, digest FROM scope WHERE name >= ?1 AND name < ?1 || '~' ORDER BY name";
    let mut query = connection.prepare_cached(sql)?;
    let states = query.query_map([grant.area.as_str()], state)?;
    let states: Vec<ScopeState> = states.collect::<rusqlite::Result<_>>()?;
    Ok(states.into_iter().filter(|state| grant.covers(&state.scope)).collect())
}

fn state(row: &Row<'_>) -> rusqlite::Result<ScopeState> {
    Ok(ScopeState { scope: column::text(row, 0)?, seq: row.get(1)?, count: row.get(2)?, digest: row.get(3)? })
}
