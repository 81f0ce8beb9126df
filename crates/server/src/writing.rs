//! Carries out what was decided: records, ops and losing edits into the database, numbers last.

use std::collections::BTreeMap;

use records::proof::{self, Proof};
use records::wire::Commit;
use records::{RecordId, Scope};
use rusqlite::{Connection, Savepoint, Transaction};
use sync::clock::Clock;
use sync::settle::{Author, Loaded, Settlement, Stored, settle};
use sync::stamps::{Stamps, UNNUMBERED};

use crate::database::{record, scope};
use crate::fault::ServerFault;

/// The records changed by one transaction, which wait for their numbers.
#[derive(Default)]
pub struct Writing {
    touched: Vec<RecordId>,
    states: BTreeMap<RecordId, Touched>,
    provisional: i64,
}

/// A record changed in this transaction.
#[derive(Clone)]
struct Touched {
    scope: Scope,
    stamps: Stamps,
    was_there: bool,
    /// Mark of its body; `None` when it is deleted.
    mark: Option<u64>,
}

impl Writing {
    /// Decides about a commit and carries it out inside a savepoint of its own. A failure that
    /// concerns this commit alone becomes its refusal.
    ///
    /// # Errors
    /// A failure of the database as a whole.
    pub fn settle(
        &mut self,
        transaction: &mut Transaction<'_>,
        commit: &Commit,
        author: &Author,
        clock: &mut Clock,
    ) -> Result<Settlement, ServerFault> {
        let loaded = load(transaction, commit)?;
        let there: BTreeMap<RecordId, bool> =
            loaded.records.values().map(|record| (record.id, !record.is_deleted)).collect();
        let settlement = settle(commit, author, clock, loaded);
        let savepoint = transaction.savepoint()?;
        match self.write_all(&savepoint, &settlement) {
            Ok(()) => {
                savepoint.commit()?;
                self.remember(&settlement.writes, &there);
                Ok(settlement)
            }
            Err(fault) if fault.is_of_one_commit() => {
                drop_savepoint(savepoint)?;
                tracing::error!(%fault, push_seq = commit.push_seq, "a commit could not be applied");
                Ok(Settlement::refused(&sync::settle::Refusal::Failed))
            }
            Err(fault) => Err(fault),
        }
    }

    /// Adds a record without asking anybody: starter lists, samples, accounts.
    pub fn add(&mut self, connection: &Connection, new: &Stored) -> Result<(), ServerFault> {
        record::add(connection, new, self.provisional())?;
        self.remember(std::slice::from_ref(new), &BTreeMap::new());
        Ok(())
    }

    /// Locks the counters, in ascending order, and gives every change its number.
    pub fn number(self, connection: &Connection) -> Result<(), ServerFault> {
        let mut by_scope: BTreeMap<&Scope, Vec<(RecordId, &Touched)>> = BTreeMap::new();
        for id in &self.touched {
            let touched = &self.states[id];
            by_scope.entry(&touched.scope).or_default().push((*id, touched));
        }
        by_scope.into_iter().try_for_each(|(scope, touched)| number_scope(connection, scope, &touched))
    }

    fn write_all(&mut self, savepoint: &Savepoint<'_>, settlement: &Settlement) -> Result<(), ServerFault> {
        for record in &settlement.writes {
            record::put(savepoint, record, self.provisional())?;
        }
        settlement.ops.iter().try_for_each(|op| record::set_applied(savepoint, *op))
    }

    fn remember(&mut self, writes: &[Stored], there: &BTreeMap<RecordId, bool>) {
        for record in writes.iter().filter(|record| record.version == UNNUMBERED) {
            let earlier = self.states.get(&record.id).map(|touched| touched.was_there);
            if earlier.is_none() {
                self.touched.push(record.id);
            }
            let was_there = earlier.unwrap_or_else(|| there.get(&record.id).copied().unwrap_or(false));
            let (scope, stamps) = (record.scope.clone(), record.stamps.clone());
            let mark = (!record.is_deleted).then(|| proof::mark(&record.body));
            let touched = Touched { scope, stamps, was_there, mark };
            self.states.insert(record.id, touched);
        }
    }

    /// A number below 0, used once in this transaction.
    fn provisional(&mut self) -> i64 {
        self.provisional -= 1;
        self.provisional
    }
}

fn load(connection: &Connection, commit: &Commit) -> Result<Loaded, ServerFault> {
    let mut loaded = Loaded::default();
    for op in &commit.ops {
        if record::is_applied(connection, op.id)? {
            loaded.applied.insert(op.id);
        }
    }
    for id in Loaded::wanted(commit) {
        loaded.records.extend(record::get(connection, id)?.map(|record| (record.id, record)));
    }
    Ok(loaded)
}

fn drop_savepoint(mut savepoint: Savepoint<'_>) -> Result<(), ServerFault> {
    savepoint.rollback()?;
    Ok(savepoint.commit()?)
}

fn number_scope(
    connection: &Connection,
    scope: &Scope,
    touched: &[(RecordId, &Touched)],
) -> Result<(), ServerFault> {
    let count: i64 = touched.iter().map(|(_, t)| i64::from(t.mark.is_some()) - i64::from(t.was_there)).sum();
    let (before, mut digest) = scope::draw(connection, scope, touched.len() as u64, count)?;
    for ((id, touched), version) in touched.iter().zip(before + 1..) {
        let mut stamps = touched.stamps.clone();
        stamps.number(version);
        let proof = touched.mark.map_or_else(Proof::default, |mark| Proof::of_mark(*id, version, mark));
        digest = proof.added_to(record::proof(connection, *id)?.taken_from(digest));
        record::set_number(connection, *id, version, proof, &stamps)?;
    }
    scope::set_digest(connection, scope, digest)
}
