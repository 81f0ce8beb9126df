//! Applying an answer in small steps, so that a large one never makes the app wait.

use std::collections::VecDeque;

use records::call::CourierTaken;
use records::item::{Item, ItemCategory};
use records::wire::{Ruling, ScopeChanges, SyncAnswer};
use records::{Record, Scope};
use store::identity::{self, LastRound, Lease};
use store::purge::{self, Purging};
use store::settle::{self, Clocks};
use store::tables::draft;
use store::{Slice, Store, acknowledged, outbox, quarantine, scope};

use crate::{Answer, App, road};

/// Steps of an answer are kept together, but no more of them are at stake when the app ends, ms.
const TOGETHER_MS: i64 = 500;
/// From this many records in one answer on, what lists show of them is worked out once for all.
const MANY: usize = 1_000;
/// Between two rounds when nothing happens, ms.
const QUIET_MS: i64 = 60_000;
/// The same where bytes are to be spared; no longer than the longest wait after a failure.
const QUIET_SPARING_MS: i64 = 5 * 60_000;

/// An answer that is being applied, step by step.
pub struct Unapplied {
    /// What may be held from now on, and what no longer; taken in first.
    standing: Option<(Vec<Scope>, Ruling)>,
    scopes: VecDeque<ScopeChanges>,
    end: LastRound,
    /// Server clock, ms since 1970 UTC.
    server_ms: i64,
    /// The server has told everything there was when it read.
    is_all: bool,
    /// More is waiting on either side.
    pub(crate) again: bool,
    /// It came by hand: it says nothing about the network.
    is_carried: bool,
    /// Waiting changes that one which came by hand has settled.
    settled: u32,
    /// A round ended between question and answer.
    is_late: bool,
    /// What lists show of it is worked out once everything is here.
    is_much: bool,
    /// When steps were kept last, ms since 1970 UTC.
    kept_ms: i64,
}

/// How far an answer has been applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// There are more steps.
    More,
    /// That was all; `again` asks for another round at once.
    Done {
        /// More is waiting on either side.
        again: bool,
    },
}

impl Unapplied {
    /// An answer that came by hand. A late one brings no pages, and cannot know what is everything there is.
    pub(crate) fn carried(mut self, is_late: bool, settled: u32) -> Self {
        (self.is_carried, self.is_late, self.settled) = (true, is_late, settled);
        if is_late {
            self.scopes.clear();
            self.is_all = false;
            // What may be held has been said since, perhaps otherwise.
            self.standing = None;
        }
        self
    }

    /// What an answer that came by hand brings, to be told to who brought it.
    pub fn brings(&self) -> CourierTaken {
        let received = self.scopes.iter().map(|page| page.changes.len()).sum::<usize>();
        CourierTaken { settled: self.settled, received: u32::try_from(received).unwrap_or(u32::MAX) }
    }
}

impl App {
    pub(crate) fn unapplied(
        &mut self,
        answer: SyncAnswer,
        sent: u32,
        bytes: u64,
        now_ms: i64,
    ) -> Answer<Unapplied> {
        // What came between the last step and the next says nothing of either.
        self.rounds.pace.pause();
        self.rounds.answers += 1;
        self.store.begin_steps()?;
        let received = answer.scopes.iter().map(|scope| scope.changes.len()).sum::<usize>();
        let waits = self.store.read(|db| Ok(!outbox::batch(db, now_ms, 1, 1)?.is_empty()))?;
        let is_all = !answer.scopes.iter().any(|scope| scope.more);
        // What is put off is still to come, but not now.
        let again = waits || (!is_all && !self.rounds.rests());
        let is_much = received >= MANY || !self.rounds.has_all;
        let received = u32::try_from(received).unwrap_or(u32::MAX);
        Ok(Unapplied {
            is_much,
            standing: Some((answer.granted, answer.ruling.unwrap_or_default())),
            scopes: answer.scopes.into(),
            server_ms: answer.clock_ms,
            is_all,
            end: LastRound { at_ms: now_ms, sent, received, bytes, epoch: answer.epoch, day_bytes: None },
            again,
            is_carried: false,
            settled: 0,
            is_late: false,
            kept_ms: now_ms,
        })
    }

