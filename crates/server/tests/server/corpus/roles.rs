//! Who may make what: every role with every type that is not its own, in the place where such records stand.

use records::area::Area;
use records::codes::Role;
use records::consent::Consent;
use records::declaration::DECLARATIONS;
use records::erasure_request::ErasureRequest;
use records::feedback::Feedback;
use records::handling::Handling;
use records::house::House;
use records::household::Household;
use records::item::{Item, ItemCategory};
use records::list_entry::ListEntry;
use records::matter::Matter;
use records::permissions::is_handed_in;
use records::person::Person;
use records::staff::Staff;
use records::visit::{Visit, VisitAmendment};
use records::wish::Wish;
use records::{AreaPath, Audience, Kind, Moment, Record, Scope};

use super::{Case, case, made_in, pushed};
use crate::common::*;

/// Every role that has an account, with where it works.
pub const ROLES: [(Role, &str); 12] = [
    (Role::GridWorker, GRID),
    (Role::Member, COMMUNITY),
    (Role::CommunityStaff, COMMUNITY),
    (Role::CommunityLead, COMMUNITY),
    (Role::Street, "230881/001"),
    (Role::Department, "230881"),
    (Role::UnitLiaison, "230881"),
    (Role::VillageLiaison, COMMUNITY),
    (Role::SpotChecker, "230881"),
    (Role::County, "230881"),
    (Role::Administrator, "230881"),
    (Role::Contractor, "230881"),
];

/// Who makes records of a type. Said here once more and not read from the table the server decides by.
fn makes(role: Role, kind: Kind) -> bool {
    let county = [Area::DECLARATION, ItemCategory::DECLARATION, Item::DECLARATION, ListEntry::DECLARATION];
    let neighbourhood = [
        House::DECLARATION,
        Household::DECLARATION,
        Person::DECLARATION,
        Visit::DECLARATION,
        VisitAmendment::DECLARATION,
        Matter::DECLARATION,
        Wish::DECLARATION,
        Handling::DECLARATION,
        Consent::DECLARATION,
        ErasureRequest::DECLARATION,
    ];
    let is_of = |types: &[&records::declaration::Declaration]| types.iter().any(|one| one.kind == kind);
    match role {
        Role::County => is_of(&county),
        Role::GridWorker | Role::CommunityStaff => is_of(&neighbourhood),
        Role::CommunityLead => is_of(&neighbourhood) || kind == Staff::DECLARATION.kind,
        _ => false,
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    for (role, _) in ROLES {
        for declaration in DECLARATIONS.iter().filter(|declaration| !makes(role, declaration.kind)) {
            // What everybody hands in has a test of its own.
            if is_handed_in(declaration.kind) {
                continue;
            }
            let home: AreaPath = GRID.parse().unwrap();
            let scope = Scope::new(home.at_depth(declaration.depth).unwrap(), declaration.audience);
            let name = format!("{role:?} makes a {}", declaration.name);
            let attack = move |stage: &mut super::Stage| {
                let (_, device) = stage.roles.iter_mut().find(|(one, _)| *one == role).unwrap();
                pushed(
                    device,
                    vec![made_in(&scope, new_id(), declaration.kind, a_household("越权").to_body())],
                )
            };
            cases.push(case(name, "record.not_permitted", attack));
        }
    }
    for (place, code, why) in [
        ("230882#work", "record.not_permitted", "another county"),
        ("230881/001/003#work", "record.not_permitted", "a community"),
        ("230881#public", "record.scope_wrong", "the public lists"),
    ] {
        let name = format!("a complaint is handed in to {why}");
        let attack = move |stage: &mut super::Stage| {
            let feedback = Feedback { at: Moment::beijing(NOW), text: "字太小".to_owned(), contact: None };
            let kind = Feedback::DECLARATION.kind;
            pushed(&mut stage.worker, vec![made_in(&scope(place), new_id(), kind, feedback.to_body())])
        };
        cases.push(case(name, code, attack));
    }
    // Its own types, in places that are not its own.
    for (place, why) in [
        ("230881/001/003/06", "the neighbouring grid"),
        ("230881/001/004/07", "another community"),
        ("230882/001/003/07", "another county"),
    ] {
        for (audience, kind) in
            [(Audience::Work, Household::DECLARATION.kind), (Audience::Sensitive, Person::DECLARATION.kind)]
        {
            let scope = Scope::new(place.parse().unwrap(), audience);
            let name = format!("a grid worker makes a record of kind {} in {why}", kind.0);
            let attack = move |stage: &mut super::Stage| {
                pushed(
                    &mut stage.worker,
                    vec![made_in(&scope, new_id(), kind, a_household("越界").to_body())],
                )
            };
            cases.push(case(name, "record.not_permitted", attack));
        }
    }
    cases
}
