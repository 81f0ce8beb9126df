//! Who may know what and who may write it: the table of places, record types and roles (domain §3.1,
//! §11). What a device holds and what a server takes from it are readings of this one table, which
//! `docs/permissions.md` shows.

use crate::codes::Role;
use crate::declaration::{Kind, Record};
use crate::scope::{AreaPath, Audience, Circle};
use crate::{
    area, consent, duty_report, erasure_request, feedback, handling, house, household, item, list_entry,
    losing_edit, matter, matter_step, matter_view, person, staff, visit, wish,
};

/// Depth of a county in the area tree.
pub const COUNTY: usize = 1;
/// Depth of a street.
pub const STREET: usize = 2;
/// Depth of a community.
pub const COMMUNITY: usize = 3;
/// Depth of a grid.
pub const GRID: usize = 4;

/// The scopes of one circle at one depth. Whoever holds one holds every type in it: a scope is held
/// as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Whose eyes it is for.
    pub circle: Circle,
    /// How deep in the area tree.
    pub depth: usize,
    /// The roles that hold it. One that works deeper holds that of the area around it, one that works
    /// above holds those of all areas inside its own; of a circle that is somebody's own, each holds
    /// its own and no other.
    pub holders: &'static [Role],
    /// The types that stand there, with the roles among the holders that may write them.
    pub types: &'static [(Kind, &'static [Role])],
}

const NOBODY: &[Role] = &[];
const COUNTY_ALONE: &[Role] = &[Role::County];
const NEIGHBOURHOOD: &[Role] = &[Role::GridWorker, Role::CommunityStaff, Role::CommunityLead];

/// The table.
pub const PLACES: &[Place] = &[
    Place {
        circle: Circle::Public,
        depth: COUNTY,
        holders: Role::ALL,
        types: &[
            (area::Area::DECLARATION.kind, COUNTY_ALONE),
            (item::ItemCategory::DECLARATION.kind, COUNTY_ALONE),
            (item::Item::DECLARATION.kind, COUNTY_ALONE),
            (list_entry::ListEntry::DECLARATION.kind, COUNTY_ALONE),
        ],
    },
    // Colleagues of an office see each other; the server makes these records with the accounts.
    Place {
        circle: Circle::Work,
        depth: COUNTY,
        holders: COUNTY_ALONE,
        // Handed in, see below.
        types: &[
            (feedback::Feedback::DECLARATION.kind, NOBODY),
            (duty_report::DutyReport::DECLARATION.kind, NOBODY),
        ],
    },
    Place { circle: Circle::Work, depth: STREET, holders: &[Role::Street], types: &[] },
    Place {
        circle: Circle::Work,
        depth: COMMUNITY,
        holders: NEIGHBOURHOOD,
        types: &[
            (staff::Staff::DECLARATION.kind, &[Role::CommunityLead]),
            (wish::Wish::DECLARATION.kind, NEIGHBOURHOOD),
        ],
    },
    Place {
        circle: Circle::Work,
        depth: GRID,
        holders: NEIGHBOURHOOD,
        types: &[
            (house::House::DECLARATION.kind, NEIGHBOURHOOD),
            (household::Household::DECLARATION.kind, NEIGHBOURHOOD),
            (visit::Visit::DECLARATION.kind, NEIGHBOURHOOD),
            (visit::VisitAmendment::DECLARATION.kind, NEIGHBOURHOOD),
            (matter::Matter::DECLARATION.kind, NEIGHBOURHOOD),
            // Its commands write it.
            (matter_step::MatterStep::DECLARATION.kind, NOBODY),
            // Beside the record it concerns, so with persons too; the server writes it.
            (losing_edit::LosingEdit::DECLARATION.kind, NOBODY),
        ],
    },
    Place {
        circle: Circle::Sensitive,
        depth: GRID,
        holders: NEIGHBOURHOOD,
        types: &[
            (person::Person::DECLARATION.kind, NEIGHBOURHOOD),
            (handling::Handling::DECLARATION.kind, NEIGHBOURHOOD),
            (consent::Consent::DECLARATION.kind, NEIGHBOURHOOD),
            // Noted by whoever is asked; its commands decide.
            (erasure_request::ErasureRequest::DECLARATION.kind, NEIGHBOURHOOD),
        ],
    },
    Place {
        circle: Circle::Department,
        depth: COUNTY,
        holders: &[Role::Department],
        types: &[(matter_view::MatterView::DECLARATION.kind, NOBODY)],
    },
    Place {
        circle: Circle::Unit,
        depth: COUNTY,
        holders: &[Role::UnitLiaison, Role::Contractor],
        types: &[],
    },
    Place {
        circle: Circle::Member,
        depth: COUNTY,
        holders: &[Role::Member, Role::VillageLiaison, Role::SpotChecker],
        types: &[],
    },
];

