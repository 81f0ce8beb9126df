//! What waits to be sent, what was refused, and taking back what was not sent yet.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::Decoder;
use records::wire::{Change, Commit, Op};
use records::{Incarnation, Kind, RecordId};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::projection::{self, Stale};
use crate::{Result, Store, StoreFault, confirm, identity, record};

/// A commit that waits.
#[derive(Debug, Clone)]
pub struct WaitingCommit {
    /// Its number.
    pub push_seq: u64,
    /// The encoded commit.
    pub body: Vec<u8>,
    /// Type and id of its first record.
    pub first: Option<(Kind, RecordId)>,
    /// When it was saved.
    pub saved_ms: i64,
    /// Whether it is on its way to the server.
    pub is_sent: bool,
}

/// A commit the server refused.
#[derive(Debug, Clone)]
pub struct RefusedRow {
    /// Number of the card.
    pub number: u64,
    /// The commit.
    pub commit: Option<Commit>,
    /// Type and id of its first record.
    pub first: Option<(Kind, RecordId)>,
    /// Why.
    pub code: String,
    /// When.
    pub refused_ms: i64,
}

/// A refused commit that the person withdrew, to bring it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    body: Vec<u8>,
    title: String,
    code: String,
    refused_ms: i64,
}

impl Withdrawn {
    /// What it was; `None` when this version cannot read it.
    pub fn commit(&self) -> Option<Commit> {
        decode(&self.body)
    }
}

pub(crate) struct NewCommit<'a> {
    pub commit: &'a Commit,
    pub touched: &'a [i64],
    pub saved_ms: i64,
    pub hold_until_ms: i64,
}

/// Commits in a row, by number, both included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub first: u64,
    pub last: u64,
}

impl Run {
    /// Every commit that waits.
    pub const ALL: Self = Self { first: 0, last: i64::MAX.unsigned_abs() };

    /// A single one.
    pub fn one(push_seq: u64) -> Self {
        Self { first: push_seq, last: push_seq }
    }
}

/// A record that some commits of a run touch.
pub(crate) struct Touched {
    pub rid: i64,
    pub id: RecordId,
    /// How many of the run.
    pub commits: i32,
}

const NEXT: &str = "next_push_seq";
/// The number of a commit's ops among its fields.
const OPS: u32 = 1;
/// Nothing can be undone for longer, ms.
const LONGEST_HOLD_MS: i64 = 60_000;

/// The number the next commit gets. Numbers are contiguous, also across restarts.
pub(crate) fn next_push_seq(db: &Connection) -> Result<u64> {
    let kept = identity::get(db, NEXT)?.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
    Ok(kept.unwrap_or(1))
}

fn set_next_push_seq(db: &Connection, next: u64) -> Result<()> {
    identity::set(db, NEXT, &next.to_be_bytes())
}

pub(crate) fn add(db: &Connection, new: &NewCommit<'_>) -> Result<()> {
    put(db, new)?;
    set_next_push_seq(db, new.commit.push_seq + 1)
}

