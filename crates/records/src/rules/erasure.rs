//! What goes when a person's data is erased: their record and the history of its corrections as wholes, and their name,
//! phone and ID number out of everything else that was written down about their household (domain §9.4).

use std::collections::BTreeSet;

use crate::body::{NULL, Patch};
use crate::declaration::{Policy, Record, declaration};
use crate::household::Household;
use crate::ids::RecordId;
use crate::links::parents;
use crate::losing_edit::LosingEdit;
use crate::person::{ID_NUMBER, NAME, PHONE, Person};
use crate::set;
use crate::{Body, Kind};

/// What stands in a text where a person was named: never longer than a name, so that every text still fits.
pub const SOMEBODY: &str = "某人";
/// Number of the field [`Household::house`].
const HOUSE: u32 = 0;
/// Number of the field [`Household::head`].
const HEAD: u32 = 1;

/// A record of the area, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub id: RecordId,
    /// Its type.
    pub kind: Kind,
    /// Its fields; those of a deleted one as far as they are kept.
    pub body: Body,
    /// Whether it is deleted.
    pub is_deleted: bool,
}

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes.
    Erase,
    /// It stays with these fields.
    Rewrite(Body),
}

/// What is to be done when a person is erased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// What becomes of which records: the person's among them, nobody else's, and none twice.
    pub fates: Vec<(RecordId, Fate)>,
    names: Vec<String>,
    numbers: Vec<String>,
    family: BTreeSet<RecordId>,
    subject: Option<RecordId>,
}

impl Plan {
    /// Whether bytes that are no record speak of the person: a commit that waits for somebody to decide.
    pub fn is_about(&self, bytes: &[u8]) -> bool {
        let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        self.subject.is_some_and(|subject| has(subject.as_bytes()))
            || self.numbers.iter().any(|number| has(number.as_bytes()))
            || self.names.iter().any(|name| has(name.as_bytes()))
                && self.family.iter().any(|id| has(id.as_bytes()))
    }
}

/// What becomes of which records when this person is erased. Empty when they are not there or were erased before.
/// A name is looked for in what belongs to the household, where it means
/// this person; a number in the whole area.
pub fn plan(subject: RecordId, area: &[Standing]) -> Plan {
    let found = area.iter().find(|record| record.id == subject && record.kind == Person::DECLARATION.kind);
    let Some(person) = found.and_then(|record| Person::from_body(&record.body).ok()) else {
        return Plan::default();
    };
    let family = family_of(person.household, area);
    let history: Vec<&Standing> =
        area.iter().filter(|record| history_of(&record.body, record.kind) == Some(subject)).collect();
    let words = Words::of(subject, &person, &history, &family, area);
    let mut fates = vec![(subject, Fate::Erase)];
    fates.extend(history.iter().map(|record| (record.id, Fate::Erase)));
    let others = area.iter().filter(|record| record.kind != Person::DECLARATION.kind);
    let others = others.filter(|record| history_of(&record.body, record.kind) != Some(subject));
    fates.extend(others.filter_map(|record| {
        let fate = without(record, &words, family.contains(&record.id), subject)?;
        Some((record.id, fate))
    }));
    let (names, numbers) = (words.names.into_iter().collect(), words.numbers.into_iter().collect());
    Plan { fates, names, numbers, family, subject: Some(subject) }
}

/// The record whose corrections this is a part of.
fn history_of(body: &Body, kind: Kind) -> Option<RecordId> {
    let is_history = kind == LosingEdit::DECLARATION.kind;
    if is_history { parents(kind, body).first().copied() } else { None }
}

/// A household, its house, and everything that belongs to it.
fn family_of(household: RecordId, area: &[Standing]) -> BTreeSet<RecordId> {
    let mut family = BTreeSet::from([household]);
    loop {
        let known = family.len();
        let belongs =
            |record: &&Standing| parents(record.kind, &record.body).iter().any(|id| family.contains(id));
        let found: Vec<RecordId> = area.iter().filter(belongs).map(|record| record.id).collect();
        family.extend(found);
        if family.len() == known {
            break;
        }
    }
    let home = area.iter().find(|record| record.id == household);
    family.extend(home.and_then(|home| minicbor::decode::<RecordId>(home.body.field(HOUSE)?).ok()));
    family
}

/// What a person is known by.
struct Words {
    /// Names, looked for in what belongs to the household.
    names: BTreeSet<String>,
    /// Phones and ID numbers, looked for everywhere.
    numbers: BTreeSet<String>,
    /// Longer names of people who stay, in which one of the names stands.
    staying: BTreeSet<String>,
}

