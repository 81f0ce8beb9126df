//! Finding a household by name, pinyin, initials or door, in any mixture.
//!
//! Words are computed when a household changes: names and their tails (张伟, 伟), spellings
//! (zhangwei, zw, wei), and doors as numbers joined by `x` (2x1x201, 1x201, 201), since that is how
//! people type them: `2-1-201`, `2号楼1单元201`. A query is split the same way; every part must be
//! the beginning of some word.

use records::pinyin::{spell, spell_name};
use records::rules::text::normalise;
use rusqlite::{Connection, OptionalExtension, params};

use crate::Result;

/// Most candidates looked at for one query.
const CANDIDATES: usize = 100;

pub(crate) fn forget(db: &Connection, rid: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM household_search WHERE rowid = ?1")?.execute([rid])?;
    Ok(())
}

pub(crate) fn remember(db: &Connection, rid: i64, house_rid: Option<i64>, names: &[String]) -> Result<()> {
    let door = house_rid.map(|rid| door(db, rid)).transpose()?.flatten();
    let words = words_of(names, door.as_ref());
    // `INSERT OR REPLACE` takes the old words out first.
    db.prepare_cached("INSERT OR REPLACE INTO household_search (rowid, words) VALUES (?1, ?2)")?
        .execute(params![rid, words])?;
    Ok(())
}

struct Door {
    estate: String,
    building: String,
    unit: String,
    room: String,
}

fn door(db: &Connection, house_rid: i64) -> Result<Option<Door>> {
    let mut statement = db.prepare_cached("SELECT estate, building, unit, room FROM house WHERE rid = ?1")?;
    let door = statement.query_row([house_rid], |row| {
        Ok(Door { estate: row.get(0)?, building: row.get(1)?, unit: row.get(2)?, room: row.get(3)? })
    });
    Ok(door.optional()?)
}

fn words_of(names: &[String], door: Option<&Door>) -> String {
    let mut words: Vec<String> = names.iter().flat_map(|name| name_words(name)).collect();
    words.extend(door.into_iter().flat_map(door_words));
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}

fn name_words(name: &str) -> Vec<String> {
    let spelling = spell_name(name);
    let mut words = vec![name.to_owned(), spelling.full, spelling.initials];
    for (start, _) in name.char_indices().skip(1) {
        let tail = &name[start..];
        let spelling = spell(tail);
        words.extend([tail.to_owned(), spelling.full, spelling.initials]);
    }
    words.retain(|word| !word.is_empty());
    words
}

fn door_words(door: &Door) -> Vec<String> {
    let estate = spell(&door.estate);
    let numbers: Vec<String> =
        [&door.building, &door.unit, &door.room].into_iter().flat_map(|part| numbers_in(part)).collect();
    let mut words: Vec<String> = (0..numbers.len()).map(|from| numbers[from..].join("x")).collect();
    // 2-201: building and door, the staircase left out.
    if let [building, _, room] = numbers.as_slice() {
        words.push(format!("{building}x{room}"));
    }
    words.extend([door.estate.clone(), estate.full, estate.initials]);
    words.retain(|word| !word.is_empty());
    words
}

fn numbers_in(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    parts.filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Splits a query into the word beginnings it asks for.
fn parts_of(query: &str) -> Vec<String> {
    normalise(query).to_lowercase().split_whitespace().flat_map(split_by_script).collect()
}

/// `2号楼张伟` asks for `2` and `张伟`; `2-1-201` for `2x1x201`; `2号楼1单元201` likewise.
fn split_by_script(word: &str) -> Vec<String> {
    const DOOR_WORDS: [&str; 9] = ["号楼", "单元", "号院", "栋", "幢", "楼", "室", "号", "座"];
    let doors = DOOR_WORDS.iter().fold(word.to_owned(), |word, door| word.replace(door, "-"));
    let mut parts: Vec<String> = Vec::new();
    let mut was_text = None;
    for character in doors.chars() {
        let is_text = !(character.is_ascii_alphanumeric() || matches!(character, '-' | '－' | '/' | '#'));
        match parts.last_mut() {
            Some(last) if was_text == Some(is_text) => last.push(character),
            _ => parts.push(character.to_string()),
        }
        was_text = Some(is_text);
    }
    parts.iter().map(|part| numbers_joined(part)).filter(|part| !part.is_empty()).collect()
}

fn numbers_joined(part: &str) -> String {
    if part.chars().all(|c| c.is_ascii_alphanumeric() || !c.is_ascii()) {
        return part.to_owned();
    }
    numbers_in(part).join("x")
}

/// Numbers of the households that fit every part of the query, at most [`CANDIDATES`]. Those with
/// the very words come before those that only begin with them.
pub fn households(db: &Connection, query: &str) -> Result<Vec<i64>> {
    let parts = parts_of(query);
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = matching(db, &parts, "")?;
    if found.len() < CANDIDATES {
        let exact: std::collections::HashSet<i64> = found.iter().copied().collect();
        found.extend(matching(db, &parts, "*")?.into_iter().filter(|rid| !exact.contains(rid)));
        found.truncate(CANDIDATES);
    }
    Ok(found)
}

fn matching(db: &Connection, parts: &[String], ending: &str) -> Result<Vec<i64>> {
    let quoted: Vec<String> =
        parts.iter().map(|part| format!("\"{}\"{ending}", part.replace('"', ""))).collect();
    let mut statement =
        db.prepare_cached("SELECT rowid FROM household_search WHERE household_search MATCH ?1 LIMIT ?2")?;
    let rows = statement.query_map(params![quoted.join(" AND "), CANDIDATES], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How well a name fits a query: lower is better. For ordering what [`households`] found.
pub fn name_distance(query: &str, name: &str) -> u8 {
    let parts = parts_of(query);
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

    #[test]
    fn queries_split_the_way_people_type() {
        for (query, parts) in [
            ("zw", vec!["zw"]),
            ("2-1-201", vec!["2x1x201"]),
            ("２号楼１单元２０１", vec!["2x1x201"]),
            ("2号楼 张伟", vec!["2", "张伟"]),
            ("2号楼张伟", vec!["2", "张伟"]),
            ("锦绣 zw", vec!["锦绣", "zw"]),
            ("  ", vec![]),
            ("\"*'", vec![]),
        ] {
            let parts: Vec<String> = parts.into_iter().map(str::to_owned).collect();
            if query == "\"*'" {
                assert!(parts_of(query).iter().all(|part| !part.is_empty()));
            } else {
                assert_eq!(parts_of(query), parts, "{query}");
            }
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
    }

    #[test]
    fn a_name_is_found_by_its_parts_and_sounds() {
        let words = name_words("单小丽");
        for word in ["单小丽", "小丽", "丽", "shanxiaoli", "sxl", "xl"] {
            assert!(words.iter().any(|w| w == word), "{word} in {words:?}");
        }
    }
}
