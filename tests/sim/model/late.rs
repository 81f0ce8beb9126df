//! Commits that came after their author might make them.

use anyhow::{Context, Result, bail, ensure};
use records::wire::{Commit, Outcome};
use records::{AccountId, Incarnation, RecordId};
use sync::signature::digest;

use super::{Clocks, Model, Whose, refused};

/// What names a commit whatever number it has: its account and the ids of its ops, as a hash.
pub type Id = [u8; 16];

/// A commit that waits for somebody to decide, or was decided about.
#[derive(Debug, Clone)]
pub struct Late {
    account: AccountId,
    incarnation: Incarnation,
    push_seq: u64,
    bytes: Vec<u8>,
    clocks: Clocks,
    /// Effective time of the change before it.
    time: u64,
    outcome: Option<Outcome>,
}

impl Late {
    pub(super) fn new(
        (account, incarnation, push_seq): (AccountId, Incarnation, u64),
        bytes: &[u8],
        clocks: Clocks,
        time: u64,
    ) -> Self {
        Self { account, incarnation, push_seq, bytes: bytes.to_vec(), clocks, time, outcome: None }
    }
}

impl Model {
    /// One that came again is known under its new number; what was decided stays.
    pub(super) fn receive_late(&mut self, commit: &Commit, late: Late) -> Outcome {
        let mut ids = late.account.as_bytes().to_vec();
        ids.extend(commit.ops.iter().flat_map(|op| *op.id.as_bytes()));
        let mut id = Id::default();
        id.copy_from_slice(&digest(&ids)[..16]);
        let (incarnation, push_seq) = (late.incarnation, late.push_seq);
        let known = self.late.entry(id).or_insert(late);
        if let Some(Outcome::Refused { code }) = &known.outcome {
            return refused(code);
        }
        (known.incarnation, known.push_seq) = (incarnation, push_seq);
        Outcome::Quarantined
    }

    /// The commits nobody has decided about.
    pub fn undecided(&self) -> Vec<Id> {
        self.late.iter().filter(|(_, late)| late.outcome.is_none()).map(|(id, _)| *id).collect()
    }

    /// The ops of those.
    pub fn undecided_ops(&self) -> impl Iterator<Item = RecordId> {
        let waiting = self.late.values().filter(|late| late.outcome.is_none());
        let commits = waiting.filter_map(|late| minicbor::decode::<Commit>(&late.bytes).ok());
        commits.flat_map(|commit| commit.ops).map(|op| op.id)
    }

    /// Somebody decided, and the server says what became of it. New is what [`Self::end_contact`] gives
    /// versions to.
    ///
    /// # Errors
    /// When it says anything else than it must.
    pub fn decide(&mut self, id: Id, is_accepted: bool, outcome: &Outcome) -> Result<()> {
        let late = self.late.get(&id).cloned().context("nothing was to be decided")?;
        if late.outcome.is_some() {
            bail!("it was decided about before");
        }
        let commit: Commit = minicbor::decode(&late.bytes)?;
        let whose = Whose { account: late.account, incarnation: late.incarnation, is_vouched_for: true };
        let expected = match is_accepted {
            true => self.settle(&commit, whose, late.clocks, late.time).0,
            false => refused("quarantine.rejected"),
        };
        ensure!(expected == *outcome, "the late commit must be {expected:?}, and is {outcome:?}");
        self.late.entry(id).and_modify(|late| late.outcome = Some(expected));
        Ok(())
    }
}
