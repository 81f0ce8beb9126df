//! 同步: what waits, what is held, and settling what needs the person.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use records::body::{DELETED, NULL};
use records::call::{
    CardId, HeldRow, LeftRow, ListWaiting, Round, Settle, Settled, Settlement, Standing, SyncPage,
    WaitingRow, WaitingWindow,
};
use records::losing_edit::LosingEdit;
use records::matter::Matter;
use records::rules::mask;
use records::wire::{Change, Commit, Op};
use records::{Fault, Kind, Patch, RecordId, declaration};
use rusqlite::Connection;
use store::outbox::{self, WaitingCommit};
use store::tables::{area, household, losing_edit};
use store::{Action, identity, record, scope};

use crate::cards::{cards, field_name};
use crate::edits;
use crate::households::door_of;
use crate::{Answer, App, Context};

/// Rows of what waits on the page itself.
const FIRST_ROWS: u32 = 50;

impl App {
    pub(crate) fn sync_page(&self) -> Answer<SyncPage> {
        let (chip, spares_data) = (self.sync_chip()?, self.is_sparing()?);
        Ok(self.store.read(|db| {
            Ok(SyncPage {
                chip,
                first: self.first_sync(db)?,
                spares_data,
                last: identity::last_round(db)?.map(|round| Round {
                    at_ms: round.at_ms,
                    sent: round.sent,
                    received: round.received,
                    bytes: round.bytes,
                    day_bytes: round.day_bytes.unwrap_or(round.bytes),
                }),
                waiting: waiting(db, FIRST_ROWS)?,
                cards: cards(db)?,
                held: held(db)?,
                left: left(db)?,
            })
        })?)
    }

    pub(crate) fn list_waiting(&self, request: &ListWaiting) -> Answer<WaitingWindow> {
        let rows = self.store.read(|db| waiting(db, request.limit.into()))?;
        Ok(WaitingWindow { rows })
    }

    pub(crate) fn settle(&mut self, request: Settle, context: &mut Context<'_>) -> Answer<Settled> {
        let now_ms = context.now.utc_ms;
        let settled = match (request.card, request.how) {
            (CardId::Refused(number), Settlement::TryAgain) => {
                self.store.retry_refused(number, now_ms)?;
                Settled::default()
            }
            (CardId::Refused(number), Settlement::Correct) => self.correct_refused(number, context)?,
            (CardId::Refused(number), Settlement::BringBack) => self.bring_back(number)?,
            (CardId::Refused(number), Settlement::UseMine) => {
                self.store.restore_refused(number, now_ms, &mut || context.new_id())?;
                Settled::default()
            }
            (CardId::Refused(number), Settlement::LeaveIt) => {
                // A second tap on the same card withdraws nothing, and must not forget what the first did.
                if let Some(withdrawn) = self.store.withdraw_refused(number)? {
                    self.withdrawn = Some((number, withdrawn));
                }
                Settled::default()
            }
            (CardId::Lost(id), Settlement::UseMine) => self.use_losing(id, context)?,
            (CardId::Lost(id), Settlement::BringBack) => {
                self.store.write(|tx| losing_edit::reopen(tx, id))?;
                Settled::default()
            }
            (CardId::Lost(id), _) => {
                self.store.write(|tx| losing_edit::settle(tx, id))?;
                Settled::default()
            }
            // Somebody else decides.
            (CardId::Quarantined(_), _) => Settled::default(),
        };
        self.rounds.changed();
        Ok(settled)
    }

    /// Makes the losing value the one in force: an edit like any other. When somebody has written the
    /// field since, theirs stays.
    fn use_losing(&mut self, id: RecordId, context: &mut Context<'_>) -> Answer<Settled> {
        let edit: LosingEdit = self.store.read(|db| record::typed(db, id))?;
        let today = context.today();
        let saved = self.save(edit.record, context, |action| {
            if losing_edit::is_open(action.db(), id)? {
                use_value(action, &edit, today)?;
            }
            losing_edit::settle(action.db(), id)
        })?;
        Ok(Settled { undo: saved.undo, undo_until_ms: saved.undo_until_ms, ..Settled::default() })
    }

    /// Only what was withdrawn last can come back, as long as the app runs. It is let go of once it is
    /// kept again.
    fn bring_back(&mut self, number: u64) -> Answer<Settled> {
        let last = self.withdrawn.as_ref().filter(|(last, _)| *last == number);
        let (_, withdrawn) = last.ok_or_else(|| Fault::new("undo.not_withdrawn_last"))?;
        self.store.bring_back_refused(withdrawn)?;
        self.withdrawn = None;
        Ok(Settled::default())
    }
}

fn use_value(action: &mut Action<'_, '_>, edit: &LosingEdit, today: NaiveDate) -> store::Result<()> {
    match edit.field {
        DELETED if edit.lost.as_slice() == NULL => action.restore(edit.record).map(|_| ()),
        DELETED => action.delete(edit.record),
        field => {
            action.patch(edit.record, Patch::of_fields(&[(field, edit.lost.to_vec())]))?;
            edits::note_chosen(action, edit, today)
        }
    }
}

