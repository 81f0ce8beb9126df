//! What an account may hold: a reading of [`records::permissions`] for one role in one area.

use records::codes::Role;
pub use records::permissions::fits;
use records::permissions::{PLACES, Place, home_depth};
use records::scope::Circle;
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

/// A grant that was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// The grant.
    pub grant: Grant,
    /// The role its holder had.
    pub role: Role,
    /// Until when it was one, ms since 1970 UTC.
    pub until_ms: i64,
}

/// The grants of a role in an area, of what is the same for everybody there.
pub fn grants_of(role: Role, area: &AreaPath) -> Vec<Grant> {
    grants_with(role, area, &[])
}

/// The grants of a role in an area, read from the table of permissions. `own` are the audiences that
/// are this account's own: itself, its department, its unit. An area of the wrong depth for its role
/// gives nothing but the public lists.
pub fn grants_with(role: Role, area: &AreaPath, own: &[Audience]) -> Vec<Grant> {
    let held = PLACES.iter().filter(|place| place.holders.contains(&role));
    let at_home = held.filter(|place| place.circle == Circle::Public || fits(role, area));
    let mut grants: Vec<Grant> = at_home.flat_map(|place| granted(place, role, area, own)).collect();
    grants.sort();
    // Here and within is within.
    grants.dedup_by(|next, kept| {
        let is_same = (&next.area, next.audience) == (&kept.area, kept.audience);
        kept.reach = if is_same { next.reach } else { kept.reach };
        is_same
    });
    grants
}

fn granted(place: &Place, role: Role, area: &AreaPath, own: &[Audience]) -> Vec<Grant> {
    let (at, reach) = match home_depth(role) {
        Some(home) if home < place.depth => (area.at_depth(home), Reach::Within),
        _ => (area.at_depth(place.depth), Reach::Here),
    };
    let of_circle = own.iter().copied().filter(|audience| audience.circle() == place.circle);
    let audiences = Audience::shared(place.circle).into_iter().chain(of_circle);
    let grants =
        at.into_iter().flat_map(|area| audiences.clone().map(move |audience| (area.clone(), audience)));
    grants.map(|(area, audience)| Grant { area, audience, reach }).collect()
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
    use records::scope::DepartmentCode;
    use records::{AccountId, RecordId};

    const AREAS: [&str; 4] = ["230881", "230881/001", "230881/001/003", "230881/001/003/07"];

    fn own() -> [Audience; 3] {
        [
            Audience::Member(AccountId::from_bytes([7; 16])),
            Audience::Department(DepartmentCode::of("民政局")),
            Audience::Unit(RecordId::from_bytes([9; 16])),
        ]
    }

    /// What an account holds of these scopes, with the beginnings that are the same for all cut short.
    fn held(role: Role, area: &str) -> Vec<String> {
        let others = [
            Audience::Member(AccountId::from_bytes([8; 16])),
            Audience::Department(DepartmentCode::of("住建局")),
            Audience::Unit(RecordId::from_bytes([8; 16])),
        ];
        let existing = [
            "230881#public",
            "230881#work",
            "230881/001#work",
            "230881/001/003#work",
            "230881/001/003/07#work",
            "230881/001/003/07#sensitive",
            "230881/001/003/08#work",
            "230881/001/003/08#sensitive",
            "230881/001/004/01#sensitive",
            "230882#public",
        ];
        let county: AreaPath = "230881".parse().unwrap();
        let personal = own().into_iter().chain(others).map(|one| Scope::new(county.clone(), one));
        let existing = existing.iter().map(|text| text.parse().unwrap()).chain(personal);
        let grants = grants_with(role, &area.parse().unwrap(), &own());
        scopes_of(&grants, existing).iter().map(|scope| short(&scope.to_string())).collect()
    }

    fn short(scope: &str) -> String {
        let name = scope.trim_start_matches("230881");
        name.split_once(':').map_or(name, |(circle, _)| circle).to_owned()
    }

    /// Who holds what, where they are at home.
    #[test]
    fn each_role_holds_what_the_table_says() {
        let (grid, community) = ("230881/001/003/07", "230881/001/003");
        let whole_community = "#public /001/003#work /001/003/07#work /001/003/08#work \
                               /001/003/07#sensitive /001/003/08#sensitive";
        let rows = [
            (Role::GridWorker, grid, "#public /001/003#work /001/003/07#work /001/003/07#sensitive"),
            (Role::Member, community, "#public #member"),
            (Role::CommunityStaff, community, whole_community),
            (Role::CommunityLead, community, whole_community),
            (Role::Street, "230881/001", "#public /001#work"),
            (Role::Department, "230881", "#public #dept"),
            (Role::UnitLiaison, "230881", "#public #unit"),
            (Role::VillageLiaison, community, "#public #member"),
            (Role::SpotChecker, "230881", "#public #member"),
            (Role::County, "230881", "#public #work"),
            (Role::Administrator, "230881", "#public"),
            (Role::Contractor, "230881", "#public #unit"),
        ];
        assert_eq!(rows.map(|(role, ..)| role), *Role::ALL);
        for (role, area, expected) in rows {
            assert_eq!(held(role, area).join(" "), expected, "{role:?}");
        }
    }

    #[test]
    fn a_role_in_an_area_of_another_depth_holds_nothing_of_it() {
        for (role, area) in Role::ALL.iter().flat_map(|role| AREAS.map(|area| (*role, area))) {
            let depth = area.parse::<AreaPath>().unwrap().depth();
            let is_at_home = home_depth(role).is_none_or(|home| home == depth);
            assert_eq!(fits(role, &area.parse().unwrap()), is_at_home, "{role:?} {area}");
            if !is_at_home {
                assert_eq!(held(role, area), ["#public"], "{role:?} {area}");
            }
        }
    }

    #[test]
    fn nobody_holds_what_is_somebody_elses_own() {
        let somebody_elses = Audience::Member(AccountId::from_bytes([8; 16]));
        for (role, area) in Role::ALL.iter().flat_map(|role| AREAS.map(|area| (*role, area))) {
            let grants = grants_with(role, &area.parse().unwrap(), &own());
            let is_mine = |grant: &Grant| {
                Audience::shared(grant.audience.circle()).is_some() || own().contains(&grant.audience)
            };
            assert!(grants.iter().all(is_mine), "{role:?} {area}");
            assert!(!is_granted(&grants, &Scope::new("230881".parse().unwrap(), somebody_elses)));
        }
    }
}
