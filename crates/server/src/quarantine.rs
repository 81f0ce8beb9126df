//! Commits that came after their author might make them: kept with their bodies until somebody who may
//! see them accepts or rejects each, once.

use records::wire::{Commit, Outcome};
use records::{AccountId, RecordId};
use sync::clock::Clock;
use sync::frame;
use sync::settle::{Author, Refusal, Settlement};
use sync::signature::digest;

use crate::audit::{self, Entry, deed};
use crate::database::quarantine;
pub use crate::database::quarantine::{ID_BYTES, Id, Quarantined};
use crate::database::sql::Sql;
use crate::database::standing::{self, Standing};
use crate::fault::ServerFault;
use crate::writing::Writing;

/// Most commits of one account that wait at a time: nobody looks at more, and who sends more means harm.
pub const MAX_WAITING: u64 = 1_000;
/// What a rejected commit is told.
pub const REJECTED: &str = "quarantine.rejected";
const FULL: &str = "quarantine.full";

/// The id of an account's commit: that of its ops, so that it is the same under every number and
/// incarnation. Another account that knows those ids cannot take its place.
pub fn id_of(account: AccountId, commit: &Commit) -> Id {
    let ops = commit.ops.iter().map(|op| op.id.as_bytes());
    let ids: Vec<u8> = std::iter::once(account.as_bytes()).chain(ops).flatten().copied().collect();
    let mut id = [0; ID_BYTES];
    id.copy_from_slice(&digest(&ids)[..ID_BYTES]);
    id
}

/// Takes a commit in; answers what its device is told. One that was decided about stays decided.
///
/// # Errors
/// A failure of the database.
pub fn receive(connection: &dyn Sql, late: &Quarantined) -> Result<Outcome, ServerFault> {
    let known = quarantine::get(connection, &late.id)?;
    if let Some(Outcome::Refused { code }) = known.as_ref().and_then(|known| known.outcome.clone()) {
        return Ok(Outcome::Refused { code });
    }
    if known.is_none() && quarantine::waiting_of(connection, late.account)? >= MAX_WAITING {
        return Ok(Outcome::Refused { code: FULL.to_owned() });
    }
    quarantine::keep(connection, late)?;
    Ok(Outcome::Quarantined)
}

/// Takes a commit after all, as of when it was made; answers what became of it. Deciding again changes
/// nothing.
///
/// # Errors
/// [`ServerFault::NotQuarantined`] for an unknown id; a failure of the database.
pub fn accept(connection: &dyn Sql, id: &Id, now_ms: i64) -> Result<Outcome, ServerFault> {
    let late = undecided(connection, id)?;
    if let Some(outcome) = late.outcome {
        return Ok(outcome);
    }
    let outcome = match frame::read::<Commit>(&late.body) {
        Ok(commit) => settle(connection, &late, &commit)?,
        Err(_) => Settlement::refused(&Refusal::Malformed).outcome,
    };
    quarantine::decide(connection, id, &outcome, now_ms)?;
    let entry = match &outcome {
        Outcome::Refused { code } => {
            let about = format!("{} {code}", RecordId::from_bytes(late.id));
            Entry::new(deed::COMMIT_REFUSED, now_ms).of(late.account).about(about)
        }
        _ => decided(deed::ACCEPTED, &late, now_ms),
    };
    audit::note(connection, &entry)?;
    Ok(outcome)
}

/// Turns a commit down; its device keeps it and shows why. Deciding again changes nothing.
///
/// # Errors
/// As [`accept`].
pub fn reject(connection: &dyn Sql, id: &Id, now_ms: i64) -> Result<Outcome, ServerFault> {
    let late = undecided(connection, id)?;
    if let Some(outcome) = late.outcome {
        return Ok(outcome);
    }
    let outcome = Outcome::Refused { code: REJECTED.to_owned() };
    quarantine::decide(connection, id, &outcome, now_ms)?;
    audit::note(connection, &decided(deed::REJECTED, &late, now_ms))?;
    Ok(outcome)
}

fn decided(deed: &'static str, late: &Quarantined, now_ms: i64) -> Entry {
    Entry::new(deed, now_ms).of(late.account).about(RecordId::from_bytes(late.id))
}

fn undecided(connection: &dyn Sql, id: &Id) -> Result<Quarantined, ServerFault> {
    quarantine::get(connection, id)?.ok_or(ServerFault::NotQuarantined)
}

/// Settles the commit by the clock of the contact that brought it, for the author it had. What its
/// author never might do is refused even now.
fn settle(connection: &dyn Sql, late: &Quarantined, commit: &Commit) -> Result<Outcome, ServerFault> {
    let Standing { account, grants, former } = standing::of_account(connection, late.account)?;
    let author = Author {
        account: account.id,
        role: account.role,
        grants,
        former,
        is_vouched_for: true,
        incarnation: late.commit.incarnation,
    };
    let mut clock = Clock::new(late.clock_ms, late.received_ms, late.last_hlc);
    let mut writing = Writing::default();
    writing.load(connection, &[commit])?;
    let settlement = writing.settle(connection, commit, &author, &mut clock)?;
    writing.write(connection, vec![])?;
    Ok(settlement.outcome)
}
