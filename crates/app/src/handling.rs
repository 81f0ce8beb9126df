//! What is done with personal data, and the record of it.

use records::call::{HandlingRow, HandlingWindow, ListHandling, Masked, Reveal, Revealed};
use records::codes::Role;
use records::handling::Handling;
use records::person::Person;
use records::rules::mask;
use records::{Audience, Fault, Record, RecordId, Scope};
use rusqlite::Connection;
use store::tables::{handling, household};
use store::{Action, Origin, RecordRow, StoreFault, identity, record};

use crate::cards::field_name;
use crate::consents::not_withdrawn;
use crate::households::door_of;
use crate::timeline::{author_name, parse_key};
use crate::visits::scope_beside;
use crate::{Answer, App, Context};

impl App {
    /// Shows one value once. That it was shown is on disk before it is.
    ///
    /// # Errors
    /// `record.missing` where there is nothing to show; `handling.purpose_missing` for a sensitive value without a
    /// purpose.
    pub(crate) fn reveal(&mut self, request: Reveal, context: &mut Context<'_>) -> Answer<Revealed> {
        let (id, at) = (context.new_id(), context.now);
        let value = self.note_handling(context, |action| {
            let person: Person = record::typed(action.db(), request.person)?;
            let value = match request.what {
                Masked::Name => Some(person.name),
                Masked::Phone => person.phone,
                Masked::IdNumber => person.id_number,
            };
            let value = value.ok_or(StoreFault::Missing(request.person))?;
            not_withdrawn(action.db(), request.person, request.what)?;
            let handling = Handling::shown(request.person, request.what.field(), request.purpose, at);
            action.create(id, &scope_of(action.db(), request.person)?, &handling)?;
            Ok(value)
        })?;
        Ok(Revealed { value })
    }

    pub(crate) fn list_handling(&self, request: &ListHandling) -> Answer<HandlingWindow> {
        let limit = u32::from(request.limit.clamp(1, 200));
        Ok(self.store.read(|db| window(db, parse_key(request.after.as_deref()), limit))?)
    }

    /// Writes what was done. It cannot be taken back, and goes out with the next round.
    pub(crate) fn note_handling<T>(
        &mut self,
        context: &mut Context<'_>,
        act: impl FnOnce(&mut Action<'_, '_>) -> store::Result<T>,
    ) -> Answer<T> {
        let origin = Origin { now_ms: context.now.utc_ms, hold_ms: 0, new_id: &mut || context.new_id() };
        let (answer, _) = self.store.act(origin, act).map_err(Fault::from)?;
        Ok(answer)
    }
}

/// The lead of a community answers for what is done there; anybody else sees what they did themselves, and nobody what
/// their colleagues did.
pub(crate) fn window(db: &Connection, before: (i64, i64), limit: u32) -> store::Result<HandlingWindow> {
    let me = identity::identity(db)?;
    let is_of_all = me.as_ref().is_some_and(|me| me.role == Role::CommunityLead);
    let by = me.map(|me| me.account).filter(|_| !is_of_all);
    let found = handling::window(db, by, before, limit)?;
    let last = found.last().filter(|_| found.len() == limit as usize);
    let next = last.map(|(row, deed)| format!("{} {}", deed.at.utc_ms, row.rid));
    let rows = found.iter().map(|(row, deed)| row_of(db, row, deed)).collect::<store::Result<_>>()?;
    Ok(HandlingWindow { rows, next, is_of_all })
}

fn row_of(db: &Connection, row: &RecordRow, deed: &Handling) -> store::Result<HandlingRow> {
    Ok(HandlingRow {
        id: row.id,
        at: deed.at,
        by: author_name(db, row)?,
        deed: deed.deed,
        whose: deed.subject.map(|subject| whose(db, subject)).transpose()?.unwrap_or_default(),
        field: deed.field.and_then(|field| field_name(Person::DECLARATION.kind, field)),
        purpose: deed.purpose,
        reason: deed.reason.clone(),
        people: deed.people,
        standing: row.standing(db)?,
    })
}

/// The door and masked name of whom a deed concerns; empty when they are no longer here.
pub(crate) fn whose(db: &Connection, subject: RecordId) -> store::Result<String> {
    let Some(row) = record::find(db, subject)? else { return Ok(String::new()) };
    let person =
        row.body().filter(|_| row.kind == Person::DECLARATION.kind).map(Person::from_body).transpose()?;
    let household = person.as_ref().map_or(subject, |person| person.household);
    let Some(line) = household::one(db, household)? else { return Ok(String::new()) };
    let name = mask::name(person.as_ref().map_or(&line.name, |person| &person.name));
    Ok(format!("{} {name}", door_of(&line)))
}

/// Where the record of a deed stands: in the area of whom it concerns, before the eyes of who may know them.
pub(crate) fn scope_of(db: &Connection, subject: RecordId) -> store::Result<Scope> {
    let beside = scope_beside(db, subject)?;
    Ok(Scope::new(beside.area, Audience::Sensitive))
}
