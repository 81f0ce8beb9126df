//! Who asks: the device of a token, its account and what it may hold.

use records::AccountId;
use records::codes::Role;
use sync::grants::Grant;
use sync::signature::digest;

use crate::database::device::Device;
use crate::database::sql::Sql;
use crate::database::{account, device};
use crate::fault::ServerFault;

/// An authenticated device.
#[derive(Debug, Clone)]
pub struct Session {
    /// The device.
    pub device: Device,
    /// Its account.
    pub account: AccountId,
    /// The account's role.
    pub role: Role,
    /// What the account may hold.
    pub grants: Vec<Grant>,
}

/// The session of a token.
///
/// # Errors
/// [`ServerFault::TokenRefused`] for an unknown token, [`ServerFault::Revoked`] for a device shut out.
pub fn open(connection: &dyn Sql, token: &[u8]) -> Result<Session, ServerFault> {
    // The index compares hashes: their order tells a guesser nothing about the token.
    let device = device::by_token(connection, &digest(token))?.ok_or(ServerFault::TokenRefused)?;
    if device.revoked_ms.is_some() {
        return Err(ServerFault::Revoked);
    }
    let account = account::get(connection, device.account)?;
    let grants = account::grants(connection, device.account)?;
    Ok(Session { device, account: account.id, role: account.role, grants })
}
