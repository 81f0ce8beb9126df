//! What became of commits: what the server took is shown as a promise until it tells it, what it refused
//! becomes a card.

use std::collections::BTreeSet;

use records::wire::{Anchor, Change, CommitResult, Op, Outcome};
use records::{Body, RecordId};
use rusqlite::{Connection, params};

use crate::clearing::{self, Left};
use crate::confirm::rebase;
use crate::layer::Layered;
use crate::outbox::{self, Run};
use crate::projection::{self, Stale};
use crate::record::{self, RecordRow};
use crate::{Result, Store, acknowledged, attachment, identity, quarantine};

/// Now, ms since 1970 UTC: on the device's clock and on the server's.
pub type Clocks = (i64, i64);

impl Store {
    /// Settles commits the server has decided on. Unknown numbers were settled before. `at_ms` is now, on
    /// the device's clock and on the server's; `anchor` is the last of them. It is on disk with the next
    /// [`Store::write`]: until then the commits would be sent again, and answered the same.
    pub fn settle(&mut self, results: &[CommitResult], at_ms: Clocks, anchor: Option<&Anchor>) -> Result<()> {
        self.write_soon(|tx| {
            let mut stale = Stale::new();
            for run in results.chunk_by(were_applied_in_a_row) {
                settle_run(tx, run, at_ms, &mut stale)?;
            }
            anchor.map_or(Ok(()), |anchor| identity::set_anchor(tx, anchor))?;
            projection::refresh(tx, &stale)
        })
    }
}

fn were_applied_in_a_row(one: &CommitResult, next: &CommitResult) -> bool {
    let are_applied = [one, next].map(|result| result.outcome == Outcome::Applied);
    are_applied == [true; 2] && one.push_seq.checked_add(1) == Some(next.push_seq)
}

/// Settles one commit, or many that were applied.
fn settle_run(db: &Connection, run: &[CommitResult], at_ms: Clocks, stale: &mut Stale) -> Result<()> {
    match run {
        [first, ..] if first.outcome == Outcome::Applied => {
            let last = run.last().unwrap_or(first);
            settle_applied(db, Run { first: first.push_seq, last: last.push_seq }, at_ms.1, stale)
        }
        others => others.iter().try_for_each(|result| settle_one(db, result, at_ms, stale)),
    }
}

/// The server took these as they are. Where nothing else lies over a record, what it shows is what the
/// server took: that becomes the promise as it stands, and nothing is laid over anything again.
fn settle_applied(db: &Connection, run: Run, server_ms: i64, stale: &mut Stale) -> Result<()> {
    promise_as_shown(db, run)?;
    let others = outbox::left_over(db, run)?;
    for other in &others {
        promise(db, &outbox::ops_of(db, other.rid, other.id, run)?, false)?;
        record::count(db, other.rid, -other.commits, 0)?;
    }
    acknowledged::add(db, run, server_ms)?;
    outbox::drop_run(db, run)?;
    others.iter().try_for_each(|other| rebase(db, other.rid, stale))
}

/// Records of which no commit but these waits, and none was refused.
fn promise_as_shown(db: &Connection, run: Run) -> Result<()> {
    db.prepare_cached(
        "UPDATE record SET promised = working, promised_deleted = deleted, working = NULL, pending = 0
         WHERE rid IN (SELECT record FROM outbox_record WHERE push_seq BETWEEN ?1 AND ?2)
             AND working IS NOT NULL AND refused = 0
             AND pending = (SELECT count(*) FROM outbox_record o
                            WHERE o.record = record.rid AND o.push_seq BETWEEN ?1 AND ?2)",
    )?
    .execute(params![run.first, run.last])?;
    Ok(())
}

fn settle_one(
    db: &Connection,
    result: &CommitResult,
    (now_ms, server_ms): Clocks,
    stale: &mut Stale,
) -> Result<()> {
    let run = Run::one(result.push_seq);
    if matches!(result.outcome, Outcome::Applied | Outcome::Merged) {
        acknowledged::add(db, run, server_ms)?;
    }
    let Some((body, title)) = outbox::take(db, result.push_seq)? else { return Ok(()) };
    let ops = outbox::decode(&body).map_or_else(Vec::new, |commit| commit.ops);
    match &result.outcome {
        Outcome::Refused { code } => match clearing::without_sealed(db, &body)? {
            Left::Same => outbox::refuse(db, (&body, &title), code, now_ms, &touched(db, &ops)?)?,
            Left::Less(body) => {
                let left = outbox::decode(&body).map_or_else(Vec::new, |commit| commit.ops);
                outbox::refuse(db, (&body, &title), code, now_ms, &touched(db, &left)?)?;
            }
            Left::Nothing => {}
        },
        Outcome::Quarantined => {
            touched(db, &ops)?.into_iter().try_for_each(|rid| attachment::owe(db, rid))?;
            quarantine::keep(db, result.push_seq, (&body, &title), now_ms)?;
        }
        taken @ (Outcome::Applied | Outcome::Merged) => promise(db, &ops, *taken == Outcome::Merged)?,
    }
    touched(db, &ops)?.into_iter().try_for_each(|rid| rebase(db, rid, stale))
}

fn touched(db: &Connection, ops: &[Op]) -> Result<Vec<i64>> {
    let ids: BTreeSet<RecordId> = ops.iter().map(|op| op.record).collect();
    let mut rids = Vec::with_capacity(ids.len());
    for id in ids {
        rids.extend(projection::rid_of(db, id)?);
    }
    Ok(rids)
}

/// The server took these ops: until its own word of the record arrives, the record is shown with them.
/// Without this a saved visit would vanish for a moment. Where some field lost against somebody whose
/// word has been heard already, one cannot tell which: there the server's word is awaited.
fn promise(db: &Connection, ops: &[Op], is_merged: bool) -> Result<()> {
    for op in ops {
        let Some(row) = record::find(db, op.record)? else { continue };
        let promised = Layered::settled(&row).with(db, &row, op)?;
        if promised.body.is_some() && is_certain(&row, &op.change, is_merged) {
            set_promised(db, row.rid, &promised)?;
        }
    }
    Ok(())
}

fn is_certain(row: &RecordRow, change: &Change, is_merged: bool) -> bool {
    match change {
        Change::Create { .. } => row.version == 0,
        Change::Edit { base, .. } | Change::Delete { base } | Change::Restore { base } => {
            !is_merged || row.version == *base
        }
        Change::Command { .. } => !is_merged,
    }
}

fn set_promised(db: &Connection, rid: i64, promised: &Layered) -> Result<()> {
    db.prepare_cached("UPDATE record SET promised = ?2, promised_deleted = ?3 WHERE rid = ?1")?
        .execute(params![rid, promised.body.as_ref().map(Body::as_bytes), promised.is_deleted])?;
    Ok(())
}

/// The server has told everything it has: what it took and did not tell made no difference there.
pub fn end_promises(db: &Connection) -> Result<()> {
    let mut find = db.prepare_cached("SELECT rid FROM record WHERE promised IS NOT NULL")?;
    let left: Vec<i64> = find.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let nothing = Layered { body: None, is_deleted: false };
    for rid in &left {
        // It may still come, and nothing names its photos until then.
        attachment::owe(db, *rid)?;
        set_promised(db, *rid, &nothing)?;
    }
    outbox::rebase_all(db, &left)
}
