//! Who asks: the device of a token, its account and what it may hold.

use records::Scope;
use records::codes::Role;
use records::wire::{Cursor, Post, Revoked};
use records::{AccountId, wire::SyncRequest};
use sync::grants::{Former, Grant, is_granted};
use sync::signature::digest;

use crate::database::device::{Device, Shown};
use crate::database::sql::Sql;
use crate::database::standing::{self, Standing};
use crate::fault::ServerFault;
use crate::tokens;

/// An authenticated device.
#[derive(Debug, Clone)]
pub struct Session {
    /// The device.
    pub device: Device,
    /// How the token stands that it showed.
    pub shown: Shown,
    /// Its account.
    pub account: AccountId,
    /// The account's role.
    pub role: Role,
    /// What the account may hold; nothing on a device that is shut out.
    pub grants: Vec<Grant>,
    /// What it might hold before.
    pub former: Vec<Former>,
    /// What its person does now, and where, when that has changed since the account was made.
    pub post: Option<Post>,
}

/// The session of a token.
///
/// # Errors
/// [`ServerFault::TokenRefused`] for an unknown token, [`ServerFault::TokenVoid`] for one that was replaced.
pub fn open(connection: &dyn Sql, token: &[u8]) -> Result<Session, ServerFault> {
    // The index compares hashes: their order tells a guesser nothing about the token.
    let hash = digest(token);
    let Some(found) = standing::of_token(connection, &hash)? else {
        return Err(tokens::refusal(connection, &hash)?);
    };
    let (device, shown, Standing { account, mut grants, mut former }) = found;
    if let Some(until_ms) = device.revoked_ms {
        let role = account.role;
        let taken = std::mem::take(&mut grants);
        former.extend(taken.into_iter().map(|grant| Former { grant, role, until_ms }));
    }
    let post = account.moved_ms.map(|_| Post { role: account.role, area: account.area.clone() });
    Ok(Session { device, shown, account: account.id, role: account.role, grants, former, post })
}

impl Session {
    /// Whether there is something to be heard or said: a device that is shut out may still bring what
    /// it has, and learn what it must give up.
    ///
    /// # Errors
    /// [`ServerFault::Revoked`] once it holds nothing and waits for nothing.
    pub fn admits(&self, request: &SyncRequest) -> Result<(), ServerFault> {
        let has_nothing =
            request.commits.is_empty() && request.cursors.is_empty() && request.aftermath.is_none();
        match self.device.revoked_ms {
            Some(_) if has_nothing => Err(ServerFault::Revoked),
            _ => Ok(()),
        }
    }

    /// Of the scopes a device stands in, those that were taken from it. One that merely is not granted
    /// is none of them.
    pub fn revoked(&self, cursors: &[Cursor]) -> Vec<Revoked> {
        let held = cursors.iter().map(|cursor| &cursor.scope);
        held.filter_map(|scope| Some(Revoked { scope: scope.clone(), at_ms: self.revoked_ms(scope)? }))
            .collect()
    }

    fn revoked_ms(&self, scope: &Scope) -> Option<i64> {
        let mut taken = self.former.iter().filter(|former| former.grant.covers(scope));
        taken.next().filter(|_| !is_granted(&self.grants, scope)).map(|former| former.until_ms)
    }
}
