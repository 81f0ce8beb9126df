//! What became of all commits of an incarnation, in one number that device and server count alike.
//!
//! Under one number the same commit can come to something else: a server that goes back to a backup and is
//! brought the same file again may refuse what it had taken, because what it was about is not there yet.
//! Only what became of each tells such a history from the one that the device heard of.

use minicbor::bytes::ByteVec;
use records::proof;
use records::wire::{ANCHOR_BYTES, Anchor, CommitResult, Outcome};

/// Before the first commit.
pub const BEGIN: i64 = 0;

/// After one more commit. Whether a field of it lost is no part: the server's own word tells that.
pub fn after(before: i64, hash: &[u8], result: &CommitResult) -> i64 {
    let is_taken = matches!(result.outcome, Outcome::Applied | Outcome::Merged);
    let mut link = result.push_seq.to_be_bytes().to_vec();
    link.extend_from_slice(&hash[..hash.len().min(ANCHOR_BYTES)]);
    link.push(u8::from(is_taken));
    proof::chained(before, &link)
}

/// The last commit a device has heard the outcome of, once it has heard these, which ascend; `None` when
/// they tell nothing new. `hash_of` gives the hash of a commit, or as much of it as an anchor has.
pub fn heard(
    known: Option<&Anchor>,
    results: &[CommitResult],
    hash_of: impl Fn(u64) -> Option<ByteVec>,
) -> Option<Anchor> {
    let (mut last, mut history) = known.map_or((0, Some(BEGIN)), |known| (known.push_seq, known.history));
    let mut heard = None;
    for result in results {
        let Some(hash) = hash_of(result.push_seq).filter(|_| result.push_seq > last) else { continue };
        let follows = last.checked_add(1) == Some(result.push_seq);
        history = history.filter(|_| follows).map(|before| after(before, &hash, result));
        last = result.push_seq;
        heard = Some(Anchor { push_seq: last, hash, history });
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKEN: Outcome = Outcome::Applied;

    fn result(push_seq: u64, outcome: Outcome) -> CommitResult {
        CommitResult { push_seq, outcome }
    }

    fn refused() -> Outcome {
        Outcome::Refused { code: "record.gone".to_owned() }
    }

    fn hash_of(push_seq: u64) -> Option<ByteVec> {
        Some(vec![u8::try_from(push_seq).unwrap(); ANCHOR_BYTES].into())
    }

    fn history(outcomes: &[Outcome]) -> Option<i64> {
        let results: Vec<_> = (1..).zip(outcomes).map(|(n, outcome)| result(n, outcome.clone())).collect();
        heard(None, &results, hash_of).unwrap().history
    }

    #[test]
    fn every_outcome_counts_and_its_place() {
        let all = [TAKEN, TAKEN, refused()];
        let others = [
            vec![TAKEN, refused(), TAKEN],
            vec![refused(), TAKEN, TAKEN],
            vec![TAKEN, TAKEN],
            vec![refused(); 3],
        ];
        for other in others {
            assert_ne!(history(&all), history(&other), "{other:?}");
        }
        let alike = [Outcome::Merged, TAKEN, Outcome::Quarantined];
        assert_eq!(history(&all), history(&alike), "taken is taken, and not taken is not");
    }

    #[test]
    fn what_was_heard_in_two_answers_counts_as_in_one() {
        let results: Vec<_> = (1..=5).map(|n| result(n, if n == 3 { refused() } else { TAKEN })).collect();
        let whole = heard(None, &results, hash_of).unwrap();
        for cut in 1..5 {
            let first = heard(None, &results[..cut], hash_of).unwrap();
            // The second tells again what the first did.
            let second = heard(Some(&first), &results[cut - 1..], hash_of);
            assert_eq!(second.as_ref(), Some(&whole), "{cut}");
        }
        assert_eq!(heard(Some(&whole), &results, hash_of), None, "nothing new");
        assert!(whole.history.is_some_and(|history| history != BEGIN));
    }

    #[test]
    fn the_server_counts_the_same() {
        let results = [result(1, TAKEN), result(2, refused())];
        let counted = results.iter().fold(BEGIN, |before, result| {
            let whole = hash_of(result.push_seq).unwrap().iter().copied().chain([9; 24]).collect::<Vec<_>>();
            after(before, &whole, result)
        });
        assert_eq!(heard(None, &results, hash_of).unwrap().history, Some(counted));
    }

    #[test]
    fn what_was_not_heard_of_leaves_only_the_number_and_the_hash() {
        let known = heard(None, &[result(1, TAKEN)], hash_of).unwrap();
        let later = heard(Some(&known), &[result(3, TAKEN)], hash_of).unwrap();
        assert_eq!((later.push_seq, later.history), (3, None));
        assert_eq!(heard(Some(&later), &[result(4, TAKEN)], hash_of).unwrap().history, None);
        assert_eq!(heard(None, &[result(u64::MAX, TAKEN)], |_| hash_of(1)).unwrap().history, None);
    }
}
