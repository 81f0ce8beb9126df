//! Proof that device and server hold the same: a digest of a scope that does not depend on the order
//! in which its records came, kept up with every change.
//!
//! The digest of a scope is the wrapping sum of the proofs of its records; one that is deleted
//! counts nothing. It guards against accidents, not against forgery: answers are signed for that.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::{Body, RecordId};

/// What a record adds to the digest of its scope. It is kept as SQLite and PostgreSQL keep whole
/// numbers, and added with wrapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proof(pub i64);

impl Proof {
    /// Of a record as the server has it; `None` when it is deleted.
    pub fn of(id: RecordId, version: u64, body: Option<&Body>) -> Self {
        body.map_or_else(Self::default, |body| Self::of_mark(id, version, mark(body)))
    }

    /// Of a record whose body was [`mark`]ed before its number was known.
    pub fn of_mark(id: RecordId, version: u64, mark: u64) -> Self {
        let name = xxh3_64_with_seed(id.as_bytes(), version);
        Self(xxh3_64_with_seed(&mark.to_be_bytes(), name).cast_signed())
    }

    /// The digest with this record in it.
    pub fn added_to(self, digest: i64) -> i64 {
        digest.wrapping_add(self.0)
    }

    /// The digest without this record.
    pub fn taken_from(self, digest: i64) -> i64 {
        digest.wrapping_sub(self.0)
    }
}

/// The next number of a chain in which each link depends on all before it.
pub fn chained(before: i64, link: &[u8]) -> i64 {
    xxh3_64_with_seed(link, before.cast_unsigned()).cast_signed()
}

/// What a body counts for.
pub fn mark(body: &Body) -> u64 {
    xxh3_64(body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Patch;

    fn body(value: u8) -> Body {
        Body::trusted(vec![0xa0]).patched(&Patch::of_fields(&[(0, vec![value])]))
    }

    fn id(number: u8) -> RecordId {
        RecordId::from_bytes([number; 16])
    }

    #[test]
    fn a_proof_is_of_one_record_in_one_state() {
        let proof = Proof::of(id(1), 5, Some(&body(7)));
        assert_eq!(proof, Proof::of(id(1), 5, Some(&body(7))));
        assert_ne!(proof, Proof::of(id(2), 5, Some(&body(7))), "another record");
        assert_ne!(proof, Proof::of(id(1), 6, Some(&body(7))), "another version");
        assert_ne!(proof, Proof::of(id(1), 5, Some(&body(8))), "another body");
        assert_eq!(Proof::of(id(1), 5, None).added_to(3), 3, "a deleted one counts nothing");
    }

    #[test]
    fn a_digest_does_not_depend_on_the_order() {
        let proofs: Vec<Proof> = (0..50).map(|n| Proof::of(id(n), 1, Some(&body(n)))).collect();
        let there = proofs.iter().fold(0, |digest, proof| proof.added_to(digest));
        let back = proofs.iter().rev().fold(0, |digest, proof| proof.added_to(digest));
        assert_eq!(there, back);
        assert_eq!(proofs.iter().fold(there, |digest, proof| proof.taken_from(digest)), 0);
    }

    #[test]
    fn the_proof_is_the_same_for_ever() {
        assert_eq!(Proof::of(id(1), 5, Some(&body(7))).0, GOLDEN);
    }

    /// Devices and servers of every version must agree on it.
    const GOLDEN: i64 = 7_822_543_960_702_734_455;
}
