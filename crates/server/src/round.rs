//! One round without HTTP: its commits settled in one write transaction, its changes read from one
//! snapshot. The HTTP side and the simulation call the same functions.

use records::DeviceId;
use records::wire::{MAX_AFTERMATH, PROTOCOL, Ruling, SyncAnswer, SyncRequest};
use sync::round::TOO_MANY_OPS;

use crate::database::device::Shown;
use crate::database::sql::Sql;
use crate::database::{device, quarantine, receipt};
use crate::fault::ServerFault;
use crate::pull::{Outlook, Pulled};
use crate::push::{self, Pushed};
use crate::session::{self, Session};
use crate::tokens;

/// A request and the token it came with. Its body may take minutes to come, so whoever acts on it
/// opens the session again, where nothing can change any more.
pub struct Asked {
    /// The token, as sent.
    pub token: Vec<u8>,
    /// The request.
    pub request: SyncRequest,
}

/// A day, and by how much days of the field begin before those of UTC (Beijing time), ms.
const DAY_MS: i64 = 24 * 3_600_000;
const EAST_MS: i64 = 8 * 3_600_000;

/// The beginning of the day of a moment. When a device last asked is known by the day and no better: what hours
/// somebody works is not kept (domain §0).
fn day_of(ms: i64) -> i64 {
    ms.saturating_add(EAST_MS).div_euclid(DAY_MS).saturating_mul(DAY_MS).saturating_sub(EAST_MS)
}

/// Settles the commits of a request and notes that the device was there.
///
/// # Errors
/// As [`push::push`], and when the token is no longer good.
pub fn settle(transaction: &dyn Sql, asked: &Asked, now_ms: i64) -> Result<Pushed, ServerFault> {
    let session = asked.session(transaction)?;
    if !was_seen(session.device.last_seen_ms, now_ms) {
        device::seen(transaction, session.device.id, day_of(now_ms))?;
    }
    tokens::settle(transaction, &session, &asked.token, now_ms)?;
    settle_for(transaction, &session, asked, now_ms)
}

/// Settles the commits of a request that somebody else brought: the device itself was not here.
///
/// # Errors
/// As [`settle`].
pub fn settle_carried(transaction: &dyn Sql, asked: &Asked, now_ms: i64) -> Result<Pushed, ServerFault> {
    let session = asked.session(transaction)?;
    tokens::settle(transaction, &session, &asked.token, now_ms)?;
    settle_for(transaction, &session, asked, now_ms)
}

fn settle_for(
    transaction: &dyn Sql,
    session: &Session,
    asked: &Asked,
    now_ms: i64,
) -> Result<Pushed, ServerFault> {
    let receipts = asked.request.aftermath.iter().flat_map(|aftermath| &aftermath.purged);
    let receipts: Vec<_> = receipts.take(MAX_AFTERMATH).cloned().collect();
    receipt::add(transaction, session.device.id, &receipts, now_ms)?;
    let mut pushed = push::push(transaction, session, &asked.request, now_ms)?;
    for result in &mut pushed.results {
        result.outcome = result.outcome.clone().told_to(asked.request.outcomes);
    }
    Ok(pushed)
}

/// Where the incarnation stands, for a round that brings no commits and writes nothing.
///
/// # Errors
/// A failure of the database, and when the token is no longer good.
pub fn standing(snapshot: &dyn Sql, asked: &Asked) -> Result<Pushed, ServerFault> {
    push::standing(snapshot, &asked.session(snapshot)?, &asked.request)
}

/// A round's view of one snapshot, before anything long is read.
pub struct Look<'a> {
    snapshot: &'a dyn Sql,
    request: &'a SyncRequest,
    session: Session,
    outlook: Outlook<'a>,
}

impl<'a> Look<'a> {
    /// Looks for the device that asked.
    ///
    /// # Errors
    /// As [`standing`].
    pub fn of(snapshot: &'a dyn Sql, asked: &'a Asked) -> Result<Self, ServerFault> {
        let (session, request) = (asked.session(snapshot)?, &asked.request);
        let outlook = Outlook::over(snapshot, &session.grants, &request.cursors, request.budget)?;
        Ok(Self { snapshot, request, session, outlook })
    }

    /// Most changes that the device can be told now.
    pub fn changes(&self) -> usize {
        self.outlook.changes()
    }

    /// Whether nothing is to be written about the device that asked: it is known on which day it did, and its token is
    /// in force.
    pub fn is_noted(&self, now_ms: i64) -> bool {
        was_seen(self.session.device.last_seen_ms, now_ms) && !tokens::is_unsettled(self.session.shown)
    }

