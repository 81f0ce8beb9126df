//! What a role in an area may hold: the table of roles × audiences, read by server and device alike.

use records::codes::Role;
use records::{AreaPath, Audience, Scope};

/// Areas below which a scope lies, or that very one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// This area alone.
    Here,
    /// This area and everything inside it.
    Within,
}

/// Leave to hold, and with a fitting role to write, the records of an audience in an area.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// Where.
    pub area: AreaPath,
    /// Which records there.
    pub audience: Audience,
    /// How far.
    pub reach: Reach,
}

impl Grant {
    /// Whether the scope is one of those granted.
    pub fn covers(&self, scope: &Scope) -> bool {
        let is_inside = match self.reach {
            Reach::Here => self.area == scope.area,
            Reach::Within => self.area.contains(&scope.area),
        };
        is_inside && self.audience == scope.audience
    }
}

const COUNTY: usize = 1;
const STREET: usize = 2;
const COMMUNITY: usize = 3;
const GRID: usize = 4;

/// The grants of a role in an area. The public lists of the county are for everyone; an area of
/// the wrong depth for its role gives nothing more.
///
/// Roles that may know only part of a record (members, departments, units) receive records made
/// for them, never these.
pub fn grants_of(role: Role, area: &AreaPath) -> Vec<Grant> {
    let mut grants = vec![];
    let mut grant = |depth: usize, audience: Audience, reach: Reach| {
        grants.extend(area.at_depth(depth).map(|area| Grant { area, audience, reach }));
    };
    grant(COUNTY, Audience::Public, Reach::Here);
    match (role, area.depth()) {
        (Role::GridWorker, GRID) => {
            grant(GRID, Audience::Work, Reach::Here);
            grant(GRID, Audience::Sensitive, Reach::Here);
            grant(COMMUNITY, Audience::Work, Reach::Here);
        }
        (Role::CommunityStaff | Role::CommunityLead, COMMUNITY) => {
            grant(COMMUNITY, Audience::Work, Reach::Within);
            grant(COMMUNITY, Audience::Sensitive, Reach::Within);
        }
        (Role::Street, STREET) => grant(STREET, Audience::Work, Reach::Here),
        (Role::County, COUNTY) => grant(COUNTY, Audience::Work, Reach::Here),
        _ => {}
    }
    grants
}

/// Whether an area is of the depth at which a role works; any is, for a role bound to none.
pub fn fits(role: Role, area: &AreaPath) -> bool {
    let depth = match role {
        Role::GridWorker => GRID,
        Role::CommunityStaff | Role::CommunityLead => COMMUNITY,
        Role::Street => STREET,
        Role::County => COUNTY,
        _ => return true,
    };
    area.depth() == depth
}

/// The scopes these grants name, of those that exist; single ones whether they exist or not.
/// Public lists come first: everything else refers to them.
pub fn scopes_of(grants: &[Grant], existing: impl IntoIterator<Item = Scope>) -> Vec<Scope> {
    let single = grants.iter().filter(|g| g.reach == Reach::Here);
    let mut scopes: Vec<Scope> = single.map(|g| Scope::new(g.area.clone(), g.audience)).collect();
    scopes.extend(existing.into_iter().filter(|scope| is_granted(grants, scope)));
    scopes.sort_by(|a, b| (a.audience, &a.area).cmp(&(b.audience, &b.area)));
    scopes.dedup();
    scopes
}

/// Whether any of the grants covers the scope.
pub fn is_granted(grants: &[Grant], scope: &Scope) -> bool {
    grants.iter().any(|grant| grant.covers(scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY_ROLE: &[Role] = Role::ALL;

    fn scopes(role: Role, area: &str) -> Vec<String> {
        let existing = [
            "230881#public",
            "230881/001#work",
            "230881/001/003#work",
            "230881/001/003/07#work",
            "230881/001/003/07#sensitive",
            "230881/001/003/08#work",
            "230881/001/003/08#sensitive",
            "230881/001/004/01#sensitive",
            "230882#public",
        ];
        let existing = existing.iter().map(|text| text.parse().unwrap());
        scopes_of(&grants_of(role, &area.parse().unwrap()), existing)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_grid_worker_holds_the_grid_and_no_other() {
        let held = scopes(Role::GridWorker, "230881/001/003/07");
        let expected =
            ["230881#public", "230881/001/003#work", "230881/001/003/07#work", "230881/001/003/07#sensitive"];
        assert_eq!(held, expected);
    }

    #[test]
    fn community_staff_hold_all_grids_of_their_community() {
        let held = scopes(Role::CommunityStaff, "230881/001/003");
        assert_eq!(held.len(), 6);
        assert!(held.iter().all(|scope| scope.contains("/001/003") || scope == "230881#public"));
    }

    /// | role | the areas in which it holds more than the public lists, all deeper ones tried |
    #[test]
    fn a_role_in_an_area_of_another_depth_holds_nothing_of_it() {
        let areas = ["230881", "230881/001", "230881/001/003", "230881/001/003/07"];
        let at_home = [
            (Role::County, Some("230881")),
            (Role::Street, Some("230881/001")),
            (Role::CommunityStaff, Some("230881/001/003")),
            (Role::CommunityLead, Some("230881/001/003")),
            (Role::GridWorker, Some("230881/001/003/07")),
            (Role::Member, None),
            (Role::Administrator, None),
        ];
        for ((role, home), area) in at_home.iter().flat_map(|one| areas.map(|area| (one, area))) {
            let held = scopes(*role, area);
            assert_eq!(held.len() > 1, *home == Some(area), "{role:?} {area}: {held:?}");
            let is_fit = fits(*role, &area.parse().unwrap());
            assert_eq!(is_fit, home.is_none_or(|home| home == area), "{role:?} {area}");
        }
    }

    #[test]
    fn no_other_role_holds_persons_whatever_its_area() {
        let areas = ["230881", "230881/001", "230881/001/003", "230881/001/003/07"];
        for (role, area) in EVERY_ROLE.iter().flat_map(|role| areas.map(|area| (*role, area))) {
            let holds_persons = scopes(role, area).iter().any(|scope| scope.ends_with("#sensitive"));
            let may = matches!(
                (role, area.len()),
                (Role::GridWorker, 17) | (Role::CommunityStaff | Role::CommunityLead, 14)
            );
            assert_eq!(holds_persons, may, "{role:?} {area}");
        }
    }
}
