//! How a record type joins the engine: one declaration, read by store, sync and server alike.

use minicbor::{Decode, Encode};

use crate::body::{Body, BodyFault, MAX_FIELDS};
use crate::command::Command;
pub use crate::policy::Policy;
use crate::scope::Audience;
use crate::time::Moment;

/// Number of a record type on the wire and in the database. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Kind(#[n(0)] pub u16);

/// How records of a type behave when two devices meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Edited freely offline, merged field by field.
    Editable,
    /// Added only; both stay; a correction is a new record.
    AppendOnly,
}

/// One field of a record type.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its number in the body.
    pub number: u32,
    /// Its name in code and translations, `household.care`.
    pub name: &'static str,
    /// How it merges.
    pub policy: Policy,
    /// Whether it is a list of [`crate::attachment::Attachment`]s.
    pub has_attachments: bool,
}

impl Field {
    const fn of(number: u32, name: &'static str, policy: Policy) -> Self {
        Self { number, name, policy, has_attachments: false }
    }

    /// The same field as a list of attachments.
    pub const fn of_attachments(self) -> Self {
        Self { has_attachments: true, ..self }
    }

    /// A field where the later write wins.
    pub const fn last_writer(number: u32, name: &'static str) -> Self {
        Self::of(number, name, Policy::LastWriter)
    }

    /// A list whose elements merge one by one.
    pub const fn set(number: u32, name: &'static str) -> Self {
        Self::of(number, name, Policy::Set)
    }

    /// A number of which the larger one stays.
    pub const fn max(number: u32, name: &'static str) -> Self {
        Self::of(number, name, Policy::Max)
    }

    /// A number of which the smaller one stays.
    pub const fn min(number: u32, name: &'static str) -> Self {
        Self::of(number, name, Policy::Min)
    }

    /// A field that a person decides where two values meet.
    pub const fn review(number: u32, name: &'static str) -> Self {
        Self::of(number, name, Policy::Review)
    }

    /// A field that is taken only with the one of this smaller number.
    pub const fn follows(number: u32, name: &'static str, leader: u32) -> Self {
        Self::of(number, name, Policy::Follows(leader))
    }

    /// A field that commands alone write.
    pub const fn decided(number: u32, name: &'static str) -> Self {
        Self::of(number, name, Policy::Decided)
    }

    /// A field that never changes.
    pub const fn fixed(number: u32, name: &'static str) -> Self {
        Self::of(number, name, Policy::Fixed)
    }
}

/// A stable code saying why a record may not be stored as it is.
pub type RefusalCode = &'static str;

/// Everything the engine knows of a record type.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// Its number.
    pub kind: Kind,
    /// Its name in code and translations.
    pub name: &'static str,
    /// How it behaves when two devices meet.
    pub family: Family,
    /// Who within its area may hold it.
    pub audience: Audience,
    /// Depth in the area tree of its scope: 1 county, 3 community, 4 grid.
    pub depth: usize,
    /// Its fields. Unknown numbers are kept and merge by last writer.
    pub fields: &'static [Field],
    /// What is decided about its records in the order of arrival.
    pub commands: &'static [Command],
    /// Checks a whole body; used by device and server alike.
    pub check: fn(&Body) -> Result<(), RefusalCode>,
}

impl Declaration {
    /// The command of this number; `None` for one of a newer version.
    pub fn command(&self, number: u16) -> Option<&'static Command> {
        self.commands.iter().find(|command| command.number == number)
    }

    /// How a field merges; unknown fields by last writer.
    pub fn policy_of(&self, number: u32) -> Policy {
        self.fields.iter().find(|f| f.number == number).map_or(Policy::LastWriter, |f| f.policy)
    }
}

/// A typed record.
pub trait Record: Encode<()> + for<'b> Decode<'b, ()> {
    /// The type's declaration.
    const DECLARATION: &'static Declaration;

    /// The record's body.
    fn to_body(&self) -> Body {
        Body::of(self)
    }

