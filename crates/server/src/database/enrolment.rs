//! One-time codes, hashed, with their tries.

use records::{AccountId, DeviceId};

use super::column;
use super::sql::{Row, Sql, SqlFault};
use crate::fault::ServerFault;
use crate::values;

/// How long an expired code is remembered, so that it can be told from a wrong one.
const REMEMBERED_MS: i64 = 24 * 3_600_000;

/// A one-time code that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// First digits of the code.
    pub selector: String,
    /// Mixed into the hash.
    pub salt: [u8; 32],
    /// SHA-256 of salt and code.
    pub code_hash: [u8; 32],
    /// Whose device it enrols.
    pub account: AccountId,
    /// Until when, ms since 1970 UTC.
    pub expires_ms: i64,
    /// Wrong tries.
    pub tries: u32,
    /// The device it enrolled, with the hash of the request's nonce.
    pub used: Option<(DeviceId, [u8; 32])>,
    /// Who gave it out; `None` for the server's keeper.
    pub made_by: Option<AccountId>,
}

/// Whether a code with this selector is still known.
pub fn is_taken(connection: &dyn Sql, selector: &str) -> Result<bool, ServerFault> {
    let sql = "SELECT 1 FROM enrolment WHERE selector = ?1";
    Ok(connection.first(sql, values![selector], |_| Ok(()))?.is_some())
}

/// Forgets codes that expired long ago.
pub fn forget_old(connection: &dyn Sql, now_ms: i64) -> Result<(), ServerFault> {
    let sql = "DELETE FROM enrolment WHERE expires_ms < ?1";
    connection.execute(sql, values![now_ms - REMEMBERED_MS])?;
    Ok(())
}

/// Keeps a code that is being given out.
pub fn add(connection: &dyn Sql, enrolment: &Enrolment) -> Result<(), ServerFault> {
    connection.execute(
        "INSERT INTO enrolment (selector, salt, code_hash, account, expires_ms, made_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        values![
            &enrolment.selector,
            &enrolment.salt,
            &enrolment.code_hash,
            enrolment.account.as_bytes(),
            enrolment.expires_ms,
            enrolment.made_by.as_ref().map(|by| &by.as_bytes()[..]),
        ],
    )?;
    Ok(())
}

/// The code with this selector. It stays locked until the transaction ends.
pub fn find(connection: &dyn Sql, selector: &str) -> Result<Option<Enrolment>, ServerFault> {
    let sql = "SELECT selector, salt, code_hash, account, expires_ms, tries, device, nonce_hash, made_by
               FROM enrolment WHERE selector = ?1 /* FOR UPDATE */";
    Ok(connection.first(sql, values![selector], enrolment)?)
}

/// Takes back the codes of somebody that were not used.
pub fn void_open(connection: &dyn Sql, account: AccountId) -> Result<(), ServerFault> {
    let sql = "DELETE FROM enrolment WHERE account = ?1 AND device IS NULL";
    connection.execute(sql, values![account.as_bytes()])?;
    Ok(())
}

/// How many codes are remembered for one account, and how many that another gave out.
pub fn count(
    connection: &dyn Sql,
    account: AccountId,
    made_by: AccountId,
) -> Result<(u64, u64), ServerFault> {
    let sql = "SELECT (SELECT count(*) FROM enrolment WHERE account = ?1),
                      (SELECT count(*) FROM enrolment WHERE made_by = ?2)";
    let values = values![account.as_bytes(), made_by.as_bytes()];
    Ok(connection.one(sql, values, |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Counts a wrong try.
pub fn count_try(connection: &dyn Sql, selector: &str) -> Result<(), ServerFault> {
    let sql = "UPDATE enrolment SET tries = tries + 1 WHERE selector = ?1";
    connection.execute(sql, values![selector])?;
    Ok(())
}

/// Marks a code as used up by this device and request.
pub fn use_up(
    connection: &dyn Sql,
    selector: &str,
    device: DeviceId,
    nonce_hash: &[u8; 32],
) -> Result<(), ServerFault> {
    let sql = "UPDATE enrolment SET device = ?1, nonce_hash = ?2 WHERE selector = ?3";
    connection.execute(sql, values![device.as_bytes(), nonce_hash, selector])?;
    Ok(())
}

fn enrolment(row: &Row<'_>) -> Result<Enrolment, SqlFault> {
    let device: Option<DeviceId> = column::optional_id(row, 6)?;
    Ok(Enrolment {
        selector: row.get(0)?,
        salt: column::bytes32(row, 1)?,
        code_hash: column::bytes32(row, 2)?,
        account: column::id(row, 3)?,
        expires_ms: row.get(4)?,
        tries: row.get(5)?,
        used: device.map(|device| Ok::<_, SqlFault>((device, column::bytes32(row, 7)?))).transpose()?,
        made_by: column::optional_id(row, 8)?,
    })
}
