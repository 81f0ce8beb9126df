//! What was entered by mistake and is taken away again, and bringing it back.

use records::call::{Delete, Restore, Saved};
use records::household::Household;
use records::person::Person;
use records::{Record, RecordId};
use rusqlite::Connection;
use store::tables::{matter, person, visit};
use store::{Action, StoreFault, acknowledged, record};

use crate::{Answer, App, Context};

/// Before everything: the newest entry of a household.
const NEWEST: (i64, i64) = (i64::MAX, i64::MAX);

impl App {
    /// Deletes a person or a household that was entered by mistake.
    ///
    /// # Errors
    /// `household.has_history` where somebody was there already: 已迁出 is recorded by a visit.
    /// `record.stays` for what is never deleted.
    pub(crate) fn delete(&mut self, request: Delete, context: &mut Context<'_>) -> Answer<Saved> {
        self.save(request.id, context, |action| delete(action, request.id))
    }

    /// Takes a deletion back, with everything that was deleted in one go with it.
    pub(crate) fn restore(&mut self, request: Restore, context: &mut Context<'_>) -> Answer<Saved> {
        self.save(request.id, context, |action| {
            let together = acknowledged::deleted_with(action.db(), request.id)?;
            action.restore(request.id)?;
            for id in together {
                if record::find(action.db(), id)?.is_some() {
                    action.restore(id)?;
                }
            }
            Ok(())
        })
    }
}

fn delete(action: &mut Action<'_, '_>, id: RecordId) -> store::Result<()> {
    let kind = record::get(action.db(), id)?.kind;
    match kind {
        kind if kind == Person::DECLARATION.kind => delete_person(action, id),
        kind if kind == Household::DECLARATION.kind => delete_household(action, id),
        _ => Err(StoreFault::Refused("record.stays")),
    }
}

/// A household does not go on naming a head it does not have.
fn delete_person(action: &mut Action<'_, '_>, id: RecordId) -> store::Result<()> {
    let person: Person = record::typed(action.db(), id)?;
    let household = record::find(action.db(), person.household)?;
    let household = household.as_ref().and_then(|row| row.body()).map(Household::from_body).transpose()?;
    if let Some(household) = household.filter(|household| household.head == Some(id)) {
        action.edit(person.household, &Household { head: None, ..household })?;
    }
    action.delete(id)
}

fn delete_household(action: &mut Action<'_, '_>, id: RecordId) -> store::Result<()> {
    if has_history(action.db(), id)? {
        return Err(StoreFault::Refused("household.has_history"));
    }
    for (row, _) in person::of_household(action.db(), id)? {
        action.delete(row.id)?;
    }
    action.delete(id)
}

fn has_history(db: &Connection, household: RecordId) -> store::Result<bool> {
    let visits = visit::of_household(db, household, NEWEST, 1)?;
    let matters = matter::of_household(db, household, NEWEST, 1)?;
    Ok(!visits.is_empty() || !matters.is_empty())
}
