//! What people agreed to about their data. It decides what is shown and used of what rests on consent, and nothing else.

use chrono::{Months, NaiveDate};
use records::call::{ConsentRow, Masked, NoteConsent, Saved};
use records::codes::ConsentForm;
use records::consent::{Consent, in_force};
use records::person::Person;
use records::rules::id_number;
use records::{Moment, RecordId};
use rusqlite::Connection;
use store::tables::consent;
use store::{StoreFault, record};

use crate::handling::scope_of;
use crate::{Answer, App, Context};

/// Below this age whoever brings a child up speaks for it, months (PIPL 31).
const OF_AGE: Months = Months::new(14 * 12);

impl App {
    /// # Errors
    /// `consent.not_needed` for what rests on a duty; `consent.guardian_needed` where a child under 14 is said to have
    /// agreed itself.
    pub(crate) fn note_consent(&mut self, request: NoteConsent, context: &mut Context<'_>) -> Answer<Saved> {
        let (id, at) = (context.new_id(), context.now);
        let NoteConsent { person, what, is_given, form } = request;
        self.save(person, context, |action| {
            let somebody: Person = record::typed(action.db(), person)?;
            if is_given && form != ConsentForm::Guardian && is_under_14(&somebody, at) {
                return Err(StoreFault::Refused("consent.guardian_needed"));
            }
            let consent = Consent { person, field: what.field(), is_given, at, form };
            action.create(id, &scope_of(action.db(), person)?, &consent)
        })
    }
}

/// By the day of birth or by the ID number, where either is known: who might be a child is treated as one.
fn is_under_14(person: &Person, at: Moment) -> bool {
    let number = person.id_number.as_deref().and_then(|number| id_number::parse(number, NaiveDate::MAX).ok());
    let born_on = [person.born_on, number.map(|number| number.born_on)].into_iter().flatten();
    let mut of_age_on = born_on.filter_map(|born_on| born_on.checked_add_months(OF_AGE));
    of_age_on.any(|day| at.local_day() < day)
}

/// What a person said last about one of their fields.
pub(crate) fn said(db: &Connection, person: RecordId, what: Masked) -> store::Result<Option<ConsentRow>> {
    let consents = consent::of_person(db, person)?;
    let about = consents.iter().map(|(_, consent)| consent).filter(|consent| consent.field == what.field());
    Ok(in_force(about).map(|said| ConsentRow { is_given: said.is_given, at: said.at, form: said.form }))
}

/// What somebody took back is neither shown nor used, and not written anew.
///
/// # Errors
/// `consent.withdrawn`.
pub(crate) fn not_withdrawn(db: &Connection, person: RecordId, what: Masked) -> store::Result<()> {
    match said(db, person, what)? {
        Some(ConsentRow { is_given: false, .. }) => Err(StoreFault::Refused("consent.withdrawn")),
        _ => Ok(()),
    }
}
