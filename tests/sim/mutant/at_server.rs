//! What mutants do at the server, around what it really does.

use records::codes::MatterState;
use records::losing_edit::LosingEdit;
use records::matter::Progress;
use records::matter_step::MatterStep;
use records::wire::{Change, Commit, CommitResult, Outcome, Revoked, Ruling, ScopeChanges, SyncRequest};
use records::{AreaPath, Body, Patch, Record, RecordId, Scope};
use rusqlite::Connection;
use server::database::sql::Sql;
use server::database::{self, incarnation, record};
use server::fault::ServerFault;
use server::moves;
use server::push::Pushed;
use server::round::{self, Asked};
use server::values;
use sync::frame;

use super::Mutant;

/// A scope that nobody of the mutant's victims may hold.
const FOREIGN: &str = "230881/001/003/08#work";
/// The field of a matter that commands alone write.
const PROGRESS: u32 = 13;
const YEAR_MS: i64 = 365 * 24 * 3_600_000;
/// How often something happens that would be too plain at once.
const SELDOM: u64 = 7;

impl Mutant {
    /// Settles the commits of a request in this way.
    pub fn settle(self, tx: &dyn Sql, asked: &Asked, now_ms: i64) -> Result<Pushed, ServerFault> {
        match self {
            Self::AppliedAgain => {
                let life = asked.request.incarnation;
                let settled = incarnation::progress(tx, life)?.map_or(0, |progress| progress.settled);
                let fresh = commits(asked).into_iter().filter(|commit| commit.push_seq > settled);
                for op in fresh.flat_map(|commit| commit.ops) {
                    tx.execute("DELETE FROM op WHERE id = ?1", values![op.id.as_bytes()])?;
                }
                round::settle(tx, asked, now_ms)
            }
            Self::OffsetIgnored => round::settle(tx, &with_clock(asked, now_ms), now_ms),
            Self::BeyondReceipt => {
                let ahead = with_clock(asked, asked.request.clock_ms.saturating_add(YEAR_MS));
                round::settle(tx, &ahead, now_ms.saturating_add(YEAR_MS))
            }
            Self::LosingEditDropped => {
                let pushed = round::settle(tx, asked, now_ms)?;
                tx.execute("DELETE FROM record WHERE kind = ?1", values![LosingEdit::DECLARATION.kind.0])?;
                Ok(pushed)
            }
            Self::LastHeardWins => {
                let pushed = round::settle(tx, asked, now_ms)?;
                commits(asked).iter().try_for_each(|commit| lay_over(tx, commit))?;
                Ok(pushed)
            }
            Self::LateEditRevives => {
                let pushed = round::settle(tx, asked, now_ms)?;
                let edits = commits(asked).into_iter().flat_map(|commit| commit.ops);
                for op in edits.filter(|op| matches!(op.change, Change::Edit { .. })) {
                    let sql = "UPDATE record SET is_deleted = 0 WHERE id = ?1";
                    tx.execute(sql, values![op.record.as_bytes()])?;
                }
                Ok(pushed)
            }
            Self::LateWorkRefused => {
                tx.execute("DELETE FROM former_grant", vec![])?;
                round::settle(tx, asked, now_ms)
            }
            Self::StepDropped => {
                let pushed = round::settle(tx, asked, now_ms)?;
                tx.execute("DELETE FROM record WHERE kind = ?1", values![MatterStep::DECLARATION.kind.0])?;
                Ok(pushed)
            }
            Self::CommandUndecided => {
                let pushed = round::settle(tx, asked, now_ms)?;
                commits(asked).iter().try_for_each(|commit| obey(tx, commit))?;
                Ok(pushed)
            }
            Self::NumberReused if now_ms.unsigned_abs().is_multiple_of(SELDOM) => {
                tx.execute("UPDATE scope SET seq = seq - 1 WHERE seq > 20", vec![])?;
                round::settle(tx, asked, now_ms)
            }
            _ => round::settle(tx, asked, now_ms),
        }
    }

    /// Moves a record in this way.
    pub fn relocate(
        self,
        tx: &dyn Sql,
        root: RecordId,
        to: &AreaPath,
        now_ms: i64,
    ) -> Result<usize, ServerFault> {
        let digests = tx.all("SELECT name, digest FROM scope", vec![], |row| {
            Ok((row.get::<String>(0)?, row.get::<i64>(1)?))
        })?;
        let moved = moves::relocate(tx, root, to, now_ms)?;
        if self == Self::DepartureForgotten {
            tx.execute("DELETE FROM departure", vec![])?;
        }
        for (name, digest) in digests.iter().filter(|_| self == Self::DigestNotMoved) {
            tx.execute("UPDATE scope SET digest = ?2 WHERE name = ?1", values![name, *digest])?;
        }
        Ok(moved)
    }

