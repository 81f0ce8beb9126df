//! Carries out what was decided. Commits are decided about one by one in memory, each by what the ones
//! before it left, and then written at once: records and ops in the order of their ids, numbers last.

use std::collections::{BTreeMap, BTreeSet};

use records::proof::Proof;
use records::wire::Commit;
use records::{RecordId, Scope};
use sync::clock::Clock;
use sync::settle::{Author, Loaded, Refusal, Settlement, Stored, settle};
use sync::stamps::UNNUMBERED;

use crate::database::record::{self, Proven};
use crate::database::scope::{self, Drawing};
use crate::database::sql::{Sql, Statement};
use crate::fault::ServerFault;

/// What a transaction is going to write.
#[derive(Default)]
pub struct Writing {
    held: BTreeMap<RecordId, Held>,
    /// Ops that were applied, before or now …
    applied: BTreeSet<RecordId>,
    /// … and those of them that the database does not know yet.
    ops: BTreeSet<RecordId>,
    /// Records that wait for their numbers, in the order in which they changed first.
    touched: Vec<RecordId>,
}

/// A record that was looked for.
#[derive(Default)]
struct Held {
    /// As it is now; `None` when there is none.
    record: Option<Stored>,
    /// As it was before the transaction; `None` when there was none.
    before: Option<Before>,
    is_changed: bool,
    /// What it adds to the digest of its scope.
    proof: Proof,
}

#[derive(Clone, Copy)]
struct Before {
    is_there: bool,
    proof: Proof,
}

impl Writing {
    /// Loads and locks everything these commits name, before the first of them is settled.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn load(&mut self, connection: &dyn Sql, commits: &[&Commit]) -> Result<(), ServerFault> {
        let ops = commits.iter().flat_map(|commit| &commit.ops).map(|op| op.id).collect();
        self.hold(connection, commits.iter().flat_map(|commit| Loaded::wanted(commit)).collect(), &ops)
    }

    /// Decides about a commit that was loaded. One that would write over a record elsewhere is refused.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn settle(
        &mut self,
        connection: &dyn Sql,
        commit: &Commit,
        author: &Author,
        clock: &mut Clock,
    ) -> Result<Settlement, ServerFault> {
        let settlement = settle(commit, author, clock, self.loaded(commit));
        // Losing edits have ids of their own, which follow from those of the ops.
        let written = settlement.writes.iter().map(|record| record.id).collect();
        self.hold(connection, written, &BTreeSet::new())?;
        if settlement.writes.iter().any(|record| self.is_elsewhere(record)) {
            tracing::error!(push_seq = commit.push_seq, "a commit would write over a record elsewhere");
            return Ok(Settlement::refused(&Refusal::Failed));
        }
        settlement.writes.iter().for_each(|record| self.keep(record.clone()));
        self.applied.extend(&settlement.ops);
        self.ops.extend(&settlement.ops);
        Ok(settlement)
    }

    /// Adds a record without asking anybody: starter lists, samples, accounts.
    ///
    /// # Errors
    /// [`ServerFault::Unwritable`] when it was added before.
    pub fn add(&mut self, new: Stored) -> Result<(), ServerFault> {
        match self.held.contains_key(&new.id) {
            true => Err(ServerFault::Unwritable),
            false => {
                self.keep(new);
                Ok(())
            }
        }
    }

    /// Runs `also`, locks the counters, gives every change its number and writes everything.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn write(mut self, connection: &dyn Sql, also: Vec<Statement<'_>>) -> Result<(), ServerFault> {
        let mut first = also;
        first.extend(record::set_applied(&self.ops));
        let drawn = scope::draw(connection, first, &self.drawings())?;
        let digests = self.number(drawn);
        let changed = self.held.into_values().filter(|held| held.is_changed);
        let (known, new): (Vec<_>, Vec<_>) = changed.partition(|held| held.before.is_some());
        record::write(connection, &proven(new), &proven(known), digests)
    }

    fn hold(
        &mut self,
        connection: &dyn Sql,
        ids: BTreeSet<RecordId>,
        ops: &BTreeSet<RecordId>,
    ) -> Result<(), ServerFault> {
        let new: BTreeSet<RecordId> = ids.into_iter().filter(|id| !self.held.contains_key(id)).collect();
        self.held.extend(new.iter().map(|id| (*id, Held::default())));
        let (records, applied) = record::lock(connection, &new, ops)?;
        self.applied.extend(applied);
        for Proven { record, proof } in records {
            let before = Some(Before { is_there: !record.is_deleted, proof });
            self.held.insert(record.id, Held { record: Some(record), before, is_changed: false, proof });
        }
        Ok(())
    }

    fn loaded(&self, commit: &Commit) -> Loaded {
        let wanted = Loaded::wanted(commit).into_iter();
        let records = wanted.filter_map(|id| Some((id, self.held.get(&id)?.record.clone()?)));
        let applied = commit.ops.iter().map(|op| op.id).filter(|op| self.applied.contains(op));
        Loaded { records: records.collect(), applied: applied.collect() }
    }

    fn is_elsewhere(&self, record: &Stored) -> bool {
        let held = self.held.get(&record.id).and_then(|held| held.record.as_ref());
        held.is_some_and(|held| held.scope != record.scope || held.kind != record.kind)
    }

    fn keep(&mut self, record: Stored) {
        let held = self.held.entry(record.id).or_default();
        let waits = held.record.as_ref().is_some_and(|record| record.version == UNNUMBERED);
        if record.version == UNNUMBERED && !waits {
            self.touched.push(record.id);
        }
        held.is_changed = true;
        held.record = Some(record);
    }

    /// The records that wait for a number.
    fn waiting(&self) -> impl Iterator<Item = (&Held, &Stored)> {
        self.touched.iter().filter_map(|id| {
            let held = self.held.get(id)?;
            Some((held, held.record.as_ref()?))
        })
    }

    fn drawings(&self) -> BTreeMap<Scope, Drawing> {
        let mut drawings: BTreeMap<Scope, Drawing> = BTreeMap::new();
        for (held, record) in self.waiting() {
            let was_there = held.before.is_some_and(|before| before.is_there);
            let drawing = drawings.entry(record.scope.clone()).or_default();
            drawing.numbers += 1;
            drawing.count += i64::from(!record.is_deleted) - i64::from(was_there);
        }
        drawings
    }

    /// Gives each change its number; returns what keeps the digests.
    fn number(&mut self, mut drawn: BTreeMap<Scope, (u64, i64)>) -> Vec<Statement<'static>> {
        for id in &self.touched {
            let Some(held) = self.held.get_mut(id) else { continue };
            let Some(record) = &mut held.record else { continue };
            let Some((version, digest)) = drawn.get_mut(&record.scope) else { continue };
            *version += 1;
            record.version = *version;
            record.stamps.number(*version);
            let body = (!record.is_deleted).then_some(&record.body);
            held.proof = Proof::of(*id, *version, body);
            let before = held.before.map_or_else(Proof::default, |before| before.proof);
            *digest = held.proof.added_to(before.taken_from(*digest));
        }
        drawn.iter().map(|(scope, (_, digest))| scope::set_digest(scope, *digest)).collect()
    }
}

fn proven(held: Vec<Held>) -> Vec<Proven> {
    let proven = held.into_iter().filter_map(|held| Some(Proven { record: held.record?, proof: held.proof }));
    proven.collect()
}
