//! What the sample promises: its counts, its consistency, and a demo day that looks alive.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use records::codes::{CareLevel, Origin};
use records::declaration::declaration;
use records::house::House;
use records::household::Household;
use records::item::Item;
use records::matter::Matter;
use records::person::Person;
use records::rules::rhythm::{VisitsSoFar, due_on};
use records::staff::Staff;
use records::visit::Visit;
use records::{Record, RecordId};
use sample::{Plan, Sample, SampleRecord, demo_staff, demo_worker};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

fn all<T: Record>(records: &[SampleRecord]) -> Vec<(RecordId, T)> {
    let of_kind = records.iter().filter(|(_, kind, ..)| *kind == T::DECLARATION.kind);
    of_kind.map(|(id, _, _, body)| (*id, T::from_body(body).unwrap())).collect()
}

fn households_due(records: &[SampleRecord], day: NaiveDate) -> Vec<(RecordId, Household, NaiveDate)> {
    let mut so_far: HashMap<RecordId, VisitsSoFar> = HashMap::new();
    for (_, visit) in all::<Visit>(records) {
        let entry = so_far.entry(visit.household).or_default();
        *entry = entry.and(visit.started.local_day(), visit.result, visit.next_on);
    }
    let due = all::<Household>(records).into_iter().filter_map(|(id, household)| {
        let visits = so_far.get(&id).copied().unwrap_or_default();
        let due = due_on(household.care, household.care_since.unwrap_or(day), &visits)?;
        (household.left_on.is_none() && due <= day).then_some((id, household, due))
    });
    due.collect()
}

#[test]
fn the_same_seed_is_the_same_bytes_and_another_is_not() {
    let records = |seed| sample::community(seed, today()).records().collect::<Vec<_>>();
    assert_eq!(records(7), records(7));
    assert_ne!(records(7), records(8));
    let sample = sample::community(7, today());
    let by_grid: Vec<_> = sample.grids().flat_map(|path| sample.grid(path)).collect();
    assert_eq!(records(7)[sample.reference().len()..], by_grid);
}

/// Domain §13.
#[test]
fn the_city_has_the_size_it_promises() {
    let records: Vec<_> = sample::city(1, today()).records().collect();
    let mut counts = BTreeMap::new();
    records
        .iter()
        .for_each(|(_, kind, ..)| *counts.entry(declaration(*kind).unwrap().name).or_insert(0) += 1);
    assert_eq!(counts["area"], 1 + 4 + 22 + 150);
    assert_eq!(counts["item_category"], 12);
    assert_eq!(counts["item"], 2_034);
    assert_eq!(counts["list_entry"], 131);
    assert_eq!(counts["household"], 45_000);
    assert_eq!(counts["visit"], 100_000);
    assert_eq!(counts["matter"], 450);
    assert!((95_000..=108_000).contains(&counts["person"]), "{counts:?}");
    let estates: HashSet<String> = all::<House>(&records).into_iter().map(|(_, h)| h.estate).collect();
    assert_eq!(estates.len(), 260);
    let key = all::<Household>(&records).into_iter().filter(|(_, h)| !h.categories.is_empty());
    assert_eq!(key.count(), 451);
    let items = all::<Item>(&records);
    assert_eq!(items.iter().filter(|(_, item)| item.origin == Origin::Filler).count(), 2_034 - 1_277);
    let names: HashSet<&str> = items.iter().map(|(_, item)| item.name.as_str()).collect();
    let codes: HashSet<&str> = items.iter().map(|(_, item)| item.code.as_str()).collect();
    assert_eq!((names.len(), codes.len()), (2_034, 2_034));
    everything_fits(&records);
}

#[test]
fn the_community_has_the_size_it_promises() {
    let records: Vec<_> = sample::community(1, today()).records().collect();
    assert_eq!(all::<Household>(&records).len(), 2_000);
    assert_eq!(all::<Visit>(&records).len(), 4_444);
    let key = all::<Household>(&records).into_iter().filter(|(_, h)| !h.categories.is_empty());
    assert_eq!(key.count(), 20);
    everything_fits(&records);
}