    /// Applies the next few records. When the app ends or the power goes, steps of a round that has not
    /// ended may go with it, and the cursors with them. After an error nothing of this answer can follow.
    pub fn apply_step(&mut self, unapplied: &mut Unapplied, now_ms: i64) -> Answer<Applied> {
        if !(0..TOGETHER_MS).contains(&now_ms.saturating_sub(unapplied.kept_ms)) {
            self.store.keep_steps()?;
            unapplied.kept_ms = now_ms;
        }
        if let Some((granted, ruling)) = unapplied.standing.take() {
            self.take_standing(&granted, &ruling, (now_ms, unapplied.server_ms))?;
        }
        let slice = self.rounds.pace.next(now_ms, !self.rounds.has_all);
        let Some(mut page) = unapplied.scopes.pop_front() else {
            if self.catch_up(unapplied, slice, now_ms)? {
                return Ok(Applied::More);
            }
            return self.purge_or_finish(unapplied, now_ms);
        };
        let rest = page.changes.split_off(page.changes.len().min(slice));
        let is_last = rest.is_empty();
        let cursor = page.changes.last().filter(|_| !is_last).map_or(page.to, |change| change.version);
        let lists = [Item::DECLARATION.kind, ItemCategory::DECLARATION.kind];
        if page.changes.iter().any(|change| lists.contains(&change.kind)) {
            self.catalog = None;
        }
        let apply = if unapplied.is_much { Store::apply_of_many } else { Store::apply };
        let slice = Slice {
            scope: &page.scope,
            changes: &page.changes,
            cursor,
            total: page.count,
            digest: page.digest.filter(|_| is_last),
            server_ms: unapplied.server_ms,
        };
        unapplied.again |= !apply(&mut self.store, slice)?;
        if !is_last {
            unapplied.scopes.push_front(ScopeChanges { changes: rest, ..page });
        }
        Ok(Applied::More)
    }

    /// Brings the next few households up to date; whether that is to go on before the round ends.
    fn catch_up(&mut self, unapplied: &Unapplied, most: usize, now_ms: i64) -> Answer<bool> {
        let more_follows = unapplied.again && !unapplied.is_all && !unapplied.is_carried;
        if more_follows && self.rounds.lists_may_wait(now_ms) {
            return Ok(false);
        }
        let goes_on = self.store.catch_up(most)?;
        if !goes_on {
            self.rounds.caught_up_ms = now_ms;
        }
        Ok(goes_on)
    }

    /// What may be held, before anything is: a scope that was given back is not purged any more.
    fn take_standing(&mut self, granted: &[Scope], ruling: &Ruling, at_ms: Clocks) -> Answer<()> {
        let is_known = self.store.read(|db| scope::are_held(db, granted))?;
        if is_known && *ruling == Ruling::default() {
            return Ok(());
        }
        Ok(self.store.write(|tx| {
            scope::grant(tx, granted)?;
            purge::revoke(tx, &ruling.revoked)?;
            quarantine::decide(tx, &ruling.decided, at_ms)?;
            ruling.post.as_ref().map_or(Ok(()), |post| identity::set_post(tx, post))
        })?)
    }

    /// Gives up what was taken away, a little at a time. The receipt goes with the next round, at once.
    fn purge_or_finish(&mut self, unapplied: &mut Unapplied, now_ms: i64) -> Answer<Applied> {
        match self.store.purge_step(now_ms)? {
            Purging::Idle if self.store.wipe_cleared()? => {}
            Purging::Idle => return self.finish_round(unapplied, now_ms),
            Purging::More => {}
            Purging::Done => {
                self.catalog = None;
                unapplied.again = true;
            }
        }
        Ok(Applied::More)
    }

    fn finish_round(&mut self, unapplied: &Unapplied, now_ms: i64) -> Answer<Applied> {
        self.rounds.pace.pause();
        let (before, is_sparing) =
            self.store.read(|db| Ok((identity::last_round(db)?, self.rounds.is_sparing(db)?)))?;
        let day_bytes = Some(road::bytes_of_day(before.as_ref(), now_ms) + unapplied.end.bytes);
        let mut end = LastRound { at_ms: now_ms, day_bytes, ..unapplied.end };
        if let (Some(before), false) = (before, self.rounds.has_all) {
            end = LastRound {
                received: before.received + end.received,
                bytes: before.bytes + end.bytes,
                ..end
            };
        }
        let is_whole = unapplied.is_all && !unapplied.again;
        let is_first_whole = is_whole && !self.rounds.has_all;
        self.store.write_at_the_end(|tx| {
            if !unapplied.is_late {
                acknowledged::prune(tx, unapplied.server_ms)?;
            }
            if unapplied.is_all {
                settle::end_promises(tx)?;
                draft::forget_orphans(tx)?;
            }
            if is_first_whole {
                identity::set_first_sync_done(tx)?;
            }
            if unapplied.is_late {
                return Ok(());
            }
            identity::set_lease(tx, Lease::since(end.at_ms))?;
            identity::set_last_round(tx, &end)
        })?;
        self.lease = None;
        self.rounds.has_all |= is_whole;
        if !unapplied.is_carried {
            let quiet_ms = if is_sparing { QUIET_SPARING_MS } else { QUIET_MS };
            self.rounds.went_well(unapplied.again, now_ms.saturating_add(quiet_ms));
        }
        Ok(Applied::Done { again: unapplied.again })
    }
}