/// Puts a commit where its number says.
pub(crate) fn put(db: &Connection, new: &NewCommit<'_>) -> Result<()> {
    let NewCommit { commit, touched, saved_ms, hold_until_ms } = *new;
    let mut insert = db.prepare_cached(
        "INSERT INTO outbox (push_seq, body, title, saved_ms, hold_until_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    insert.execute(params![commit.push_seq, encode(commit), title(commit), saved_ms, hold_until_ms])?;
    link(db, commit.push_seq, touched)
}

fn link(db: &Connection, push_seq: u64, touched: &[i64]) -> Result<()> {
    let mut statement =
        db.prepare_cached("INSERT OR IGNORE INTO outbox_record (record, push_seq) VALUES (?1, ?2)")?;
    for rid in touched {
        if statement.execute(params![rid, push_seq])? == 1 {
            record::count(db, *rid, 1, 0)?;
        }
    }
    Ok(())
}

#[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
pub(crate) fn encode(commit: &Commit) -> Vec<u8> {
    minicbor::to_vec(commit).unwrap()
}

pub(crate) fn decode(bytes: &[u8]) -> Option<Commit> {
    minicbor::decode(bytes).ok()
}

/// How many ops a commit has, without reading them; 1 for what cannot be read.
fn op_count(body: &[u8]) -> usize {
    let count = || {
        let mut commit = Decoder::new(body);
        for _ in 0..commit.map().ok()?? {
            match commit.u32().ok()? {
                OPS => return commit.array().ok()?,
                _ => commit.skip().ok()?,
            }
        }
        None
    };
    count().map_or(1, |ops| usize::try_from(ops).unwrap_or(usize::MAX))
}

fn title(commit: &Commit) -> String {
    commit.ops.first().map_or_else(String::new, |op| format!("{}/{}", op.kind.0, op.record))
}

pub(crate) fn first_of(title: &str) -> Option<(Kind, RecordId)> {
    let (kind, id) = title.split_once('/')?;
    Some((Kind(kind.parse().ok()?), id.parse().ok()?))
}

/// Commits to send now, oldest first, within these limits. Stops at the first that is still held,
/// since numbers must arrive without gaps; at least one commit, however large.
pub fn batch(db: &Connection, now_ms: i64, max_ops: usize, max_bytes: usize) -> Result<Vec<WaitingCommit>> {
    batch_after(db, 0, now_ms, max_ops, max_bytes)
}

/// What tells a waiting commit from every other one of this database, without its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// Its number. One that was taken back keeps it, with nothing in it.
    pub push_seq: u64,
    /// When it was saved, ms since 1970 UTC.
    pub saved_ms: i64,
    /// Bytes of its body.
    pub bytes: u64,
}

