//! Facts corrected in place. Each fact is a field of its own, so that two people correcting two
//! facts of one household never disturb each other.

use chrono::NaiveDate;
use records::call::{EditHousehold, EditPerson, Masked, Saved, Standing};
use records::house::House;
use records::household::{CARE, Household};
use records::losing_edit::LosingEdit;
use records::person::Person;
use records::rules::{id_number, phone, text::prose};
use records::{Fault, Record, RecordId};
use store::{Action, Committed, Origin, record};

use crate::consents::not_withdrawn;
use crate::{Answer, App, Context};

/// How long a save can be taken back, ms. It is not sent before.
pub(crate) const UNDO_MS: i64 = 8_000;

impl App {
    pub(crate) fn edit_household(&mut self, edit: EditHousehold, context: &mut Context<'_>) -> Answer<Saved> {
        let today = context.today();
        self.save(edit.id, context, |action| {
            let mut household: Household = record::typed(action.db(), edit.id)?;
            let house = household.house;
            lay_over(&mut household, &edit, today);
            action.edit(edit.id, &household)?;
            match &edit.hint {
                Some(hint) => edit_hint(action, house, hint),
                None => Ok(()),
            }
        })
    }

    pub(crate) fn edit_person(&mut self, edit: EditPerson, context: &mut Context<'_>) -> Answer<Saved> {
        let phone = edit.phone.as_deref().map(checked_phone).transpose()?;
        let today = context.today();
        let id_number = edit.id_number.as_deref().map(|raw| checked_id_number(raw, today)).transpose()?;
        self.save(edit.id, context, |action| {
            let mut person: Person = record::typed(action.db(), edit.id)?;
            if matches!(id_number, Some(Some(_))) {
                not_withdrawn(action.db(), edit.id, Masked::IdNumber)?;
            }
            person.name = edit.name.as_deref().map_or(person.name, prose);
            person.phone = phone.unwrap_or(person.phone);
            person.id_number = id_number.unwrap_or(person.id_number);
            action.edit(edit.id, &person).map(|_| ())
        })
    }

    /// Writes one user action about this record, which can be taken back for a while.
    pub(crate) fn save(
        &mut self,
        id: RecordId,
        context: &mut Context<'_>,
        act: impl FnOnce(&mut Action<'_, '_>) -> store::Result<()>,
    ) -> Answer<Saved> {
        let now_ms = context.now.utc_ms;
        let origin = Origin { now_ms, hold_ms: UNDO_MS, new_id: &mut || context.new_id() };
        // The commit is held while it can be undone; the end of that time makes the next round due.
        let ((), committed) = self.store.act(origin, act)?;
        Ok(saved(id, committed, now_ms))
    }
}

pub(crate) fn saved(id: RecordId, committed: Committed, now_ms: i64) -> Saved {
    let until = now_ms.saturating_add(UNDO_MS);
    Saved { id, standing: Standing::OnDevice, undo: committed.push_seq, undo_until_ms: until }
}

/// A level of care that a person chose counts from the day of the choice.
pub(crate) fn note_chosen(
    action: &mut Action<'_, '_>,
    edit: &LosingEdit,
    today: NaiveDate,
) -> store::Result<()> {
    if edit.kind != Household::DECLARATION.kind || edit.field != CARE {
        return Ok(());
    }
    let household: Household = record::typed(action.db(), edit.record)?;
    action.edit(edit.record, &Household { care_since: Some(today), ..household }).map(|_| ())
}

fn lay_over(household: &mut Household, edit: &EditHousehold, today: NaiveDate) {
    household.residents = edit.residents.unwrap_or(household.residents);
    if let Some(care) = edit.care.filter(|care| *care != household.care) {
        household.care = care;
        household.care_since = Some(today);
    }
    household.has_partner = edit.has_partner.unwrap_or(household.has_partner);
    if let Some(categories) = &edit.categories {
        household.categories.clone_from(categories);
    }
    if let Some(services) = &edit.services {
        household.services = services.iter().map(|s| prose(s)).filter(|s| !s.is_empty()).collect();
    }
    lay_text(&mut household.care_reason, edit.care_reason.as_deref());
    lay_text(&mut household.channel, edit.channel.as_deref());
    lay_text(&mut household.note, edit.note.as_deref());
}

/// Nothing leaves the fact as it is; an empty text clears it.
fn lay_text(fact: &mut Option<String>, edit: Option<&str>) {
    if let Some(edit) = edit {
        *fact = Some(prose(edit)).filter(|text| !text.is_empty());
    }
}

fn edit_hint(action: &mut Action<'_, '_>, id: RecordId, hint: &str) -> store::Result<()> {
    let mut house: House = record::typed(action.db(), id)?;
    lay_text(&mut house.hint, Some(hint));
    action.edit(id, &house).map(|_| ())
}

fn checked_phone(raw: &str) -> Answer<Option<String>> {
    if raw.trim().is_empty() {
        return Ok(None);
    }
    phone::parse(raw).map(Some).map_err(|_| Fault::new("phone.wrong").with("value", raw))
}

fn checked_id_number(raw: &str, today: NaiveDate) -> Answer<Option<String>> {
    if raw.trim().is_empty() {
        return Ok(None);
    }
    id_number::parse(raw, today).map(|id| Some(id.number)).map_err(|fault| Fault::new(fault.code()))
}