    /// Reads a body of this type.
    fn from_body(body: &Body) -> Result<Self, BodyFault> {
        body.read()
    }
}

/// Every record type. A new one is added here and nowhere else in the engine.
pub const DECLARATIONS: &[&Declaration] = &[
    crate::area::Area::DECLARATION,
    crate::staff::Staff::DECLARATION,
    crate::item::ItemCategory::DECLARATION,
    crate::item::Item::DECLARATION,
    crate::list_entry::ListEntry::DECLARATION,
    crate::house::House::DECLARATION,
    crate::household::Household::DECLARATION,
    crate::person::Person::DECLARATION,
    crate::visit::Visit::DECLARATION,
    crate::visit::VisitAmendment::DECLARATION,
    crate::matter::Matter::DECLARATION,
    crate::matter_step::MatterStep::DECLARATION,
    crate::wish::Wish::DECLARATION,
    crate::matter_view::MatterView::DECLARATION,
    crate::losing_edit::LosingEdit::DECLARATION,
    crate::handling::Handling::DECLARATION,
    crate::consent::Consent::DECLARATION,
    crate::erasure_request::ErasureRequest::DECLARATION,
    crate::feedback::Feedback::DECLARATION,
    crate::duty_report::DutyReport::DECLARATION,
];

/// The declaration of a kind; `None` for one from a newer version.
pub fn declaration(kind: Kind) -> Option<&'static Declaration> {
    DECLARATIONS.iter().find(|d| d.kind == kind).copied()
}

/// Longest name of a thing: a building, a department, a service.
pub(crate) const NAME_LENGTH: usize = 60;
/// Longest sentence that is more than a name: a reason, a source.
pub(crate) const SENTENCE_LENGTH: usize = 500;
/// Most entries of a list within a record.
const LIST_LENGTH: usize = 50;

/// Reads a body as `T`, for use in [`Declaration::check`]. Patches add up: a body that grew beyond
/// what can be sent is refused as well.
pub(crate) fn readable<T: Record>(body: &Body) -> Result<T, RefusalCode> {
    if body.fields().len() > MAX_FIELDS {
        return Err("record.malformed");
    }
    T::from_body(body).map_err(|_| "record.malformed")
}

/// Refuses a text longer than any person types there. Every device indexes and shows it.
pub(crate) fn texts_fit<'t>(
    texts: impl IntoIterator<Item = &'t String>,
    most: usize,
) -> Result<(), RefusalCode> {
    let fit = texts.into_iter().all(|text| text.chars().count() <= most);
    if fit { Ok(()) } else { Err("record.text_too_long") }
}

/// Refuses a list longer than any person makes it.
pub(crate) fn list_fits<T>(list: &[T]) -> Result<(), RefusalCode> {
    if list.len() <= LIST_LENGTH { Ok(()) } else { Err("record.list_too_long") }
}

/// Refuses a moment that no working clock can have read.
pub(crate) fn plausible(moment: Moment) -> Result<(), RefusalCode> {
    if moment.is_plausible() { Ok(()) } else { Err("moment.implausible") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn kinds_and_field_numbers_are_used_once() {
        let kinds: BTreeSet<_> = DECLARATIONS.iter().map(|d| d.kind).collect();
        assert_eq!(kinds.len(), DECLARATIONS.len());
        for declaration in DECLARATIONS {
            let numbers: BTreeSet<_> = declaration.fields.iter().map(|f| f.number).collect();
            assert_eq!(numbers.len(), declaration.fields.len(), "{}", declaration.name);
            let commands: BTreeSet<_> = declaration.commands.iter().map(|c| c.number).collect();
            assert_eq!(commands.len(), declaration.commands.len(), "{}", declaration.name);
        }
    }

    #[test]
    fn a_field_follows_one_that_is_decided_before_it() {
        for field in DECLARATIONS.iter().flat_map(|declaration| declaration.fields) {
            let Policy::Follows(leader) = field.policy else { continue };
            assert!(leader < field.number, "{}", field.name);
        }
    }
}
