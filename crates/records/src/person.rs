//! People of a household. The ID number is not asked by default (domain §2.2).

use chrono::NaiveDate;
use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::{Relation, Residence, Sex};
use crate::declaration::{
    Declaration, Family, Field, Kind, NAME_LENGTH, Record, RefusalCode, readable, texts_fit,
};
use crate::ids::RecordId;
use crate::rules::{id_number, phone};
use crate::scope::Audience;

/// Number of the field [`Person::name`].
pub const NAME: u32 = 1;
/// Number of the field [`Person::phone`].
pub const PHONE: u32 = 5;
/// Number of the field [`Person::id_number`].
pub const ID_NUMBER: u32 = 6;

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Person {
    /// The household.
    #[n(0)]
    pub household: RecordId,
    /// Name, 1–30 characters.
    #[n(1)]
    pub name: String,
    /// Relation to the head of the household.
    #[n(2)]
    pub relation: Relation,
    /// Sex, when given.
    #[n(3)]
    pub sex: Option<Sex>,
    /// Day of birth, when given.
    #[n(4)]
    #[cbor(with = "crate::time::optional_day", has_nil)]
    pub born_on: Option<NaiveDate>,
    /// Phone, when given.
    #[n(5)]
    pub phone: Option<String>,
    /// ID number, when a service needs it.
    #[n(6)]
    pub id_number: Option<String>,
    /// Registered, resident, floating, away.
    #[n(7)]
    pub residence: Residence,
}

impl Person {
    /// A resident of whom no more is known yet.
    pub fn named(household: RecordId, name: &str, relation: Relation) -> Self {
        Self {
            household,
            name: name.to_owned(),
            relation,
            sex: None,
            born_on: None,
            phone: None,
            id_number: None,
            residence: Residence::Resident,
        }
    }
}

impl Record for Person {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(12),
        name: "person",
        family: Family::Editable,
        audience: Audience::Sensitive,
        depth: 4,
        fields: &[
            Field::last_writer(0, "household"),
            Field::last_writer(NAME, "name"),
            Field::last_writer(2, "relation"),
            Field::last_writer(3, "sex"),
            Field::last_writer(4, "born_on"),
            Field::last_writer(PHONE, "phone"),
            Field::last_writer(ID_NUMBER, "id_number"),
            Field::last_writer(7, "residence"),
        ],
        commands: &[],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let person: Person = readable(body)?;
    match person.name.chars().count() {
        0 => return Err("person.name_missing"),
        1..=30 => {}
        _ => return Err("person.name_too_long"),
    }
    texts_fit(person.phone.iter().chain(&person.id_number), NAME_LENGTH)?;
    if person.phone.as_deref().is_some_and(|p| phone::parse(p).is_err()) {
        return Err("phone.wrong");
    }
    // The day of birth is checked against today where it is typed; here there is no clock.
    match person.id_number.as_deref().map(|n| id_number::parse(n, NaiveDate::MAX)) {
        Some(Err(fault)) => Err(fault.code()),
        _ => Ok(()),
    }
}