/// Types that are handed in, as through a slot: whoever may do so makes them in a scope of their own county that they do
/// not hold, never sees them again, and changes nothing there. They are kept without their sender.
pub const HANDED_IN: &[(Kind, &[Role])] = &[
    (feedback::Feedback::DECLARATION.kind, Role::ALL),
    (duty_report::DutyReport::DECLARATION.kind, Role::ALL),
];

/// Whether records of a type are handed in.
pub fn is_handed_in(kind: Kind) -> bool {
    HANDED_IN.iter().any(|(handed, _)| *handed == kind)
}

/// Whether a role may hand records of a type in.
pub fn may_hand_in(role: Role, kind: Kind) -> bool {
    HANDED_IN.iter().any(|(handed, roles)| *handed == kind && roles.contains(&role))
}

/// Whether a role may write records of a type, where it holds them; nobody writes an unknown type.
pub fn may_write(role: Role, kind: Kind) -> bool {
    let types = PLACES.iter().flat_map(|place| place.types);
    types.filter(|(listed, _)| *listed == kind).any(|(_, writers)| writers.contains(&role))
}

/// The depth at which a role works; `None` for one that is bound to none.
pub fn home_depth(role: Role) -> Option<usize> {
    match role {
        Role::GridWorker => Some(GRID),
        Role::CommunityStaff | Role::CommunityLead => Some(COMMUNITY),
        Role::Street => Some(STREET),
        Role::County => Some(COUNTY),
        _ => None,
    }
}

/// Whether whoever has this role may know records of this audience at all, somewhere.
pub fn may_hold(role: Role, audience: Audience) -> bool {
    PLACES.iter().any(|place| place.circle == audience.circle() && place.holders.contains(&role))
}

/// Whether an area is of the depth at which a role works; any is, for a role bound to none.
pub fn fits(role: Role, area: &AreaPath) -> bool {
    home_depth(role).is_none_or(|depth| area.depth() == depth)
}

/// Whom a role lets in, gives another post and dismisses: people of these roles who work in its area.
#[derive(Debug, Clone, Copy)]
pub struct Charge {
    /// Who.
    pub by: Role,
    /// Whom.
    pub of: &'static [Role],
}

/// The table of charges (domain §3.1). Nobody is in charge of their own rank but the administrator, who holds no
/// business data: otherwise one account that was taken over could make any number like it.
pub const CHARGES: &[Charge] = &[
    Charge { by: Role::CommunityLead, of: &[Role::GridWorker, Role::CommunityStaff] },
    Charge { by: Role::Street, of: &[Role::CommunityLead] },
    Charge {
        by: Role::County,
        of: &[Role::Street, Role::Department, Role::UnitLiaison, Role::SpotChecker, Role::Contractor],
    },
    Charge { by: Role::Administrator, of: Role::ALL },
];

/// The roles somebody of this role is in charge of; none for most.
pub fn in_charge_of(role: Role) -> &'static [Role] {
    CHARGES.iter().find(|charge| charge.by == role).map_or(&[], |charge| charge.of)
}

/// Whether somebody with this post is in charge of people with that one. Nobody's own account is in their charge, which
/// whoever asks sees to.
pub fn is_in_charge((role, area): (Role, &AreaPath), (of_role, of_area): (Role, &AreaPath)) -> bool {
    fits(role, area)
        && in_charge_of(role).contains(&of_role)
        && area.contains(of_area)
        && fits(of_role, of_area)
}

/// Whether an account may be given another role. An administrator's stays one, and no other becomes one: who holds no
/// business data today could read the whole county's tomorrow, with the devices they have.
pub fn may_become(before: Role, after: Role) -> bool {
    (before == Role::Administrator) == (after == Role::Administrator)
}

/// Whether an administrator would seem to let themselves in: under their own name, to a role that holds business data.
/// Somebody else in charge may do it.
pub fn is_own_hand((role, name): (Role, &str), (of_role, of_name): (Role, &str)) -> bool {
    let plain =
        |name: &str| name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let (one, other): (String, String) = (plain(name), plain(of_name));
    role == Role::Administrator && of_role != Role::Administrator && one == other
}
