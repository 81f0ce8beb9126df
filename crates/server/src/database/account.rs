//! Accounts and what they may hold.

use records::codes::Role;
use records::{AccountId, AreaPath, Scope};
use sync::grants::{Grant, Reach, grants_of};

use super::column;
use super::sql::{Row, Sql, SqlFault};
use crate::fault::ServerFault;
use crate::values;

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
pub fn add(connection: &dyn Sql, account: &Account, now_ms: i64) -> Result<(), ServerFault> {
    connection.execute(
        "INSERT INTO account (id, name, role, area, made_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        values![account.id.as_bytes(), &account.name, account.role.code(), account.area.as_str(), now_ms],
    )?;
    let grants = grants_of(account.role, &account.area);
    grants.iter().try_for_each(|grant| add_grant(connection, account.id, grant))
}

/// The account of this name, role and area.
pub fn find(
    connection: &dyn Sql,
    name: &str,
    role: Role,
    area: &AreaPath,
) -> Result<Option<Account>, ServerFault> {
    let sql = "SELECT id, name, role, area FROM account WHERE name = ?1 AND role = ?2 AND area = ?3";
    Ok(connection.first(sql, values![name, role.code(), area.as_str()], account)?)
}

/// The account with this id.
pub fn get(connection: &dyn Sql, id: AccountId) -> Result<Account, ServerFault> {
    let sql = "SELECT id, name, role, area FROM account WHERE id = ?1";
    Ok(connection.one(sql, values![id.as_bytes()], account)?)
}

/// What the account may hold.
pub fn grants(connection: &dyn Sql, id: AccountId) -> Result<Vec<Grant>, ServerFault> {
    let sql = "SELECT scope, is_within FROM access_grant WHERE account = ?1 ORDER BY scope";
    Ok(connection.all(sql, values![id.as_bytes()], grant)?)
}

fn add_grant(connection: &dyn Sql, account: AccountId, grant: &Grant) -> Result<(), ServerFault> {
    let scope = Scope::new(grant.area.clone(), grant.audience).to_string();
    connection.execute(
        "INSERT INTO access_grant (account, scope, is_within) VALUES (?1, ?2, ?3)",
        values![account.as_bytes(), scope, grant.reach == Reach::Within],
    )?;
    Ok(())
}

fn account(row: &Row<'_>) -> Result<Account, SqlFault> {
    Ok(Account {
        id: column::id(row, 0)?,
        name: row.get(1)?,
        role: Role::from(row.get::<u16>(2)?),
        area: column::text(row, 3)?,
    })
}

fn grant(row: &Row<'_>) -> Result<Grant, SqlFault> {
    let scope: Scope = column::text(row, 0)?;
    let reach = if row.get(1)? { Reach::Within } else { Reach::Here };
    Ok(Grant { area: scope.area, audience: scope.audience, reach })
}
