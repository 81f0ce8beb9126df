//! What everybody of the county holds: areas, colleagues, categories, items and lists.

use chrono::Days;
use records::area::Area;
use records::codes::AreaKind;
use records::item::Item;
use records::{AreaPath, Audience, Moment, Record, RecordId, Scope};

use crate::SampleRecord;
use crate::dice::Dice;
use crate::plan::{CommunityShare, Plan};
use crate::{filler, phones, places, staff};

/// Days before today on which the county began.
const BEGAN_BEFORE: u64 = 400;

/// Reference records of the whole sample, and its items for those who point at them.
pub(crate) struct Reference {
    pub records: Vec<SampleRecord>,
    pub items: Vec<Item>,
}

/// Makes them.
pub(crate) fn make(plan: &Plan, communities: &[CommunityShare], county: &AreaPath) -> Reference {
    let mut maker = Maker { dice: plan.dice("reference"), at: began_ms(plan), county, records: Vec::new() };
    maker.areas(communities);
    maker.staff(communities);
    let items = maker.lists(plan);
    Reference { records: maker.records, items }
}

/// When the first records were made, ms since 1970 UTC.
pub(crate) fn began_ms(plan: &Plan) -> i64 {
    let day = plan.today - Days::new(BEGAN_BEFORE);
    Moment::beijing_at(day, 9, 0).map_or(0, |moment| moment.utc_ms)
}

struct Maker<'m> {
    dice: Dice,
    at: i64,
    county: &'m AreaPath,
    records: Vec<SampleRecord>,
}

impl Maker<'_> {
    fn public<T: Record>(&mut self, id: RecordId, record: &T) {
        let scope = Scope::new(self.county.clone(), Audience::Public);
        self.records.push((id, T::DECLARATION.kind, scope, record.to_body()));
    }

    /// The next id; time moves on so that ids sort the way the records were made.
    fn id(&mut self) -> RecordId {
        self.at += 1;
        self.dice.id(self.at)
    }

    fn areas(&mut self, communities: &[CommunityShare]) {
        self.area(self.county.clone(), AreaKind::County, "同江市（示例）".to_owned(), None);
        let mut last_street = None;
        for community in communities {
            let street = community.path.at_depth(2);
            if street != last_street {
                let number = street.as_ref().and_then(|path| path.as_str().get(7..)?.parse().ok());
                let name = places::street_name(number.unwrap_or(1));
                street.iter().for_each(|path| self.area(path.clone(), AreaKind::Street, name.clone(), None));
                last_street = street;
            }
            let households = community.grids.iter().map(|grid| grid.households).sum();
            self.area(community.path.clone(), AreaKind::Community, community.name.clone(), Some(households));
            for grid in &community.grids {
                let name = format!("{} 网格", grid.path.as_str().rsplit('/').next().unwrap_or_default());
                self.area(grid.path.clone(), AreaKind::Grid, name, Some(grid.households));
            }
        }
    }

    fn area(&mut self, path: AreaPath, kind: AreaKind, name: String, households: Option<u32>) {
        let is_county = kind == AreaKind::County;
        let supervision_phone = (!is_county).then(|| phones::landline(&mut self.dice));
        let host_unit = is_county.then(|| "示例市社会工作部".to_owned());
        let filing = is_county.then(|| "示例备〔2026〕001 号".to_owned());
        let id = self.id();
        self.public(id, &Area { path, kind, name, households, supervision_phone, host_unit, filing });
    }

    fn staff(&mut self, communities: &[CommunityShare]) {
        for community in communities {
            self.at += 1;
            for (id, person) in staff::of_community(&mut self.dice, community, self.at) {
                let scope = Scope::new(community.path.clone(), Audience::Work);
                let kind = records::staff::Staff::DECLARATION.kind;
                self.records.push((id, kind, scope, person.to_body()));
            }
        }
    }

    fn lists(&mut self, plan: &Plan) -> Vec<Item> {
        for (id, category) in intake::lists::starter_categories(&mut || self.id()) {
            self.public(id, &category);
        }
        let first_day = plan.today - Days::new(BEGAN_BEFORE);
        let mut items = intake::lists::starter_items(1, first_day, &mut || self.id());
        let missing = plan.items.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
        let known: Vec<&Item> = items.iter().map(|(_, item)| item).collect();
        let filler = filler::items(missing, &known);
        items
            .extend(filler.into_iter().map(|item| (self.id(), Item { valid_from: Some(first_day), ..item })));
        items.iter().for_each(|(id, item)| self.public(*id, item));
        for (id, entry) in intake::lists::starter_entries(&mut || self.id()) {
            self.public(id, &entry);
        }
        items.into_iter().map(|(_, item)| item).collect()
    }
}
