//! How closely each field is guarded (domain §9.2), and for the sensitive ones why it is kept at all.

use crate::codes::Basis;
use crate::declaration::{Kind, Record};
use crate::household::Household;
use crate::person::Person;

/// How closely a field is guarded (domain §9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 2: a matter without a person, and whatever is not listed here.
    Internal,
    /// 3: name, phone, address.
    Personal,
    /// 4: ID number, health, hardship. Has a purpose and a basis.
    Sensitive,
}

/// Why a field of level 4 is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grounds {
    /// The record type.
    pub kind: Kind,
    /// The field.
    pub field: u32,
    /// On what it rests.
    pub basis: Basis,
    /// The law to begin with. Laws change: a county enters the article now in force.
    pub law: &'static str,
}

const fn grounds(kind: Kind, field: u32, basis: Basis, law: &'static str) -> Grounds {
    Grounds { kind, field, basis, law }
}

/// 《个人信息保护法》 13(1)(3) and 34: a State organ, or whom the law authorises, doing its duty.
pub const BY_DUTY: &str = "个人信息保护法 第13、34条";
/// 《个人信息保护法》 28 and 29: sensitive, so agreed to on its own.
const BY_CONSENT: &str = "个人信息保护法 第28、29条";

const PERSON: Kind = Person::DECLARATION.kind;
const HOUSEHOLD: Kind = Household::DECLARATION.kind;

/// Every field of level 4. What a service needs and nobody has to give rests on consent; why somebody is looked
/// after rests on the duty to look after them.
pub const SENSITIVE: &[Grounds] = &[
    grounds(PERSON, crate::person::ID_NUMBER, Basis::Consent, BY_CONSENT),
    grounds(HOUSEHOLD, crate::household::CARE, Basis::Duty, BY_DUTY),
    grounds(HOUSEHOLD, crate::household::CATEGORIES, Basis::Duty, BY_DUTY),
    grounds(HOUSEHOLD, crate::household::CARE_REASON, Basis::Duty, BY_DUTY),
];

/// The grounds on which a field is kept; `None` below level 4.
pub fn grounds_of(kind: Kind, field: u32) -> Option<&'static Grounds> {
    SENSITIVE.iter().find(|grounds| (grounds.kind, grounds.field) == (kind, field))
}

/// How closely a field is guarded. A person's are personal, whatever a newer version adds.
pub fn level(kind: Kind, field: u32) -> Level {
    match grounds_of(kind, field) {
        Some(_) => Level::Sensitive,
        None if kind == PERSON => Level::Personal,
        None => Level::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::declaration;

    #[test]
    fn the_sensitive_fields_are_these() {
        let named = |grounds: &Grounds| {
            let declared = declaration(grounds.kind).unwrap();
            let field = declared.fields.iter().find(|field| field.number == grounds.field).unwrap();
            (format!("{}.{}", declared.name, field.name), grounds.basis)
        };
        let expected = [
            ("person.id_number", Basis::Consent),
            ("household.care", Basis::Duty),
            ("household.categories", Basis::Duty),
            ("household.care_reason", Basis::Duty),
        ];
        let expected: Vec<_> = expected.map(|(name, basis)| (name.to_owned(), basis)).into();
        assert_eq!(SENSITIVE.iter().map(named).collect::<Vec<_>>(), expected);
        assert!(SENSITIVE.iter().all(|grounds| grounds.law.contains("第")));
    }

    #[test]
    fn levels_are_those_of_domain_9_2() {
        for (field, expected) in
            [(1, Level::Personal), (5, Level::Personal), (6, Level::Sensitive), (90, Level::Personal)]
        {
            assert_eq!(level(PERSON, field), expected, "{field}");
        }
        assert_eq!(level(HOUSEHOLD, crate::household::CATEGORIES), Level::Sensitive);
        assert_eq!(level(crate::visit::Visit::DECLARATION.kind, 2), Level::Internal);
    }
}
