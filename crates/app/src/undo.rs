//! Taking a save back while it has not been sent.

use records::call::{MatterDraft, Undone, VisitDraft};
use records::matter::Matter;
use records::visit::Visit;
use records::wire::{Change, Commit, Op};
use records::{Record, RecordId};
use store::tables::draft;

use crate::{Answer, App, Context};

impl App {
    /// Takes a save back. A visit becomes a draft again, so that nothing typed is lost.
    pub(crate) fn undo(&mut self, push_seq: u64, context: &Context<'_>) -> Answer<Undone> {
        let now_ms = context.now.utc_ms;
        let commit = self.store.undo(push_seq, now_ms)?;
        self.rounds.changed();
        let sheet = self.draft_of(&commit, context)?;
        if let Some(sheet) = &sheet {
            let json = serde_json::to_string(sheet).unwrap_or_default();
            self.store.write(|tx| draft::keep(tx, sheet.household, &json, now_ms))?;
        }
        Ok(Undone { draft: sheet })
    }

    fn draft_of(&mut self, commit: &Commit, context: &Context<'_>) -> Answer<Option<VisitDraft>> {
        let Some((id, visit)) = commit.ops.iter().find_map(created::<Visit>) else { return Ok(None) };
        let mut matters = Vec::new();
        for (id, matter) in commit.ops.iter().filter_map(created::<Matter>) {
            matters.push(self.matter_draft(id, matter, context)?);
        }
        Ok(Some(VisitDraft {
            id,
            household: visit.household,
            kind: visit.kind,
            result: Some(visit.result),
            started: visit.started,
            all_well: visit.findings.is_empty() && visit.result.is_effective(),
            findings: visit.findings,
            note: visit.note.unwrap_or_default(),
            next_on: visit.next_on,
            matters,
        }))
    }

    fn matter_draft(&mut self, id: RecordId, matter: Matter, context: &Context<'_>) -> Answer<MatterDraft> {
        let item = match matter.item.as_deref() {
            Some(code) => self.catalog(context.today())?.row(code),
            None => None,
        };
        Ok(MatterDraft {
            id: Some(id),
            item,
            subject: matter.subject,
            place: matter.place,
            content: matter.content.unwrap_or_default(),
            off_list_reason: matter.off_list_reason.unwrap_or_default(),
        })
    }
}

fn created<T: Record>(op: &Op) -> Option<(RecordId, T)> {
    match &op.change {
        Change::Create { body, .. } if op.kind == T::DECLARATION.kind => {
            T::from_body(body).ok().map(|value| (op.record, value))
        }
        _ => None,
    }
}
