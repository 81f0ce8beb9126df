//! How large a sample is, and how that is divided among streets, communities and grids.

use chrono::NaiveDate;
use records::AreaPath;

use crate::dice::Dice;
use crate::places;
use crate::staff::demo_worker;

/// The county of the sample (GB/T 2260).
pub const COUNTY: &str = "230881";

/// Communities to a street; the city's 22 make four streets.
const COMMUNITIES_PER_STREET: u32 = 6;
const DEMO_GRIDS: u32 = 7;
const DEMO_KEY_HOUSEHOLDS: u32 = 9;

/// The size of a sample. Every count is kept exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Two samples of the same seed and day are the same bytes.
    pub seed: u64,
    /// The day the sample is made for; its history ends the day before.
    pub today: NaiveDate,
    /// Communities; the first is 沙河桥社区, `230881/001/003`.
    pub communities: u32,
    /// Grids in all; the demo community has seven when there are enough.
    pub grids: u32,
    /// Estates (小区) in all.
    pub estates: u32,
    /// Households in all.
    pub households: u32,
    /// 重点户 in all.
    pub key_households: u32,
    /// Visits of the past year; more only where the rhythm alone asks for more.
    pub visits: u32,
    /// Matters in all.
    pub matters: u32,
    /// 网格事项: the 1,277 starter items and marked filler up to this number.
    pub items: u32,
}

impl Plan {
    /// One community of about 2,000 households.
    pub fn community(seed: u64, today: NaiveDate) -> Self {
        Self {
            seed,
            today,
            communities: 1,
            grids: DEMO_GRIDS,
            estates: 12,
            households: 2_000,
            key_households: 20,
            visits: 4_444,
            matters: 25,
            items: 2_034,
        }
    }

    /// The city of domain §13: 22 communities, 150 grids, 45,000 households.
    pub fn city(seed: u64, today: NaiveDate) -> Self {
        Self {
            communities: 22,
            grids: 150,
            estates: 260,
            households: 45_000,
            key_households: 451,
            visits: 100_000,
            matters: 450,
            ..Self::community(seed, today)
        }
    }

    pub(crate) fn dice(&self, label: &str) -> Dice {
        Dice::of(self.seed, label)
    }
}

/// One community and its grids.
#[derive(Debug, Clone)]
pub(crate) struct CommunityShare {
    pub path: AreaPath,
    pub name: String,
    pub grids: Vec<GridShare>,
}

/// What one grid holds.
#[derive(Debug, Clone)]
pub(crate) struct GridShare {
    pub path: AreaPath,
    pub estates: Vec<String>,
    pub households: u32,
    pub key_households: u32,
    pub visits: u32,
    pub matters: u32,
}

impl GridShare {
    /// Whether this is the grid the demo worker opens the app in.
    pub fn is_demo(&self) -> bool {
        self.path == demo_worker().area
    }
}

/// Divides a plan.
pub(crate) fn divide(plan: &Plan) -> Vec<CommunityShare> {
    let mut dice = plan.dice("layout");
    let communities = plan.communities.max(1);
    let mut grid_counts = grids_of_communities(plan, &mut dice).into_iter();
    let mut grids = grid_shares(plan, &mut dice).into_iter();
    let paths = community_paths(communities);
    let named = paths.into_iter().zip(places::community_names(communities));
    let mut shares: Vec<CommunityShare> = named
        .map(|(path, name)| {
            let count = grid_counts.next().unwrap_or(1) as usize;
            let below = (1..=count).map(|number| child(&path, format!("{number:02}")));
            let grids = below.zip(grids.by_ref()).map(|(path, share)| GridShare { path, ..share }).collect();
            CommunityShare { path, name, grids }
        })
        .collect();
    move_key_households_to_the_demo(plan, &mut shares);
    shares.sort_by(|one, other| one.path.cmp(&other.path));
    shares
}

