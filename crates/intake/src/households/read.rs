//! The cells of one row of a register, each checked on its own.

use chrono::NaiveDate;
use records::codes::{CareLevel, HouseUse, KeyCategory, Relation, Residence, Sex};
use records::rules::{date_text, id_number, phone};
use records::{AreaPath, Fault};

use super::door::{self, DoorParts};
use super::words;
use crate::row::{RowReader, wrong};

/// What a row says of its house and household; `None` where it says nothing.
#[derive(Debug, Default)]
pub(super) struct HomeCells {
    pub usage: Option<HouseUse>,
    pub hint: Option<String>,
    pub head: Option<String>,
    pub residents: Option<u8>,
    pub care: Option<CareLevel>,
    pub categories: Option<Vec<KeyCategory>>,
    pub care_reason: Option<String>,
    pub note: Option<String>,
}

/// What a row says of a person.
#[derive(Debug, Default)]
pub(super) struct PersonCells {
    pub name: String,
    pub relation: Option<Relation>,
    pub sex: Option<Sex>,
    pub born_on: Option<NaiveDate>,
    pub phone: Option<String>,
    pub id_number: Option<String>,
    pub residence: Option<Residence>,
}

/// Refuses a row of another grid, where the file has a column for it.
pub(super) fn check_grid(row: &mut RowReader<'_>, grid: &AreaPath) {
    let Some(stated) = row.plain("area.grid") else { return };
    let digits: String = stated.chars().filter(char::is_ascii_digit).collect();
    let whole = grid.as_str().replace('/', "");
    let own = &whole[whole.len() - 2..];
    let number = if digits.is_empty() {
        let words = stated.trim_start_matches('第').trim_end_matches("网格");
        door::chinese_number(words).map(|number| number.to_string())
    } else {
        Some(digits)
    };
    // A grid known by a name, 桥东网格, says nothing that could be compared.
    let Some(number) = number else { return };
    let fits = if number.len() <= 2 {
        format!("{number:0>2}") == own
    } else {
        number.ends_with(&whole) || whole.ends_with(&number)
    };
    if !fits {
        row.fail("area.grid", Fault::new("import.other_grid").with("grid", own));
    }
}

/// The parts of the door: its own columns first, the rest from an address in one cell.
pub(super) fn door(row: &mut RowReader<'_>) -> DoorParts {
    let room = row.plain("house.room");
    let mut parts = DoorParts {
        estate: row.prose("house.estate"),
        building: row.plain("house.building").map(|text| door::building(&text)),
        unit: row.plain("house.unit").map(|text| door::unit(&text)),
        room: room.as_deref().map(door::room),
    };
    let dashed = room
        .as_deref()
        .and_then(door::by_dashes)
        .filter(|dashed| parts.unit.is_none() && (dashed.building.is_none() || parts.building.is_none()));
    if let Some(dashed) = dashed {
        parts = DoorParts { room: dashed.room.clone(), ..filled(parts, dashed) };
    }
    let address = row.parsed("house.address", |text| {
        // In a column named 门牌地址 some rows hold only a door number; then the columns must do.
        Ok(door::address(text))
    });
    match address {
        Some(Some(address)) => filled(parts, address),
        Some(None) if parts.room.is_none() => {
            row.fail("house.address", wrong());
            parts
        }
        _ => parts,
    }
}

fn filled(parts: DoorParts, other: DoorParts) -> DoorParts {
    DoorParts {
        estate: parts.estate.or(other.estate),
        building: parts.building.or(other.building),
        unit: parts.unit.or(other.unit),
        room: parts.room.or(other.room),
    }
}

/// House and household.
pub(super) fn home(row: &mut RowReader<'_>) -> HomeCells {
    HomeCells {
        usage: row.parsed("house.usage", words::usage),
        hint: row.prose("house.hint"),
        head: row.prose("household.head").map(|name| one_dot(&name)),
        residents: row.parsed("household.residents", residents),
        care: row.parsed("household.care", words::care),
        categories: row.parsed("household.categories", words::categories),
        care_reason: row.prose("household.care_reason"),
        note: row.prose("household.note"),
    }
}

fn residents(text: &str) -> Result<u8, Fault> {
    let digits = text.trim_end_matches(['人', '口']).trim();
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    let count: u32 = digits.parse().map_err(|_| wrong())?;
    u8::try_from(count)
        .ok()
        .filter(|count| *count <= 30)
        .ok_or_else(|| Fault::new("household.too_many_residents"))
}

/// The person; `None` when the row names nobody.
pub(super) fn person(row: &mut RowReader<'_>, day: NaiveDate) -> Option<PersonCells> {
    let field = if row.raw("person.name").trim().is_empty() { "household.head" } else { "person.name" };
    let name = one_dot(&row.prose(field)?);
    if !name.chars().any(char::is_alphabetic) {
        row.fail(field, wrong());
    }
    let identity = row.parsed("person.id_number", |text| {
        id_number::parse(text, day).map_err(|fault| Fault::new(fault.code()))
    });
    let born_on = row.parsed("person.born_on", |text| birthday(text, day));
    let sex = row.parsed("person.sex", words::sex);
    Some(PersonCells {
        name,
        relation: row.parsed("person.relation", words::relation),
        // The number tells both; where a cell differs, the number has a check digit and the cell none.
        sex: identity.as_ref().map(|identity| identity.sex).or(sex),
        born_on: identity.as_ref().map(|identity| identity.born_on).or(born_on),
        phone: row.parsed("person.phone", |text| phone::parse(text).map_err(|_| Fault::new("phone.wrong"))),
        id_number: identity.map(|identity| identity.number),
        residence: row.parsed("person.residence", words::residence),
    })
}

fn birthday(text: &str, day: NaiveDate) -> Result<NaiveDate, Fault> {
    // Business systems export days with a time: 1960-01-02 00:00:00.
    let date = text.split([' ', 'T']).next().unwrap_or(text);
    let born_on = date_text::parse(date).map_err(|_| Fault::new("date.wrong"))?;
    if born_on > day { Err(Fault::new("date.future")) } else { Ok(born_on) }
}

/// Names with a dot are typed with four different dots.
fn one_dot(name: &str) -> String {
    name.replace(['•', '・', '．', '∙', '‧'], "·").replace(' ', "")
}
