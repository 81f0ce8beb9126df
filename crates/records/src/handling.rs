//! What was done with personal data: shown, taken out, deleted, imported. Append-only; read as the
//! 个人信息处理台账 (PIPL 55, 56: kept three years and longer).
//!
//! Who did it is the record's author, which the server reads from its own books. There is one entry for one deed:
//! nothing here counts deeds by person.

use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::{Asker, Deed, Purpose};
use crate::declaration::{
    Declaration, Family, Field, Kind, Record, RefusalCode, SENTENCE_LENGTH, plausible, readable, texts_fit,
};
use crate::ids::RecordId;
use crate::person::Person;
use crate::rules::protection::{Level, level};
use crate::scope::Audience;
use crate::time::Moment;

/// One deed. It stands beside those whose data it concerns, before the eyes of whoever may know that data.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Handling {
    /// The person or household it concerns; `None` where it concerns many.
    #[n(0)]
    pub subject: Option<RecordId>,
    /// What was done.
    #[n(1)]
    pub deed: Deed,
    /// When, by the device's clock.
    #[n(2)]
    pub at: Moment,
    /// Number of the person's field that was shown.
    #[n(3)]
    pub field: Option<u32>,
    /// Why, from the short list; needed for a field of level 4.
    #[n(4)]
    pub purpose: Option<Purpose>,
    /// Why, in words, at most 500 characters; needed where data leaves the app, is deleted or stopped.
    #[n(5)]
    pub reason: Option<String>,
    /// How many people it concerns; `None` is the one in `subject`.
    #[n(6)]
    pub people: Option<u32>,
    /// Who was given it, where somebody was.
    #[n(7)]
    pub receiver: Option<Asker>,
}

impl Handling {
    /// One field of one person was shown once.
    pub fn shown(person: RecordId, field: u32, purpose: Option<Purpose>, at: Moment) -> Self {
        Self { field: Some(field), purpose, ..Self::of(Some(person), Deed::Shown, at) }
    }

    /// A deed of which no more is told yet.
    pub fn of(subject: Option<RecordId>, deed: Deed, at: Moment) -> Self {
        Self { subject, deed, at, field: None, purpose: None, reason: None, people: None, receiver: None }
    }
}

impl Record for Handling {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(40),
        name: "handling",
        family: Family::AppendOnly,
        audience: Audience::Sensitive,
        depth: 4,
        fields: &[
            Field::fixed(0, "subject"),
            Field::fixed(1, "deed"),
            Field::fixed(2, "at"),
            Field::fixed(3, "field"),
            Field::fixed(4, "purpose"),
            Field::fixed(5, "reason"),
            Field::fixed(6, "people"),
            Field::fixed(7, "receiver"),
        ],
        commands: &[],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let handling: Handling = readable(body)?;
    plausible(handling.at)?;
    texts_fit(&handling.reason, SENTENCE_LENGTH)?;
    let is_reason_given = handling.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
    match handling.deed {
        Deed::Shown => check_shown(&handling),
        Deed::TakenOut | Deed::Deleted | Deed::Stopped | Deed::Entrusted if !is_reason_given => {
            Err("handling.reason_missing")
        }
        Deed::Deleted | Deed::Stopped | Deed::Resumed if handling.subject.is_none() => {
            Err("handling.subject_missing")
        }
        _ => Ok(()),
    }
}

fn check_shown(handling: &Handling) -> Result<(), RefusalCode> {
    let (Some(_), Some(field)) = (handling.subject, handling.field) else {
        return Err("handling.subject_missing");
    };
    match level(Person::DECLARATION.kind, field) {
        Level::Sensitive if handling.purpose.is_none() => Err("handling.purpose_missing"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_says_what_it_must() {
        let (person, at) = (RecordId::from_bytes([7; 16]), Moment::beijing(1_795_000_000_000));
        let (phone, id_number, newer) = (5, 6, 70);
        let why = Some("本人要一份".to_owned());
        let never = Moment { utc_ms: i64::MAX, offset_min: 0 };
        let of = |deed| Handling::of(Some(person), deed, at);
        for (handling, expected) in [
            (Handling::shown(person, phone, None, at), Ok(())),
            (Handling::shown(person, newer, None, at), Ok(())),
            (Handling::shown(person, id_number, None, at), Err("handling.purpose_missing")),
            (Handling::shown(person, id_number, Some(Purpose::Check), at), Ok(())),
            (
                Handling { subject: None, ..Handling::shown(person, phone, None, at) },
                Err("handling.subject_missing"),
            ),
            (
                Handling { field: None, ..Handling::shown(person, phone, None, at) },
                Err("handling.subject_missing"),
            ),
            (Handling::shown(person, phone, None, never), Err("moment.implausible")),
            (of(Deed::TakenOut), Err("handling.reason_missing")),
            (
                Handling { reason: Some("  ".to_owned()), ..of(Deed::TakenOut) },
                Err("handling.reason_missing"),
            ),
            (Handling { reason: why.clone(), ..of(Deed::TakenOut) }, Ok(())),
            (of(Deed::Entrusted), Err("handling.reason_missing")),
            (of(Deed::Stopped), Err("handling.reason_missing")),
            (Handling { reason: why.clone(), ..of(Deed::Stopped) }, Ok(())),
            (
                Handling { reason: why.clone(), subject: None, ..of(Deed::Deleted) },
                Err("handling.subject_missing"),
            ),
            (Handling { reason: why, ..of(Deed::Deleted) }, Ok(())),
            (Handling { reason: Some("长".repeat(501)), ..of(Deed::Deleted) }, Err("record.text_too_long")),
            (Handling { people: Some(40), subject: None, ..of(Deed::Imported) }, Ok(())),
            (of(Deed::Newer(90)), Ok(())),
        ] {
            assert_eq!(check(&handling.to_body()), expected, "{handling:?}");
        }
    }
}
