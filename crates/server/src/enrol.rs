//! Redeems one-time codes: a device gets its token, once.

use minicbor::bytes::ByteVec;
use records::wire::{EnrolAnswer, EnrolRequest};
use records::{AccountId, DeviceId};
use subtle::ConstantTimeEq;
use sync::enrolment_code;
use sync::grants::scopes_of;
use sync::seal::KeyPair;
use sync::signature::{digest, public_key};

use crate::audit::{self, Entry, deed};
use crate::database::device::Device;
use crate::database::enrolment::{self, Enrolment};
use crate::database::sql::Sql;
use crate::database::{account, device, meta, scope};
use crate::fault::ServerFault;
use crate::random;
use crate::tokens::successor;

/// Wrong tries after which a code is void.
pub const MAX_TRIES: u32 = 5;
/// Longest device name kept, in characters.
const MAX_NAME: usize = 60;

/// Redeems a code. The inner result is the device's; a wrong try is counted all the same, so the
/// transaction is to be committed whenever the outer one is `Ok`.
///
/// # Errors
/// A failure of the database.
pub fn enrol(
    connection: &dyn Sql,
    request: &EnrolRequest,
    now_ms: i64,
) -> Result<Result<EnrolAnswer, ServerFault>, ServerFault> {
    let Some(code) = enrolment_code::normalised(&request.code) else {
        return Ok(Err(ServerFault::CodeWrong));
    };
    let Some(enrolment) = enrolment::find(connection, enrolment_code::selector(&code))? else {
        return Ok(Err(ServerFault::CodeWrong));
    };
    match judge(&enrolment, &code, &digest(&request.nonce), now_ms) {
        Verdict::New => new_device(connection, &enrolment, request, now_ms).map(Ok),
        Verdict::Again(device) => again(connection, device, &enrolment, now_ms).map(Ok),
        Verdict::Wrong(fault) => {
            if matches!(fault, ServerFault::CodeWrong) {
                enrolment::count_try(connection, &enrolment.selector)?;
            }
            Ok(Err(fault))
        }
    }
}

/// The hash under which a code is kept.
pub fn code_hash(salt: &[u8; 32], code: &str) -> [u8; 32] {
    digest(&[salt, code.as_bytes()].concat())
}

enum Verdict {
    New,
    Again(DeviceId),
    Wrong(ServerFault),
}

/// Tells nothing of a code to somebody who does not have it, except that it is void.
fn judge(enrolment: &Enrolment, code: &str, nonce_hash: &[u8; 32], now_ms: i64) -> Verdict {
    let is_right: bool = code_hash(&enrolment.salt, code).ct_eq(&enrolment.code_hash).into();
    match enrolment.used {
        _ if enrolment.tries >= MAX_TRIES => Verdict::Wrong(ServerFault::TooManyTries),
        _ if !is_right => Verdict::Wrong(ServerFault::CodeWrong),
        _ if now_ms > enrolment.expires_ms => Verdict::Wrong(ServerFault::CodeExpired),
        Some((device, nonce)) if nonce == *nonce_hash => Verdict::Again(device),
        Some(_) => Verdict::Wrong(ServerFault::CodeUsed),
        None => Verdict::New,
    }
}

fn new_device(
    connection: &dyn Sql,
    enrolment: &Enrolment,
    request: &EnrolRequest,
    now_ms: i64,
) -> Result<EnrolAnswer, ServerFault> {
    let token: [u8; 32] = random::bytes();
    let id = random::device_id(now_ms);
    let new = Device { id, account: enrolment.account, last_seen_ms: None, revoked_ms: None };
    // PostgreSQL has no text with a zero in it; one kept by SQLite could not be restored there.
    let name: String = request.device_name.chars().filter(|c| *c != '\0').take(MAX_NAME).collect();
    device::add(connection, &new, &name, &digest(&token), now_ms)?;
    let secret_key = meta::secret_key(connection)?;
    device::set_next_token(connection, id, &digest(&successor(&secret_key, &token)))?;
    enrolment::use_up(connection, &enrolment.selector, id, &digest(&request.nonce))?;
    audit::note(connection, &Entry::new(deed::ENROLLED, now_ms).of(enrolment.account).on(id))?;
    answer(connection, id, enrolment.account, &token)
}

/// The answer got lost and the same request came again: the device gets another token, as long as
/// the first one was never used.
fn again(
    connection: &dyn Sql,
    id: DeviceId,
    enrolment: &Enrolment,
    now_ms: i64,
) -> Result<EnrolAnswer, ServerFault> {
    let device = device::find(connection, id)?.ok_or(ServerFault::NoSuchDevice)?;
    if device.last_seen_ms.is_some() || device.revoked_ms.is_some() {
        return Err(ServerFault::CodeUsed);
    }
    let token: [u8; 32] = random::bytes();
    let next = successor(&meta::secret_key(connection)?, &token);
    device::set_token(connection, id, (&digest(&token), &digest(&next)))?;
    audit::note(connection, &Entry::new(deed::TOKEN_RENEWED, now_ms).of(enrolment.account).on(id))?;
    answer(connection, id, enrolment.account, &token)
}

fn answer(
    connection: &dyn Sql,
    device: DeviceId,
    id: AccountId,
    token: &[u8; 32],
) -> Result<EnrolAnswer, ServerFault> {
    let account = account::get(connection, id)?;
    let grants = account::grants(connection, id)?;
    let secret_key = meta::secret_key(connection)?;
    let existing = scope::covered(connection, &grants)?.into_iter().map(|state| state.scope);
    Ok(EnrolAnswer {
        device,
        token: ByteVec::from(token.to_vec()),
        server_key: ByteVec::from(public_key(&secret_key).to_vec()),
        account: id,
        name: account.name,
        role: account.role,
        area: account.area,
        granted: scopes_of(&grants, existing),
        sealing_key: Some(KeyPair::of_server(&secret_key).public.to_vec().into()),
    })
}
