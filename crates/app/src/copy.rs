//! 一份这个人的全部信息: gathered here, without a network, for whom it is about.

use records::call::*;
use records::codes::{Basis, Deed, MatterSource, Purpose, WishState};
use records::handling::Handling;
use records::household::{CARE, CARE_REASON, CATEGORIES, Household};
use records::losing_edit::LosingEdit;
use records::matter::Matter;
use records::person::{ID_NUMBER, PHONE, Person};
use records::rules::protection::{BY_DUTY, grounds_of};
use records::visit::Visit;
use records::wish::Wish;
use records::{Fault, Kind, Moment, Record, RecordId};
use rusqlite::Connection;
use store::tables::visit::Amended;
use store::tables::{area, consent, erasure_request, handling, household, losing_edit, matter, visit};
use store::{StoreFault, identity, outbox, record, scope};

use crate::cards::field_name;
use crate::device_file::{DeviceImage, code};
use crate::handling::scope_of;
use crate::households::door_of;
use crate::timeline::author_name;
use crate::{Answer, App, Context};

/// The law that the record of handing it over names.
const LAW: &str = "个人信息保护法 第45条";
/// More than are ever kept of one household.
const ALL: u32 = 10_000;
/// Before everything.
const NEWEST: (i64, i64) = (i64::MAX, i64::MAX);

impl App {
    /// Everything kept of somebody. That it was handed over is on disk before it is shown.
    ///
    /// # Errors
    /// `record.missing` when they are not here, also where they were put aside: then the server alone keeps it.
    pub(crate) fn copy(&mut self, request: GetCopy, context: &mut Context<'_>) -> Answer<PersonCopy> {
        let (id, at) = (context.new_id(), context.now);
        self.note_handling(context, |action| {
            let _: Person = record::typed(action.db(), request.person)?;
            let deed = Handling {
                purpose: Some(Purpose::OwnRequest),
                reason: Some(LAW.to_owned()),
                receiver: Some(request.receiver),
                ..Handling::of(Some(request.person), Deed::TakenOut, at)
            };
            action.create(id, &scope_of(action.db(), request.person)?, &deed)
        })?;
        Ok(self.store.read(|db| gathered(db, &request, at))?)
    }

    /// The same as JSON, for a shell to close with the code.
    ///
    /// # Errors
    /// As [`App::copy`].
    pub fn copy_image(&mut self, request: PackCopy, context: &mut Context<'_>) -> Answer<DeviceImage> {
        self.shows_people(context.now.utc_ms)?;
        let copy = self.copy(request.copy, context)?;
        let bytes = serde_json::to_vec_pretty(&copy).map_err(|_| Fault::new("record.malformed"))?;
        let code = code(u64::from_be_bytes(context.random()));
        // Whose it is does not stand in its name: it may lie about.
        Ok(DeviceImage { name: format!("gridwalk-copy-{}.gwcopy", context.today()), bytes, code })
    }
}

/// Reads what such a file holds.
///
/// # Errors
/// `copy.other` for something else.
pub fn read_copy(opened: &[u8]) -> Answer<PersonCopy> {
    serde_json::from_slice(opened).map_err(|_| Fault::new("copy.other"))
}

fn gathered(db: &Connection, request: &GetCopy, made: Moment) -> store::Result<PersonCopy> {
    let person: Person = record::typed(db, request.person)?;
    let home: Household = record::typed(db, person.household)?;
    let line = household::one(db, person.household)?.ok_or(StoreFault::Missing(person.household))?;
    let me = identity::identity(db)?;
    let county = me.as_ref().and_then(|me| me.area.at_depth(1));
    let county = county.map(|path| area::of(db, &path)).transpose()?.flatten();
    let is_behind =
        scope::held(db)?.iter().any(|(_, held, total)| held < total) || !identity::first_sync_done(db)?;
    Ok(PersonCopy {
        made,
        by: me.map(|me| me.name),
        host_unit: county.and_then(|county| county.host_unit),
        receiver: request.receiver,
        door: format!("{} {}", line.estate, door_of(&line)).trim().to_owned(),
        facts: facts(&person, &home),
        history: history(db, request.person)?,
        visits: visits(db, &person)?,
        matters: matters(db, &person)?,
        consents: consents(db, request.person)?,
        handlings: handlings(db, request.person)?,
        requests: requests(db, request.person)?,
        waiting: outbox::waiting_count(db)?,
        is_behind,
    })
}

/// What somebody is known by, and why their household is cared for.
fn facts(person: &Person, home: &Household) -> Vec<CopiedFact> {
    let (of_person, of_home) = (Person::DECLARATION.kind, Household::DECLARATION.kind);
    let categories: Vec<String> = home.categories.iter().map(|one| one.code().to_string()).collect();
    let values = [
        (of_person, records::person::NAME, Some(person.name.clone())),
        (of_person, 2, Some(person.relation.code().to_string())),
        (of_person, 3, person.sex.map(|sex| sex.code().to_string())),
        (of_person, 4, person.born_on.map(|day| day.to_string())),
        (of_person, PHONE, person.phone.clone()),
        (of_person, ID_NUMBER, person.id_number.clone()),
        (of_person, 7, Some(person.residence.code().to_string())),
        (of_home, CARE, Some(home.care.code().to_string())),
        (of_home, CATEGORIES, Some(categories.join(" ")).filter(|all| !all.is_empty())),
        (of_home, CARE_REASON, home.care_reason.clone()),
    ];
    values.into_iter().filter_map(|(kind, field, value)| Some(fact(kind, field, value?))).collect()
}

