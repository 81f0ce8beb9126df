//! The second half of a round: the changes a device has not seen, read from one snapshot.

use std::cmp::Reverse;

use records::Scope;
use records::wire::{Cursor, RecordChange, Ruling, ScopeChanges};
use sync::grants::{Grant, scopes_of};

use crate::database::record;
use crate::database::scope::{self, ScopeState};
use crate::database::sql::Sql;
use crate::fault::ServerFault;

/// Most bytes of changes in an answer, whatever the device asks for: uncompressed it still fits.
pub const MAX_BUDGET: usize = 1024 * 1024;
/// What a change weighs beside its body.
const CHANGE_BYTES: usize = 64;

/// What a device may hold, and its next pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Every scope granted.
    pub granted: Vec<Scope>,
    /// A page of each scope in which there is something new.
    pub scopes: Vec<ScopeChanges>,
    /// What the device is to be told of its standing.
    pub ruling: Option<Ruling>,
}

/// What a device may hold, and how far it has read.
pub struct Outlook<'a> {
    snapshot: &'a dyn Sql,
    cursors: &'a [Cursor],
    budget: usize,
    granted: Vec<Scope>,
    existing: Vec<ScopeState>,
}

impl<'a> Outlook<'a> {
    /// Looks at the scopes of these grants.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn over(
        snapshot: &'a dyn Sql,
        grants: &[Grant],
        cursors: &'a [Cursor],
        budget: u32,
    ) -> Result<Self, ServerFault> {
        let existing = scope::covered(snapshot, grants)?;
        let granted = scopes_of(grants, existing.iter().map(|state| state.scope.clone()));
        Ok(Self { snapshot, cursors, budget: budget_of(budget), granted, existing })
    }

    /// Most changes that its pages can have.
    pub fn changes(&self) -> usize {
        let ahead = |scope: &Scope| {
            let (state, cursor) = self.place(scope);
            let seq = state.map_or(0, |state| state.seq);
            seq.saturating_sub(cursor.map_or(0, |cursor| cursor.seq))
        };
        let ahead: u64 = self.granted.iter().map(ahead).sum();
        usize::try_from(ahead).unwrap_or(usize::MAX).min(self.budget / CHANGE_BYTES)
    }

    /// Reads the pages after the cursors within the budget of bytes: what lies closest to the worker first,
    /// for their day begins with it, the lists of the whole county last.
    ///
    /// A page ends where its last change ends; a change larger than the whole budget comes alone. Without
    /// any budget no change comes, and pages only say how much there is.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn pull(self) -> Result<Pulled, ServerFault> {
        let is_first = self.budget > 0;
        let mut pages = Pages { snapshot: self.snapshot, left: self.budget, is_first, scopes: vec![] };
        let mut nearest_first: Vec<&Scope> = self.granted.iter().collect();
        nearest_first.sort_by_key(|scope| Reverse(scope.area.depth()));
        for scope in nearest_first {
            let (state, cursor) = self.place(scope);
            pages.add(scope, state, cursor)?;
        }
        Ok(Pulled { scopes: pages.scopes, granted: self.granted, ruling: None })
    }

    fn place(&self, scope: &Scope) -> (Option<&ScopeState>, Option<&Cursor>) {
        let state = self.existing.iter().find(|state| state.scope == *scope);
        (state, self.cursors.iter().find(|cursor| cursor.scope == *scope))
    }
}

fn budget_of(asked: u32) -> usize {
    usize::try_from(asked).unwrap_or(MAX_BUDGET).min(MAX_BUDGET)
}

struct Pages<'a> {
    snapshot: &'a dyn Sql,
    left: usize,
    is_first: bool,
    scopes: Vec<ScopeChanges>,
}

impl Pages<'_> {
    /// Adds the page of a scope, unless the device has seen everything in it and proves that it holds
    /// the same. One that is ahead of the server, or holds something else, gets a page without
    /// changes: its digest tells the device to read the scope anew.
    fn add(
        &mut self,
        scope: &Scope,
        state: Option<&ScopeState>,
        cursor: Option<&Cursor>,
    ) -> Result<(), ServerFault> {
        let (seq, count, digest) = state.map_or((0, 0, 0), |state| (state.seq, state.count, state.digest));
        if cursor.is_some_and(|cursor| cursor.seq == seq && cursor.digest == digest) {
            return Ok(());
        }
        let after = cursor.map_or(0, |cursor| cursor.seq);
        let mut changes: Vec<RecordChange> = vec![];
        let expected = self.left / CHANGE_BYTES;
        let more = record::changes_after(self.snapshot, scope, after, expected, |change| {
            let fits = self.take(&change);
            if fits {
                changes.push(change);
            }
            fits
        })?;
        // Behind the last change lie only numbers of records that changed again since.
        let last = changes.last().map_or(after, |change| change.version);
        let to = if more { last } else { seq };
        let digest = (!more).then_some(digest);
        self.scopes.push(ScopeChanges { scope: scope.clone(), to, more, changes, count, digest });
        Ok(())
    }

    fn take(&mut self, change: &RecordChange) -> bool {
        let bytes = CHANGE_BYTES + change.body.as_ref().map_or(0, |body| body.as_bytes().len());
        let fits = bytes <= self.left || self.is_first;
        self.is_first = false;
        self.left = if fits { self.left.saturating_sub(bytes) } else { 0 };
        fits
    }
}
