//! Rounds with the server: when, what to send, and what the answer says of it. What it brings is applied in
//! small steps, by `apply`.
//!
//! A shell asks for a round, posts it, and hands back what came. Between two steps it answers the
//! person, so that a large first sync never makes the app wait.

use minicbor::bytes::ByteVec;
use records::call::{SyncChip, SyncState};
use records::wire::{
    ANCHOR_BYTES, Aftermath, MAX_OPS, NEWEST_OUTCOME, NewToken, PROTOCOL, Purged, SyncAnswer, SyncRequest,
};
use records::{Fault, Incarnation};
use rusqlite::Connection;
use store::identity::{self, Identity};
use store::tables::losing_edit;
use store::{Store, acknowledged, outbox, purge, quarantine, scope};
use sync::ServerAddress;
use sync::device::{self, Incoming, Outgoing};
use sync::history;
use sync::signature::digest;

use crate::apply::Unapplied;
use crate::pace::{MOST_A_STEP, Pace};
use crate::{Answer, App, Context, road};

/// So long lists may be behind what has come while the server still has more to tell, ms.
const LISTS_WAIT_MS: i64 = 5_000;
/// Bytes of changes asked for in one answer, and of commits sent in one request, on a road that holds.
pub(crate) const BUDGET: usize = 1024 * 1024;
pub(crate) const MOST_PUSHED: usize = 512 * 1024;
/// The same where bytes are to be spared.
const SPARING: (usize, usize) = (BUDGET / 8, MOST_PUSHED / 8);
/// The least of either: a road that does not carry this much carries nothing.
const LEAST: usize = 16 * 1024;
/// After a failure: first wait and longest wait, ms.
const RETRY_MS: (i64, i64) = (2_000, 5 * 60_000);

/// What is known of the rounds since the app started.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    pub state: SyncState,
    failures: u32,
    next_ms: i64,
    /// When the last round began; what was held back then is still to be sent.
    began_ms: i64,
    pub is_enrolled: bool,
    /// Everything the server has was here once: from then on the chip does not count.
    pub has_all: bool,
    /// The person put the first sync off: what is saved goes out, nothing is asked for.
    pub is_paused: bool,
    /// The shell says that bytes cost something here.
    pub is_metered: bool,
    pub(crate) pace: Pace,
    /// Answers taken in since the app was opened.
    pub(crate) answers: u64,
    /// When lists last showed all that had come.
    pub(crate) caught_up_ms: i64,
}

impl Rounds {
    pub fn of(store: &Store) -> Answer<Self> {
        Ok(store.read(|db| {
            Ok(Self {
                is_enrolled: identity::identity(db)?.is_some(),
                has_all: identity::first_sync_done(db)?,
                is_paused: identity::first_sync_paused(db)?,
                ..Self::default()
            })
        })?)
    }

    /// Something was saved: the next round is due once it may be sent.
    pub fn changed(&mut self) {
        self.next_ms = if self.failures == 0 { 0 } else { self.next_ms };
    }

    /// Whether the server says that it does not know this device, or not any more.
    pub fn is_turned_away(&self) -> bool {
        let SyncState::Failed(fault) = &self.state else { return false };
        ["sync.token_refused", "sync.token_void"].contains(&fault.code.as_str())
    }

    /// Whether the first sync is put off.
    pub fn rests(&self) -> bool {
        self.is_paused && !self.has_all
    }

    /// Whether lists may stay behind for now. What comes next changes many of the same households, and
    /// their words would be written twice.
    pub(crate) fn lists_may_wait(&self, now_ms: i64) -> bool {
        (0..LISTS_WAIT_MS).contains(&now_ms.saturating_sub(self.caught_up_ms))
    }

    /// What the next round may carry.
    fn limits(&self, db: &Connection) -> store::Result<Limits> {
        let (changes, pushed) = if self.is_sparing(db)? { SPARING } else { (BUDGET, MOST_PUSHED) };
        let changes = if self.rests() { 0 } else { halved(changes, self.failures) };
        Ok(Limits { changes, pushed: halved(pushed, self.failures) })
    }