fn fact(kind: Kind, field: u32, value: String) -> CopiedFact {
    let grounds = grounds_of(kind, field);
    let basis = grounds.map_or(Basis::Duty, |grounds| grounds.basis);
    let law = grounds.map_or(BY_DUTY, |grounds| grounds.law).to_owned();
    CopiedFact { field: named(kind, field), value, basis, law }
}

fn named(kind: Kind, field: u32) -> String {
    field_name(kind, field).unwrap_or_default()
}

fn history(db: &Connection, person: RecordId) -> store::Result<Vec<CopiedChange>> {
    let change = |edit: LosingEdit| {
        let text = minicbor::decode::<String>(&edit.lost).ok();
        let number = || minicbor::decode::<i64>(&edit.lost).ok().map(|number| number.to_string());
        CopiedChange {
            field: named(edit.kind, edit.field),
            before: text.or_else(number).unwrap_or_default(),
            written: Moment::beijing(edit.lost_at),
        }
    };
    Ok(losing_edit::of_record(db, person)?.into_iter().map(change).collect())
}

/// Only those whose words name them: what was said of others behind the same door is not theirs.
fn visits(db: &Connection, person: &Person) -> store::Result<Vec<CopiedVisit>> {
    let mut copied = vec![];
    for (row, seen) in visit::of_household(db, person.household, NEWEST, ALL)? {
        let amended = Amended::of(db, &row, &seen)?;
        let Some(note) = amended.note.filter(|note| is_named(person, note) && !amended.withdrawn) else {
            continue;
        };
        let Visit { started, kind, findings, .. } = seen;
        let by = author_name(db, &row)?;
        copied.push(CopiedVisit { started, kind, result: amended.result, findings, note, by });
    }
    Ok(copied)
}

fn is_named(person: &Person, text: &str) -> bool {
    let is_long = |name: &&String| name.chars().count() >= 2;
    let words = std::iter::once(&person.name).filter(is_long).chain(&person.phone).chain(&person.id_number);
    words.into_iter().any(|word| text.contains(word.as_str()))
}

/// Who told of a matter is nobody's to know: words are copied only of what the household or a visit to it brought.
fn matters(db: &Connection, person: &Person) -> store::Result<Vec<CopiedMatter>> {
    let mut copied = vec![];
    for (_, seen) in matter::of_household(db, person.household, NEWEST, ALL)? {
        let is_own = matches!(seen.source, MatterSource::Visit | MatterSource::Resident);
        let (occurred, state) = (Some(seen.occurred), Some(seen.state()));
        let Matter { subject, content, .. } = seen;
        let words = |text: String| if is_own { text } else { String::new() };
        copied.push(CopiedMatter {
            occurred,
            subject: words(subject),
            content: words(content.unwrap_or_default()),
            state,
            wish: None,
        });
    }
    let wishes = record::of_kind::<Wish>(db)?.into_iter().map(|(_, wish)| wish);
    copied.extend(wishes.filter(|wish| wish.household == person.household).map(|wish| CopiedMatter {
        occurred: None,
        subject: wish.text,
        content: String::new(),
        state: None,
        wish: Some(wish.progress.map_or(WishState::Waiting, |progress| progress.state)),
    }));
    Ok(copied)
}

fn consents(db: &Connection, person: RecordId) -> store::Result<Vec<CopiedConsent>> {
    let copy = |consent: records::consent::Consent| CopiedConsent {
        field: named(Person::DECLARATION.kind, consent.field),
        is_given: consent.is_given,
        said: consent.at,
        form: consent.form,
    };
    Ok(consent::of_person(db, person)?.into_iter().map(|(_, consent)| copy(consent)).collect())
}

fn handlings(db: &Connection, person: RecordId) -> store::Result<Vec<CopiedHandling>> {
    let mut copied = vec![];
    for (row, deed) in handling::of_subject(db, person, ALL)? {
        copied.push(CopiedHandling {
            done: deed.at,
            deed: deed.deed,
            field: deed.field.and_then(|field| field_name(Person::DECLARATION.kind, field)),
            purpose: deed.purpose,
            receiver: deed.receiver,
            by: author_name(db, &row)?,
        });
    }
    Ok(copied)
}

fn requests(db: &Connection, person: RecordId) -> store::Result<Vec<CopiedRequest>> {
    let requests = erasure_request::of_person(db, person)?.into_iter();
    Ok(requests
        .map(|(_, request)| CopiedRequest { asked: request.at, asker: request.asker, state: request.state() })
        .collect())
}
