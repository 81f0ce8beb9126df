//! The first half of a round: the commits of a device, settled in one transaction.

use std::collections::BTreeMap;

use records::DeviceId;
use records::wire::{Awaited, Commit, CommitResult, Outcome, SyncRequest};
use sync::clock::{Clock, Hlc};
use sync::round::{self, Gap, Plan, Received};
use sync::settle::{Author, Refusal, Settlement};

use crate::audit::{self, Entry, deed};
use crate::database::incarnation::{self, Progress};
use crate::database::quarantine::Quarantined;
use crate::database::sql::{Sql, Statement};
use crate::fault::{ServerFault, chain};
use crate::quarantine;
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
    /// The request had more ops than are looked at; what is left is to come again.
    pub is_cut: bool,
}

/// Settles the commits of a request.
///
/// # Errors
/// [`ServerFault::Gap`] when numbers are out of order; no failure leaves anything behind.
pub fn push(
    transaction: &dyn Sql,
    session: &Session,
    request: &SyncRequest,
    now_ms: i64,
) -> Result<Pushed, ServerFault> {
    if request.commits.is_empty() {
        return standing(transaction, session, request);
    }
    let mut progress = incarnation::lock(transaction, request.incarnation, session.device.id)?;
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
            let mut results = replayed;
            let known = results.len();
            results.extend(Round::new(transaction, session, request, now_ms).settle(&mut progress, &fresh)?);
            let is_cut = results.len() < request.commits.len();
            note_refusals(transaction, session, &results[known..], now_ms)?;
            Ok(Pushed { settled: progress.settled, results, is_clone: false, is_cut })
        }
    }
}

/// Notes which commits were not taken, or wait for somebody to decide, and why.
fn note_refusals(
    transaction: &dyn Sql,
    session: &Session,
    results: &[CommitResult],
    now_ms: i64,
) -> Result<(), ServerFault> {
    let mut refusals = BTreeMap::<(&'static str, &str), u32>::new();
    for result in results {
        let refusal = match &result.outcome {
            Outcome::Applied | Outcome::Merged => continue,
            Outcome::Refused { code } => (deed::COMMIT_REFUSED, code.as_str()),
            Outcome::Quarantined => (deed::QUARANTINED, ""),
        };
        *refusals.entry(refusal).or_default() += 1;
    }
    refusals.into_iter().try_for_each(|((deed, code), times)| {
        let entry = Entry { times, ..Entry::new(deed, now_ms) }.of(session.account).on(session.device.id);
        let about = Some(code.to_owned()).filter(|code| !code.is_empty());
        audit::note(transaction, &Entry { about, ..entry })
    })
}

/// Where the incarnation stands, for a round that brings no commits.
///
/// # Errors
/// A failure of the database.
pub fn standing(snapshot: &dyn Sql, session: &Session, request: &SyncRequest) -> Result<Pushed, ServerFault> {
    let progress = progress(snapshot, session.device.id, request)?;
    let is_clone = is_copy(snapshot, session, request, &progress)?;
    Ok(Pushed { settled: progress.settled, is_clone, ..Pushed::default() })
}

/// Whether the device and this server speak of different commits under one incarnation: it is another
/// device's, or what the device heard of is not what was settled here under those numbers, or not so.
fn is_copy(
    transaction: &dyn Sql,
    session: &Session,
    request: &SyncRequest,
    progress: &Progress,
) -> Result<bool, ServerFault> {
    let anchor = request.anchor.as_ref().filter(|anchor| anchor.push_seq <= progress.settled);
    let Some(anchor) = anchor else { return Ok(progress.device != session.device.id) };
    let numbers = anchor.push_seq..=anchor.push_seq;
    let known = incarnation::results(transaction, request.incarnation, numbers)?;
    let is_same = known.get(&anchor.push_seq).is_some_and(|known| known.is_as_heard(anchor));
    Ok(progress.device != session.device.id || !is_same)
}

/// How far the incarnation is settled; it belongs to the device that first used it.
fn progress(transaction: &dyn Sql, device: DeviceId, request: &SyncRequest) -> Result<Progress, ServerFault> {
    let known = incarnation::progress(transaction, request.incarnation)?;
    Ok(known.unwrap_or(Progress::of_new(device)))
}

fn plan(transaction: &dyn Sql, request: &SyncRequest, settled: u64) -> Result<Plan, ServerFault> {
    let number_of = |hash: &[u8; 32]| incarnation::number_of(transaction, request.incarnation, hash);
    let received = round::received(&request.commits, settled, number_of)?;
    let numbers = received.first().map_or(1, |r| r.push_seq)..=received.last().map_or(0, |r| r.push_seq);
    let known = if *numbers.start() > settled {
        BTreeMap::new()
    } else {
        incarnation::results(transaction, request.incarnation, numbers)?
    };
    Ok(round::plan(received, settled, &known))
}

/// The new commits of a request on their way into the database.
struct Round<'a> {
    transaction: &'a dyn Sql,
    author: Author,
    request: &'a SyncRequest,
    now_ms: i64,
}

