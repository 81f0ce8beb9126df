//! Accounts and what they may hold.

use records::codes::Role;
use records::{AccountId, AreaPath, Audience, Scope};
use sync::grants::{Former, Grant, Reach, grants_with};

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
    /// Its department or unit, whose scopes it holds beside its own.
    pub own: Option<Audience>,
    /// When role or area last changed, ms since 1970 UTC; `None` when they never did.
    pub moved_ms: Option<i64>,
}

impl Account {
    /// What its role gives it in its area.
    pub fn entitled(&self) -> Vec<Grant> {
        let own: Vec<Audience> = self.own.into_iter().chain([Audience::Member(self.id)]).collect();
        grants_with(self.role, &self.area, &own)
    }
}

pub(super) const BY_ID: &str = "SELECT id, name, role, area, own, moved_ms FROM account WHERE id = ?1";
pub(super) const GRANTS: &str = "SELECT scope, is_within FROM access_grant WHERE account = ?1 ORDER BY scope";
pub(super) const FORMER: &str = "SELECT scope, is_within, role, until_ms FROM former_grant
    WHERE account = ?1 ORDER BY until_ms DESC, scope";

/// Adds an account with the grants of its role and area.
pub fn add(connection: &dyn Sql, account: &Account, now_ms: i64) -> Result<(), ServerFault> {
    connection.execute(
        "INSERT INTO account (id, name, role, area, own, made_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        values![
            account.id.as_bytes(),
            &account.name,
            account.role.code(),
            account.area.as_str(),
            account.own.map(|own| own.to_string()),
            now_ms,
        ],
    )?;
    account.entitled().iter().try_for_each(|grant| add_grant(connection, account.id, grant))
}

/// The account of this name, role and area.
pub fn find(
    connection: &dyn Sql,
    name: &str,
    role: Role,
    area: &AreaPath,
) -> Result<Option<Account>, ServerFault> {
    let sql = "SELECT id, name, role, area, own, moved_ms FROM account
               WHERE name = ?1 AND role = ?2 AND area = ?3";
    Ok(connection.first(sql, values![name, role.code(), area.as_str()], account)?)
}

/// The account with this id, if there is one.
pub fn known(connection: &dyn Sql, id: AccountId) -> Result<Option<Account>, ServerFault> {
    Ok(connection.first(BY_ID, values![id.as_bytes()], account)?)
}

/// The account with this id.
pub fn get(connection: &dyn Sql, id: AccountId) -> Result<Account, ServerFault> {
    Ok(connection.one(BY_ID, values![id.as_bytes()], account)?)
}

/// What the account may hold.
pub fn grants(connection: &dyn Sql, id: AccountId) -> Result<Vec<Grant>, ServerFault> {
    Ok(connection.all(GRANTS, values![id.as_bytes()], grant)?)
}

/// Writes an account as it now is and gives it these grants instead of those it has. What it no longer
/// has is kept as what it had until now.
pub fn change(
    connection: &dyn Sql,
    before: &Account,
    after: &Account,
    granted: &[Grant],
    now_ms: i64,
) -> Result<(), ServerFault> {
    let own = after.own.map(|own| own.to_string());
    connection.execute(
        "UPDATE account SET role = ?1, area = ?2, own = ?3, moved_ms = ?4 WHERE id = ?5",
        values![after.role.code(), after.area.as_str(), own, now_ms, after.id.as_bytes()],
    )?;
    let had = grants(connection, before.id)?;
    for gone in had.iter().filter(|grant| !granted.contains(grant)) {
        let former = Former { grant: gone.clone(), role: before.role, until_ms: now_ms };
        take_grant(connection, before.id, &former)?;
    }
    let mut new = granted.iter().filter(|grant| !had.contains(grant));
    new.try_for_each(|grant| add_grant(connection, after.id, grant))
}

fn take_grant(connection: &dyn Sql, account: AccountId, former: &Former) -> Result<(), ServerFault> {
    let scope = scope_of(&former.grant);
    connection.execute(
        "INSERT INTO former_grant (account, scope, is_within, role, until_ms) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account, scope, until_ms) DO NOTHING",
        values![
            account.as_bytes(),
            &scope,
            former.grant.reach == Reach::Within,
            former.role.code(),
            former.until_ms,
        ],
    )?;
    connection.execute(
        "DELETE FROM access_grant WHERE account = ?1 AND scope = ?2",
        values![account.as_bytes(), &scope],
    )?;
    Ok(())
}

fn scope_of(grant: &Grant) -> String {
    Scope::new(grant.area.clone(), grant.audience).to_string()
}

fn add_grant(connection: &dyn Sql, account: AccountId, grant: &Grant) -> Result<(), ServerFault> {
    let scope = scope_of(grant);
    connection.execute(
        "INSERT INTO access_grant (account, scope, is_within) VALUES (?1, ?2, ?3)",
        values![account.as_bytes(), scope, grant.reach == Reach::Within],
    )?;
    Ok(())
}

pub(super) fn account(row: &Row<'_>) -> Result<Account, SqlFault> {
    Ok(Account {
        id: column::id(row, 0)?,
        name: row.get(1)?,
        role: Role::from(row.get::<u16>(2)?),
        area: column::text(row, 3)?,
        own: column::optional_text(row, 4)?,
        moved_ms: row.optional(5)?,
    })
}

pub(super) fn grant(row: &Row<'_>) -> Result<Grant, SqlFault> {
    let scope: Scope = column::text(row, 0)?;
    let reach = if row.get(1)? { Reach::Within } else { Reach::Here };
    Ok(Grant { area: scope.area, audience: scope.audience, reach })
}

pub(super) fn former(row: &Row<'_>) -> Result<Former, SqlFault> {
    Ok(Former { grant: grant(row)?, role: Role::from(row.get::<u16>(2)?), until_ms: row.get(3)? })
}
