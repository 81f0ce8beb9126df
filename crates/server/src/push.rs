//! The first half of a round: the commits of a device, settled in one transaction.

use records::DeviceId;
use records::wire::{CommitResult, SyncRequest};
use rusqlite::Transaction;
use sync::clock::{Clock, Hlc};
use sync::round::{self, Gap, Plan, Received};
use sync::settle::{Author, Refusal, Settlement};

use crate::database::incarnation::{self, Progress};
use crate::fault::ServerFault;
use crate::session::Session;
use crate::writing::Writing;

/// What became of the commits of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pushed {
    /// Number of the last commit settled.
    pub settled: u64,
    /// Results, retries first.
    pub results: Vec<CommitResult>,
    /// The device's database is a copy of another one.
    pub is_clone: bool,
}

/// Settles the commits of a request.
///
/// # Errors
/// [`ServerFault::Gap`] when numbers are out of order; no failure leaves anything behind.
pub fn push(
    transaction: &mut Transaction<'_>,
    session: &Session,
    request: &SyncRequest,
    now_ms: i64,
) -> Result<Pushed, ServerFault> {
    let progress = progress(transaction, session.device.id, request)?;
    if is_copy(transaction, session, request, &progress)? {
        return Ok(Pushed { settled: progress.settled, is_clone: true, ..Pushed::default() });
    }
    let planned = match plan(transaction, request, progress.settled) {
        // The answer says how far the device is settled: it knows what to send again.
        Err(ServerFault::Gap(Gap::Before)) => {
            return Ok(Pushed { settled: progress.settled, ..Pushed::default() });
        }
        planned => planned?,
    };
    match planned {
        Plan::Clone => Ok(Pushed { settled: progress.settled, is_clone: true, ..Pushed::default() }),
        Plan::Settle { replayed, fresh } => {
            let mut round = Round::new(session, request, progress, now_ms);
            let mut results = replayed;
            for received in &fresh {
                results.push(round.settle(transaction, received)?);
            }
            let settled = round.finish(transaction)?;
            Ok(Pushed { settled, results, is_clone: false })
        }
    }
}

/// Where the incarnation stands, for a round that brings no commits.
///
/// # Errors
/// A failure of the database.
pub fn standing(
    snapshot: &Transaction<'_>,
    session: &Session,
    request: &SyncRequest,
) -> Result<Pushed, ServerFault> {
    let progress = progress(snapshot, session.device.id, request)?;
    let is_clone = is_copy(snapshot, session, request, &progress)?;
    Ok(Pushed { settled: progress.settled, is_clone, ..Pushed::default() })
}

/// Whether the device and this server speak of different commits under one incarnation: it is another
/// device's, or what the device last heard of is not what was settled here under that number.
fn is_copy(
    transaction: &Transaction<'_>,
    session: &Session,
    request: &SyncRequest,
    progress: &Progress,
) -> Result<bool, ServerFault> {
    let anchor = request.anchor.as_ref().filter(|anchor| anchor.push_seq <= progress.settled);
    let Some(anchor) = anchor else { return Ok(progress.device != session.device.id) };
    let numbers = anchor.push_seq..=anchor.push_seq;
    let known = incarnation::results(transaction, request.incarnation, numbers)?;
    let is_same = known.get(&anchor.push_seq).is_some_and(|known| known.hash.starts_with(&anchor.hash));
    Ok(progress.device != session.device.id || !is_same)
}

/// How far the incarnation is settled; it belongs to the device that first used it.
fn progress(
    transaction: &Transaction<'_>,
    device: DeviceId,
    request: &SyncRequest,
) -> Result<Progress, ServerFault> {
    let known = incarnation::progress(transaction, request.incarnation)?;
    Ok(known.unwrap_or(Progress { device, settled: 0, last_hlc: Hlc::default() }))
}

fn plan(transaction: &Transaction<'_>, request: &SyncRequest, settled: u64) -> Result<Plan, ServerFault> {
    let number_of = |hash: &[u8; 32]| incarnation::number_of(transaction, request.incarnation, hash);
    let received = round::received(&request.commits, settled, number_of)?;
    let numbers = received.first().map_or(1, |r| r.push_seq)..=received.last().map_or(0, |r| r.push_seq);
    let known = incarnation::results(transaction, request.incarnation, numbers)?;
    Ok(round::plan(received, settled, &known))
}

/// The new commits of a request on their way into the database.
struct Round {
    author: Author,
    clock: Clock,
    progress: Progress,
    writing: Writing,
}

impl Round {
    fn new(session: &Session, request: &SyncRequest, progress: Progress, now_ms: i64) -> Self {
        let author = Author {
            account: session.account,
            role: session.role,
            grants: session.grants.clone(),
            incarnation: request.incarnation,
        };
        let clock = Clock::new(request.clock_ms, now_ms, progress.last_hlc);
        Self { author, clock, progress, writing: Writing::default() }
    }

    fn settle(
        &mut self,
        transaction: &mut Transaction<'_>,
        received: &Received,
    ) -> Result<CommitResult, ServerFault> {
        let settlement = match &received.commit {
            Some(commit) => self.writing.settle(transaction, commit, &self.author, &mut self.clock)?,
            None => Settlement::refused(&Refusal::Malformed),
        };
        let result = CommitResult { push_seq: received.push_seq, outcome: settlement.outcome };
        self.progress.settled = received.push_seq;
        // The incarnation's row first: the result refers to it.
        incarnation::set_progress(transaction, self.author.incarnation, &self.progress)?;
        incarnation::add_result(transaction, self.author.incarnation, &received.hash, &result)?;
        Ok(result)
    }

    fn finish(mut self, transaction: &Transaction<'_>) -> Result<u64, ServerFault> {
        self.progress.last_hlc = self.clock.last();
        if self.progress.settled > 0 {
            incarnation::set_progress(transaction, self.author.incarnation, &self.progress)?;
        }
        self.writing.number(transaction)?;
        Ok(self.progress.settled)
    }
}
