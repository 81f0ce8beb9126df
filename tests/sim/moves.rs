//! Households that move: to the next grid, or to one of which nobody here knows anything, whole, and
//! with whatever still comes from where they were.

use anyhow::{Result, ensure};
use records::household::Household;
use records::{AreaPath, Record, RecordId, Scope};
use server::database;
use server::moves;

use crate::life::Life;
use crate::server::{Doubt, Server};
use crate::tally::Fault;

/// Where they go; seldom to where none of the people work.
const TO: [&str; 5] =
    ["230881/001/003/07", "230881/001/003/07", "230881/001/003/08", "230881/001/003/08", "230881/001/004/01"];

impl Life<'_> {
    /// Somebody at the desk moves a household.
    pub(crate) fn relocate(&mut self) -> Result<()> {
        let all = self.server.model.records.iter();
        let all = all.filter(|(_, entry)| entry.kind == Household::DECLARATION.kind);
        let all: Vec<(RecordId, Scope)> = all.map(|(id, entry)| (*id, entry.scope.clone())).collect();
        let (id, left) = self.chance.of(&all).clone();
        let to: AreaPath = self.chance.of(&TO).parse()?;
        if to == left.area || !self.server.relocate(id, &to, self.now_ms)? {
            return Ok(());
        }
        self.tally.fault(Fault::Moved, 1);
        // Who has not heard of it goes on where it was, the others where it is.
        self.homes.retain(|(home, scope)| *home != id || *scope == left);
        self.homes.push((id, Scope::new(to, left.audience)));
        Ok(())
    }
}

impl Server {
    /// A record moves with all that belongs to it; whether it was done.
    ///
    /// # Errors
    /// When it became something else than it must.
    fn relocate(&mut self, root: RecordId, to: &AreaPath, now_ms: i64) -> Result<bool> {
        let mutant = self.mutant;
        let Some(connection) = self.connection_mut() else { return Ok(false) };
        let moved = database::write(connection, |tx| match mutant {
            Some(mutant) => mutant.relocate(tx, root, to, now_ms),
            None => moves::relocate(tx, root, to, now_ms),
        });
        if self.disk().has_lost_power() {
            self.stop();
            self.doubt = Some(Doubt::Move(root, to.clone(), now_ms));
            return Ok(false);
        }
        // On a full disk nothing was done.
        let Ok(moved) = moved else { return Ok(false) };
        let expected = self.relocated(root, to, now_ms)?;
        ensure!(moved == expected, "{moved} records moved, not {expected}");
        Ok(true)
    }

    /// The model follows; how many records that are.
    pub(crate) fn relocated(&mut self, root: RecordId, to: &AreaPath, now_ms: i64) -> Result<usize> {
        let moved = self.model.relocate(root, to, now_ms);
        self.touched_are_as_modelled()?;
        Ok(moved)
    }

    /// After the power went: whether the record is there already.
    pub(crate) fn resolve_move(&mut self, root: RecordId, to: &AreaPath, now_ms: i64) -> Result<()> {
        let is_there = self.stored_in(root)?.is_some_and(|scope| scope.area == *to);
        if is_there { self.relocated(root, to, now_ms).map(drop) } else { Ok(()) }
    }
}
