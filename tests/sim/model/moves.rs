//! What belongs to what, where records were before they moved, and where a new one goes.

use std::collections::BTreeSet;

use records::links::parents;
use records::wire::Op;
use records::{AreaPath, Body, RecordId, Scope};

use super::draft::Draft;
use super::{Arc, Model, PENDING};

/// A scope that a record left.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// Number of its leaving there.
    pub version: u64,
    /// When, ms since 1970 UTC.
    pub until_ms: i64,
}

impl Model {
    /// A record goes to another area with everything that belongs to it; how many records that are. New is
    /// what [`Self::end_contact`] gives versions to.
    pub fn relocate(&mut self, root: RecordId, to: &AreaPath, now_ms: i64) -> usize {
        let all = self.belonging(root);
        for id in &all {
            let Some(entry) = self.records.get_mut(id).map(Arc::make_mut) else { continue };
            let scope = Scope::new(to.clone(), entry.scope.audience);
            let left = std::mem::replace(&mut entry.scope, scope);
            let version = std::mem::replace(&mut entry.version, PENDING);
            self.leave(*id, left, version, now_ms);
        }
        self.touched.extend(&all);
        all.len()
    }

    /// What stands in the same area and belongs to this, or to what belongs to it.
    fn belonging(&self, root: RecordId) -> BTreeSet<RecordId> {
        let area = self.records.get(&root).map(|entry| &entry.scope.area);
        let there = self.records.iter().filter(|(_, entry)| Some(&entry.scope.area) == area);
        let named: Vec<_> = there.map(|(id, entry)| (*id, parents(entry.kind, &entry.body))).collect();
        let mut all = BTreeSet::from([root]);
        loop {
            let more =
                named.iter().filter(|(id, of)| !all.contains(id) && of.iter().any(|it| all.contains(it)));
            let more: Vec<RecordId> = more.map(|(id, _)| *id).collect();
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    /// A record that had this number in a scope stands elsewhere now.
    pub(super) fn leave(&mut self, id: RecordId, left: Scope, version: u64, until_ms: i64) {
        let homes = self.homes.entry(id).or_default();
        if let Some(entry) = self.records.get(&id) {
            homes.remove(&entry.scope);
        }
        homes.insert(left.clone(), Left { version: PENDING, until_ms });
        self.leaving.insert(id, (left, version));
    }

    /// Every departure of this contact gets its number, before that of what it became.
    pub(super) fn depart(&mut self, id: RecordId) {
        let Some((scope, _)) = self.leaving.remove(&id) else { return };
        let counter = self.counters.entry(scope.clone()).or_default();
        *counter += 1;
        if let Some(left) = self.homes.get_mut(&id).and_then(|homes| homes.get_mut(&scope)) {
            left.version = *counter;
        }
    }

    /// Numbers where records have come to begin behind those they had.
    pub(super) fn raise_counters(&mut self) {
        for (id, (_, version)) in &self.leaving {
            let Some(entry) = self.records.get(id) else { continue };
            let counter = self.counters.entry(entry.scope.clone()).or_default();
            *counter = (*counter).max(*version);
        }
    }

    /// When a record left a scope, and its number there; nothing while it is there or never was.
    pub fn left(&self, id: RecordId, scope: &Scope) -> Option<Left> {
        self.homes.get(&id)?.get(scope).copied()
    }

    /// Whether anything ever moved.
    pub fn has_moves(&self) -> bool {
        !self.homes.is_empty()
    }
}

impl Draft<'_> {
    /// Where a record was before, and until when; of a new one where its author said it is.
    pub fn homes(&self, id: RecordId) -> Vec<(Scope, i64)> {
        let before = self.model.homes.get(&id).into_iter().flatten();
        let before = before.map(|(scope, left)| (scope.clone(), left.until_ms));
        before.chain(self.rerouted.get(&id).cloned()).collect()
    }

    /// Where a new record goes: to what it belongs to, should that have left where its author says it is.
    pub fn home_of_new(&self, op: &Op, said: &Scope, body: &Body) -> (Scope, Option<(Scope, i64)>) {
        for parent in parents(op.kind, body) {
            let area = self.get(parent).map(|there| &there.scope.area).filter(|area| **area != said.area);
            let homes = self.homes(parent).into_iter().filter(|(left, _)| left.area == said.area);
            let until_ms = homes.map(|(_, until_ms)| until_ms).max();
            if let (Some(area), Some(until_ms)) = (area, until_ms) {
                return (Scope::new(area.clone(), said.audience), Some((said.clone(), until_ms)));
            }
        }
        (said.clone(), None)
    }
}