    /// How its token stands.
    pub fn shown(&self) -> Shown {
        self.session.shown
    }

    /// As [`standing`], from this snapshot.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn standing(&self) -> Result<Pushed, ServerFault> {
        push::standing(self.snapshot, &self.session, self.request)
    }

    /// Reads what the device has not seen.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn pulled(self) -> Result<(DeviceId, Pulled), ServerFault> {
        let ruling = ruling(self.snapshot, &self.session, self.request)?;
        Ok((self.session.device.id, Pulled { ruling, ..self.outlook.pull()? }))
    }
}

/// Reads what the device has not seen.
///
/// # Errors
/// As [`standing`].
pub fn read(snapshot: &dyn Sql, asked: &Asked) -> Result<(DeviceId, Pulled), ServerFault> {
    Look::of(snapshot, asked)?.pulled()
}

/// What the device is to be told of its standing.
fn ruling(
    snapshot: &dyn Sql,
    session: &Session,
    request: &SyncRequest,
) -> Result<Option<Ruling>, ServerFault> {
    let awaited = request.aftermath.as_ref().map_or(&[][..], |aftermath| &aftermath.awaited);
    let awaited = &awaited[..awaited.len().min(MAX_AFTERMATH)];
    let mut decided = quarantine::decided(snapshot, session.account, awaited)?;
    for decided in &mut decided {
        decided.outcome = decided.outcome.clone().told_to(request.outcomes);
    }
    let (revoked, post) = (session.revoked(&request.cursors), session.post.clone());
    let ruling = Ruling { revoked, decided, post };
    Ok(Some(ruling).filter(|ruling| *ruling != Ruling::default()))
}

/// Whether it is known already that a device was there today. What was noted more exactly, by earlier versions, or lies
/// ahead, by a clock that has been put right since, is not known well.
fn was_seen(last_seen_ms: Option<i64>, now_ms: i64) -> bool {
    last_seen_ms.is_some_and(|seen| day_of(seen) == day_of(now_ms))
}

/// The answer to a round.
pub fn answer(pushed: Pushed, pulled: Pulled, epoch: u64, now_ms: i64) -> SyncAnswer {
    SyncAnswer {
        protocol: PROTOCOL,
        epoch,
        clock_ms: now_ms,
        settled: pushed.settled,
        results: pushed.results,
        scopes: pulled.scopes,
        granted: pulled.granted,
        is_clone: pushed.is_clone,
        sealing_key: None,
        put_off: pushed.is_cut.then(|| TOO_MANY_OPS.to_owned()),
        ruling: pulled.ruling,
        token: None,
    }
}

impl Asked {
    /// Whether it brings nothing that is to be written.
    pub fn only_asks(&self) -> bool {
        let receipts = self.request.aftermath.as_ref().is_some_and(|aftermath| !aftermath.purged.is_empty());
        self.request.commits.is_empty() && !receipts
    }

    fn session(&self, connection: &dyn Sql) -> Result<Session, ServerFault> {
        let session = session::open(connection, &self.token)?;
        session.admits(&self.request)?;
        Ok(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_the_field() {
        // 2025-11-13 00:00 in Beijing.
        const MIDNIGHT: i64 = 1_762_963_200_000;
        for (ms, day) in [(0, MIDNIGHT), (1, MIDNIGHT), (DAY_MS - 1, MIDNIGHT), (-1, MIDNIGHT - DAY_MS)] {
            assert_eq!(day_of(MIDNIGHT + ms), day, "{ms}");
        }
        assert!(day_of(i64::MIN) <= day_of(i64::MAX));
    }

    #[test]
    fn a_device_is_seen_again_after_the_servers_clock_was_put_right() {
        const NOW: i64 = 1_763_000_000_000;
        let midnight = day_of(NOW);
        assert_eq!(NOW - midnight, (10 * 3_600 + 13 * 60 + 20) * 1_000);
        for (seen, is_known) in [
            (None, false),
            (Some(NOW), true),
            (Some(day_of(NOW)), true),
            (Some(day_of(NOW) - 1), false),
            (Some(NOW - DAY_MS), false),
            (Some(NOW + 3 * 365 * 24 * 3_600_000), false),
            (Some(i64::MIN), false),
        ] {
            assert_eq!(was_seen(seen, NOW), is_known, "{seen:?}");
        }
        assert_eq!(day_of(midnight), midnight);
        assert_eq!(day_of(midnight - 1), midnight - DAY_MS);
    }
}
