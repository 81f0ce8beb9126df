//! Finding a household by name, pinyin, initials or door, in any mixture.
//!
//! Words are computed when a household changes: names and their tails (张伟, 伟), spellings
//! (zhangwei, zw, wei), and doors as numbers joined by `x` (2x1x201, 1x201, 201), since that is how
//! people type them: `2-1-201`, `2号楼1单元201`. A query is split the same way; every part must be
//! the beginning of some word.

use std::collections::HashSet;

use records::pinyin::{Spelling, spell, spell_name};
use records::rules::text::normalise;
use rusqlite::{Connection, params};

use crate::Result;
use crate::tables::house::Door;
use crate::tables::household::{self, Filter, HouseholdLine};

/// Most candidates looked at for one query.
const CANDIDATES: usize = 100;
/// Most numbers of a door: building, staircase, floor, room.
const MOST_NUMBERS: usize = 4;
/// Most parts of a query; the rest would only narrow what one looks at anyway.
const MOST_PARTS: usize = 8;

pub(crate) fn forget(db: &Connection, rid: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM household_search WHERE rowid = ?1")?.execute([rid])?;
    Ok(())
}

/// Writes the index anew without the words of what is gone, which it otherwise keeps for a while.
pub(crate) fn close_gaps(db: &Connection) -> Result<()> {
    db.execute("INSERT INTO household_search (household_search) VALUES ('optimize')", [])?;
    Ok(())
}

pub(crate) fn remember(db: &Connection, rid: i64, door: Option<&Door>, names: &[String]) -> Result<()> {
    let words = words_of(names, door);
    // `INSERT OR REPLACE` takes the old words out first.
    db.prepare_cached("INSERT OR REPLACE INTO household_search (rowid, words) VALUES (?1, ?2)")?
        .execute(params![rid, words])?;
    Ok(())
}