fn waiting(db: &Connection, limit: u32) -> store::Result<Vec<WaitingRow>> {
    outbox::oldest(db, limit)?.iter().map(|commit| waiting_row(db, commit)).collect()
}

fn waiting_row(db: &Connection, commit: &WaitingCommit) -> store::Result<WaitingRow> {
    let Named { title, household } = named(db, commit.first)?;
    Ok(WaitingRow {
        push_seq: commit.push_seq,
        kind: commit.first.map_or_else(String::new, |(kind, _)| kind_name(kind)),
        title,
        saved_ms: commit.saved_ms,
        fields: changed_fields(&commit.body),
        record: commit.first.map(|(_, record)| record),
        household,
        standing: if commit.is_sent { Standing::Sent } else { Standing::OnDevice },
    })
}

/// Fields that a commit changes in records there are, each once, in its order.
fn changed_fields(commit: &[u8]) -> Vec<String> {
    let commit = minicbor::decode::<Commit>(commit).ok();
    let ops = commit.into_iter().flat_map(|commit| commit.ops);
    let mut known = BTreeSet::new();
    ops.flat_map(|op| edited(&op)).filter(|field| known.insert(field.clone())).collect()
}

fn edited(op: &Op) -> Vec<String> {
    match &op.change {
        Change::Edit { patch, .. } => {
            patch.fields().into_iter().filter_map(|(number, _)| field_name(op.kind, number)).collect()
        }
        Change::Delete { .. } | Change::Restore { .. } => field_name(op.kind, DELETED).into_iter().collect(),
        _ => Vec::new(),
    }
}

pub(crate) fn kind_name(kind: Kind) -> String {
    declaration(kind).map_or_else(String::new, |declaration| declaration.name.to_owned())
}

/// How a list names a record.
#[derive(Default)]
pub(crate) struct Named {
    /// The door and masked name of its household, or its subject.
    pub title: String,
    /// The household whose page shows it.
    pub household: Option<RecordId>,
}

/// How a list names a record; empty for one that is not here.
pub(crate) fn named(db: &Connection, first: Option<(Kind, RecordId)>) -> store::Result<Named> {
    let Some((_, id)) = first else { return Ok(Named::default()) };
    let Some(row) = record::find(db, id)? else { return Ok(Named::default()) };
    let household = household_of(db, &row)?;
    let title = match household {
        Some(household) => household::one(db, household)?
            .map_or_else(String::new, |line| format!("{} {}", door_of(&line), mask::name(&line.name))),
        None => row
            .body()
            .and_then(|body| body.read::<Matter>().ok())
            .map_or_else(String::new, |matter| matter.subject),
    };
    Ok(Named { title, household })
}

fn household_of(db: &Connection, row: &store::RecordRow) -> store::Result<Option<RecordId>> {
    use records::{Record, person::Person, visit::Visit, visit::VisitAmendment};
    let Some(body) = row.body() else { return Ok(None) };
    Ok(match declaration(row.kind).map(|declaration| declaration.name) {
        Some("household") => Some(row.id),
        Some("person") => Person::from_body(body).ok().map(|person| person.household),
        Some("visit") => Visit::from_body(body).ok().map(|visit| visit.household),
        Some("matter") => Matter::from_body(body).ok().and_then(|matter| matter.household),
        Some("visit_amendment") => match VisitAmendment::from_body(body) {
            Ok(amendment) => record::typed::<Visit>(db, amendment.visit).ok().map(|visit| visit.household),
            Err(_) => None,
        },
        _ => None,
    })
}

fn held(db: &Connection) -> store::Result<Vec<HeldRow>> {
    let mut rows = Vec::new();
    for (scope, records, total) in scope::held(db)? {
        let name = scope.audience.to_string();
        let audience = name.split(':').next().unwrap_or_default().to_owned();
        let area = area::name(db, &scope.area)?.unwrap_or_else(|| scope.area.to_string());
        rows.push(HeldRow { area, audience, records, total });
    }
    Ok(rows)
}

fn left(db: &Connection) -> store::Result<Vec<LeftRow>> {
    let rows = store::left::areas(db)?.into_iter().map(|left| LeftRow {
        area: left.name.unwrap_or(left.area),
        records: left.records,
        at_ms: left.at_ms,
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use contract::test;
    use records::Record;
    use records::household::Household;

    use super::*;

    #[test]
    fn a_field_that_a_commit_changes_in_several_records_is_named_once() {
        let edit = |record: u8| {
            let patch = Patch::of_fields(&[(3, vec![1]), (12, vec![2])]);
            let (kind, record) = (Household::DECLARATION.kind, RecordId::from_bytes([record; 16]));
            Op { id: record, record, kind, at_ms: 0, change: Change::Edit { base: 1, patch } }
        };
        let commit = minicbor::to_vec(Commit { push_seq: 1, ops: vec![edit(1), edit(2)] }).unwrap();
        assert_eq!(changed_fields(&commit), ["household.residents", "household.note"]);
    }
}
