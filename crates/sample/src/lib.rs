//! A seeded sample community or city, for the demo, tests and measurements. No real person.
//!
//! The same seed and day always give the same bytes. Nothing here reads a clock.

mod care;
mod dice;
mod doors;
mod family;
mod filler;
mod grid;
mod history;
mod matters;
mod names;
mod phones;
mod picture;
mod places;
mod plan;
mod reference;
mod staff;
mod surnames;
mod texts;

use chrono::NaiveDate;
use records::{AreaPath, Body, Kind, RecordId, Scope};

pub use picture::picture;
use plan::GridShare;
pub use plan::{COUNTY, Plan};
pub use staff::{DemoAccount, demo_staff, demo_worker};

/// A record with all that is needed to store it.
pub type SampleRecord = (RecordId, Kind, Scope, Body);

/// A sample, made grid by grid as it is read.
#[derive(Debug, Clone)]
pub struct Sample {
    plan: Plan,
    grids: Vec<GridShare>,
    reference: Vec<SampleRecord>,
    items: Vec<records::item::Item>,
}

/// 沙河桥社区: one community of 7 grids and 2,000 households.
pub fn community(seed: u64, today: NaiveDate) -> Sample {
    Sample::of(Plan::community(seed, today))
}

/// The whole city: 22 communities, 150 grids, 45,000 households, 100,000 visits.
pub fn city(seed: u64, today: NaiveDate) -> Sample {
    Sample::of(Plan::city(seed, today))
}

impl Sample {
    /// A sample of any size.
    pub fn of(plan: Plan) -> Self {
        let communities = plan::divide(&plan);
        let county = AreaPath::try_from(COUNTY.to_owned()).unwrap_or_else(|_| unreachable!("six digits"));
        let reference = reference::make(&plan, &communities, &county);
        let grids = communities.into_iter().flat_map(|community| community.grids).collect();
        Self { plan, grids, reference: reference.records, items: reference.items }
    }

    /// What it was made from.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Areas, staff, categories, items and list entries, in this order.
    pub fn reference(&self) -> &[SampleRecord] {
        &self.reference
    }

    /// Paths of the grids, in order.
    pub fn grids(&self) -> impl Iterator<Item = &AreaPath> {
        self.grids.iter().map(|grid| &grid.path)
    }

    /// Houses, households, persons, visits and matters of one grid, in this order; empty for a grid
    /// the sample does not have. Made anew at every call, always the same.
    pub fn grid(&self, path: &AreaPath) -> Vec<SampleRecord> {
        let share = self.grids.iter().find(|grid| grid.path == *path);
        share.map(|share| grid::make(&self.plan, share, &self.items)).unwrap_or_default()
    }

    /// Every record: the reference first, then grid by grid. Only one grid is in memory at a time.
    pub fn records(&self) -> impl Iterator<Item = SampleRecord> + '_ {
        let grids = self.grids.iter().flat_map(|share| grid::make(&self.plan, share, &self.items));
        self.reference.iter().cloned().chain(grids)
    }
}
