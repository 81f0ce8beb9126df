//! Buildings, staircases and doors of a grid.

use records::codes::HouseUse;
use records::house::House;

use crate::dice::Dice;
use crate::places;
use crate::plan::GridShare;

/// Doors of the demo grid that are due, staircase by staircase, with what helps at each of them.
pub(crate) const DEMO_DOORS: &[(&str, &str, &str, Option<&str>)] = &[
    ("2 号楼", "1 单元", "201", Some("先打电话")),
    ("2 号楼", "1 单元", "302", Some("带上材料单")),
    ("2 号楼", "1 单元", "501", None),
    ("5 号楼", "3 单元", "102", Some("耳背，多敲两下")),
    ("5 号楼", "3 单元", "401", Some("有狗，不咬人，先喊一声")),
    ("6 号楼", "2 单元", "602", Some("腿脚慢，多等一会儿")),
];

const HINTS: &[&str] = &[
    "有狗，先打电话",
    "门铃坏了，敲门",
    "白天上班，晚上在家",
    "敲侧门",
    "上夜班，下午再来",
    "孩子小，轻点敲门",
    "门禁要住户开，先打电话",
    "周末才在家",
    "从后院进",
    "楼道灯坏了，带手电",
];

/// The place of a demo door in [`DEMO_DOORS`].
pub(crate) fn demo_door(share: &GridShare, house: &House) -> Option<usize> {
    if !share.is_demo() {
        return None;
    }
    DEMO_DOORS.iter().position(|(building, unit, room, _)| {
        (*building, *unit, *room) == (house.building.as_str(), house.unit.as_str(), house.room.as_str())
    })
}

/// How the buildings of an estate are made.
struct Style {
    units: u32,
    floors: u32,
    doors: u32,
}

/// Houses of a grid, of which exactly as many are lived in as the share says; the others stand empty.
pub(crate) fn lay_out(dice: &mut Dice, share: &GridShare) -> Vec<House> {
    let parts = u32::try_from(share.estates.len()).unwrap_or(1);
    let needed = dice.shares(share.households, parts, 30);
    let mut houses = Vec::new();
    let mut buildings = 0;
    for (estate, needed) in share.estates.iter().zip(needed) {
        buildings += lay_out_estate(dice, share, estate, needed, buildings, &mut houses);
    }
    houses
}

fn lay_out_estate(
    dice: &mut Dice,
    share: &GridShare,
    estate: &str,
    needed: u32,
    first_code: u32,
    houses: &mut Vec<House>,
) -> u32 {
    let style = style_of(dice, estate);
    let mut left = needed;
    for number in 1.. {
        if left == 0 {
            return number - 1;
        }
        for door in 0..style.units * style.floors * style.doors {
            if left == 0 {
                break;
            }
            let mut house = house_at(&style, estate, number, door);
            house.building_code = first_code + number;
            furnish(dice, share, &mut house);
            left -= u32::from(house.usage != HouseUse::Vacant);
            houses.push(house);
        }
    }
    0
}

fn style_of(dice: &mut Dice, estate: &str) -> Style {
    if places::is_bungalows(estate) {
        return Style { units: 1, floors: 1, doors: 9 };
    }
    if estate == places::DEMO_ESTATE {
        return Style { units: 4, floors: 6, doors: 2 };
    }
    if places::is_old(estate) {
        return Style { units: dice.between(2, 5), floors: dice.between(5, 7), doors: dice.between(2, 3) };
    }
    Style { units: dice.between(1, 4), floors: *dice.pick(&[6, 6, 7, 11, 18]), doors: dice.between(2, 4) }
}

/// The `door`-th door of a building, counted staircase by staircase from the ground floor.
fn house_at(style: &Style, estate: &str, number: u32, door: u32) -> House {
    let unit = door / (style.floors * style.doors) + 1;
    let floor = door / style.doors % style.floors + 1;
    let position = door % style.doors + 1;
    let is_row = style.floors == 1;
    House {
        building_code: 0,
        building: if is_row { format!("{number} 排") } else { format!("{number} 号楼") },
        unit: if style.units == 1 { String::new() } else { format!("{unit} 单元") },
        room: if is_row { position.to_string() } else { format!("{floor}{position:02}") },
        estate: estate.to_owned(),
        usage: HouseUse::OwnerOccupied,
        hint: None,
    }
}

fn furnish(dice: &mut Dice, share: &GridShare, house: &mut House) {
    let usage = [
        (HouseUse::OwnerOccupied, 770),
        (HouseUse::Rented, 140),
        (HouseUse::Vacant, 75),
        (HouseUse::Business, 10),
        (HouseUse::Shared, 5),
    ];
    house.usage = *dice.weighted(&usage);
    let hint = if dice.percent(5) { Some(*dice.pick(HINTS)) } else { None };
    house.hint = hint.map(str::to_owned);
    if let Some(demo) = demo_door(share, house) {
        house.usage = HouseUse::OwnerOccupied;
        house.hint = DEMO_DOORS[demo].3.map(str::to_owned);
    }
}
