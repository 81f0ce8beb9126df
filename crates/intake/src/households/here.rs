//! What the grid already holds, found by door and by name.

use std::collections::{HashMap, HashSet};

use records::RecordId;
use records::house::{House, leading_number};
use records::household::Household;
use records::person::Person;

use super::door;

/// Records of the grid an import goes to.
#[derive(Debug, Clone, Copy, Default)]
pub struct HouseholdsHere<'h> {
    /// Its houses.
    pub houses: &'h [(RecordId, House)],
    /// Its households.
    pub households: &'h [(RecordId, Household)],
    /// Its persons.
    pub persons: &'h [(RecordId, Person)],
}

/// A door, fully told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct DoorKey {
    pub building: String,
    pub unit: String,
    pub room: String,
}

/// The same records by door, house and household.
pub(super) struct Index<'h> {
    houses: HashMap<DoorKey, Vec<&'h (RecordId, House)>>,
    households: HashMap<RecordId, Vec<&'h (RecordId, Household)>>,
    persons: HashMap<RecordId, Vec<&'h (RecordId, Person)>>,
    codes: HashMap<(String, String), u32>,
    used_codes: HashSet<u32>,
}

impl<'h> Index<'h> {
    pub fn of(here: &HouseholdsHere<'h>) -> Self {
        let mut index = Self {
            houses: HashMap::new(),
            households: HashMap::new(),
            persons: HashMap::new(),
            codes: HashMap::new(),
            used_codes: HashSet::new(),
        };
        for entry in here.houses {
            let house = &entry.1;
            index.houses.entry(key_of(house)).or_default().push(entry);
            let building = door::building(&house.building);
            index.codes.insert((house.estate.clone(), building), house.building_code);
            index.used_codes.insert(house.building_code);
        }
        here.households
            .iter()
            .for_each(|entry| index.households.entry(entry.1.house).or_default().push(entry));
        here.persons.iter().for_each(|entry| index.persons.entry(entry.1.household).or_default().push(entry));
        index
    }

    /// The house behind a door. Without an estate in the row, the only such door will do; a house
    /// whose estate nobody has noted yet fits any.
    pub fn house(&self, key: &DoorKey, estate: Option<&str>) -> Option<&'h (RecordId, House)> {
        let houses = self.houses.get(key)?;
        let same = |house: &&&(RecordId, House)| estate.is_none_or(|estate| house.1.estate == estate);
        let mut fitting = houses.iter().filter(same);
        let first = fitting.next().copied();
        if estate.is_none() && fitting.next().is_some() {
            return None;
        }
        first.or_else(|| houses.iter().find(|house| house.1.estate.is_empty()).copied())
    }

    /// The household living in a house; one that left is not it.
    pub fn household(&self, house: RecordId) -> Option<&'h (RecordId, Household)> {
        let households = self.households.get(&house)?;
        households.iter().find(|(_, household)| household.left_on.is_none()).copied()
    }

    pub fn persons(&self, household: RecordId) -> &[&'h (RecordId, Person)] {
        self.persons.get(&household).map_or(&[], Vec::as_slice)
    }

    /// The code of a building: its own, its number when that is free, or the next free one.
    pub fn building_code(&mut self, estate: &str, building: &str) -> u32 {
        let key = (estate.to_owned(), building.to_owned());
        if let Some(code) = self.codes.get(&key) {
            return *code;
        }
        let wanted = leading_number(building);
        let is_free = |code: u32| (1..=99_999).contains(&code) && !self.used_codes.contains(&code);
        let next = self.used_codes.iter().max().map_or(1, |most| most + 1);
        let lowest = || (1..=99_999).find(|code| is_free(*code)).unwrap_or(99_999);
        let code = [wanted, next].into_iter().find(|code| is_free(*code)).unwrap_or_else(lowest);
        self.codes.insert(key, code);
        self.used_codes.insert(code);
        code
    }
}

fn key_of(house: &House) -> DoorKey {
    DoorKey {
        building: door::building(&house.building),
        unit: door::unit(&house.unit),
        room: door::room(&house.room),
    }
}
