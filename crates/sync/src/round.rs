//! What of a request is new, what is a retry, and whether the device's database is a copy.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;
use records::wire::{Anchor, Commit, CommitResult, MAX_OPS, Outcome, is_newer_commit};
use thiserror::Error;

use crate::frame;
use crate::refusal::Refusal;
use crate::signature::digest;

/// Said of a request with more ops than are looked at: the first are settled, the rest is to come again.
pub const TOO_MANY_OPS: &str = "sync.too_many_ops";

/// Most commits looked at in one request; a device with more sends them in the next.
pub const MAX_COMMITS: usize = MAX_OPS;

/// A commit as it came, with the number it counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its place among the commits of the request, from 0.
    pub place: usize,
    /// Its number, its own or by its place among the others.
    pub push_seq: u64,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// What it says; `None` when the bytes are no commit.
    pub commit: Option<Commit>,
    /// Whether it is a commit of a version that this server does not know yet.
    pub is_newer: bool,
}

impl Received {
    /// Why it is not applied, when there is nothing to be read from it.
    pub fn refusal(&self) -> Refusal {
        if self.is_newer { Refusal::Newer } else { Refusal::Malformed }
    }
}

/// A result given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// SHA-256 of the commit it was given for.
    pub hash: [u8; 32],
    /// What became of it.
    pub outcome: Outcome,
    /// The [`history`](crate::history) up to it; `None` where one before was settled before this was counted.
    pub history: Option<i64>,
}

impl Known {
    /// Whether a device that names this anchor heard the same.
    pub fn is_as_heard(&self, anchor: &Anchor) -> bool {
        let are_alike = self.history.zip(anchor.history).is_none_or(|(here, there)| here == there);
        self.hash.starts_with(&anchor.hash) && are_alike
    }
}

/// What is to be done with the commits of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// A settled number came with other bytes: nothing is applied.
    Clone,
    /// Answer the retries from store, settle the rest in order.
    Settle {
        /// Results given before.
        replayed: Vec<CommitResult>,
        /// Commits to settle now.
        fresh: Vec<Received>,
    },
}

/// Why no commit of a request is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Gap {
    /// One before the first was never received: this server, or an older copy of it, has forgotten it.
    /// The answer says how far the device is settled, and the device sends everything again.
    #[error("commits before the first are missing")]
    Before,
    /// The numbers do not ascend one by one.
    #[error("commits are out of order")]
    Inside,
}

impl Gap {
    /// Stable code.
    pub fn code(self) -> &'static str {
        "sync.gap"
    }
}

/// Reads the commits of a request and numbers those that cannot be read by their place.
///
/// When none can be read, `number_of` finds the first among the results given before; failing that
/// it is the next one.
///
/// # Errors
/// [`Gap`] when the numbers do not ascend one by one, or one before the first was never received;
/// and what `number_of` fails with.
pub fn received<E: From<Gap>>(
    commits: &[ByteVec],
    settled: u64,
    number_of: impl FnOnce(&[u8; 32]) -> Result<Option<u64>, E>,
) -> Result<Vec<Received>, E> {
    let commits = &commits[..commits.len().min(MAX_COMMITS)];
    let read: Vec<Option<Commit>> = commits.iter().map(|bytes| read_commit(bytes)).collect();
    let Some(first_bytes) = commits.first() else { return Ok(vec![]) };
    let own =
        read.iter().enumerate().find_map(|(place, commit)| Some((place as u64, commit.as_ref()?.push_seq)));
    let first = match own {
        Some((place, push_seq)) => {
            push_seq.checked_sub(place).filter(|first| *first > 0).ok_or(Gap::Inside)?
        }
        None => number_of(&digest(first_bytes))?.unwrap_or(settled + 1),
    };
    if first > settled + 1 {
        return Err(Gap::Before.into());
    }
    let numbered = commits.iter().zip(read).zip(first..).enumerate();
    numbered.map(|(place, ((bytes, commit), push_seq))| Ok(placed(place, bytes, commit, push_seq)?)).collect()
}

/// Parts retries from what is new. `known` holds the results of the numbers received, as far as
/// there are any.
pub fn plan(received: Vec<Received>, settled: u64, known: &BTreeMap<u64, Known>) -> Plan {
    let (old, mut fresh): (Vec<_>, Vec<_>) = received.into_iter().partition(|r| r.push_seq <= settled);
    let replayed: Option<Vec<CommitResult>> = old.iter().map(|r| replay(r, known)).collect();
    fresh.truncate(within_limit(&fresh));
    replayed.map_or(Plan::Clone, |replayed| Plan::Settle { replayed, fresh })
}

fn read_commit(bytes: &[u8]) -> Option<Commit> {
    frame::read(bytes).ok()
}

fn placed(place: usize, bytes: &[u8], commit: Option<Commit>, push_seq: u64) -> Result<Received, Gap> {
    match &commit {
        Some(commit) if commit.push_seq != push_seq => Err(Gap::Inside),
        _ => {
            let is_newer = commit.is_none() && is_newer_commit(bytes);
            Ok(Received { place, push_seq, hash: digest(bytes), commit, is_newer })
        }
    }
}