    /// Says something wrong about what may be held.
    pub fn misrule(self, request: &SyncRequest, is_confused: bool, ruling: &mut Option<Ruling>) {
        match self {
            Self::RevocationUntold => ruling.iter_mut().for_each(|ruling| ruling.revoked.clear()),
            Self::ConfusionRevokes if is_confused => {
                let held = request.cursors.iter().map(|cursor| cursor.scope.clone());
                let revoked = held.map(|scope| Revoked { scope, at_ms: request.clock_ms }).collect();
                *ruling = Some(Ruling { revoked, ..Ruling::default() });
            }
            _ => {}
        }
    }

    /// Does something to an answer, or to the database behind it.
    pub fn spoil(
        self,
        connection: &mut Connection,
        asked: &Asked,
        pages: &mut Vec<ScopeChanges>,
    ) -> Result<(), ServerFault> {
        match self {
            Self::SkippedPage => pages.iter_mut().filter(|page| !page.more).for_each(skip),
            Self::FirstOfPageSkipped => {
                pages.iter_mut().filter(|page| page.changes.len() > 1).for_each(skip_first)
            }
            Self::ScopeLeak => leak(connection, asked, pages)?,
            Self::StillTold => pages.iter_mut().try_for_each(|page| tell_still(connection, page))?,
            Self::ResultsForgotten => {
                let forget = ["DELETE FROM op", "DELETE FROM result", "DELETE FROM incarnation"];
                database::write(connection, |tx| {
                    forget.iter().try_for_each(|sql| Ok(tx.execute(sql, vec![]).map(drop)?))
                })?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a server says that believes to have taken everything.
pub fn as_if_taken(asked: &Asked) -> Pushed {
    let results = commits(asked).into_iter();
    let results: Vec<CommitResult> =
        results.map(|commit| CommitResult { push_seq: commit.push_seq, outcome: Outcome::Applied }).collect();
    let settled = results.last().map_or(0, |result| result.push_seq);
    Pushed { settled, results, ..Pushed::default() }
}

fn commits(asked: &Asked) -> Vec<Commit> {
    asked.request.commits.iter().filter_map(|bytes| frame::read(bytes).ok()).collect()
}

fn with_clock(asked: &Asked, clock_ms: i64) -> Asked {
    let mut request = asked.request.clone();
    request.clock_ms = clock_ms;
    Asked { token: asked.token.clone(), request }
}

/// Ends a matter, whoever commands what.
fn obey(tx: &dyn Sql, commit: &Commit) -> Result<(), ServerFault> {
    let progress = Progress { state: MatterState::Void, note: None, at_ms: 0, duplicate_of: None };
    let value = Body::of(&progress).as_bytes().to_vec();
    for op in commit.ops.iter().filter(|op| matches!(op.change, Change::Command { .. })) {
        let found = record::lock(tx, &[op.record].into(), &[].into())?.records;
        let Some(found) = found.first() else { continue };
        let body = found.record.body.patched(&Patch::of_fields(&[(PROGRESS, value.clone())]));
        tx.execute(
            "UPDATE record SET body = ?2 WHERE id = ?1",
            values![op.record.as_bytes(), body.as_bytes()],
        )?;
    }
    Ok(())
}

fn lay_over(tx: &dyn Sql, commit: &Commit) -> Result<(), ServerFault> {
    for op in &commit.ops {
        let Change::Edit { patch, .. } = &op.change else { continue };
        let found = record::lock(tx, &[op.record].into(), &[].into())?.records;
        let Some(found) = found.first() else { continue };
        let body = found.record.body.patched(&Patch::clone(patch));
        let sql = "UPDATE record SET body = ?2 WHERE id = ?1";
        tx.execute(sql, values![op.record.as_bytes(), body.as_bytes()])?;
    }
    Ok(())
}

fn skip(page: &mut ScopeChanges) {
    page.changes.clear();
    page.digest = None;
}

fn skip_first(page: &mut ScopeChanges) {
    page.changes.remove(0);
    page.digest = None;
}

/// What left is told as if it were still there.
fn tell_still(connection: &Connection, page: &mut ScopeChanges) -> Result<(), ServerFault> {
    for change in page.changes.iter_mut().filter(|change| change.has_left) {
        let found = record::lock(connection, &[change.id].into(), &[].into())?.records;
        change.body = found.into_iter().next().map(|found| found.record.body);
        (change.has_left, page.digest) = (false, None);
    }
    Ok(())
}

/// Once, so that everything else goes its usual way.
fn leak(connection: &Connection, asked: &Asked, pages: &mut Vec<ScopeChanges>) -> Result<(), ServerFault> {
    let Ok(scope) = FOREIGN.parse::<Scope>() else { return Ok(()) };
    let is_known = asked.request.cursors.iter().any(|cursor| cursor.scope == scope);
    if is_known || pages.iter().any(|page| page.scope == scope) {
        return Ok(());
    }
    let mut changes = vec![];
    record::changes_after(connection, &scope, 0, usize::MAX, |change| {
        changes.push(change);
        true
    })?;
    let to = changes.last().map_or(0, |change| change.version);
    pages.push(ScopeChanges { scope, to, more: false, changes, count: 0, digest: None });
    Ok(())
}
