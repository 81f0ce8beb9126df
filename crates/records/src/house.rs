//! Houses: a door in a unit of a building of a grid (domain §2.2).

use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::HouseUse;
use crate::declaration::{
    Declaration, Family, Field, Kind, NAME_LENGTH, Record, RefusalCode, readable, texts_fit,
};
use crate::scope::Audience;

/// One door.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct House {
    /// Building code within the grid, 1–99999 (DB6101/T 3185-2024).
    #[n(0)]
    pub building_code: u32,
    /// The building as people call it, `2 号楼`; at most 60 characters, as unit and estate.
    #[n(1)]
    pub building: String,
    /// The staircase, `1 单元`; empty when there is only one.
    #[n(2)]
    pub unit: String,
    /// The door, `201`; at most 20 characters.
    #[n(3)]
    pub room: String,
    /// The estate (小区) it stands in.
    #[n(4)]
    pub estate: String,
    /// How it is used.
    #[n(5)]
    pub usage: HouseUse,
    /// A short kind hint for whoever knocks: `耳背，多敲两下`, `有狗`, `先打电话`; at most 100 characters.
    #[n(6)]
    pub hint: Option<String>,
}

impl House {
    /// Sorts doors the way one walks: building, staircase, then floor and door.
    pub fn walking_order(&self) -> (u32, u32, u32, &str) {
        (self.building_code, leading_number(&self.unit), leading_number(&self.room), &self.room)
    }
}

/// The first run of digits in a text, 0 without one.
pub fn leading_number(text: &str) -> u32 {
    let digits = text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).take(9);
    digits.collect::<String>().parse().unwrap_or(0)
}

impl Record for House {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(10),
        name: "house",
        family: Family::Editable,
        audience: Audience::Work,
        depth: 4,
        fields: &[
            Field::last_writer(0, "building_code"),
            Field::last_writer(1, "building"),
            Field::last_writer(2, "unit"),
            Field::last_writer(3, "room"),
            Field::last_writer(4, "estate"),
            Field::last_writer(5, "usage"),
            Field::last_writer(6, "hint"),
        ],
        commands: &[],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let house: House = readable(body)?;
    if !(1..=99_999).contains(&house.building_code) {
        return Err("house.building_code_wrong");
    }
    texts_fit([&house.building, &house.unit, &house.estate], NAME_LENGTH)
        .map_err(|_| "house.name_too_long")?;
    texts_fit(&house.hint, 100).map_err(|_| "house.hint_too_long")?;
    match house.room.chars().count() {
        0 => Err("house.room_missing"),
        1..=20 => Ok(()),
        _ => Err("house.room_too_long"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_types_at_a_door_is_refused() {
        let house = House {
            building_code: 2,
            building: "2 号楼".to_owned(),
            unit: "1 单元".to_owned(),
            room: "201".to_owned(),
            estate: "锦绣小区".to_owned(),
            usage: HouseUse::OwnerOccupied,
            hint: None,
        };
        assert_eq!(check(&house.to_body()), Ok(()));
        let long = "1 ".repeat(31);
        for (house, code) in [
            (House { building: long.clone(), ..house.clone() }, "house.name_too_long"),
            (House { unit: long.clone(), ..house.clone() }, "house.name_too_long"),
            (House { estate: long.clone(), ..house.clone() }, "house.name_too_long"),
            (House { hint: Some(long.repeat(2)), ..house }, "house.hint_too_long"),
        ] {
            assert_eq!(check(&house.to_body()), Err(code));
        }
    }

    #[test]
    fn doors_sort_by_number_not_by_text() {
        assert_eq!(leading_number("10 单元"), 10);
        assert_eq!(leading_number("B1203 室"), 1203);
        assert_eq!(leading_number("门房"), 0);
    }
}
