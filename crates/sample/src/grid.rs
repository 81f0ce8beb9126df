//! Everything of one grid: doors, households, people, a year of visits, some matters.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use records::codes::{CareLevel, HouseUse, HouseholdKind, KeyCategory, Relation, VisitResult};
use records::house::House;
use records::household::Household;
use records::item::Item;
use records::person::Person;
use records::visit::Visit;
use records::{Audience, Record, RecordId, Scope};

use crate::SampleRecord;
use crate::care::{self, Care};
use crate::dice::Dice;
use crate::doors::{self, demo_door};
use crate::family::{self, Member, Shape};
use crate::history::{self, Behind, PastVisit};
use crate::plan::{GridShare, Plan};
use crate::reference::began_ms;
use crate::{matters, phones, texts};

/// How a door of the demo grid came to be due; `nobody_home`: somebody knocked in vain and a new day
/// was agreed.
struct DemoDue {
    surname: &'static str,
    category: KeyCategory,
    level: CareLevel,
    days_late: u64,
    nobody_home: bool,
}

const DEMO_DUE: &[DemoDue] = &[
    demo_due("张", KeyCategory::Aged80Alone, CareLevel::High, 1, false),
    demo_due("李", KeyCategory::MinimumLiving, CareLevel::Key, 0, false),
    demo_due("欧阳", KeyCategory::EmptyNest, CareLevel::General, 0, false),
    demo_due("王", KeyCategory::Aged80Alone, CareLevel::Key, 1, false),
    demo_due("单", KeyCategory::LowIncome, CareLevel::General, 0, true),
    demo_due("刘", KeyCategory::SeriousIllness, CareLevel::Key, 0, false),
];

const fn demo_due(
    surname: &'static str,
    category: KeyCategory,
    level: CareLevel,
    days_late: u64,
    nobody_home: bool,
) -> DemoDue {
    DemoDue { surname, category, level, days_late, nobody_home }
}

/// A household being made.
struct Home {
    house_index: usize,
    id: RecordId,
    household: Household,
    persons: Vec<(RecordId, Person)>,
    demo: Option<usize>,
}

/// The records of a grid: houses, households, persons, visits, matters, in this order.
pub(crate) fn make(plan: &Plan, share: &GridShare, items: &[Item]) -> Vec<SampleRecord> {
    let mut maker = Maker { plan, share, dice: plan.dice(share.path.as_str()), at: began_ms(plan) };
    let mut houses: Vec<(RecordId, House)> =
        doors::lay_out(&mut maker.dice, share).into_iter().map(|house| (maker.id(), house)).collect();
    let mut homes = maker.homes(&mut houses);
    let mut visits = maker.visits(&mut homes);
    let matters = maker.matters(&houses, &homes, &mut visits, items);
    let mut records = Records { share, records: Vec::with_capacity(houses.len() * 6) };
    houses.iter().for_each(|(id, house)| records.add(Audience::Work, *id, house));
    homes.iter().for_each(|home| records.add(Audience::Work, home.id, &home.household));
    let persons = homes.iter().flat_map(|home| &home.persons);
    persons.for_each(|(id, person)| records.add(Audience::Sensitive, *id, person));
    visits.iter().for_each(|(id, visit)| records.add(Audience::Work, *id, visit));
    matters.iter().for_each(|(id, matter)| records.add(Audience::Work, *id, matter));
    records.records
}

struct Records<'r> {
    share: &'r GridShare,
    records: Vec<SampleRecord>,
}

impl Records<'_> {
    fn add<T: Record>(&mut self, audience: Audience, id: RecordId, record: &T) {
        let scope = Scope::new(self.share.path.clone(), audience);
        self.records.push((id, T::DECLARATION.kind, scope, record.to_body()));
    }
}

struct Maker<'m> {
    plan: &'m Plan,
    share: &'m GridShare,
    dice: Dice,
    at: i64,
}