/// The demo community first, then `001/001`, `001/002`, `001/004` and so on.
fn community_paths(count: u32) -> Vec<AreaPath> {
    let streets = count.div_ceil(COMMUNITIES_PER_STREET);
    let county = AreaPath::try_from(COUNTY.to_owned()).unwrap_or_else(|_| unreachable!("six digits"));
    let mut paths = Vec::new();
    for street in 1..=streets {
        let path = child(&county, format!("{street:03}"));
        let in_street = count / streets + u32::from(street <= count % streets);
        let numbers: Vec<u32> = if street == 1 && in_street < 3 {
            (3..3 + in_street).collect()
        } else {
            (1..=in_street).collect()
        };
        paths.extend(numbers.into_iter().map(|number| child(&path, format!("{number:03}"))));
    }
    let demo = paths.iter().position(|path| path.as_str().ends_with("/001/003")).unwrap_or(0);
    paths[..=demo].rotate_right(1);
    paths
}

fn child(path: &AreaPath, segment: String) -> AreaPath {
    path.child(&segment).unwrap_or_else(|_| unreachable!("{segment} has the digits of its level"))
}

fn grids_of_communities(plan: &Plan, dice: &mut Dice) -> Vec<u32> {
    let communities = plan.communities.max(1);
    let grids = plan.grids.max(communities);
    if communities == 1 {
        return vec![grids];
    }
    let demo = DEMO_GRIDS.min(grids + 1 - communities);
    let mut counts = vec![demo];
    // Five to eight to a community, as the norm is.
    counts.extend(dice.shares(grids - demo, communities - 1, 20));
    counts
}

/// Shares of all grids in order; their paths are filled in by the caller.
fn grid_shares(plan: &Plan, dice: &mut Dice) -> Vec<GridShare> {
    let grids = plan.grids.max(plan.communities).max(1);
    let households = dice.shares(plan.households, grids, 25);
    let key_households = dice.shares(plan.key_households, grids, 60);
    let visits = dice.shares(plan.visits, grids, 15);
    let matters = dice.shares(plan.matters, grids, 60);
    let estate_counts = dice.shares(plan.estates.max(grids), grids, 0);
    let mut estates = places::estate_names(plan.estates.max(grids), dice).into_iter();
    let no_path = || AreaPath::try_from(COUNTY.to_owned()).unwrap_or_else(|_| unreachable!("six digits"));
    (0..grids as usize)
        .map(|grid| GridShare {
            path: no_path(),
            estates: estates.by_ref().take(estate_counts[grid] as usize).collect(),
            households: households[grid],
            key_households: key_households[grid].min(households[grid]),
            visits: visits[grid],
            matters: matters[grid],
        })
        .collect()
}

/// The demo grid shows what the app is for: it gets some 重点户 of the others, never more in all.
fn move_key_households_to_the_demo(plan: &Plan, shares: &mut [CommunityShare]) {
    let mut wanted = DEMO_KEY_HOUSEHOLDS.min(plan.key_households);
    let mut givers: Vec<&mut GridShare> = Vec::new();
    let mut demo = None;
    for grid in shares.iter_mut().flat_map(|community| &mut community.grids) {
        if grid.is_demo() { demo = Some(grid) } else { givers.push(grid) }
    }
    let Some(demo) = demo else { return };
    let others = demo.estates.split_off(1.min(demo.estates.len()));
    demo.estates.iter_mut().for_each(|estate| *estate = places::DEMO_ESTATE.to_owned());
    match givers.first_mut() {
        Some(neighbour) => neighbour.estates.extend(others),
        None => demo.estates.extend(others),
    }
    wanted = wanted.min(demo.households);
    // Richest first, so that no grid is left bare.
    while demo.key_households < wanted {
        let Some(giver) = givers.iter_mut().max_by_key(|grid| grid.key_households) else { break };
        if giver.key_households == 0 {
            break;
        }
        giver.key_households -= 1;
        demo.key_households += 1;
    }
}
