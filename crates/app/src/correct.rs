//! What the server refused goes on where it can be corrected: a visit as a draft, a matter as a form.

use records::attachment::Attachment;
use records::call::{CorrectMatter, MatterDraft, Saved, Settled, VisitDraft};
use records::matter::Matter;
use records::wire::Commit;
use records::{Fault, RecordId};
use rusqlite::{Connection, Transaction};
use store::outbox::{self, Withdrawn};
use store::{StoreFault, attachment};

use crate::matters::{Report, report};
use crate::undo::{created, draft_of, keep, matter_draft};
use crate::visits::check_matter;
use crate::{Answer, App, Context};

impl App {
    /// A matter is only read here: nothing keeps a form that was not saved, so that its card has to stay.
    pub(crate) fn correct_refused(&mut self, number: u64, context: &mut Context<'_>) -> Answer<Settled> {
        self.catalog(context.today())?;
        let catalog = self.catalog.as_ref();
        let matter = self.store.read(|db| refused_matter(db, number))?;
        if let Some((id, matter)) = matter {
            return Ok(Settled { matter: Some(matter_draft(id, matter, catalog)), ..Settled::default() });
        }
        let now_ms = context.now.utc_ms;
        let draft = self.store.write(|tx| {
            let commit = outbox::withdraw(tx, number)?.as_ref().and_then(Withdrawn::commit);
            let sheet = commit.as_ref().and_then(|commit| Some((commit, draft_of(commit, catalog)?)));
            // Anything else has no sheet to go on with: it stays as it is.
            let (commit, sheet) = sheet.ok_or(StoreFault::Refused("record.missing"))?;
            go_on(tx, commit, sheet, now_ms, &mut || context.new_id())
        })?;
        Ok(Settled { draft: Some(draft), ..Settled::default() })
    }

    /// Saves what a refused matter became and withdraws the refused one in the same transaction: whatever
    /// happens, there is one of them.
    ///
    /// # Errors
    /// `record.missing` when that card is settled already; as for a new matter.
    pub(crate) fn correct_matter(
        &mut self,
        request: CorrectMatter,
        context: &mut Context<'_>,
    ) -> Answer<Saved> {
        let CorrectMatter { refused: number, draft } = request;
        check_matter(&draft)?;
        self.check_items(std::slice::from_ref(&draft))?;
        let missing = || Fault::new("record.missing");
        let (old, before) = self.store.read(|db| refused_matter(db, number))?.ok_or_else(missing)?;
        let (id, now_ms) = (context.new_id(), context.now.utc_ms);
        let mut withdrawn = None;
        let saved = self.save(id, context, |action| {
            withdrawn = action.withdraw_refused(number)?;
            let commit = withdrawn.as_ref().and_then(Withdrawn::commit);
            let named = commit.map_or_else(Vec::new, |commit| attachments_of(&commit, old));
            attachment::take_over(action.db(), &named, id, now_ms)?;
            let when_seen =
                Report { household: before.household, visit: before.visit, occurred: before.occurred };
            report(action, id, &draft, &when_seen, now_ms)
        })?;
        self.withdrawn = withdrawn.map(|withdrawn| (number, withdrawn));
        self.rounds.changed();
        Ok(saved)
    }
}

/// The matter that a refused commit would have made, and nothing beside it.
fn refused_matter(db: &Connection, number: u64) -> store::Result<Option<(RecordId, Matter)>> {
    let refused = outbox::refused(db)?.into_iter().find(|row| row.number == number);
    let commit = refused.and_then(|row| row.commit);
    Ok(commit.and_then(|commit| match &commit.ops[..] {
        [op] => created::<Matter>(op),
        _ => None,
    }))
}

/// Keeps a sheet as a draft under new ids, since the server may know other records by the old ones.
fn go_on(
    tx: &Transaction<'_>,
    commit: &Commit,
    mut sheet: VisitDraft,
    now_ms: i64,
    new_id: &mut dyn FnMut() -> RecordId,
) -> store::Result<VisitDraft> {
    for (old, new) in renewed(&mut sheet, new_id) {
        attachment::take_over(tx, &attachments_of(commit, old), new, now_ms)?;
    }
    keep(tx, &sheet, now_ms)?;
    Ok(sheet)
}

/// Gives a sheet and its matters new ids; which became which.
fn renewed(sheet: &mut VisitDraft, new_id: &mut dyn FnMut() -> RecordId) -> Vec<(RecordId, RecordId)> {
    let matters = sheet.matters.iter_mut().filter_map(|MatterDraft { id, .. }| id.as_mut());
    let ids = std::iter::once(&mut sheet.id).chain(matters);
    ids.map(|id| (std::mem::replace(id, new_id()), *id)).collect()
}

/// The files that a record of a commit refers to.
fn attachments_of(commit: &Commit, record: RecordId) -> Vec<Attachment> {
    attachment::made_by(commit.ops.iter().filter(|op| op.record == record)).collect()
}
