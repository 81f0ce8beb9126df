//! Who somebody is and what they may hold, read in one round trip.

use records::AccountId;
use sync::grants::{Former, Grant};

use super::sql::{Sql, SqlFault, Statement};
use super::{account, device};
use crate::fault::ServerFault;
use crate::values;

/// An account and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub account: account::Account,
    /// What it may hold.
    pub grants: Vec<Grant>,
    /// What it might hold before, the latest first.
    pub former: Vec<Former>,
}

/// The standing of an account.
///
/// # Errors
/// A failure of the database, also when there is no such account.
pub fn of_account(connection: &dyn Sql, id: AccountId) -> Result<Standing, ServerFault> {
    Ok(read(connection, "?1", id.as_bytes(), None)?.1.ok_or(SqlFault::NoRow)?)
}

/// The device with this token, how the token stands, and the standing of its account.
///
/// # Errors
/// A failure of the database.
pub fn of_token(
    connection: &dyn Sql,
    token_hash: &[u8; 32],
) -> Result<Option<(device::Device, device::Shown, Standing)>, ServerFault> {
    let whose = "(SELECT account FROM device WHERE token_hash = ?1 OR next_hash = ?1)";
    let (device, standing) = read(connection, whose, token_hash, Some(device::BY_TOKEN))?;
    Ok(device.zip(standing).map(|((device, shown), standing)| (device, shown, standing)))
}

/// A device that was found by a token, and how the token stands.
type Found = (device::Device, device::Shown);

/// What is found of the account that `whose` names when `?1` is `key`, and of the device, where one is
/// asked for.
fn read(
    connection: &dyn Sql,
    whose: &str,
    key: &[u8],
    device: Option<&str>,
) -> Result<(Option<Found>, Option<Standing>), ServerFault> {
    let of_account = [account::BY_ID, account::GRANTS, account::FORMER];
    let texts = of_account.iter().map(|sql| sql.replace("?1", whose)).chain(device.map(str::to_owned));
    let statements: Vec<Statement<'_>> =
        texts.map(|sql| Statement { sql: sql.into(), values: values![key] }).collect();
    let (mut account, mut device, mut grants, mut former) = (None, None, vec![], vec![]);
    connection.run(&statements, &mut |place, row| {
        match place {
            0 => account = Some(account::account(row)?),
            1 => grants.push(account::grant(row)?),
            2 => former.push(account::former(row)?),
            _ => device = Some((device::device(row)?, device::shown(row)?)),
        }
        Ok(())
    })?;
    Ok((device, account.map(|account| Standing { account, grants, former })))
}
