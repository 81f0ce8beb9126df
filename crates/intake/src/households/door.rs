//! Doors as people write them: `2`, `2号楼`, `二栋`, `A座`, `2-1-201`, `幸福小区2号楼1单元201室`.

use records::rules::text::normalise;

/// Where a door is, each part in the form it is stored in; `None` where the row says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DoorParts {
    pub estate: Option<String>,
    pub building: Option<String>,
    pub unit: Option<String>,
    pub room: Option<String>,
}

const BUILDING_ENDS: &[&str] =
    &["号楼", "#楼", "号栋", "栋楼", "栋", "号幢", "幢", "楼", "号", "#", "座", ""];

/// `2 号楼` for every way to write a number, `A 座` for a letter, `3 排` for a row; other names as
/// they are.
pub(super) fn building(raw: &str) -> String {
    let text = compact(raw);
    if let Some(row) = text.strip_suffix('排').and_then(label) {
        return format!("{row} 排");
    }
    let named = BUILDING_ENDS.iter().find_map(|end| label(text.strip_suffix(end)?));
    match named {
        Some(letters) if letters.bytes().all(|b| b.is_ascii_alphabetic()) => format!("{letters} 座"),
        Some(label) => format!("{label} 号楼"),
        None => normalise(raw),
    }
}

/// `1 单元`; empty when there is only one.
pub(super) fn unit(raw: &str) -> String {
    let text = compact(raw);
    if matches!(text.as_str(), "" | "0" | "无" | "-" | "/") {
        return String::new();
    }
    let named = ["单元", "单元门", "门", "门洞", ""].iter().find_map(|end| label(text.strip_suffix(end)?));
    named.map_or_else(|| normalise(raw), |label| format!("{label} 单元"))
}

/// `201`, without the word for it.
pub(super) fn room(raw: &str) -> String {
    let text = compact(raw);
    let bare =
        ["室", "号房", "房", "户", "号"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(&text);
    // A number cell written by another program: 201.0.
    let bare = bare.strip_suffix(".0").unwrap_or(bare);
    chinese_number(bare).map_or_else(|| bare.to_owned(), |number| number.to_string())
}

/// The parts of an address in one cell; `None` when no building and room can be told.
pub(super) fn address(raw: &str) -> Option<DoorParts> {
    let text = compact(raw);
    by_dashes(&text).or_else(|| by_words(&text))
}

/// `2-1-201`, or `1-201` for unit and room where the building stands in a column of its own.
pub(super) fn by_dashes(text: &str) -> Option<DoorParts> {
    let parts: Vec<&str> = text.split(['-', '—', '－', '/']).collect();
    let is_label = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    if !parts.iter().all(is_label) {
        return None;
    }
    match parts.as_slice() {
        [building, unit, room] => Some(DoorParts {
            estate: None,
            building: Some(self::building(building)),
            unit: Some(self::unit(unit)),
            room: Some(self::room(room)),
        }),
        [unit, room] => {
            let (unit, room) = (self::unit(unit), self::room(room));
            Some(DoorParts { unit: Some(unit), room: Some(room), ..DoorParts::default() })
        }
        _ => None,
    }
}

fn by_words(text: &str) -> Option<DoorParts> {
    let (before, number, end, rest) = marked(text, &["号楼", "#楼", "栋", "幢", "座", "排", "#"])?;
    let (unit, rest) = match marked(rest, &["单元", "门"]) {
        Some(("", unit, _, rest)) => (self::unit(unit), rest),
        _ => (String::new(), rest),
    };
    // What follows the unit may still be written with a dash: `2号楼1-201`.
    let dashed = by_dashes(rest).filter(|parts| unit.is_empty() && parts.building.is_none());
    let (unit, room) = match dashed {
        Some(parts) => (parts.unit.unwrap_or_default(), parts.room.unwrap_or_default()),
        None => (unit, self::room(rest.trim_start_matches('-'))),
    };
    let is_room = !room.is_empty() && room.chars().all(|c| c.is_ascii_alphanumeric());
    is_room.then(|| DoorParts {
        estate: Some(estate_of(before)).filter(|estate| !estate.is_empty()),
        building: Some(building(&format!("{number}{end}"))),
        unit: Some(unit),
        room: Some(room),
    })
}

/// Street and community before the estate's name say nothing the scope does not say.
fn estate_of(before: &str) -> String {
    let starts = ["街道", "社区", "居委会", "大街"]
        .iter()
        .filter_map(|end| before.rfind(end).map(|at| at + end.len()));
    before[starts.max().unwrap_or(0)..].to_owned()
}

/// Splits at the first marker that follows a number or letters: before, label, marker, after.
fn marked<'t>(text: &'t str, markers: &[&'static str]) -> Option<(&'t str, &'t str, &'static str, &'t str)> {
    for (at, _) in text.char_indices() {
        let Some(marker) = markers.iter().find(|marker| text[at..].starts_with(**marker)) else { continue };
        let before = &text[..at];
        let start = before.char_indices().rev().take_while(|(_, c)| is_label_character(*c)).last();
        if let Some((start, _)) = start {
            return Some((&before[..start], &before[start..], marker, &text[at + marker.len()..]));
        }
    }
    None
}

fn is_label_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || digit(character).is_some() || matches!(character, '十' | '百')
}

