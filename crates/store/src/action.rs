//! One user action: the change and its commit in one transaction.

use minicbor::Encode;
use records::permissions::is_handed_in;
use records::policy::{laid_over, patch_between};
use records::wire::{Change, Commit, Op};
use records::{Body, Record, RecordId, Scope, declaration};
use rusqlite::Connection;

use crate::outbox::{self, NewCommit, Withdrawn};
use crate::projection::{self, Stale};
use crate::record::{self, RecordRow};
use crate::{Result, Store, StoreFault, command, scope};

/// When an action happens, and where its ids come from.
pub struct Origin<'a> {
    /// Device clock, ms since 1970 UTC.
    pub now_ms: i64,
    /// How long it can be undone, ms; it is not sent before.
    pub hold_ms: i64,
    /// Makes a fresh id.
    pub new_id: &'a mut dyn FnMut() -> RecordId,
}

/// An action that is being written.
pub struct Action<'a, 'o> {
    db: &'a Connection,
    origin: Origin<'o>,
    ops: Vec<Op>,
    touched: Vec<i64>,
    stale: Stale,
}

/// Most ops of one commit; a larger action, an import, becomes several in one transaction.
const MOST_OPS: usize = 250;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Number of the commit in the outbox; `None` when nothing changed or it took several.
    pub push_seq: Option<u64>,
}

impl Store {
    /// Writes one user action. When this returns, it is on disk.
    pub fn act<T>(
        &mut self,
        origin: Origin<'_>,
        act: impl FnOnce(&mut Action<'_, '_>) -> Result<T>,
    ) -> Result<(T, Committed)> {
        self.write(|tx| {
            let mut action =
                Action { db: tx, origin, ops: Vec::new(), touched: Vec::new(), stale: Stale::new() };
            let answer = act(&mut action)?;
            Ok((answer, action.finish()?))
        })
    }
}