    pub(crate) fn went_well(&mut self, again: bool, next_ms: i64) {
        self.failures = 0;
        self.next_ms = next_ms;
        if !again {
            self.state = SyncState::Idle;
        }
    }

    pub fn enrolled(&mut self) {
        *self = Self { is_enrolled: true, is_metered: self.is_metered, ..Self::default() };
    }
}

/// A round on its way.
pub struct Round {
    /// The server.
    pub server: ServerAddress,
    /// The request for the shell to post.
    pub outgoing: Outgoing,
    nonce: [u8; 16],
    server_key: [u8; 32],
    /// The commits in it, in order, and the number of the last one.
    commits: Vec<ByteVec>,
    last_pushed: u64,
    /// Receipts in it.
    purged: Vec<Purged>,
    /// Answers that had been taken in when it began.
    answers: u64,
}

impl Round {
    fn pushed(&self) -> u32 {
        u32::try_from(self.commits.len()).unwrap_or(u32::MAX)
    }

    /// The hash of a commit in it, as anchors have it.
    fn hash_of(&self, push_seq: u64) -> Option<ByteVec> {
        let after = usize::try_from(self.last_pushed.checked_sub(push_seq)?).ok()?;
        self.commits.iter().rev().nth(after).map(|commit| short_hash(commit))
    }
}

impl App {
    /// When the next round is due, ms since 1970 UTC; `None` before enrolment.
    pub fn next_round_ms(&self, now_ms: i64) -> Answer<Option<i64>> {
        if !self.rounds.is_enrolled {
            return Ok(None);
        }
        let released = self.store.read(|db| outbox::next_release_ms(db, self.rounds.began_ms))?;
        let by_release = released.filter(|_| self.rounds.failures == 0);
        // Further off than any wait that is given: the clock has been put back since.
        let next_ms =
            if self.rounds.next_ms > now_ms.saturating_add(RETRY_MS.1) { 0 } else { self.rounds.next_ms };
        Ok(Some(by_release.map_or(next_ms, |released| released.min(next_ms.max(now_ms)))))
    }

    /// The network came back, or the person asks: the next round is due now.
    pub fn hurry(&mut self) {
        self.rounds.next_ms = 0;
    }

    /// The next request to post; `None` before enrolment.
    pub fn begin_round(&mut self, context: &mut Context<'_>) -> Answer<Option<Round>> {
        let nonce = context.random::<16>();
        let now_ms = context.now.utc_ms;
        let asked = self.store.read(|db| {
            let Some(identity) = identity::identity(db)? else { return Ok(None) };
            let (request, last_pushed) = request(db, &identity, nonce, now_ms, self.rounds.limits(db)?)?;
            let pin = identity::pin(db)?;
            Ok(Some((identity, pin, request, last_pushed)))
        })?;
        let Some((identity, pin, request, last_pushed)) = asked else { return Ok(None) };
        if !request.commits.is_empty() {
            self.store.mark_sent(last_pushed, true)?;
        }
        self.rounds.began_ms = now_ms;
        if self.rounds.state == SyncState::Idle {
            self.rounds.state = SyncState::Working;
        }
        Ok(Some(Round {
            outgoing: device::sync_request(&request, &identity.token),
            server_key: identity.server_key.as_slice().try_into().unwrap_or_default(),
            server: ServerAddress { url: identity.server, pin },
            nonce,
            last_pushed,
            commits: request.commits,
            purged: request.aftermath.map_or_else(Vec::new, |aftermath| aftermath.purged),
            answers: self.rounds.answers,
        }))
    }

