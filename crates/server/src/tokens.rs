//! Tokens are renewed: from some age on a device is told the next one, and from its first use on the one before is void.
//!
//! The next token follows from the one before and the server's secret key. So it is the same however often it is told:
//! an answer that is lost, that comes twice or that a copy of the device asked for as well tells of no other one. And a
//! server that went back to a backup still takes it. Whoever has the database alone cannot make it: of the token before
//! only the hash is there.

use records::wire::NewToken;
use sync::signature::digest;

use crate::audit::{self, Entry, deed};
use crate::database::device::{self, Shown};
use crate::database::meta;
use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::session::Session;

/// So old a token gets before a device is told the next one, ms.
pub const USUAL_AGE_MS: i64 = 30 * 24 * 3_600_000;

/// The token after this one.
pub fn successor(secret_key: &[u8; 32], token: &[u8]) -> [u8; 32] {
    // Hashed twice, so that nobody goes on from the one to the other without the key.
    digest(&digest(&[b"gridwalk/token/v1", &secret_key[..], token].concat()))
}

/// Whether something is to be written about the token that was shown.
pub fn is_unsettled(shown: Shown) -> bool {
    shown.is_next || !shown.has_next
}

/// Writes it: the next token takes the place of the one before when it is first shown, and one that has no next gets it.
///
/// # Errors
/// A failure of the database.
pub fn settle(
    transaction: &dyn Sql,
    session: &Session,
    token: &[u8],
    now_ms: i64,
) -> Result<(), ServerFault> {
    if !is_unsettled(session.shown) {
        return Ok(());
    }
    let next = digest(&successor(&meta::secret_key(transaction)?, token));
    let id = session.device.id;
    if !session.shown.is_next {
        return device::set_next_token(transaction, id, &next);
    }
    device::take_next_token(transaction, id, (&digest(token), &next), now_ms)?;
    audit::note(transaction, &Entry::new(deed::TOKEN_ROTATED, now_ms).of(session.account).on(id))
}

/// The next token, where the one that was shown is older than `age_ms`.
pub fn due(secret_key: &[u8; 32], shown: Shown, token: &[u8], age_ms: i64, now_ms: i64) -> Option<NewToken> {
    let is_due = shown.has_next && !shown.is_next && now_ms.saturating_sub(shown.since_ms) >= age_ms;
    is_due.then(|| NewToken::from(successor(secret_key, token)))
}

/// Why a token opens nothing: nobody has it, or it was one.
///
/// # Errors
/// A failure of the database.
pub fn refusal(snapshot: &dyn Sql, token_hash: &[u8; 32]) -> Result<ServerFault, ServerFault> {
    Ok(match device::by_void_token(snapshot, token_hash)? {
        Some(_) => ServerFault::TokenVoid,
        None => ServerFault::TokenRefused,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: Shown = Shown { is_next: false, has_next: true, since_ms: 1_000 };

    #[test]
    fn a_token_follows_from_the_one_before_and_the_key_alone() {
        let next = successor(&[1; 32], &[2; 32]);
        assert_eq!(next, successor(&[1; 32], &[2; 32]));
        assert!(next != successor(&[3; 32], &[2; 32]) && next != successor(&[1; 32], &[3; 32]));
        assert_ne!(successor(&[1; 32], &next), next);
    }

    #[test]
    fn an_old_token_that_is_in_force_is_followed() {
        let told = |shown, now_ms| due(&[1; 32], shown, &[2; 32], 500, now_ms).is_some();
        assert!(told(SHOWN, 1_500) && told(SHOWN, i64::MAX));
        assert!(!told(SHOWN, 1_499) && !told(SHOWN, 0), "a clock that was put back renews nothing");
        assert!(!told(Shown { is_next: true, ..SHOWN }, 1_500), "it is new");
        assert!(!told(Shown { has_next: false, ..SHOWN }, 1_500), "it would not be taken");
    }
}
