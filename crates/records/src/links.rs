//! Which records belong to which: a visit to its household, a person too. They stand in the same area
//! and move together.

use crate::declaration::{Kind, Record};
use crate::ids::RecordId;
use crate::{
    Body, consent, erasure_request, handling, household, losing_edit, matter, matter_step, person, visit,
    wish,
};

/// The fields in which a type names what it belongs to. A type that is not listed stands for itself.
const LINKS: &[(Kind, &[u32])] = &[
    (household::Household::DECLARATION.kind, &[0]),
    (person::Person::DECLARATION.kind, &[0]),
    (visit::Visit::DECLARATION.kind, &[0]),
    (visit::VisitAmendment::DECLARATION.kind, &[0]),
    (matter::Matter::DECLARATION.kind, &[7, 8]),
    (matter_step::MatterStep::DECLARATION.kind, &[0]),
    (wish::Wish::DECLARATION.kind, &[0]),
    (losing_edit::LosingEdit::DECLARATION.kind, &[0]),
    (handling::Handling::DECLARATION.kind, &[0]),
    (consent::Consent::DECLARATION.kind, &[0]),
    (erasure_request::ErasureRequest::DECLARATION.kind, &[0]),
];

/// The records that one of this kind and body belongs to.
pub fn parents(kind: Kind, body: &Body) -> Vec<RecordId> {
    let fields = LINKS.iter().find(|(linked, _)| *linked == kind).map_or(&[][..], |(_, fields)| fields);
    let values = fields.iter().filter_map(|field| body.field(*field));
    values.filter_map(|value| minicbor::decode(value).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::declaration;

    #[test]
    fn the_fields_are_those_that_name_a_record() {
        let named = |kind: Kind, fields: &[u32]| -> Vec<&'static str> {
            let declared = declaration(kind).unwrap().fields;
            fields.iter().map(|n| declared.iter().find(|f| f.number == *n).unwrap().name).collect()
        };
        let names: Vec<_> = LINKS.iter().map(|(kind, fields)| named(*kind, fields)).collect();
        let expected: [&[&str]; 11] = [
            &["house"],
            &["household"],
            &["household"],
            &["visit"],
            &["household", "visit"],
            &["matter"],
            &["household"],
            &["record"],
            &["subject"],
            &["person"],
            &["subject"],
        ];
        assert_eq!(names, expected);
    }
}
