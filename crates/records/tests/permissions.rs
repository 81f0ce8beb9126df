//! The table of permissions: shown whole, and what must be true of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use records::codes::Role;
use records::declaration::DECLARATIONS;
use records::permissions::{
    CHARGES, COMMUNITY, COUNTY, GRID, HANDED_IN, PLACES, STREET, home_depth, in_charge_of, is_in_charge,
    is_own_hand, may_become, may_hold, may_write,
};
use records::scope::{Circle, DepartmentCode};
use records::{AccountId, AreaPath, Audience, RecordId, declaration};

#[test]
fn the_table_is_the_one_in_the_documentation() {
    let page = include_str!("../../../docs/permissions.md");
    assert_eq!(page, as_markdown(), "docs/permissions.md is to be made anew:\n{}", as_markdown());
}

#[test]
fn every_type_stands_once_in_the_place_it_declares() {
    let listed: Vec<_> = PLACES.iter().flat_map(|place| place.types).map(|(kind, _)| *kind).collect();
    let declared: BTreeSet<_> = DECLARATIONS.iter().map(|declaration| declaration.kind).collect();
    assert_eq!((listed.len(), listed.into_iter().collect()), (declared.len(), declared));
    for place in PLACES {
        for (kind, _) in place.types {
            let declaration = declaration(*kind).unwrap();
            let home = (declaration.audience.circle(), declaration.depth);
            assert_eq!(home, (place.circle, place.depth), "{}", declaration.name);
        }
    }
}

#[test]
fn nobody_writes_what_they_do_not_hold() {
    for place in PLACES {
        for (kind, writers) in place.types {
            for role in *writers {
                assert!(place.holders.contains(role) && may_write(*role, *kind), "{role:?} {kind:?}");
            }
        }
    }
}

#[test]
fn persons_are_known_to_those_who_visit_them_and_to_nobody_else() {
    let holders: Vec<Role> =
        Role::ALL.iter().copied().filter(|role| may_hold(*role, Audience::Sensitive)).collect();
    assert_eq!(holders, [Role::GridWorker, Role::CommunityStaff, Role::CommunityLead]);
}

#[test]
fn the_administrator_holds_the_public_lists_and_writes_nothing() {
    let (unit, account) = (RecordId::from_bytes([1; 16]), AccountId::from_bytes([2; 16]));
    let others = [
        Audience::Work,
        Audience::Sensitive,
        Audience::Department(DepartmentCode::of("民政局")),
        Audience::Unit(unit),
        Audience::Member(account),
    ];
    for role in [Role::Administrator, Role::Newer(40)] {
        assert!(others.iter().all(|audience| !may_hold(role, *audience)), "{role:?}");
        assert!(DECLARATIONS.iter().all(|declaration| !may_write(role, declaration.kind)), "{role:?}");
    }
    assert!(may_hold(Role::Administrator, Audience::Public));
}

#[test]
fn what_is_handed_in_is_written_by_nobody_and_held_by_the_county_alone() {
    for (kind, _) in HANDED_IN {
        assert!(Role::ALL.iter().all(|role| !may_write(*role, *kind)));
        let place = PLACES.iter().find(|place| place.types.iter().any(|(listed, _)| listed == kind)).unwrap();
        assert_eq!((place.circle, place.depth, place.holders), (Circle::Work, COUNTY, &[Role::County][..]));
    }
}

/// Said once more by hand: with their areas, everybody somebody of each role is in charge of.
#[test]
fn each_role_is_in_charge_of_those_below_and_nobody_of_their_own_rank() {
    let areas = ["230881", "230881/001", "230881/001/003", "230881/001/003/07", "230881/001/004", "230882"];
    let at = |role: Role, area: &str| {
        let manager: AreaPath = area.parse().unwrap();
        let mut found = vec![];
        for (of, place) in Role::ALL.iter().flat_map(|of| areas.map(|place| (*of, place))) {
            let is = is_in_charge((role, &manager), (of, &place.parse().unwrap()));
            found.extend(is.then(|| format!("R{} {place}", of.code())));
        }
        found.join(", ")
    };
    assert_eq!(at(Role::CommunityLead, "230881/001/003"), "R1 230881/001/003/07, R3 230881/001/003");
    assert_eq!(at(Role::Street, "230881/001"), "R4 230881/001/003, R4 230881/001/004");
    assert_eq!(at(Role::CommunityLead, "230881/001"), "", "not where a lead does not work");
    assert_eq!(at(Role::Street, "230881/001/003"), "");
    let county = at(Role::County, "230881");
    assert!(county.starts_with("R5 230881/001, R6 230881, "), "{county}");
    for none in ["230882", "R1 ", "R2 ", "R3 ", "R4 ", "R8 ", "R10 ", "R11 "] {
        assert!(!county.contains(none), "{none} in {county}");
    }
    for role in Role::ALL.iter().filter(|role| !CHARGES.iter().any(|charge| charge.by == **role)) {
        assert!(areas.iter().all(|area| at(*role, area).is_empty()), "{role:?}");
    }
    for role in Role::ALL {
        let administrator: AreaPath = "230881".parse().unwrap();
        let place = ["230881", "230881/001", "230881/001/003", "230881/001/003/07"]
            [home_depth(*role).unwrap_or(COUNTY) - 1];
        let charge =
            |area: &str| is_in_charge((Role::Administrator, &administrator), (*role, &area.parse().unwrap()));
        assert!(charge(place) && !charge(&place.replace("230881", "230882")), "{role:?}");
    }
}