/// `None` when the number is known with other bytes.
fn replay(received: &Received, known: &BTreeMap<u64, Known>) -> Option<CommitResult> {
    let known = known.get(&received.push_seq).filter(|known| known.hash == received.hash)?;
    Some(CommitResult { push_seq: received.push_seq, outcome: known.outcome.clone() })
}

/// How many commits fit into one request's ops; the rest stays unanswered and comes again.
fn within_limit(fresh: &[Received]) -> usize {
    let ops = fresh.iter().map(|r| r.commit.as_ref().map_or(1, |commit| commit.ops.len().max(1)));
    let sums = ops.scan(0, |sum, ops| {
        *sum += ops;
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= MAX_OPS).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(push_seq: u64) -> ByteVec {
        ByteVec::from(minicbor::to_vec(Commit { push_seq, ops: vec![] }).unwrap())
    }

    fn garbage() -> ByteVec {
        ByteVec::from(vec![0xff, 1, 2, 3])
    }

    fn known(entries: &[(u64, &ByteVec)]) -> BTreeMap<u64, Known> {
        let known = |bytes: &ByteVec| Known { hash: digest(bytes), outcome: Outcome::Applied, history: None };
        entries.iter().map(|(number, bytes)| (*number, known(bytes))).collect()
    }

    fn planned(commits: &[ByteVec], settled: u64, known: &BTreeMap<u64, Known>) -> Result<Plan, Gap> {
        let number_of = |hash: &[u8; 32]| Ok(known.iter().find(|(_, k)| k.hash == *hash).map(|(n, _)| *n));
        Ok(plan(received(commits, settled, number_of)?, settled, known))
    }

    fn numbers(plan: Result<Plan, Gap>) -> (Vec<u64>, Vec<u64>) {
        match plan.unwrap() {
            Plan::Settle { replayed, fresh } => {
                (replayed.iter().map(|r| r.push_seq).collect(), fresh.iter().map(|r| r.push_seq).collect())
            }
            Plan::Clone => panic!("taken for a copy"),
        }
    }

    #[test]
    fn retries_are_replayed_and_the_rest_is_settled() {
        let settled = known(&[(1, &commit(1)), (2, &commit(2))]);
        assert_eq!(numbers(planned(&[], 2, &settled)), (vec![], vec![]));
        assert_eq!(numbers(planned(&[commit(2), commit(3)], 2, &settled)), (vec![2], vec![3]));
        assert_eq!(numbers(planned(&[commit(1), commit(2)], 2, &settled)), (vec![1, 2], vec![]));
        assert_eq!(numbers(planned(&[commit(1)], 0, &known(&[]))), (vec![], vec![1]));
    }

    #[test]
    fn a_known_number_with_other_bytes_is_a_copy() {
        let settled = known(&[(1, &commit(1)), (2, &garbage())]);
        assert_eq!(planned(&[commit(2), commit(3)], 2, &settled), Ok(Plan::Clone));
        assert_eq!(planned(&[commit(1)], 1, &known(&[])), Ok(Plan::Clone), "and so is an unknown one");
    }

    #[test]
    fn missing_or_unordered_numbers_are_a_gap() {
        let none = known(&[]);
        for commits in [vec![commit(0)], vec![commit(1), commit(3)], vec![commit(1), commit(1)]] {
            assert_eq!(planned(&commits, 0, &none), Err(Gap::Inside), "{commits:?}");
        }
        assert_eq!(planned(&[garbage(), commit(1)], 0, &none), Err(Gap::Inside));
        assert_eq!(planned(&[commit(2)], 0, &none), Err(Gap::Before));
        assert_eq!(planned(&[commit(u64::MAX)], 0, &none), Err(Gap::Before));
    }

    #[test]
    fn garbage_takes_the_number_of_its_place() {
        let none = known(&[]);
        assert_eq!(numbers(planned(&[garbage(), commit(2)], 0, &none)), (vec![], vec![1, 2]));
        assert_eq!(numbers(planned(&[garbage()], 4, &none)), (vec![], vec![5]));
        let settled = known(&[(4, &garbage())]);
        assert_eq!(numbers(planned(&[garbage()], 4, &settled)), (vec![4], vec![]), "a retry stays one");
    }

    /// Number 1 with one op, whose change has number 77.
    #[test]
    fn a_commit_of_a_newer_version_is_told_from_garbage() {
        let mut bytes = vec![0xa2, 0, 1, 1, 0x81, 0xa5];
        bytes.extend([0, 0x50].into_iter().chain([7; 16]).chain([1, 0x50]).chain([8; 16]));
        bytes.extend([2, 11, 3, 0, 4, 0x82, 0x18, 77, 0xa1, 0, 0x63, b'n', b'e', b'w']);
        let newer = ByteVec::from(bytes);
        let read = |commits: &[ByteVec]| received::<Gap>(commits, 0, |_| Ok(None)).unwrap();
        let [newer, garbage] = &read(&[newer, garbage()])[..] else { panic!("two") };
        assert_eq!((newer.refusal(), garbage.refusal()), (Refusal::Newer, Refusal::Malformed));
        assert_eq!((newer.push_seq, garbage.push_seq), (1, 2), "neither blocks the other");
    }

    #[test]
    fn a_commit_with_bytes_behind_it_is_no_commit() {
        let mut bytes = commit(1).to_vec();
        assert!(read_commit(&bytes).is_some());
        bytes.push(0);
        assert!(read_commit(&bytes).is_none());
    }
}
