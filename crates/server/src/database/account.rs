//! Accounts and what they may hold.

use records::codes::Role;
use records::{AccountId, AreaPath, Scope};
use rusqlite::{Connection, OptionalExtension, Row, params};
use sync::grants::{Grant, Reach, grants_of};

use super::column;
use crate::fault::ServerFault;

/// One person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, also that of the person's staff record.
    pub id: AccountId,
    /// Shown name.
    pub name: String,
    /// What the person does.
    pub role: Role,
    /// Where.
    pub area: AreaPath,
}

/// Adds an account with the grants of its role and area.
pub fn add(connection: &Connection, account: &Account, now_ms: i64) -> Result<(), ServerFault> {
    connection.execute(
        "INSERT INTO account (id, name, role, area, made_ms) VALUES (?, ?, ?, ?, ?)",
        params![account.id.as_bytes(), account.name, account.role.code(), account.area.as_str(), now_ms],
    )?;
    let grants = grants_of(account.role, &account.area);
    grants.iter().try_for_each(|grant| add_grant(connection, account.id, grant))
}

/// The account of this name, role and area.
pub fn find(
    connection: &Connection,
    name: &str,
    role: Role,
    area: &AreaPath,
) -> Result<Option<Account>, ServerFault> {
    let sql = "SELECT id, name, role, area FROM account WHERE name = ? AND role = ? AND area = ?";
    Ok(connection.query_row(sql, params![name, role.code(), area.as_str()], account).optional()?)
}

/// The account with this id.
pub fn get(connection: &Connection, id: AccountId) -> Result<Account, ServerFault> {
    let sql = "SELECT id, name, role, area FROM account WHERE id = ?";
    Ok(connection.prepare_cached(sql)?.query_row([id.as_bytes()], account)?)
}

/// What the account may hold.
pub fn grants(connection: &Connection, id: AccountId) -> Result<Vec<Grant>, ServerFault> {
    let mut query =
        connection.prepare_cached("SELECT scope, is_within FROM access_grant WHERE account = ?")?;
    let grants = query.query_map([id.as_bytes()], grant)?;
    Ok(grants.collect::<rusqlite::Result<_>>()?)
}

fn add_grant(connection: &Connection, account: AccountId, grant: &Grant) -> Result<(), ServerFault> {
    let scope = Scope::new(grant.area.clone(), grant.audience).to_string();
    connection.execute(
        "INSERT INTO access_grant (account, scope, is_within) VALUES (?, ?, ?)",
        params![account.as_bytes(), scope, grant.reach == Reach::Within],
    )?;
    Ok(())
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: column::id(row, 0)?,
        name: row.get(1)?,
        role: Role::from(row.get::<_, u16>(2)?),
        area: column::text(row, 3)?,
    })
}

fn grant(row: &Row<'_>) -> rusqlite::Result<Grant> {
    let scope: Scope = column::text(row, 0)?;
    let reach = if row.get(1)? { Reach::Within } else { Reach::Here };
    Ok(Grant { area: scope.area, audience: scope.audience, reach })
}
