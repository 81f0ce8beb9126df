//! Commits the server took, kept for a while: when it goes back to an older backup, or this database
//! is a copy of another one, they are sent again. An op the server knows is not applied twice.

use records::wire::{Change, Commit, Op};
use records::{Incarnation, RecordId};
use rusqlite::{Connection, params};

use crate::outbox::{self, NewCommit, Run};
use crate::{Result, Store, attachment, quarantine};

/// How long a commit is kept after the server took it, ms: longer than the oldest backup that should
/// ever be needed. Counted on the server's clock, since a device's may jump by years.
const KEPT_MS: i64 = 35 * 24 * 3_600_000;

/// Keeps commits that are about to leave the outbox.
pub(crate) fn add(db: &Connection, run: Run, server_ms: i64) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO acknowledged (taken_ms, body)
         SELECT ?3, body FROM outbox WHERE push_seq BETWEEN ?1 AND ?2 ORDER BY push_seq",
    )?
    .execute(params![run.first, run.last, server_ms])?;
    Ok(())
}

/// Keeps a commit that was taken after somebody decided about it.
pub(crate) fn keep(db: &Connection, body: &[u8], server_ms: i64) -> Result<()> {
    db.prepare_cached("INSERT INTO acknowledged (taken_ms, body) VALUES (?1, ?2)")?
        .execute(params![server_ms, body])?;
    Ok(())
}

/// Forgets what has been kept long enough, once device and server agree on what was settled: after a year
/// without a round it is not too late to send again what the server went back behind.
pub fn prune(db: &Connection, server_ms: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM acknowledged WHERE taken_ms < ?1")?
        .execute([server_ms.saturating_sub(KEPT_MS)])?;
    Ok(())
}

impl Store {
    /// Device and server do not speak of the same commits: one of the two databases is a copy or went
    /// back to an older one. Everything the server took lately and everything that waits goes out again,
    /// in order, under a new incarnation.
    pub fn send_all_again(&mut self, incarnation: Incarnation) -> Result<()> {
        self.write(|tx| {
            outbox::take_incarnation(tx, incarnation)?;
            let mut taken = all(tx)?;
            taken.extend(of_bodies(quarantine::take_all(tx)?));
            tx.execute("DELETE FROM acknowledged", [])?;
            outbox::renumber_from(tx, taken.len() as u64 + 1)?;
            for (push_seq, (taken_ms, ops)) in (1u64..).zip(taken) {
                let commit = Commit { push_seq, ops: ops.into_iter().map(unbased).collect() };
                let touched = outbox::touched_again(tx, &commit)?;
                attachment::offer_again(tx, &commit)?;
                outbox::put(
                    tx,
                    &NewCommit { commit: &commit, touched: &touched, saved_ms: taken_ms, hold_until_ms: 0 },
                )?;
                outbox::rebase_all(tx, &touched)?;
            }
            Ok(())
        })
    }
}

fn all(db: &Connection) -> Result<Vec<(i64, Vec<Op>)>> {
    let mut find = db.prepare("SELECT taken_ms, body FROM acknowledged ORDER BY number")?;
    let rows = find.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    Ok(of_bodies(rows.collect::<rusqlite::Result<_>>()?))
}

fn of_bodies(bodies: Vec<(i64, Vec<u8>)>) -> Vec<(i64, Vec<Op>)> {
    let commits = bodies.into_iter().map(|(ms, body)| outbox::decode(&body).map(|commit| (ms, commit.ops)));
    commits.flatten().collect()
}

/// Numbers of the versions it was made on mean nothing to a server that gives them out again: the
/// change counts as made on something unknown, and whatever it meets is kept as a losing edit.
fn unbased(op: Op) -> Op {
    let change = match op.change {
        Change::Edit { patch, .. } => Change::Edit { base: 0, patch },
        Change::Delete { .. } => Change::Delete { base: 0 },
        Change::Restore { .. } => Change::Restore { base: 0 },
        other @ (Change::Create { .. } | Change::Command { .. }) => other,
    };
    Op { change, ..op }
}

/// What else this device deleted in one go with this record, as far as its commits are still here.
pub fn deleted_with(db: &Connection, id: RecordId) -> Result<Vec<RecordId>> {
    let mut commits: Vec<Vec<Op>> = all(db)?.into_iter().map(|(_, ops)| ops).collect();
    commits.extend(outbox::all_waiting(db)?.into_iter().map(|commit| commit.ops));
    let deleted = |op: &Op| matches!(op.change, Change::Delete { .. }).then_some(op.record);
    let together = commits.into_iter().rev().find_map(|ops| {
        let deleted: Vec<RecordId> = ops.iter().filter_map(deleted).collect();
        deleted.contains(&id).then_some(deleted)
    });
    Ok(together.unwrap_or_default().into_iter().filter(|other| *other != id).collect())
}

/// The number of the first commit the server has not answered yet.
pub fn first_unanswered(db: &Connection) -> Result<u64> {
    let mut find = db.prepare_cached("SELECT min(push_seq) FROM outbox")?;
    let first: Option<i64> = find.query_row([], |row| row.get(0))?;
    first.map_or_else(|| outbox::next_push_seq(db), |first| Ok(first.unsigned_abs()))
}

/// The number the next commit gets.
pub fn next_number(db: &Connection) -> Result<u64> {
    outbox::next_push_seq(db)
}
