//! 事项: what was reported.

use records::call::{
    CommandMatter, ListMatters, MatterDraft, MatterPage, MatterRow, MatterWindow, SaveMatter, Saved,
};
use records::codes::MatterCommand;
use records::matter::Matter;
use records::matter_flow::{self, MatterArgs};
use records::rules::{mask, text::prose};
use records::{Moment, Record, RecordId, Scope};
use rusqlite::Connection;
use store::tables::{household, item, matter};
use store::{Action, RecordRow, StoreFault, identity, record};

use crate::households::{door_of, line_of};
use crate::timeline::{author_name, parse_key};
use crate::visits::{About, check_matter, scope_beside, write_matter};
use crate::{Answer, App, Context};

impl App {
    pub(crate) fn save_matter(&mut self, request: SaveMatter, context: &mut Context<'_>) -> Answer<Saved> {
        check_matter(&request.draft)?;
        self.check_items(std::slice::from_ref(&request.draft))?;
        let id = request.draft.id.unwrap_or_else(|| context.new_id());
        let now = context.now;
        self.save(id, context, |action| {
            if record::find(action.db(), id)?.is_some() {
                return Ok(());
            }
            let here = Report { household: request.household, visit: None, occurred: now };
            report(action, id, &request.draft, &here, now.utc_ms)
        })
    }

    pub(crate) fn list_matters(&self, request: &ListMatters) -> Answer<MatterWindow> {
        let limit = u32::from(request.limit.clamp(1, 200));
        Ok(self.store.read(|db| {
            let found = matter::window(db, parse_key(request.after.as_deref()), limit)?;
            let last = found.last().filter(|_| found.len() == limit as usize);
            let next = last.map(|(row, value)| format!("{} {}", value.occurred.utc_ms, row.rid));
            let rows =
                found.iter().map(|(row, value)| row_of(db, row, value)).collect::<store::Result<_>>()?;
            Ok(MatterWindow { rows, next, total: matter::count(db)? })
        })?)
    }

    /// Does something with a matter. It is shown at once as it will be, and waits for the server's word.
    pub(crate) fn command_matter(
        &mut self,
        request: CommandMatter,
        context: &mut Context<'_>,
    ) -> Answer<Saved> {
        let CommandMatter { id, command, note, target } = request;
        self.save(id, context, |action| {
            let matter: Matter = record::typed(action.db(), id)?;
            let item = match (command, &matter.item) {
                (MatterCommand::SelfClose, Some(code)) => item::id_of(action.db(), code)?,
                _ => None,
            };
            let note = Some(prose(&note)).filter(|note| !note.is_empty());
            action.command(id, command.code(), &MatterArgs { note, item, target })
        })
    }

    pub(crate) fn matter(&self, id: RecordId) -> Answer<MatterPage> {
        Ok(self.store.read(|db| page(db, id))?)
    }
}

/// How somebody came to see a matter.
pub(crate) struct Report {
    /// The household it concerns.
    pub household: Option<RecordId>,
    /// The visit it was seen at.
    pub visit: Option<RecordId>,
    /// When it was seen.
    pub occurred: Moment,
}

/// Writes a matter that is reported on its own.
pub(crate) fn report(
    action: &mut Action<'_, '_>,
    id: RecordId,
    draft: &MatterDraft,
    seen: &Report,
    now_ms: i64,
) -> store::Result<()> {
    let Report { household, visit, occurred } = *seen;
    let scope = scope_for(action.db(), household)?.ok_or(StoreFault::Refused("record.scope_wrong"))?;
    let door = match household {
        Some(household) => door_of(&line_of(action.db(), household)?),
        None => String::new(),
    };
    write_matter(action, id, &scope, draft, &About { household, visit, door }, occurred)?;
    let used = draft.item.as_ref();
    used.map_or(Ok(()), |used| item::note_use(action.db(), &used.code, now_ms))
}

/// Where a matter belongs: with its household, or in the grid of whoever reports it.
fn scope_for(db: &Connection, about: Option<RecordId>) -> store::Result<Option<Scope>> {
    if let Some(id) = about {
        return scope_beside(db, id).map(Some);
    }
    let Some(identity) = identity::identity(db)? else { return Ok(None) };
    let grid = identity.area.at_depth(Matter::DECLARATION.depth);
    Ok(grid.map(|grid| Scope::new(grid, Matter::DECLARATION.audience)))
}

fn row_of(db: &Connection, row: &RecordRow, value: &Matter) -> store::Result<MatterRow> {
    let category = value.item.as_deref().and_then(|code| code.get(..2));
    let categories = if category.is_some() { item::categories(db)? } else { Vec::new() };
    Ok(MatterRow {
        id: row.id,
        subject: value.subject.clone(),
        place: value.place.clone(),
        occurred: value.occurred,
        category: categories.into_iter().find(|c| Some(c.code.as_str()) == category).map(|c| c.name),
        department: value.department.clone(),
        limit_workdays: value.limit_workdays,
        urgency: value.urgency,
        state: value.state(),
        standing: row.standing(db)?,
    })
}

fn page(db: &Connection, id: RecordId) -> store::Result<MatterPage> {
    let row = record::get(db, id)?;
    let value = Matter::from_body(row.body().ok_or(StoreFault::Missing(id))?)?;
    let listed = value.item.as_deref().map(|code| item::by_code(db, code)).transpose()?.flatten();
    let about = value.household.map(|id| household::one(db, id)).transpose()?.flatten();
    let (outcome, duplicate_of) =
        value.progress.clone().map_or((None, None), |progress| (progress.note, progress.duplicate_of));
    Ok(MatterPage {
        row: row_of(db, &row, &value)?,
        outcome,
        duplicate_of,
        possible: possible(db, &row, &value)?,
        item: value
            .item
            .clone()
            .map(|code| (code, listed.as_ref().map_or_else(String::new, |i| i.name.clone()))),
        list_version: value.list_version,
        admission: listed.map(|item| item.admission),
        content: value.content,
        off_list_reason: value.off_list_reason,
        source: value.source,
        household: about.map(|line| (line.id, format!("{} {}", door_of(&line), mask::name(&line.name)))),
        by: author_name(db, &row)?,
        received_ms: row.received_ms,
    })
}

fn possible(db: &Connection, row: &RecordRow, value: &Matter) -> store::Result<Vec<MatterCommand>> {
    let Some(me) = identity::identity(db)? else { return Ok(vec![]) };
    let is_author = record::author(db, row)? == Some(me.account);
    Ok(matter_flow::possible(value.state(), me.role, is_author))
}