    /// Reads the answer and settles what was sent. The changes follow by [`App::apply_step`]. When another
    /// answer was taken in since the round began, it is as if this one had not come: what it tells may lie
    /// before what was read since.
    pub fn read_answer(
        &mut self,
        round: &Round,
        incoming: &Incoming,
        context: &mut Context<'_>,
    ) -> Answer<Unapplied> {
        let read = device::read_sync_answer(incoming, &round.nonce, &round.server_key);
        let answer = read.map_err(|fault| Fault::new(fault.code()))?;
        let now_ms = context.now.utc_ms;
        // Whatever went wrong before, now the server answers.
        self.rounds.state = SyncState::Working;
        self.take_token(round, &answer)?;
        if round.answers != self.rounds.answers {
            self.left_alone(round)?;
            let mut overtaken = self.unapplied(answer, 0, 0, now_ms)?.carried(true, 0);
            overtaken.again = true;
            return Ok(overtaken);
        }
        if !answer.results.is_empty() {
            let known = self.store.read(identity::anchor)?;
            let anchor = history::heard(known.as_ref(), &answer.results, |number| round.hash_of(number));
            self.store.settle(&answer.results, (now_ms, answer.clock_ms), anchor.as_ref())?;
        }
        if !round.purged.is_empty() {
            self.store.write(|tx| purge::receipts_heard(tx, &round.purged))?;
        }
        self.keep_sealing_key(&answer)?;
        let first = self.store.read(acknowledged::first_unanswered)?;
        let is_renumbered = self.agree_on_numbers(&answer, first, context)?;
        if round.pushed() > 0 && first <= round.last_pushed {
            // What the server did not settle this time is only on this device again.
            self.store.mark_sent(round.last_pushed, false)?;
        }
        let bytes = (round.outgoing.body.len() + incoming.body.len()) as u64;
        let mut unapplied = self.unapplied(answer, round.pushed(), bytes, now_ms)?;
        unapplied.again |= is_renumbered;
        Ok(unapplied)
    }

    /// Device and server must agree on what was settled. They do not when one of the two databases is
    /// a copy or went back to an older one; then the commits get new numbers and go out again. `first`
    /// is the number of the first commit that the server had not answered before.
    pub(crate) fn agree_on_numbers(
        &mut self,
        answer: &SyncAnswer,
        first: u64,
        context: &mut Context<'_>,
    ) -> Answer<bool> {
        let next = self.store.read(acknowledged::next_number)?;
        let agree = !answer.is_clone && (first..=next).contains(&(answer.settled + 1));
        if !agree {
            self.store.send_all_again(Incarnation::new(context.now.utc_ms, context.random()))?;
        }
        Ok(!agree)
    }

    /// The server gave this device another token: on disk before anything else, and used from the next request on.
    /// Until then the one before counts, so that nothing depends on whether this answer came.
    fn take_token(&mut self, round: &Round, answer: &SyncAnswer) -> Answer<()> {
        let (Some(new), Some(used)) =
            (answer.token.as_ref().and_then(NewToken::bytes), &round.outgoing.token)
        else {
            return Ok(());
        };
        Ok(self.store.write(|tx| identity::renew_token(tx, used, &new))?)
    }

    /// The server tells its sealing key to a device that lacks it.
    fn keep_sealing_key(&mut self, answer: &SyncAnswer) -> Answer<()> {
        let Some(key) = &answer.sealing_key else { return Ok(()) };
        Ok(self.store.write(|tx| identity::set_sealing_key(tx, key))?)
    }

    /// The person stopped the round on its way. Whatever became of it, it is asked again.
    pub fn round_given_up(&mut self, round: &Round) -> Answer<()> {
        self.rounds.state = SyncState::Idle;
        self.hurry();
        self.left_alone(round)
    }

    /// The round came to nothing. Everything is kept and tried again, later each time.
    pub fn round_failed(&mut self, round: &Round, fault: Option<Fault>, now_ms: i64) -> Answer<()> {
        self.note_failure(fault, now_ms);
        self.left_alone(round)
    }

    /// Nobody knows when the server will tell more: what came shows now, in lists too.
    fn left_alone(&mut self, round: &Round) -> Answer<()> {
        self.store.begin_steps()?;
        self.store.mark_sent(round.last_pushed, false)?;
        self.store.catch_up(MOST_A_STEP)?;
        Ok(self.store.keep_steps()?)
    }