impl<'a> Action<'a, '_> {
    /// The open transaction, to read what the action needs.
    pub fn db(&self) -> &'a Connection {
        self.db
    }

    /// Makes a record. Making it twice with the same id is an error of the caller.
    pub fn create<T: Record>(&mut self, id: RecordId, scope: &Scope, value: &T) -> Result<()> {
        self.create_body(id, T::DECLARATION.kind, scope, value.to_body())
    }

    /// Makes a record from its body.
    pub fn create_body(
        &mut self,
        id: RecordId,
        kind: records::Kind,
        scope: &Scope,
        body: Body,
    ) -> Result<()> {
        check(kind, &body)?;
        let scope_rid = match is_handed_in(kind) {
            true => scope::slot(self.db, scope)?,
            false => record::scope_rid(self.db, scope)?,
        };
        let rid = record::insert(self.db, id, kind, scope_rid)?;
        self.keep(rid, &body)?;
        self.push(id, rid, kind, Change::Create { scope: scope.clone(), body });
        Ok(())
    }

    /// Changes a record to `value`; only fields that differ are sent. Answers whether any did.
    pub fn edit<T: Record>(&mut self, id: RecordId, value: &T) -> Result<bool> {
        let row = record::get(self.db, id)?;
        let old = row.body().ok_or(StoreFault::Missing(id))?;
        let patch = patch_between(T::DECLARATION, old, &keeping_unknown::<T>(old, value));
        if patch.is_empty() {
            return Ok(false);
        }
        self.patch_row(&row, &laid_over(Some(T::DECLARATION), old, &patch), patch)?;
        Ok(true)
    }

    /// Lays a patch over a record.
    pub fn patch(&mut self, id: RecordId, patch: records::Patch) -> Result<()> {
        let row = record::get(self.db, id)?;
        let old = row.body().ok_or(StoreFault::Missing(id))?;
        self.patch_row(&row, &laid_over(declaration(row.kind), old, &patch), patch)
    }

    /// Deletes a record. It leaves every list and stays as it is beneath, so that it can be taken back.
    pub fn delete(&mut self, id: RecordId) -> Result<()> {
        let row = record::get(self.db, id)?;
        if row.is_gone() {
            return Err(StoreFault::Missing(id));
        }
        self.set_deleted(&row, true)?;
        self.push(id, row.rid, row.kind, Change::Delete { base: row.version });
        Ok(())
    }

    /// Takes the deletion of a record back. One that was deleted elsewhere is shown when the server has
    /// sent it again. Answers whether it was deleted at all.
    pub fn restore(&mut self, id: RecordId) -> Result<bool> {
        let row = record::get(self.db, id)?;
        match () {
            () if row.is_sealed() => return Err(StoreFault::Refused("record.cleared")),
            () if !row.is_gone() => return Ok(false),
            () => {}
        }
        self.set_deleted(&row, false)?;
        self.push(id, row.rid, row.kind, Change::Restore { base: row.version });
        Ok(true)
    }

    /// Gives a command about a record. What it leads to is shown at once, and is the server's to decide.
    ///
    /// # Errors
    /// [`StoreFault::Refused`] where it is clear already that it must not happen; nothing is kept then.
    pub fn command<A: Encode<()>>(&mut self, id: RecordId, command: u16, args: &A) -> Result<()> {
        let row = record::get(self.db, id)?;
        let args = Body::of(args);
        let body = row.body().ok_or(StoreFault::Missing(id))?;
        let body = command::decide(self.db, &row, body, (command, &args), self.origin.now_ms)?;
        self.keep(row.rid, &body)?;
        self.push(id, row.rid, row.kind, Change::Command { command, args });
        Ok(())
    }

    /// Withdraws a refused commit, as [`outbox::withdraw`] does, with the rest of the action.
    pub fn withdraw_refused(&mut self, number: u64) -> Result<Option<Withdrawn>> {
        outbox::withdraw(self.db, number)
    }

    fn set_deleted(&mut self, row: &RecordRow, deleted: bool) -> Result<()> {
        record::set_working(self.db, row.rid, row.working.as_ref(), deleted)?;
        let shown = row.beneath().filter(|_| !deleted);
        projection::project(self.db, row, shown, &mut self.stale)
    }

    fn patch_row(&mut self, row: &RecordRow, body: &Body, patch: records::Patch) -> Result<()> {
        check(row.kind, body)?;
        self.keep(row.rid, body)?;
        self.push(row.id, row.rid, row.kind, Change::Edit { base: row.version, patch });
        Ok(())
    }

    fn keep(&mut self, rid: i64, body: &Body) -> Result<()> {
        record::set_working(self.db, rid, Some(body), false)?;
        let row = record::by_rid(self.db, rid)?;
        projection::project(self.db, &row, Some(body), &mut self.stale)
    }

    fn push(&mut self, record: RecordId, rid: i64, kind: records::Kind, change: Change) {
        let id = (self.origin.new_id)();
        self.ops.push(Op { id, record, kind, at_ms: self.origin.now_ms, change });
        self.touched.push(rid);
    }

    fn finish(self) -> Result<Committed> {
        projection::refresh(self.db, &self.stale)?;
        if self.ops.is_empty() {
            return Ok(Committed { push_seq: None });
        }
        let mut committed = Committed { push_seq: None };
        for (ops, touched) in self.ops.chunks(MOST_OPS).zip(self.touched.chunks(MOST_OPS)) {
            let push_seq = outbox::next_push_seq(self.db)?;
            let commit = Commit { push_seq, ops: ops.to_vec() };
            let hold_until_ms = self.origin.now_ms.saturating_add(self.origin.hold_ms);
            outbox::add(
                self.db,
                &NewCommit { commit: &commit, touched, saved_ms: self.origin.now_ms, hold_until_ms },
            )?;
            // An import larger than one commit is taken back by another import, not by undo.
            committed.push_seq = Some(push_seq).filter(|_| self.ops.len() <= MOST_OPS);
        }
        Ok(committed)
    }
}

/// The body of `value`, with the fields of `old` that this version does not know.
fn keeping_unknown<T: Record>(old: &Body, value: &T) -> Body {
    let known = |number: u32| T::DECLARATION.fields.iter().any(|field| field.number == number);
    let unknown: Vec<(u32, Vec<u8>)> = old
        .fields()
        .into_iter()
        .filter(|(number, _)| !known(*number))
        .map(|(number, bytes)| (number, bytes.to_vec()))
        .collect();
    value.to_body().patched(&records::Patch::of_fields(&unknown))
}

fn check(kind: records::Kind, body: &Body) -> Result<()> {
    match declaration(kind) {
        Some(declaration) => (declaration.check)(body).map_err(StoreFault::Refused),
        None => Ok(()),
    }
}
