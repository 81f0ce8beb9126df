//! What becomes of a commit, and how versions apart speak of it.

use minicbor::{Decode, Decoder, Encode};

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// Applied as sent.
    #[n(0)]
    Applied,
    /// Applied, but some field lost against a later write; a losing edit was kept.
    #[n(1)]
    Merged,
    /// Not applied; the stable code says why. The device keeps the commit and shows it.
    #[n(2)]
    Refused {
        /// Stable code.
        #[n(0)]
        code: String,
    },
    /// Kept by the server with its body until somebody decides about it: it was made when its author
    /// might make it, and came when that was over. The device keeps it and shows that it waits.
    #[n(3)]
    Quarantined,
}

/// The largest number of an [`Outcome`].
pub const NEWEST_OUTCOME: u8 = 3;
/// The largest number of an outcome that every device knows.
pub const FIRST_OUTCOMES: u8 = 2;

impl Outcome {
    /// As a device is told that knows the outcomes up to this number.
    ///
    /// One it does not know becomes a refusal: the device keeps the commit, shows it, and goes on with
    /// those behind it. Were it told that the commit is applied, it would drop what nobody has accepted
    /// yet; were it told nothing, everything behind would wait.
    #[must_use]
    pub fn told_to(self, newest: u8) -> Self {
        if self.number() <= newest.max(FIRST_OUTCOMES) { self } else { Self::not_understood() }
    }

    fn not_understood() -> Self {
        Self::Refused { code: "commit.outcome_newer".to_owned() }
    }

    /// Its number on the wire.
    fn number(&self) -> u8 {
        match self {
            Self::Applied => 0,
            Self::Merged => 1,
            Self::Refused { .. } => 2,
            Self::Quarantined => 3,
        }
    }
}

/// An outcome of a newer version is one this version cannot carry out: the commit stays, as a card.
pub(crate) fn known_outcome<'b, C>(
    d: &mut Decoder<'b>,
    context: &mut C,
) -> Result<Outcome, minicbor::decode::Error> {
    let start = d.position();
    Outcome::decode(d, context).or_else(|_| {
        d.set_position(start);
        d.skip()?;
        Ok(Outcome::not_understood())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::CommitResult;

    #[test]
    fn an_outcome_of_a_newer_version_leaves_a_card_and_blocks_nothing() {
        // [{0: 1, 1: [9, ["later"]]}, {0: 2, 1: [0]}]
        let bytes =
            [&[0x82, 0xa2, 0, 1, 1, 0x82, 9, 0x81, 0x65][..], b"later", &[0xa2, 0, 2, 1, 0x82, 0, 0x80]];
        let results: Vec<CommitResult> = minicbor::decode(&bytes.concat()).unwrap();
        let code = "commit.outcome_newer".to_owned();
        assert_eq!(results[0], CommitResult { push_seq: 1, outcome: Outcome::Refused { code } });
        assert_eq!(results[1], CommitResult { push_seq: 2, outcome: Outcome::Applied });
    }

    #[test]
    fn a_device_is_told_what_it_knows_and_keeps_the_rest() {
        let refused = Outcome::Refused { code: "record.missing".to_owned() };
        for outcome in [Outcome::Applied, Outcome::Merged, refused, Outcome::Quarantined] {
            assert_eq!(minicbor::to_vec(&outcome).unwrap()[..2], [0x82, outcome.number()], "as it is sent");
            assert!(outcome.number() <= NEWEST_OUTCOME);
            assert_eq!(outcome.clone().told_to(NEWEST_OUTCOME), outcome);
            let is_old = outcome.number() <= FIRST_OUTCOMES;
            assert_eq!(outcome.clone().told_to(0) == outcome, is_old, "{outcome:?}");
        }
    }
}