/// A number without leading zeros, or letters with or without a number.
fn label(text: &str) -> Option<String> {
    let text = text.strip_prefix('第').unwrap_or(text);
    let text = text.strip_suffix(".0").unwrap_or(text);
    if let Some(number) = chinese_number(text) {
        return Some(number.to_string());
    }
    if text.is_empty() || text.len() > 8 || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let trimmed = text.trim_start_matches('0');
    Some(if trimmed.is_empty() { text.to_owned() } else { trimmed.to_ascii_uppercase() })
}

fn compact(raw: &str) -> String {
    normalise(raw).chars().filter(|c| !c.is_whitespace()).collect()
}

fn digit(character: char) -> Option<u32> {
    let digits = "零一二三四五六七八九".chars().position(|d| d == character);
    match character {
        '〇' | '○' => Some(0),
        '两' => Some(2),
        _ => digits.and_then(|digit| u32::try_from(digit).ok()),
    }
}

/// `二` → 2, `十二` → 12, `一百零五` → 105, and digit by digit `二〇一` → 201.
pub(super) fn chinese_number(text: &str) -> Option<u32> {
    if text.is_empty() || text.chars().count() > 6 {
        return None;
    }
    let has_places = text.contains(['十', '百']);
    let (mut number, mut pending) = (0_u32, None);
    for character in text.chars() {
        match (digit(character), character) {
            (Some(value), _) if has_places => pending = Some(value),
            (Some(value), _) => number = number * 10 + value,
            (None, '十') => number += pending.take().unwrap_or(1) * 10,
            (None, '百') => number += pending.take().unwrap_or(1) * 100,
            _ => return None,
        }
    }
    Some(number + pending.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_building_has_one_name_however_it_is_written() {
        for raw in ["2", "2号楼", "2 栋", "二号楼", "２＃", "02", "2.0", "第二栋", "2幢", "2#楼", "二 号 楼"]
        {
            assert_eq!(building(raw), "2 号楼", "{raw}");
        }
        for (raw, name) in [
            ("A座", "A 座"),
            ("a栋", "A 座"),
            ("A2", "A2 号楼"),
            ("十二号楼", "12 号楼"),
            ("3排", "3 排"),
            ("综合楼", "综合楼"),
            ("", ""),
        ] {
            assert_eq!(building(raw), name, "{raw}");
            assert_eq!(building(name), name, "what is stored stays as it is");
        }
    }

    #[test]
    fn units_and_rooms_lose_their_words() {
        for raw in ["1", "一单元", "1 单元", "1门", "01"] {
            assert_eq!(unit(raw), "1 单元", "{raw}");
        }
        assert_eq!((unit("无"), unit(""), unit("东单元")), (String::new(), String::new(), "东单元".into()));
        for raw in ["201", "201室", "２０１号", "201.0", "二〇一", " 201 户"] {
            assert_eq!(room(raw), "201", "{raw}");
        }
        assert_eq!((room("B1203"), room("门房")), ("B1203".into(), "门".into()));
    }

    #[test]
    fn addresses_are_taken_apart() {
        let parts = |estate: &str, building: &str, unit: &str, room: &str| {
            Some(DoorParts {
                estate: (!estate.is_empty()).then(|| estate.to_owned()),
                building: Some(building.to_owned()),
                unit: Some(unit.to_owned()),
                room: Some(room.to_owned()),
            })
        };
        for (raw, expected) in [
            ("幸福小区2号楼1单元201室", parts("幸福小区", "2 号楼", "1 单元", "201")),
            ("临江街道沙河桥社区幸福小区二栋一单元201", parts("幸福小区", "2 号楼", "1 单元", "201")),
            ("2-1-201", parts("", "2 号楼", "1 单元", "201")),
            ("锦绣家园5号楼3-402", parts("锦绣家园", "5 号楼", "3 单元", "402")),
            ("北街3排5号", parts("北街", "3 排", "", "5")),
            ("A座1203", parts("", "A 座", "", "1203")),
        ] {
            assert_eq!(address(raw), expected, "{raw}");
        }
        for raw in ["", "幸福小区", "2号楼", "东头第三家"] {
            assert_eq!(address(raw), None, "{raw}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text in "[一二十百零〇0-9A-Z号楼栋单元室#. -]{0,16}|\\PC{0,12}") {
            let _ = (address(&text), room(&text));
            proptest::prop_assert_eq!(building(&building(&text)), building(&text));
            proptest::prop_assert_eq!(unit(&unit(&text)), unit(&text));
        }
    }
}
