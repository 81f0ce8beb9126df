//! 同意: what somebody agreed to, and took back. Append-only: an agreement that was taken back was still one before.

use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::{Basis, ConsentForm};
use crate::declaration::{Declaration, Family, Field, Kind, Record, RefusalCode, plausible, readable};
use crate::ids::RecordId;
use crate::person::Person;
use crate::rules::protection::grounds_of;
use crate::scope::Audience;
use crate::time::Moment;

/// One agreement, or its withdrawal, about one field of one person (PIPL 14, 15, 29; of those under 14 by whoever
/// brings them up, 31).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Consent {
    /// Who.
    #[n(0)]
    pub person: RecordId,
    /// Number of the person's field. It rests on consent; what rests on a duty cannot be agreed to or taken back.
    #[n(1)]
    pub field: u32,
    /// Agreed, or taken back.
    #[n(2)]
    pub is_given: bool,
    /// When.
    #[n(3)]
    pub at: Moment,
    /// How.
    #[n(4)]
    pub form: ConsentForm,
}

impl Record for Consent {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(41),
        name: "consent",
        family: Family::AppendOnly,
        audience: Audience::Sensitive,
        depth: 4,
        fields: &[
            Field::fixed(0, "person"),
            Field::fixed(1, "field"),
            Field::fixed(2, "is_given"),
            Field::fixed(3, "at"),
            Field::fixed(4, "form"),
        ],
        commands: &[],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let consent: Consent = readable(body)?;
    plausible(consent.at)?;
    match grounds_of(Person::DECLARATION.kind, consent.field) {
        Some(grounds) if grounds.basis == Basis::Consent => Ok(()),
        _ => Err("consent.not_needed"),
    }
}

/// What is in force of these: the latest; of two of one moment the withdrawal. `None` where nothing was said.
pub fn in_force<'c>(consents: impl IntoIterator<Item = &'c Consent>) -> Option<&'c Consent> {
    consents.into_iter().max_by_key(|consent| (consent.at.utc_ms, !consent.is_given))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent(at_ms: i64, is_given: bool) -> Consent {
        let at = Moment::beijing(1_795_000_000_000 + at_ms);
        let field = crate::person::ID_NUMBER;
        Consent { person: RecordId::from_bytes([7; 16]), field, is_given, at, form: ConsentForm::Spoken }
    }

    #[test]
    fn only_what_rests_on_consent_can_be_agreed_to() {
        let never = Moment { utc_ms: i64::MAX, offset_min: 0 };
        for (consent, expected) in [
            (consent(0, true), Ok(())),
            (consent(0, false), Ok(())),
            (Consent { field: crate::person::PHONE, ..consent(0, false) }, Err("consent.not_needed")),
            (Consent { field: 70, ..consent(0, false) }, Err("consent.not_needed")),
            (Consent { at: never, ..consent(0, true) }, Err("moment.implausible")),
        ] {
            assert_eq!(check(&consent.to_body()), expected);
        }
    }

    /// Whatever order they came in.
    #[test]
    fn the_latest_word_counts_and_of_two_the_withdrawal() {
        for (said, expected) in [
            (vec![], None),
            (vec![(0, true)], Some(true)),
            (vec![(0, true), (5, false)], Some(false)),
            (vec![(0, false), (5, true)], Some(true)),
            (vec![(5, true), (5, false)], Some(false)),
            (vec![(9, true), (5, false), (7, false)], Some(true)),
        ] {
            let mut said: Vec<Consent> =
                said.into_iter().map(|(at, is_given)| consent(at, is_given)).collect();
            assert_eq!(in_force(&said).map(|one| one.is_given), expected);
            said.reverse();
            assert_eq!(in_force(&said).map(|one| one.is_given), expected);
        }
    }
}
