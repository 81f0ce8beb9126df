//! People and their devices, as those see them who are in charge.

use records::access::{Colleague, KnownDevice, MOST_PEOPLE};
use records::codes::Role;
use records::{AccountId, AreaPath, DeviceId};

use super::column;
use super::sql::{Row, Sql, SqlFault};
use crate::fault::ServerFault;
use crate::values;

/// Whom to list.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Of these roles.
    pub roles: &'a [Role],
    /// In this area and everything inside it.
    pub area: &'a AreaPath,
    /// Not this account.
    pub but: AccountId,
    /// With this in the name; empty for any.
    pub words: &'a str,
}

/// People by where they work, what they do and what they are called: [`MOST_PEOPLE`] at most, and whether there are
/// more.
///
/// # Errors
/// A failure of the database.
pub fn list(snapshot: &dyn Sql, wanted: Wanted<'_>) -> Result<(Vec<Colleague>, bool), ServerFault> {
    let roles: Vec<String> = wanted.roles.iter().map(|role| role.code().to_string()).collect();
    let sql = format!(
        "SELECT id, name, role, area,
                (SELECT count(*) FROM device WHERE account = a.id AND revoked_ms IS NULL),
                (SELECT count(*) FROM access_grant WHERE account = a.id)
         FROM account a
         WHERE role IN ({}) AND id <> ?1 AND (area = ?2 OR (area >= ?3 AND area < ?4))
               AND name LIKE ?5 ESCAPE '!'
         ORDER BY area, role, name, id LIMIT {}",
        roles.join(", "),
        MOST_PEOPLE + 1
    );
    let area = wanted.area.as_str();
    // Whatever lies inside an area begins with its path and a slash; the digit 0 comes after the slash.
    let (from, to) = (format!("{area}/"), format!("{area}0"));
    let values = values![wanted.but.as_bytes(), area, from, to, containing(wanted.words)];
    let mut people = snapshot.all(&sql, values, colleague)?;
    let is_cut = people.len() > MOST_PEOPLE;
    people.truncate(MOST_PEOPLE);
    Ok((people, is_cut))
}

/// The pattern of names with these words in them; what is a wildcard stands for itself.
fn containing(words: &str) -> String {
    let plain = words.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{plain}%")
}

fn colleague(row: &Row<'_>) -> Result<Colleague, SqlFault> {
    let grants: u64 = row.get(5)?;
    Ok(Colleague {
        account: column::id(row, 0)?,
        name: row.get(1)?,
        role: Role::from(row.get::<u16>(2)?),
        area: column::text(row, 3)?,
        devices: row.get(4)?,
        is_dismissed: grants == 0,
    })
}

/// Somebody's devices, those in use first. `this` is the one that asks.
///
/// # Errors
/// A failure of the database.
pub fn devices(
    snapshot: &dyn Sql,
    account: AccountId,
    this: DeviceId,
) -> Result<Vec<KnownDevice>, ServerFault> {
    let sql = "SELECT id, name, made_ms, last_seen_ms, revoked_ms FROM device
               WHERE account = ?1 ORDER BY coalesce(revoked_ms, 0), made_ms, id";
    Ok(snapshot.all(sql, values![account.as_bytes()], |row| {
        let device = column::id(row, 0)?;
        Ok(KnownDevice {
            device,
            name: row.get(1)?,
            made_ms: row.get(2)?,
            seen_on_ms: row.optional(3)?,
            locked_out_ms: row.optional(4)?,
            is_this: device == this,
        })
    })?)
}

/// How many devices of somebody are not shut out.
///
/// # Errors
/// A failure of the database.
pub fn count_devices(snapshot: &dyn Sql, account: AccountId) -> Result<usize, ServerFault> {
    let sql = "SELECT count(*) FROM device WHERE account = ?1 AND revoked_ms IS NULL";
    Ok(snapshot.one(sql, values![account.as_bytes()], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_itself() {
        assert_eq!(containing("王"), "%王%");
        assert_eq!(containing("100%_!"), "%100!%!_!!%");
    }
}