/// Every record passes its own check, lies in the scope its declaration asks for, has an id of its
/// own, and points only at records that exist.
fn everything_fits(records: &[SampleRecord]) {
    let ids: HashSet<RecordId> = records.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids.len(), records.len());
    for (id, kind, scope, body) in records {
        let declaration = declaration(*kind).unwrap();
        assert_eq!((declaration.check)(body), Ok(()), "{} {id}", declaration.name);
        assert_eq!(scope.area.depth(), declaration.depth, "{}", declaration.name);
        assert_eq!(scope.audience, declaration.audience, "{}", declaration.name);
    }
    let exists = |id: &RecordId| assert!(ids.contains(id));
    for (_, household) in all::<Household>(records) {
        exists(&household.house);
        household.head.iter().for_each(exists);
    }
    all::<Person>(records).iter().for_each(|(_, person)| exists(&person.household));
    let items: HashSet<String> = all::<Item>(records).into_iter().map(|(_, item)| item.code).collect();
    for (_, visit) in all::<Visit>(records) {
        exists(&visit.household);
        visit.matters.iter().for_each(exists);
        assert!(visit.started.local_day() < today());
    }
    for (_, matter) in all::<Matter>(records) {
        matter.household.iter().chain(&matter.visit).for_each(exists);
        assert!(items.contains(matter.item.as_ref().unwrap()) && !matter.place.is_empty());
    }
}

#[test]
fn the_demo_day_is_alive_whatever_the_seed_and_the_day() {
    let days = ["2026-11-22", "2026-03-31", "2028-02-29", "2027-01-01", "2026-05-30", "2026-10-07"];
    for (seed, day) in (1_u64..).zip(days) {
        let today: NaiveDate = day.parse().unwrap();
        for sample in [sample::community(seed, today), sample::city(seed, today)] {
            let records = sample.grid(&demo_worker().area);
            let houses: HashMap<RecordId, House> = all::<House>(&records).into_iter().collect();
            let due = households_due(&records, today);
            assert_eq!(due.len(), 6, "{day}");
            assert!(due.iter().all(|(_, _, on)| *on >= today.pred_opt().unwrap()), "{day}");
            let door = |household: &Household| &houses[&household.house];
            let stairs: HashSet<_> =
                due.iter().map(|(_, h, _)| (door(h).building.clone(), door(h).unit.clone())).collect();
            assert_eq!(stairs.len(), 3, "{day}");
            let hints: HashSet<_> = due.iter().filter_map(|(_, h, _)| door(h).hint.clone()).collect();
            assert!(hints.len() >= 4, "{hints:?}");
        }
    }
}

#[test]
fn few_households_of_the_city_are_late_and_none_by_much() {
    let records: Vec<_> = sample::city(3, today()).records().collect();
    let due = households_due(&records, today());
    let with_rhythm =
        all::<Household>(&records).iter().filter(|(_, h)| h.care != CareLevel::Ordinary).count();
    assert!(due.len() * 8 < with_rhythm, "{} of {with_rhythm}", due.len());
    let week_ago = today() - chrono::Days::new(7);
    assert!(due.iter().all(|(_, _, on)| *on > week_ago));
}

#[test]
fn the_demo_accounts_are_staff_of_the_sample() {
    let records: Vec<_> = sample::community(1, today()).records().collect();
    let staff: HashMap<RecordId, Staff> = all::<Staff>(&records).into_iter().collect();
    for person in demo_staff().into_iter().filter(|person| person.area.depth() >= 3) {
        let record = &staff[&RecordId::from_bytes(*person.account.as_bytes())];
        assert_eq!(
            (record.name.as_str(), record.role, &record.area),
            (person.name, person.role, &person.area)
        );
    }
    assert_eq!(demo_worker().name, "周燕");
}

#[test]
fn a_sample_of_any_size_keeps_its_counts() {
    let base = Plan::community(5, today());
    for (communities, grids, households) in [(1, 1, 1), (1, 3, 40), (2, 5, 200), (30, 210, 2_100)] {
        let plan = Plan {
            communities,
            grids,
            households,
            estates: grids * 2,
            key_households: households / 20,
            visits: households * 2,
            matters: grids,
            items: 1_300,
            ..base.clone()
        };
        let records: Vec<_> = Sample::of(plan.clone()).records().collect();
        assert_eq!(all::<Household>(&records).len() as u32, households);
        assert!(all::<Visit>(&records).len() as u32 >= plan.visits, "{plan:?}");
        everything_fits(&records);
    }
}

/// A look at how varied the names are; repeated names are as common as in any city.
#[test]
fn names_are_varied() {
    let records: Vec<_> = sample::community(2, today()).records().collect();
    let persons = all::<Person>(&records);
    let names: HashSet<&str> = persons.iter().map(|(_, person)| person.name.as_str()).collect();
    assert!(names.len() * 100 > persons.len() * 85, "{} of {}", names.len(), persons.len());
    assert!(persons.iter().filter(|(_, person)| person.id_number.is_some()).count() < 10);
    assert!(persons.iter().any(|(_, person)| person.name.chars().count() == 2));
}