/// Everything that waits, by number, without reading it.
pub fn outlines(db: &Connection) -> Result<Vec<Outline>> {
    let mut list =
        db.prepare_cached("SELECT push_seq, saved_ms, length(body) FROM outbox ORDER BY push_seq")?;
    let rows = list.query_map([], |row| {
        Ok(Outline { push_seq: row.get(0)?, saved_ms: row.get(1)?, bytes: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The encoded commit of this number, if it waits.
pub fn body(db: &Connection, push_seq: u64) -> Result<Option<Vec<u8>>> {
    let mut find = db.prepare_cached("SELECT body FROM outbox WHERE push_seq = ?1")?;
    Ok(find.query_row([push_seq], |row| row.get(0)).optional()?)
}

/// The same of the commits after a number.
pub fn batch_after(
    db: &Connection,
    push_seq: u64,
    now_ms: i64,
    max_ops: usize,
    max_bytes: usize,
) -> Result<Vec<WaitingCommit>> {
    let mut statement = db.prepare_cached(
        "SELECT push_seq, body, title, saved_ms, sent, hold_until_ms FROM outbox
         WHERE push_seq > ?1 ORDER BY push_seq",
    )?;
    let mut rows = statement.query([push_seq])?;
    let (mut chosen, mut ops, mut bytes) = (Vec::new(), 0, 0);
    while let Some(row) = rows.next()? {
        let held_until: i64 = row.get(5)?;
        let commit = waiting(row)?;
        ops += op_count(&commit.body);
        bytes += commit.body.len();
        let is_full = !chosen.is_empty() && (ops > max_ops || bytes > max_bytes);
        if is_held(held_until, now_ms) || is_full {
            break;
        }
        chosen.push(commit);
    }
    Ok(chosen)
}

/// Nothing is held back any more: what leaves this device in a file cannot be undone on it.
pub fn release_all(tx: &Transaction<'_>) -> Result<()> {
    tx.execute("UPDATE outbox SET hold_until_ms = 0 WHERE hold_until_ms <> 0", [])?;
    Ok(())
}

/// A hold longer than any that is given was set by a clock that has been put right since.
fn is_held(until_ms: i64, now_ms: i64) -> bool {
    (1..=LONGEST_HOLD_MS).contains(&until_ms.saturating_sub(now_ms))
}

/// Every commit that waits, oldest first.
pub(crate) fn all_waiting(db: &Connection) -> Result<Vec<Commit>> {
    let mut find = db.prepare_cached("SELECT body FROM outbox ORDER BY push_seq")?;
    let bodies = find.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    let bodies: Vec<Vec<u8>> = bodies.collect::<rusqlite::Result<_>>()?;
    Ok(bodies.iter().filter_map(|body| decode(body)).collect())
}

/// The oldest commits that wait, for the sync page.
pub fn oldest(db: &Connection, limit: u32) -> Result<Vec<WaitingCommit>> {
    let mut statement = db.prepare_cached(
        "SELECT push_seq, body, title, saved_ms, sent FROM outbox WHERE title <> '' ORDER BY push_seq LIMIT ?1",
    )?;
    let rows = statement.query_map([limit], waiting)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<WaitingCommit> {
    let title: String = row.get(2)?;
    Ok(WaitingCommit {
        push_seq: row.get::<_, i64>(0)?.unsigned_abs(),
        body: row.get(1)?,
        first: first_of(&title),
        saved_ms: row.get(3)?,
        is_sent: row.get(4)?,
    })
}

/// How many commits wait; those emptied by an undo do not count.
pub fn waiting_count(db: &Connection) -> Result<u32> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM outbox WHERE title <> ''")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// How many commits wait after this number.
pub fn waiting_after(db: &Connection, push_seq: u64) -> Result<u32> {
    let mut statement =
        db.prepare_cached("SELECT count(*) FROM outbox WHERE title <> '' AND push_seq > ?1")?;
    Ok(statement.query_row([push_seq], |row| row.get(0))?)
}

/// When the next held commit may be sent; `None` when nothing is held.
pub fn next_release_ms(db: &Connection, now_ms: i64) -> Result<Option<i64>> {
    let mut statement =
        db.prepare_cached("SELECT min(hold_until_ms) FROM outbox WHERE hold_until_ms > ?1")?;
    Ok(statement.query_row([now_ms], |row| row.get(0))?)
}

/// Keeps a refused commit, given as body and title, until the person settles it.
pub(crate) fn refuse(
    db: &Connection,
    (body, title): (&[u8], &str),
    code: &str,
    now_ms: i64,
    touched: &[i64],
) -> Result<()> {
    db.prepare_cached("INSERT INTO refused (body, title, code, refused_ms) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![body, title, code, now_ms])?;
    let number = db.last_insert_rowid();
    let mut link = db.prepare_cached("INSERT INTO refused_record (record, number) VALUES (?1, ?2)")?;
    for rid in touched {
        link.execute([*rid, number])?;
        record::count(db, *rid, 0, 1)?;
    }
    Ok(())
}

/// Ops of the refused commit that should have made this record; empty when there is none.
pub(crate) fn refused_creation(db: &Connection, rid: i64, id: RecordId) -> Result<Vec<Op>> {
    let mut statement = db.prepare_cached(
        "SELECT f.body FROM refused_record r JOIN refused f USING (number)
         WHERE r.record = ?1 ORDER BY number DESC",
    )?;
    let mut rows = statement.query([rid])?;
    while let Some(row) = rows.next()? {
        let commit = decode(&row.get::<_, Vec<u8>>(0)?).filter(|commit| creates(commit, id));
        if let Some(commit) = commit {
            return Ok(commit.ops.into_iter().filter(|op| op.record == id).collect());
        }
    }
    Ok(Vec::new())
}

/// Refused commits, newest first.
pub fn refused(db: &Connection) -> Result<Vec<RefusedRow>> {
    let mut statement = db.prepare_cached(
        "SELECT number, body, title, code, refused_ms FROM refused ORDER BY number DESC LIMIT 100",
    )?;
    let rows = statement.query_map([], |row| {
        let (body, title): (Vec<u8>, String) = (row.get(1)?, row.get(2)?);
        Ok(RefusedRow {
            number: row.get::<_, i64>(0)?.unsigned_abs(),
            commit: decode(&body),
            first: first_of(&title),
            code: row.get(3)?,
            refused_ms: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many refused commits wait for the person.
pub fn refused_count(db: &Connection) -> Result<u32> {
    Ok(db.prepare_cached("SELECT count(*) FROM refused")?.query_row([], |row| row.get(0))?)
}

/// Ops on a record of those commits of a run that touch it, oldest first.
pub(crate) fn ops_of(db: &Connection, rid: i64, id: RecordId, run: Run) -> Result<Vec<Op>> {
    let mut statement = db.prepare_cached(
        "SELECT o.body FROM outbox_record r JOIN outbox o USING (push_seq)
         WHERE r.record = ?1 AND r.push_seq BETWEEN ?2 AND ?3 ORDER BY push_seq",
    )?;
    let bodies = statement.query_map(params![rid, run.first, run.last], |row| row.get::<_, Vec<u8>>(0))?;
    let bodies: Vec<Vec<u8>> = bodies.collect::<rusqlite::Result<_>>()?;
    let commits = bodies.iter().filter_map(|body| decode(body));
    Ok(commits.flat_map(|commit| commit.ops).filter(|op| op.record == id).collect())
}

/// The records of a run whose commits still count as waiting there.
pub(crate) fn left_over(db: &Connection, run: Run) -> Result<Vec<Touched>> {
    let mut find = db.prepare_cached(
        "SELECT r.rid, r.id, count(*) FROM outbox_record o JOIN record r ON r.rid = o.record
         WHERE o.push_seq BETWEEN ?1 AND ?2 AND r.pending > 0 GROUP BY r.rid",
    )?;
    let rows = find.query_map(params![run.first, run.last], |row| {
        Ok(Touched { rid: row.get(0)?, id: RecordId::from_bytes(row.get(1)?), commits: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Takes a run out of the outbox. What its records count as waiting is the caller's to set.
pub(crate) fn drop_run(db: &Connection, run: Run) -> Result<()> {
    for sql in [
        "DELETE FROM outbox WHERE push_seq BETWEEN ?1 AND ?2",
        "DELETE FROM outbox_record WHERE push_seq BETWEEN ?1 AND ?2",
    ] {
        db.prepare_cached(sql)?.execute(params![run.first, run.last])?;
    }
    Ok(())
}

/// Takes a commit out of the outbox and answers what it was; `None` when it is not there.
pub(crate) fn take(db: &Connection, push_seq: u64) -> Result<Option<(Vec<u8>, String)>> {
    let mut find = db.prepare_cached("SELECT body, title FROM outbox WHERE push_seq = ?1")?;
    let found = find.query_row([push_seq], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if found.is_some() {
        db.prepare_cached("DELETE FROM outbox WHERE push_seq = ?1")?.execute([push_seq])?;
        unlink(db, push_seq)?;
    }
    Ok(found)
}

fn unlink(db: &Connection, push_seq: u64) -> Result<()> {
    db.prepare_cached(
        "UPDATE record SET pending = max(0, pending - 1)
         WHERE rid IN (SELECT record FROM outbox_record WHERE push_seq = ?1)",
    )?
    .execute([push_seq])?;
    db.prepare_cached("DELETE FROM outbox_record WHERE push_seq = ?1")?.execute([push_seq])?;
    Ok(())
}

impl Store {
    /// Marks commits as on their way, or as here only. It need not be on disk: after a power cut they wait
    /// and go out as before.
    pub fn mark_sent(&mut self, up_to: u64, sent: bool) -> Result<()> {
        let sql = match sent {
            true => "UPDATE outbox SET sent = 1 WHERE push_seq <= ?1 AND sent = 0",
            // It may have arrived all the same: whatever the clock says later, it cannot be undone.
            false => "UPDATE outbox SET sent = 0, hold_until_ms = 0 WHERE push_seq <= ?1 AND sent = 1",
        };
        self.write_soon(|tx| {
            tx.prepare_cached(sql)?.execute([up_to])?;
            Ok(())
        })
    }

    /// Withdraws a refused commit in a transaction of its own, as [`withdraw`] does.
    pub fn withdraw_refused(&mut self, number: u64) -> Result<Option<Withdrawn>> {
        self.write(|tx| withdraw(tx, number))
    }

    /// Keeps a withdrawn commit again, under a new number.
    pub fn bring_back_refused(&mut self, withdrawn: &Withdrawn) -> Result<()> {
        let Withdrawn { body, title, code, refused_ms } = withdrawn;
        self.write(|tx| {
            let touched = withdrawn.commit().map_or(Ok(vec![]), |commit| touched_again(tx, &commit))?;
            refuse(tx, (body, title), code, *refused_ms, &touched)?;
            rebase_all(tx, &touched)
        })
    }

    /// Sends a refused commit once more, under a new number.
    ///
    /// # Errors
    /// [`StoreFault::Refused`] for one that this version cannot read: it stays as it is.
    pub fn retry_refused(&mut self, number: u64, now_ms: i64) -> Result<()> {
        self.send_refused(number, now_ms, |_, ops| Ok(ops))
    }

    /// Sends a refused commit once more, after taking back the deletion of the records it edits. Their
    /// ops need fresh ids.
    pub fn restore_refused(
        &mut self,
        number: u64,
        now_ms: i64,
        new_id: &mut dyn FnMut() -> RecordId,
    ) -> Result<()> {
        self.send_refused(number, now_ms, |db, ops| {
            let edits = ops.iter().filter(|op| matches!(op.change, Change::Edit { .. }));
            let edited: BTreeMap<RecordId, Kind> = edits.map(|op| (op.record, op.kind)).collect();
            let mut all = Vec::with_capacity(edited.len() + ops.len());
            for (record, kind) in edited {
                let base = record::get(db, record)?.version;
                let change = Change::Restore { base };
                all.push(Op { id: new_id(), record, kind, at_ms: now_ms, change });
            }
            all.extend(ops);
            Ok(all)
        })
    }

    fn send_refused(
        &mut self,
        number: u64,
        now_ms: i64,
        prepare: impl FnOnce(&Connection, Vec<Op>) -> Result<Vec<Op>>,
    ) -> Result<()> {
        self.write(|tx| {
            let (Some(body), touched) = drop_refused(tx, number)? else { return Ok(()) };
            let commit = decode(&body).ok_or(StoreFault::Refused("commit.malformed"))?;
            let commit = Commit { push_seq: next_push_seq(tx)?, ops: prepare(tx, commit.ops)? };
            add(
                tx,
                &NewCommit { commit: &commit, touched: &touched, saved_ms: now_ms, hold_until_ms: now_ms },
            )?;
            rebase_all(tx, &touched)
        })
    }
}

/// Withdraws a refused commit: what it changed is as the server has it. `None` when there is none.
pub fn withdraw(db: &Connection, number: u64) -> Result<Option<Withdrawn>> {
    let mut find =
        db.prepare_cached("SELECT body, title, code, refused_ms FROM refused WHERE number = ?1")?;
    let found = find.query_row([number], |row| {
        let (body, title) = (row.get(0)?, row.get(1)?);
        Ok(Withdrawn { body, title, code: row.get(2)?, refused_ms: row.get(3)? })
    });
    let withdrawn = found.optional()?;
    let (_, touched) = drop_refused(db, number)?;
    rebase_all(db, &touched)?;
    Ok(withdrawn)
}

/// The records of a commit; one it makes and that is not here any more is made again.
pub(crate) fn touched_again(db: &Connection, commit: &Commit) -> Result<Vec<i64>> {
    let mut touched = BTreeSet::new();
    for op in &commit.ops {
        let known = projection::rid_of(db, op.record)?;
        touched.extend(match (&op.change, known) {
            (Change::Create { scope, .. }, None) => {
                Some(record::insert(db, op.record, op.kind, record::scope_rid(db, scope)?)?)
            }
            (_, known) => known,
        });
    }
    Ok(touched.into_iter().collect())
}

pub(crate) fn take_incarnation(db: &Connection, incarnation: Incarnation) -> Result<()> {
    let Some(mut identity) = identity::identity(db)? else { return Ok(()) };
    identity.incarnation = incarnation;
    identity::drop_anchor(db)?;
    identity::set_identity(db, &identity)
}

/// Takes back a commit that was not sent yet, and answers what it was. Its number stays in use with
/// nothing in it, so that numbers arrive without gaps.
///
/// # Errors
/// [`StoreFault::UndoTooLate`] once it may have been sent.
pub fn undo(tx: &Transaction<'_>, push_seq: u64, now_ms: i64) -> Result<Commit> {
    let commit = held_commit(tx, push_seq, now_ms)?;
    let touched = touched_by(tx, push_seq)?;
    unlink(tx, push_seq)?;
    let empty = Commit { push_seq, ops: Vec::new() };
    tx.prepare_cached("UPDATE outbox SET body = ?2, title = '', hold_until_ms = 0 WHERE push_seq = ?1")?
        .execute(params![push_seq, encode(&empty)])?;
    rebase_all(tx, &touched)?;
    Ok(commit)
}

fn held_commit(db: &Connection, push_seq: u64, now_ms: i64) -> Result<Commit> {
    let mut find = db.prepare_cached(
        "SELECT body FROM outbox WHERE push_seq = ?1 AND sent = 0 AND title <> '' AND hold_until_ms > ?2",
    )?;
    let body: Option<Vec<u8>> = find.query_row(params![push_seq, now_ms], |row| row.get(0)).optional()?;
    body.and_then(|body| decode(&body)).ok_or(StoreFault::UndoTooLate)
}

fn touched_by(db: &Connection, push_seq: u64) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached("SELECT record FROM outbox_record WHERE push_seq = ?1")?;
    let rows = statement.query_map([push_seq], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets a refused commit and answers its body with the records it touches.
pub(crate) fn drop_refused(db: &Connection, number: u64) -> Result<(Option<Vec<u8>>, Vec<i64>)> {
    let mut find = db.prepare_cached("SELECT body FROM refused WHERE number = ?1")?;
    let body: Option<Vec<u8>> = find.query_row([number], |row| row.get(0)).optional()?;
    db.prepare_cached("DELETE FROM refused WHERE number = ?1")?.execute([number])?;
    let mut linked = db.prepare_cached("SELECT record FROM refused_record WHERE number = ?1")?;
    let touched: Vec<i64> = linked.query_map([number], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    db.prepare_cached("DELETE FROM refused_record WHERE number = ?1")?.execute([number])?;
    for rid in &touched {
        record::count(db, *rid, 0, -1)?;
    }
    Ok((body, touched))
}

pub(crate) fn rebase_all(db: &Connection, rids: &[i64]) -> Result<()> {
    let mut stale = Stale::new();
    rids.iter().try_for_each(|rid| confirm::rebase(db, *rid, &mut stale))?;
    projection::refresh(db, &stale)
}

/// Gives every waiting commit a new number, in order.
pub(crate) fn renumber_from(db: &Connection, first: u64) -> Result<()> {
    let mut statement = db.prepare("SELECT push_seq, body FROM outbox ORDER BY push_seq")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let waiting: Vec<(i64, Vec<u8>)> = rows.collect::<rusqlite::Result<_>>()?;
    // Out of the way first: a new number may be another commit's old one.
    db.execute("UPDATE outbox SET push_seq = -push_seq", [])?;
    db.execute("UPDATE outbox_record SET push_seq = -push_seq", [])?;
    for (new, (old, body)) in (first..).zip(&waiting) {
        let commit = decode(body).map(|commit| Commit { push_seq: new, ops: commit.ops });
        let body = commit.as_ref().map_or_else(|| body.clone(), encode);
        db.execute(
            "UPDATE outbox SET push_seq = ?2, body = ?3, sent = 0 WHERE push_seq = ?1",
            params![-old, new, body],
        )?;
        db.execute("UPDATE outbox_record SET push_seq = ?2 WHERE push_seq = ?1", params![-old, new])?;
    }
    set_next_push_seq(db, first + waiting.len() as u64)
}

/// Whether a commit makes this record.
fn creates(commit: &Commit, id: RecordId) -> bool {
    commit.ops.iter().any(|op| op.record == id && matches!(op.change, Change::Create { .. }))
}