/// Whoever is in charge may be taken over: what they can make must not be more than they are.
#[test]
fn nobody_makes_somebody_of_their_own_rank_or_above() {
    let rank = |role: Role| home_depth(role).unwrap_or(COUNTY);
    for charge in CHARGES.iter().filter(|charge| charge.by != Role::Administrator) {
        for of in charge.of {
            let is_below = rank(*of) > rank(charge.by) || in_charge_of(*of).is_empty();
            assert!(is_below && *of != charge.by && *of != Role::Administrator, "{charge:?} {of:?}");
        }
    }
    assert!(!in_charge_of(Role::County).contains(&Role::County) && GRID > COMMUNITY);
}

#[test]
fn an_administrator_stays_one_and_does_not_let_themselves_in() {
    for role in Role::ALL.iter().copied().filter(|role| *role != Role::Administrator) {
        assert!(!may_become(Role::Administrator, role) && !may_become(role, Role::Administrator), "{role:?}");
        assert!(may_become(role, Role::GridWorker) && may_become(Role::Administrator, Role::Administrator));
        assert!(is_own_hand((Role::Administrator, "赵敏"), (role, " 赵 敏 ")), "{role:?}");
        assert!(!is_own_hand((role, "赵敏"), (Role::GridWorker, "赵敏")), "{role:?}");
    }
    assert!(!is_own_hand((Role::Administrator, "赵敏"), (Role::GridWorker, "赵敏敏")));
    assert!(!is_own_hand((Role::Administrator, "Zhao"), (Role::Administrator, "zhao")));
}

/// The table for people, as `docs/permissions.md` shows it.
fn as_markdown() -> String {
    let mut text = String::from(HEAD);
    for place in PLACES {
        let (circle, depth) = (circle_name(place.circle), depth_name(place.depth));
        let holders = roles(place.holders);
        if place.types.is_empty() {
            let _ = writeln!(text, "| {circle} | {depth} | {holders} | – | the server |");
        }
        for (kind, writers) in place.types {
            let name = declaration(*kind).map_or("", |declaration| declaration.name);
            let writers = match HANDED_IN.iter().find(|(handed, _)| handed == kind) {
                Some((_, Role::ALL)) => "handed in by everyone".to_owned(),
                Some((_, senders)) => format!("handed in by {}", roles(senders)),
                None if writers.is_empty() => "the server".to_owned(),
                None => roles(writers),
            };
            let _ = writeln!(text, "| {circle} | {depth} | {holders} | `{name}` | {writers} |");
        }
    }
    text.push_str(CHARGE_HEAD);
    for charge in CHARGES {
        let _ = writeln!(text, "| {} | {} |", roles(&[charge.by]), roles(charge.of));
    }
    text
}

const CHARGE_HEAD: &str = "
## Who is in charge of whom

Whoever is in charge lets people in, gives them another post, dismisses them and shuts their lost devices out: people of
these roles who work inside their own area, both before and after. Nobody is in charge of themselves. An administrator's
account stays one, no other becomes one, and an administrator invites nobody of their own name to a role with business
data. Everything is in the audit with who did it. Everybody sees their own devices and shuts out those they lost.

| who | in charge of |
|---|---|
";

const HEAD: &str = "\
# Who may know what, and who may write it

Made from `crates/records/src/permissions.rs`, by which device and server decide; a test compares the two.

A scope is held as a whole. Who works deeper than a place holds that of the area around, who works above
it those of every area inside. Department, unit and member hold their own and no other. Whoever may know
only part of a record receives a view of it, written by the server. R12, a resident, has no account; R11,
the administrator, holds the public lists and nothing else. What is handed in is kept without its sender, who
does not hold it.

| for | of a | held by | type | written by |
|---|---|---|---|---|
";

fn roles(roles: &[Role]) -> String {
    if roles == Role::ALL {
        return "everyone".to_owned();
    }
    let names: Vec<String> = roles.iter().map(|role| format!("R{} {role:?}", role.code())).collect();
    names.join(", ")
}

fn circle_name(circle: Circle) -> String {
    format!("{circle:?}").to_lowercase()
}

fn depth_name(depth: usize) -> &'static str {
    match depth {
        COUNTY => "county",
        STREET => "street",
        COMMUNITY => "community",
        _ => "grid",
    }
}