impl Words {
    fn of(
        subject: RecordId,
        person: &Person,
        history: &[&Standing],
        family: &BTreeSet<RecordId>,
        area: &[Standing],
    ) -> Self {
        let mut names = BTreeSet::from([person.name.clone()]);
        let mut numbers: BTreeSet<String> = person.phone.iter().chain(&person.id_number).cloned().collect();
        for edit in history.iter().filter_map(|record| LosingEdit::from_body(&record.body).ok()) {
            let values = [&edit.lost, &edit.winning].map(|value| minicbor::decode::<String>(value).ok());
            match edit.field {
                NAME => names.extend(values.into_iter().flatten()),
                PHONE | ID_NUMBER => numbers.extend(values.into_iter().flatten()),
                _ => {}
            }
        }
        let is_other = |record: &&Standing| record.id != subject && !record.is_deleted;
        let people = area.iter().filter(is_other).filter(|record| record.kind == Person::DECLARATION.kind);
        let people: Vec<(RecordId, Person)> =
            people.filter_map(|record| Some((record.id, Person::from_body(&record.body).ok()?))).collect();
        for (id, other) in &people {
            // What somebody else goes on being called stays theirs.
            if family.contains(id) {
                names.remove(&other.name);
            }
            for number in other.phone.iter().chain(&other.id_number) {
                numbers.remove(number);
            }
        }
        // A single character is in half of all texts.
        names.retain(|name| name.chars().count() >= 2);
        numbers.retain(|number| number.chars().count() >= 7);
        let of_family = people.iter().filter(|(id, _)| family.contains(id)).map(|(_, other)| &other.name);
        let is_longer = |name: &&String| names.iter().any(|gone| name.contains(gone.as_str()));
        let staying = of_family.filter(is_longer).cloned().collect();
        Self { names, numbers, staying }
    }

    fn looked_for(&self, is_family: bool) -> impl Iterator<Item = &String> {
        self.names.iter().filter(move |_| is_family).chain(&self.numbers)
    }

    /// A text without them; `None` when none of them stands in it.
    fn reworded(&self, text: &str, is_family: bool) -> Option<String> {
        let mut words: Vec<&str> = self.looked_for(is_family).map(String::as_str).collect();
        // The longest first: an older name may be a part of a newer one.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut written = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let begins = |word: &str| rest.starts_with(word);
            let (kept, taken) = match self.staying.iter().find(|name| is_family && begins(name)) {
                Some(name) => (name.as_str(), name.len()),
                None => match words.iter().find(|word| begins(word)) {
                    Some(word) => (SOMEBODY, word.len()),
                    None => (&rest[..next.len_utf8()], next.len_utf8()),
                },
            };
            written.push_str(kept);
            rest = &rest[taken..];
        }
        (written != text).then_some(written)
    }
}

/// What becomes of a record that may name the person.
fn without(record: &Standing, words: &Words, is_family: bool, subject: RecordId) -> Option<Fate> {
    let mut body = record.body.reworded(&|text| words.reworded(text, is_family));
    if record.kind == Household::DECLARATION.kind {
        let head = body.field(HEAD).and_then(|head| minicbor::decode::<RecordId>(head).ok());
        if head == Some(subject) {
            body = body.patched(&Patch::of_fields(&[(HEAD, NULL.to_vec())]));
        }
    }
    let body = in_order(record, &body);
    // Values that are no text, as those of a correction, are not reworded: the whole record goes.
    let still = words.looked_for(is_family).any(|word| body.contains(word.as_bytes()));
    let is_staying = words.staying.iter().any(|name| body.contains(name.as_bytes()));
    let is_readable = declaration(record.kind).is_none_or(|declared| (declared.check)(&body).is_ok());
    match body == record.body && !still {
        true => None,
        // What was deleted already, and is kept so that this can be undone.
        false if record.is_deleted => Some(Fate::Erase),
        false if still && !is_staying || !is_readable => Some(Fate::Erase),
        false if body == record.body => None,
        false => Some(Fate::Rewrite(body)),
    }
}

/// Sets that were reworded in their one order again.
fn in_order(before: &Standing, body: &Body) -> Body {
    let Some(declared) = declaration(before.kind) else { return body.clone() };
    let sets = declared.fields.iter().filter(|field| field.policy == Policy::Set);
    let changed = sets.filter(|field| before.body.field(field.number) != body.field(field.number));
    let ordered = changed
        .filter_map(|field| Some((field.number, set::encode(&set::elements(body.field(field.number)?)?))));
    let ordered: Vec<(u32, Vec<u8>)> = ordered.collect();
    if ordered.is_empty() { body.clone() } else { body.patched(&Patch::of_fields(&ordered)) }
}
