//! The counters of scopes: they give changes their numbers, and are locked last.

use std::collections::BTreeMap;

use records::Scope;
use sync::grants::{Grant, Reach, is_granted};

use super::column;
use super::sql::{Row, Sql, SqlFault, Statement};
use crate::fault::ServerFault;
use crate::values;

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

/// The scopes these grants cover, of those that have records.
pub fn covered(connection: &dyn Sql, grants: &[Grant]) -> Result<Vec<ScopeState>, ServerFault> {
    let statements: Vec<Statement<'_>> = grants.iter().map(of_grant).collect();
    let states = connection.all_of(&statements, state)?;
    Ok(states.into_iter().filter(|state| is_granted(grants, &state.scope)).collect())
}

/// Names inside an area begin with its path; `~` sorts behind every character of a name.
fn of_grant(grant: &Grant) -> Statement<'static> {
    match grant.reach {
        Reach::Here => Statement {
            sql: "SELECT name, seq, count, digest FROM scope WHERE name = ?1".into(),
            values: values![Scope::new(grant.area.clone(), grant.audience).to_string()],
        },
        Reach::Within => Statement {
            sql: "SELECT name, seq, count, digest FROM scope WHERE name >= ?1 AND name < ?2 ORDER BY name"
                .into(),
            values: values![grant.area.to_string(), format!("{}~", grant.area)],
        },
    }
}

/// What a transaction adds to a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drawing {
    /// Numbers it draws.
    pub numbers: u64,
    /// By how many the records that are not deleted become more.
    pub count: i64,
    /// Its numbers begin behind this one: versions of a record that comes from elsewhere only grow.
    pub after: u64,
}

/// The statements that raise counters as far as drawings want. They lock all of them, in the order in
/// which they are drawn from.
pub fn raise(drawings: &BTreeMap<Scope, Drawing>) -> Vec<Statement<'static>> {
    if drawings.values().all(|drawing| drawing.after == 0) {
        return vec![];
    }
    let sql = "INSERT INTO scope (name, seq, count, digest) VALUES {rows}
               ON CONFLICT (name) DO UPDATE
               SET seq = CASE WHEN scope.seq < excluded.seq THEN excluded.seq ELSE scope.seq END";
    let row = |(scope, drawing): (&Scope, &Drawing)| values![scope.to_string(), drawing.after, 0_i64, 0_i64];
    Statement::of_rows(sql, drawings.iter().map(row).collect())
}

/// Runs `first`, then draws numbers, in one round trip; returns for each scope the number before the
/// first, and the digest as it was. The rows are locked in the order of the scopes and stay so until
/// the transaction ends: this comes last.
pub fn draw(
    connection: &dyn Sql,
    first: Vec<Statement<'_>>,
    drawings: &BTreeMap<Scope, Drawing>,
) -> Result<BTreeMap<Scope, (u64, i64)>, ServerFault> {
    let sql = "INSERT INTO scope (name, seq, count, digest) VALUES {rows}
               ON CONFLICT (name) DO UPDATE
               SET seq = scope.seq + excluded.seq, count = scope.count + excluded.count
               RETURNING name, seq, digest";
    let row = |(scope, drawing): (&Scope, &Drawing)| {
        values![scope.to_string(), drawing.numbers, drawing.count, 0_i64]
    };
    let mut statements = first;
    statements.extend(Statement::of_rows(sql, drawings.iter().map(row).collect()));
    let drawn = connection.all_of(&statements, |row| {
        let (scope, last): (Scope, u64) = (column::text(row, 0)?, row.get(1)?);
        let numbers = drawings.get(&scope).map_or(0, |drawing| drawing.numbers);
        Ok((scope, (last.saturating_sub(numbers), row.get(2)?)))
    })?;
    Ok(drawn.into_iter().collect())
}

/// The statement that keeps the digest once every change has its number.
pub fn set_digest(scope: &Scope, digest: i64) -> Statement<'static> {
    let sql = "UPDATE scope SET digest = ?1 WHERE name = ?2".into();
    Statement { sql, values: values![digest, scope.to_string()] }
}

fn state(row: &Row<'_>) -> Result<ScopeState, SqlFault> {
    Ok(ScopeState { scope: column::text(row, 0)?, seq: row.get(1)?, count: row.get(2)?, digest: row.get(3)? })
}
