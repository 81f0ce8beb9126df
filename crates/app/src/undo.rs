//! Taking a save back while it has not been sent.

use records::call::{MatterDraft, Undone, VisitDraft};
use records::matter::Matter;
use records::time::day_number;
use records::visit::Visit;
use records::wire::{Change, Commit, Op};
use records::{Record, RecordId};
use rusqlite::Connection;
use serde_json::Value;
use store::tables::draft;
use store::{StoreFault, outbox};

use crate::catalog::Catalog;
use crate::{Answer, App, Context};

impl App {
    /// Takes a save back. A visit becomes a draft again in the same transaction, so that nothing typed
    /// is lost.
    ///
    /// # Errors
    /// `undo.too_late`; `undo.draft_waits` when another sheet of the household was begun meanwhile.
    pub(crate) fn undo(&mut self, push_seq: u64, context: &Context<'_>) -> Answer<Undone> {
        let now_ms = context.now.utc_ms;
        self.catalog(context.today())?;
        let catalog = self.catalog.as_ref();
        let draft = self.store.write(|tx| {
            let commit = outbox::undo(tx, push_seq, now_ms)?;
            let sheet = draft_of(&commit, catalog);
            sheet.iter().try_for_each(|sheet| keep(tx, sheet, now_ms))?;
            Ok(sheet)
        })?;
        self.rounds.changed();
        Ok(Undone { draft })
    }
}

/// A household has one sheet at a time: one that was begun after the save is not overwritten.
pub(crate) fn keep(db: &Connection, sheet: &VisitDraft, now_ms: i64) -> store::Result<()> {
    if kept(db, sheet.household)?.is_some_and(|waiting| waiting.id != sheet.id) {
        return Err(StoreFault::Refused("undo.draft_waits"));
    }
    let json = serde_json::to_string(sheet).map_err(|_| StoreFault::Refused("store.failed"))?;
    draft::keep(db, sheet.household, &json, now_ms)
}

/// The sheet of a household that was put aside. Before days crossed the boundary as numbers they were kept as
/// text.
pub(crate) fn kept(db: &Connection, household: RecordId) -> store::Result<Option<VisitDraft>> {
    let json = draft::of(db, household)?;
    let Some(mut sheet) = json.and_then(|json| serde_json::from_str::<Value>(&json).ok()) else {
        return Ok(None);
    };
    let day = sheet["next_on"].as_str().and_then(|text| text.parse().ok());
    if let Some(day) = day {
        sheet["next_on"] = day_number(day).into();
    }
    Ok(serde_json::from_value(sheet).ok())
}

pub(crate) fn draft_of(commit: &Commit, catalog: Option<&Catalog>) -> Option<VisitDraft> {
    let (id, visit) = commit.ops.iter().find_map(created::<Visit>)?;
    let matters = commit.ops.iter().filter_map(created::<Matter>);
    Some(VisitDraft {
        id,
        household: visit.household,
        kind: visit.kind,
        result: Some(visit.result),
        started: visit.started,
        all_well: visit.all_well.unwrap_or(false),
        findings: visit.findings,
        note: visit.note.unwrap_or_default(),
        next_on: visit.next_on,
        matters: matters.map(|(id, matter)| matter_draft(id, matter, catalog)).collect(),
    })
}

/// A matter as the form that makes it.
pub(crate) fn matter_draft(id: RecordId, matter: Matter, catalog: Option<&Catalog>) -> MatterDraft {
    MatterDraft {
        id: Some(id),
        item: matter.item.as_deref().and_then(|code| catalog?.row(code)),
        subject: matter.subject,
        place: matter.place,
        content: matter.content.unwrap_or_default(),
        off_list_reason: matter.off_list_reason.unwrap_or_default(),
    }
}

/// The record that an op makes, if it is of this type.
pub(crate) fn created<T: Record>(op: &Op) -> Option<(RecordId, T)> {
    match &op.change {
        Change::Create { body, .. } if op.kind == T::DECLARATION.kind => {
            T::from_body(body).ok().map(|value| (op.record, value))
        }
        _ => None,
    }
}
