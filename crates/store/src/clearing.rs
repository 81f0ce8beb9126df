//! What was cleared elsewhere goes from this device too: besides the record what was kept of it in commits, in the index
//! of words and in the bytes of the files.

use std::collections::BTreeSet;

use records::RecordId;
use records::wire::{Commit, RecordChange};
use rusqlite::{Connection, params};

use crate::projection::Stale;
use crate::{Result, Store, confirm, identity, outbox, record, search};

/// Set while words of what is gone may still stand in the index and in the log of the database.
const OWED: &str = "owes_clearing";

/// Whether bytes that go in this slice are to be overwritten.
pub(crate) fn is_needed(changes: &[RecordChange]) -> bool {
    changes.iter().any(|change| change.cleared > 0)
}

/// Takes what was kept of these records out of commits that the server took, refused, or keeps for somebody to decide.
/// What waits to be sent goes when it is refused. Refused changes of other records in the same commit stay.
pub(crate) fn forget_kept(db: &Connection, cleared: &BTreeSet<RecordId>, stale: &mut Stale) -> Result<()> {
    if cleared.is_empty() {
        return Ok(());
    }
    identity::set(db, OWED, &[1])?;
    for table in ["acknowledged", "refused", "quarantined"] {
        let mut find = db.prepare(&format!("SELECT number, body FROM {table} ORDER BY number"))?;
        let kept = find.query_map([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        let kept: Vec<(u64, Vec<u8>)> = kept.collect::<rusqlite::Result<_>>()?;
        for (number, body) in kept {
            match without(&body, cleared) {
                Left::Same => {}
                Left::Less(body) => {
                    let sql = format!("UPDATE {table} SET body = ?2 WHERE number = ?1");
                    db.prepare_cached(&sql)?.execute(params![number, body])?;
                }
                Left::Nothing if table == "refused" => {
                    for rid in outbox::drop_refused(db, number)?.1 {
                        confirm::rebase(db, rid, stale)?;
                    }
                }
                Left::Nothing => {
                    let sql = format!("DELETE FROM {table} WHERE number = ?1");
                    db.prepare_cached(&sql)?.execute([number])?;
                }
            }
        }
    }
    Ok(())
}

/// What is left of a commit.
pub(crate) enum Left {
    /// All of it: it had nothing to do with them, or cannot be read.
    Same,
    /// Its other changes.
    Less(Vec<u8>),
    /// Nothing.
    Nothing,
}

/// A refused commit without its changes of what is gone by a decision.
pub(crate) fn without_sealed(db: &Connection, body: &[u8]) -> Result<Left> {
    let Some(commit) = outbox::decode(body) else { return Ok(Left::Same) };
    let mut sealed = BTreeSet::new();
    for op in &commit.ops {
        let row = record::find(db, op.record)?;
        sealed.extend(row.filter(|row| row.is_sealed()).map(|row| row.id));
    }
    Ok(without(body, &sealed))
}

fn without(body: &[u8], cleared: &BTreeSet<RecordId>) -> Left {
    let Some(commit) = outbox::decode(body) else { return Left::Same };
    let all = commit.ops.len();
    let ops: Vec<_> = commit.ops.into_iter().filter(|op| !cleared.contains(&op.record)).collect();
    match ops.len() {
        left if left == all => Left::Same,
        0 => Left::Nothing,
        _ => Left::Less(outbox::encode(&Commit { push_seq: commit.push_seq, ops })),
    }
}

impl Store {
    /// Overwrites what the index of words and the log still say of what was cleared. Answers whether there was anything
    /// to do: it ends a round, after lists were brought up to date.
    pub fn wipe_cleared(&mut self) -> Result<bool> {
        if self.read(|db| identity::get(db, OWED))?.is_none() {
            return Ok(false);
        }
        self.overwriting(|store| {
            store.write(|tx| {
                search::close_gaps(tx)?;
                tx.execute("DELETE FROM meta WHERE name = ?1", [OWED])?;
                Ok(())
            })
        })?;
        self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(true)
    }

    /// Overwrites the bytes of whatever goes meanwhile.
    pub(crate) fn overwriting<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.db.pragma_update(None, "secure_delete", true)?;
        let done = act(self);
        self.db.pragma_update(None, "secure_delete", "FAST")?;
        done
    }
}