impl<'a> Round<'a> {
    fn new(transaction: &'a dyn Sql, session: &Session, request: &'a SyncRequest, now_ms: i64) -> Self {
        let author = Author {
            account: session.account,
            role: session.role,
            grants: session.grants.clone(),
            former: session.former.clone(),
            is_vouched_for: false,
            incarnation: request.incarnation,
        };
        Self { transaction, author, request, now_ms }
    }

    /// Settles commits together; where the database refuses what one of them brings, each by itself.
    fn settle(
        &self,
        progress: &mut Progress,
        commits: &[Received],
    ) -> Result<Vec<CommitResult>, ServerFault> {
        if commits.is_empty() {
            return Ok(vec![]);
        }
        match self.settle_together(progress, commits) {
            Err(fault) if fault.is_of_one_commit() => {
                commits.iter().map(|commit| self.settle_alone(progress, commit)).collect()
            }
            settled => settled,
        }
    }

    fn settle_alone(
        &self,
        progress: &mut Progress,
        received: &Received,
    ) -> Result<CommitResult, ServerFault> {
        let settled = self.settle_together(progress, std::slice::from_ref(received));
        match settled.map(|results| results.into_iter().next()) {
            Ok(Some(result)) => Ok(result),
            Err(fault) if !fault.is_of_one_commit() => Err(fault),
            failed => {
                let fault = failed.err().map(|fault| chain(&fault));
                tracing::error!(fault, push_seq = received.push_seq, "a commit could not be applied");
                let outcome = Settlement::refused(&Refusal::Failed).outcome;
                let result = CommitResult { push_seq: received.push_seq, outcome };
                let kept = self.kept(progress, progress.last_hlc, &[(received.hash, result.clone())])?;
                self.transaction.execute_all(&kept)?;
                Ok(result)
            }
        }
    }

    /// Wholly, or nothing is left of it.
    fn settle_together(
        &self,
        progress: &mut Progress,
        received: &[Received],
    ) -> Result<Vec<CommitResult>, ServerFault> {
        let (after, results) = self.transaction.savepoint(|| self.write(*progress, received))?;
        *progress = after;
        Ok(results)
    }

    fn write(
        &self,
        mut progress: Progress,
        received: &[Received],
    ) -> Result<(Progress, Vec<CommitResult>), ServerFault> {
        let mut clock = Clock::new(self.request.clock_ms, self.now_ms, progress.last_hlc);
        let mut writing = Writing::default();
        let commits: Vec<&Commit> = received.iter().filter_map(|received| received.commit.as_ref()).collect();
        writing.load(self.transaction, &commits)?;
        let mut results = vec![];
        for received in received {
            let before = clock.last();
            let settlement = match &received.commit {
                Some(commit) => writing.settle(self.transaction, commit, &self.author, &mut clock)?,
                None => Settlement::refused(&received.refusal()),
            };
            let outcome = match (settlement.outcome, &received.commit) {
                (Outcome::Quarantined, Some(commit)) => self.quarantine(received, commit, before)?,
                (outcome, _) => outcome,
            };
            let result = CommitResult { push_seq: received.push_seq, outcome };
            results.push((received.hash, result));
        }
        let also = self.kept(&mut progress, clock.last(), &results)?;
        writing.write(self.transaction, also)?;
        Ok((progress, results.into_iter().map(|(_, result)| result).collect()))
    }

    /// Keeps a commit for somebody to decide about, with its bytes as they came.
    fn quarantine(
        &self,
        received: &Received,
        commit: &Commit,
        last_hlc: Hlc,
    ) -> Result<Outcome, ServerFault> {
        let body = self.request.commits.get(received.place).map_or(vec![], |bytes| bytes.to_vec());
        let late = Quarantined {
            id: quarantine::id_of(self.author.account, commit),
            account: self.author.account,
            commit: Awaited { incarnation: self.author.incarnation, push_seq: received.push_seq },
            body,
            clock_ms: self.request.clock_ms,
            received_ms: self.now_ms,
            last_hlc,
            outcome: None,
        };
        quarantine::receive(self.transaction, &late)
    }

    /// What keeps what became of commits, and how far the incarnation is settled by it.
    fn kept(
        &self,
        progress: &mut Progress,
        last_hlc: Hlc,
        results: &[([u8; 32], CommitResult)],
    ) -> Result<Vec<Statement<'static>>, ServerFault> {
        let Some((_, last)) = results.last() else { return Ok(vec![]) };
        progress.settled = last.push_seq;
        progress.last_hlc = last_hlc;
        let mut statements =
            incarnation::add_results(self.author.incarnation, &mut progress.history, results)?;
        statements.push(incarnation::set_progress(self.author.incarnation, progress));
        Ok(statements)
    }
}