impl Maker<'_> {
    fn today(&self) -> NaiveDate {
        self.plan.today
    }

    fn id(&mut self) -> RecordId {
        self.at += 1;
        self.dice.id(self.at)
    }

    fn homes(&mut self, houses: &mut [(RecordId, House)]) -> Vec<Home> {
        let lived_in: Vec<usize> =
            (0..houses.len()).filter(|index| houses[*index].1.usage != HouseUse::Vacant).collect();
        let key = self.key_houses(&lived_in, houses);
        lived_in.into_iter().map(|index| self.home(&mut houses[index], index, key.contains(&index))).collect()
    }

    /// The houses of 重点户: the demo's doors first, the others by chance.
    fn key_houses(&mut self, lived_in: &[usize], houses: &[(RecordId, House)]) -> Vec<usize> {
        let house = |index: &usize| &houses[*index].1;
        let is_demo = |index: &usize| demo_door(self.share, house(index)).is_some();
        let mut chosen: Vec<usize> = lived_in.iter().copied().filter(is_demo).collect();
        let private = |index: &usize| !matches!(house(index).usage, HouseUse::Business | HouseUse::Shared);
        let mut others: Vec<usize> = lived_in.iter().copied().filter(|i| !is_demo(i) && private(i)).collect();
        self.dice.shuffle(&mut others);
        chosen.extend(others);
        chosen.truncate(self.share.key_households as usize);
        chosen
    }

    fn home(&mut self, (house_id, house): &mut (RecordId, House), house_index: usize, is_key: bool) -> Home {
        let demo = demo_door(self.share, house).filter(|_| is_key);
        let due = demo.and_then(|demo| DEMO_DUE.get(demo));
        let (shape, mut care) = self.shape_and_care(house, is_key, due.map(|due| due.category));
        if let Some(due) = due {
            care.level = due.level;
        } else if is_key && self.dice.percent(60) {
            house.hint = Some((*self.dice.pick(texts::KEY_HINTS)).to_owned());
        }
        let members = family::members(&mut self.dice, shape, self.plan.today, due.map(|due| due.surname));
        let id = self.id();
        let persons: Vec<(RecordId, Person)> =
            members.into_iter().map(|member| (self.id(), self.person(id, member, is_key))).collect();
        let household = self.household(*house_id, house, &persons, care);
        Home { house_index, id, household, persons, demo }
    }

    fn shape_and_care(
        &mut self,
        house: &House,
        is_key: bool,
        category: Option<KeyCategory>,
    ) -> (Shape, Care) {
        if is_key {
            let category = category.unwrap_or_else(|| care::category(&mut self.dice));
            let shape = family::shape_for(&mut self.dice, category);
            return (shape, care::key(&mut self.dice, category, self.plan.today));
        }
        let shape = match house.usage {
            HouseUse::Shared => Shape::Dormitory,
            usage => family::ordinary_shape(&mut self.dice, usage == HouseUse::Rented),
        };
        let is_elderly = matches!(shape, Shape::ElderAlone | Shape::ElderCouple);
        let is_general = is_elderly && self.dice.percent(10);
        (shape, if is_general { care::general(&mut self.dice, self.plan.today) } else { care::none() })
    }

    fn person(&mut self, household: RecordId, member: Member, is_key: bool) -> Person {
        let age = member.age(self.today());
        let phone = match member.relation {
            Relation::Head | Relation::Other if age > 75 && self.dice.percent(35) => {
                Some(phones::landline(&mut self.dice))
            }
            Relation::Head | Relation::Other => self.mobile(82),
            _ if age >= 16 => self.mobile(45),
            _ => None,
        };
        // Nobody is asked for an ID number; a few gave it for a service.
        let gave_number = is_key && self.dice.percent(3);
        let id_number =
            gave_number.then(|| phones::id_number(&mut self.dice, member.born_on, member.sex)).flatten();
        let told_birthday = is_key || self.dice.percent(70);
        Person {
            household,
            name: member.name,
            relation: member.relation,
            sex: (gave_number || self.dice.percent(95)).then_some(member.sex),
            born_on: told_birthday.then_some(member.born_on),
            phone,
            id_number,
            residence: member.residence,
        }
    }

    fn mobile(&mut self, percent: u32) -> Option<String> {
        self.dice.percent(percent).then(|| phones::mobile(&mut self.dice))
    }

    fn household(
        &mut self,
        house_id: RecordId,
        house: &House,
        persons: &[(RecordId, Person)],
        care: Care,
    ) -> Household {
        let kind = match house.usage {
            HouseUse::Rented => HouseholdKind::Tenant,
            HouseUse::Shared => HouseholdKind::Collective,
            _ => HouseholdKind::Family,
        };
        let has_note = self.dice.percent(if care.categories.is_empty() { 2 } else { 30 });
        Household {
            house: house_id,
            head: persons.first().map(|(id, _)| *id),
            kind,
            residents: u8::try_from(persons.len()).unwrap_or(u8::MAX),
            care: care.level,
            care_since: care.since,
            categories: care.categories,
            care_reason: care.reason,
            review_on: care.review_on,
            has_partner: care.has_partner,
            channel: care.channel,
            services: care.services,
            note: has_note.then(|| (*self.dice.pick(texts::NOTES)).to_owned()),
            left_on: None,
        }
    }

    fn visits(&mut self, homes: &mut [Home]) -> Vec<(RecordId, Visit)> {
        let mut visits = Vec::with_capacity(self.share.visits as usize);
        for home in homes.iter().filter(|home| home.household.care != CareLevel::Ordinary) {
            let past = self.past_by_rhythm(home);
            visits.extend(self.visit_records(home, past));
        }
        let used = u32::try_from(visits.len()).unwrap_or(u32::MAX);
        let left = self.share.visits.saturating_sub(used);
        let mut others: Vec<&mut Home> =
            homes.iter_mut().filter(|home| home.household.care == CareLevel::Ordinary).collect();
        let count = u32::try_from(others.len()).unwrap_or(0);
        let counts = if count == 0 { Vec::new() } else { self.dice.shares(left, count, 60) };
        for (home, count) in others.iter_mut().zip(counts) {
            let moved = count > 0 && self.dice.permille(3);
            let past = history::without_rhythm(&mut self.dice, count, self.plan.today, moved);
            home.household.left_on = past.last().filter(|_| moved).map(|last| last.on);
            visits.extend(self.visit_records(home, past));
        }
        visits.sort_by_key(|(id, visit)| (visit.started, *id));
        visits
    }

    fn past_by_rhythm(&mut self, home: &Home) -> Vec<PastVisit> {
        let (care, today) = (home.household.care, self.today());
        let since = home.household.care_since.unwrap_or(today);
        if let Some(demo) = home.demo.and_then(|demo| DEMO_DUE.get(demo)) {
            let due = today - Days::new(demo.days_late + if demo.nobody_home { 3 } else { 0 });
            let mut past = history::by_rhythm(&mut self.dice, care, since, due, today);
            if demo.nobody_home {
                past.push(PastVisit { on: due, result: VisitResult::NobodyHome, next_on: Some(today) });
            }
            return past;
        }
        let due = self.due_day(care);
        history::by_rhythm(&mut self.dice, care, since, due, today)
    }

    /// Most are due later; outside the demo grid, whose day is set, some are late.
    fn due_day(&mut self, care: CareLevel) -> NaiveDate {
        let period = match care {
            CareLevel::High => 6,
            CareLevel::Key => 27,
            _ => 85,
        };
        if !self.share.is_demo() && self.dice.percent(8) {
            return self.today() - Days::new(u64::from(self.dice.below(7)));
        }
        self.today() + Days::new(u64::from(self.dice.between(1, period)))
    }

    fn visit_records(&mut self, home: &Home, past: Vec<PastVisit>) -> Vec<(RecordId, Visit)> {
        let born_on = home.persons.first().and_then(|(_, head)| head.born_on);
        let is_elderly =
            born_on.and_then(|day| self.plan.today.years_since(day)).is_some_and(|age| age >= 62);
        let door = Behind { is_key: !home.household.categories.is_empty(), is_elderly };
        let records = past.into_iter().map(|past| {
            let visit = history::record(&mut self.dice, home.id, past, door);
            (self.dice.id(visit.started.utc_ms), visit)
        });
        records.collect()
    }

    fn matters(
        &mut self,
        houses: &[(RecordId, House)],
        homes: &[Home],
        visits: &mut [(RecordId, Visit)],
        items: &[Item],
    ) -> Vec<(RecordId, records::matter::Matter)> {
        let house_of: HashMap<RecordId, &House> =
            homes.iter().map(|home| (home.id, &houses[home.house_index].1)).collect();
        let place_of = |household: RecordId| {
            let house = house_of.get(&household);
            house.map_or_else(String::new, |h| {
                [&*h.estate, &h.building, &h.unit].join(" ").trim_end().to_owned()
            })
        };
        let by_name: HashMap<&str, &Item> = items.iter().map(|item| (item.name.as_str(), item)).collect();
        let (count, today) = (self.share.matters, self.plan.today);
        matters::report(&mut self.dice, count, today, visits, &place_of, &by_name)
    }
}