fn words_of(names: &[String], door: Option<&Door>) -> String {
    let mut words: Vec<String> = names.iter().flat_map(|name| text_words(name, spell_name)).collect();
    words.extend(door.into_iter().flat_map(door_words));
    words.retain(|word| !word.is_empty());
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

/// A text without its punctuation, its tails, and how all of them sound: `阿依努尔·艾山江` is found
/// with the dot, without it, and by its second half.
fn text_words(text: &str, spell_whole: fn(&str) -> Spelling) -> Vec<String> {
    let text: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let spelling = spell_whole(&text);
    let mut words = vec![text.clone(), spelling.full, spelling.initials];
    for (start, _) in text.char_indices().skip(1) {
        let tail = &text[start..];
        let spelling = spell(tail);
        words.extend([tail.to_owned(), spelling.full, spelling.initials]);
    }
    words
}

fn door_words(door: &Door) -> Vec<String> {
    let numbers: Vec<String> = [&door.building, &door.unit, &door.room]
        .into_iter()
        .flat_map(|part| numbers_in(part))
        .take(MOST_NUMBERS)
        .collect();
    let mut doors = vec![numbers.join("x")];
    // 2-201: building and door, the staircase left out.
    if let [building, _, room] = numbers.as_slice() {
        doors.push(format!("{building}x{room}"));
    }
    let estate = spell(&door.estate);
    let mut words = vec![estate.full, estate.initials];
    words.extend((1..numbers.len()).map(|from| numbers[from..].join("x")));
    // 锦绣2期 is asked for in pieces, and with the door behind it as one number: 锦绣2期3号楼.
    let pieces = split_by_script(&without_door_words(&door.estate.to_lowercase()));
    for piece in pieces.into_iter().take(MOST_NUMBERS) {
        match piece.chars().all(|c| c.is_ascii_alphanumeric()) {
            true => words.extend(doors.iter().map(|door| format!("{piece}x{door}"))),
            false => words.push(piece),
        }
    }
    words.extend(doors);
    words
}

fn numbers_in(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    parts.filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Splits a query into the word beginnings it asks for. Each is letters and digits only, so that it
/// is one word to FTS5, whatever was typed.
fn parts_of(query: &str) -> Vec<String> {
    let doors = without_door_words(&normalise(query).to_lowercase());
    doors.split_whitespace().flat_map(split_by_script).take(MOST_PARTS).collect()
}

/// `2号楼1单元201` as `2-1-201`. Only behind a number these words mean a door: 鼓楼小区 and 张栋 stay.
fn without_door_words(text: &str) -> String {
    const DOOR_WORDS: [&str; 10] = ["号楼", "单元", "号院", "栋", "幢", "楼", "室", "号", "座", "期"];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let follows_number = plain.trim_end().ends_with(|c: char| c.is_ascii_alphanumeric());
        let door = DOOR_WORDS.iter().find(|door| follows_number && rest.starts_with(**door));
        plain.push(door.map_or(character, |_| '-'));
        rest = &rest[door.map_or(character.len_utf8(), |door| door.len())..];
    }
    plain
}

/// `2张伟` asks for `2` and `张伟`; `2-1-201` for `2x1x201`; `阿依努尔·艾山江` for both halves.
fn split_by_script(word: &str) -> Vec<String> {
    let is_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '#');
    let characters: Vec<char> = word.chars().collect();
    let mut parts = Vec::new();
    for run in characters.chunk_by(|a, b| is_number(*a) == is_number(*b)) {
        let text: String = run.iter().collect();
        if is_number(run[0]) {
            parts.push(numbers_in(&text).join("x"));
        } else {
            parts.extend(text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Households of a filter that fit every part of the query, best first, at most [`CANDIDATES`]. Those
/// with the very words come before those that only begin with them.
pub fn households(db: &Connection, query: &str, filter: Filter) -> Result<Vec<HouseholdLine>> {
    let parts = parts_of(query);
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = household::matching(db, &expression(&parts, ""), filter, CANDIDATES)?;
    if found.len() < CANDIDATES {
        let exact: HashSet<i64> = found.iter().map(|line| line.rid).collect();
        let begun = household::matching(db, &expression(&parts, "*"), filter, CANDIDATES)?;
        found.extend(begun.into_iter().filter(|line| !exact.contains(&line.rid)));
        found.truncate(CANDIDATES);
    }
    found.sort_by_cached_key(|line| (name_distance(&parts, &line.name), line.place.clone()));
    Ok(found)
}

fn expression(parts: &[String], ending: &str) -> String {
    let quoted: Vec<String> = parts.iter().map(|part| format!("\"{part}\"{ending}")).collect();
    quoted.join(" AND ")
}

/// How well a name fits a query: lower is better.
fn name_distance(parts: &[String], name: &str) -> u8 {
    let spelling = spell_name(name);
    let fits = |part: &String| match part.as_str() {
        part if part == name || part == spelling.initials || part == spelling.full => 0,
        part if name.starts_with(part) || spelling.initials.starts_with(part) => 1,
        part if spelling.full.starts_with(part) => 1,
        _ => 2,
    };
    parts.iter().map(fits).min().unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use contract::test;

    #[test]
    fn queries_split_the_way_people_type() {
        for (query, parts) in [
            ("zw", vec!["zw"]),
            ("2-1-201", vec!["2x1x201"]),
            ("２号楼１单元２０１", vec!["2x1x201"]),
            ("2号楼 张伟", vec!["2", "张伟"]),
            ("2号楼张伟", vec!["2", "张伟"]),
            ("锦绣 zw", vec!["锦绣", "zw"]),
            ("2 号楼 1 单元 201", vec!["2", "1", "201"]),
            ("A座1203室", vec!["ax1203"]),
            // Only behind a number they are words of a door.
            ("鼓楼小区", vec!["鼓楼小区"]),
            ("鼓楼2栋", vec!["鼓楼", "2"]),
            ("张栋", vec!["张栋"]),
            ("锦绣2期3号楼", vec!["锦绣", "2x3"]),
            // What FTS5 would take for several words.
            ("阿依努尔·艾山江", vec!["阿依努尔", "艾山江"]),
            ("张伟、王芳。🙂", vec!["张伟", "王芳"]),
            ("  ", vec![]),
            ("\"*'🙂", vec![]),
        ] {
            assert_eq!(parts_of(query), parts, "{query}");
        }
    }

    #[test]
    fn a_door_is_found_from_any_of_its_numbers() {
        let door = Door {
            estate: "锦绣小区".into(),
            building: "2 号楼".into(),
            unit: "1 单元".into(),
            room: "201".into(),
        };
        let words = door_words(&door);
        for word in ["2x1x201", "1x201", "201", "2x201", "锦绣小区", "jxxq"] {
            assert!(words.iter().any(|w| w == word), "{word} in {words:?}");
        }
        let words = door_words(&Door { estate: "锦绣2期".into(), ..door });
        for word in ["锦绣", "2x2x1x201", "jx2q"] {
            assert!(words.iter().any(|w| w == word), "{word} in {words:?}");
        }
    }

    #[test]
    fn a_door_of_many_numbers_costs_no_more_than_any_other() {
        let many = "1 ".repeat(30_000);
        let door = Door { estate: many.clone(), building: many.clone(), unit: many.clone(), room: many };
        let words = door_words(&door);
        assert!(words.len() < 20, "{} words", words.len());
    }

    #[test]
    fn a_name_is_found_by_its_parts_and_sounds() {
        let words = text_words("单小丽", spell_name);
        for word in ["单小丽", "小丽", "丽", "shanxiaoli", "sxl", "xl"] {
            assert!(words.iter().any(|w| w == word), "{word} in {words:?}");
        }
        let words = text_words("阿依努尔·艾山江", spell_name);
        for word in ["阿依努尔艾山江", "艾山江", "ayneasj"] {
            assert!(words.iter().any(|w| w == word), "{word} in {words:?}");
        }
    }
}