    /// No round could even begin, on a full disk for example. Writes nothing, so that it cannot fail.
    pub fn note_failure(&mut self, fault: Option<Fault>, now_ms: i64) {
        self.rounds.state = fault.map_or(SyncState::Offline, SyncState::Failed);
        let wait = RETRY_MS.0.saturating_mul(1 << self.rounds.failures.min(10)).min(RETRY_MS.1);
        self.rounds.failures += 1;
        self.rounds.next_ms = now_ms.saturating_add(wait);
    }

    /// What the chip at the top says.
    pub fn sync_chip(&self) -> Answer<SyncChip> {
        Ok(self.store.read(|db| {
            Ok(SyncChip {
                waiting: outbox::waiting_count(db)?,
                needs_you: outbox::refused_count(db)? + losing_edit::open_count(db)?,
                state: road::state(&self.rounds, db)?,
                last_ms: identity::last_round(db)?.map(|round| round.at_ms),
            })
        })?)
    }
}

/// Most bytes that one round may carry.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Of changes asked for; 0 for none at all.
    changes: usize,
    /// Of commits sent.
    pushed: usize,
}

fn request(
    db: &Connection,
    identity: &Identity,
    nonce: [u8; 16],
    now_ms: i64,
    limits: Limits,
) -> store::Result<(SyncRequest, u64)> {
    let commits = outbox::batch(db, now_ms, MAX_OPS, limits.pushed)?;
    let last_pushed = commits.last().map_or(0, |commit| commit.push_seq);
    let cursors = scope::cursors(db)?;
    let request = SyncRequest {
        protocol: PROTOCOL,
        incarnation: identity.incarnation,
        clock_ms: now_ms,
        epoch: identity::last_round(db)?.map(|round| round.epoch),
        commits: commits.into_iter().map(|commit| commit.body.into()).collect(),
        cursors,
        budget: u32::try_from(limits.changes).unwrap_or(u32::MAX),
        nonce: nonce.to_vec().into(),
        anchor: identity::anchor(db)?,
        lacks_sealing_key: identity::sealing_key(db)?.is_none(),
        outcomes: NEWEST_OUTCOME,
        takes_tokens: true,
        aftermath: aftermath(db)?,
    };
    Ok((request, last_pushed))
}

pub(crate) fn aftermath(db: &Connection) -> store::Result<Option<Aftermath>> {
    let aftermath = Aftermath { purged: purge::receipts(db)?, awaited: quarantine::awaited(db)? };
    Ok(Some(aftermath).filter(|aftermath| *aftermath != Aftermath::default()))
}

/// The hash of a commit as anchors have it.
pub(crate) fn short_hash(commit: &[u8]) -> ByteVec {
    digest(commit)[..ANCHOR_BYTES].to_vec().into()
}

/// Half as much for every failure in a row, so that a weak link carries something in the end.
fn halved(most: usize, failures: u32) -> usize {
    most.checked_shr(failures).unwrap_or(0).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use contract::test;

    #[test]
    fn lists_wait_for_more_but_not_long() {
        let rounds = Rounds { caught_up_ms: 1_000_000, ..Rounds::default() };
        let waits = [999_999, 1_000_000, 1_004_999, 1_005_000].map(|now_ms| rounds.lists_may_wait(now_ms));
        assert_eq!(waits, [false, true, true, false], "nor while the clock has been put back");
        assert!(!Rounds::default().lists_may_wait(1_000_000), "what comes first shows at once");
    }

    #[test]
    fn every_failure_halves_what_the_next_round_carries() {
        let cases = [(0, 512), (1, 256), (2, 128), (4, 32), (5, 16), (6, 16), (31, 16), (u32::MAX, 16)];
        for (failures, kilobytes) in cases {
            assert_eq!(halved(MOST_PUSHED, failures), kilobytes * 1024, "after {failures}");
        }
        assert_eq!((halved(BUDGET, 0), halved(BUDGET, 9)), (BUDGET, LEAST));
    }
}
