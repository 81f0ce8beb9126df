//! The item list in memory, ready for the next keystroke.
//!
//! Two thousand items with their spellings take well under a megabyte; scanning them all takes less
//! than a frame, and ranking stays in plain sight.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::NaiveDate;
use records::call::{CategoryRow, ItemRow};
use records::codes::Urgency;
use records::item::Item;
use records::pinyin::spell;
use records::rules::text::normalise;
use rusqlite::Connection;
use store::tables::item;

/// The items that apply on one day.
pub(crate) struct Catalog {
    pub day: NaiveDate,
    pub categories: Vec<CategoryRow>,
    entries: Vec<Entry>,
}

struct Entry {
    row: ItemRow,
    name: Vec<char>,
    /// Initials and full pinyin, each with the character of the name it belongs to.
    initials: Vec<(char, u16)>,
    full: Vec<(char, u16)>,
    /// Other words for it and who handles it, in lower case.
    others: String,
}

/// How well an item fits: lower is better.
type Rank = u32;

/// A hit: rank, and the stretch of the name to mark.
type Hit = (Rank, Option<(u16, u16)>);

/// An item that fits, with what orders it: rank, use on this device, length of the name.
struct Found<'c> {
    order: (Rank, Reverse<(u32, i64)>, usize),
    entry: &'c Entry,
    marks: Vec<(u16, u16)>,
}

/// How often and how lately each code was used here.
pub(crate) type Uses = HashMap<String, (u32, i64)>;

impl Catalog {
    pub fn load(db: &Connection, day: NaiveDate) -> store::Result<Self> {
        let items = item::all(db)?.into_iter().map(|(_, item)| item);
        let entries: Vec<Entry> = items.filter(|item| item.is_valid_on(day)).map(Entry::of).collect();
        let categories = item::categories(db)?;
        let count = |code: &str| entries.iter().filter(|entry| entry.row.code.starts_with(code)).count();
        let rows = categories.into_iter().map(|category| CategoryRow {
            items: u32::try_from(count(&category.code)).unwrap_or(u32::MAX),
            code: category.code,
            name: category.name,
        });
        Ok(Self { day, categories: rows.collect(), entries })
    }

    pub fn total(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// The row of one item.
    pub fn row(&self, code: &str) -> Option<ItemRow> {
        self.entries.iter().find(|entry| entry.row.code == code).map(|entry| entry.row.clone())
    }

    /// Everything that fits, best first. Among equals, what this device uses most comes first.
    pub fn search(&self, query: &str, category: Option<&str>, uses: &Uses) -> Vec<ItemRow> {
        let words = words_of(query);
        let in_category = |entry: &&Entry| category.is_none_or(|code| entry.row.code.starts_with(code));
        let mut hits: Vec<Found<'_>> = Vec::new();
        for entry in self.entries.iter().filter(in_category) {
            let Some((rank, marks)) = entry.fits(&words) else { continue };
            let used = uses.get(&entry.row.code).copied().unwrap_or_default();
            let length = if words.is_empty() { 0 } else { entry.name.len() };
            hits.push(Found { order: (rank, Reverse(used), length), entry, marks });
        }
        hits.sort_by(|a, b| a.order.cmp(&b.order).then_with(|| a.entry.row.code.cmp(&b.entry.row.code)));
        hits.into_iter().map(|hit| ItemRow { marks: hit.marks, ..hit.entry.row.clone() }).collect()
    }
}

fn words_of(query: &str) -> Vec<Vec<char>> {
    let lower = normalise(query).to_lowercase();
    lower.split_whitespace().map(|word| word.chars().collect()).collect()
}

impl Entry {
    fn of(item: Item) -> Self {
        let name: Vec<char> = item.name.to_lowercase().chars().collect();
        let (mut initials, mut full) = (Vec::new(), Vec::new());
        for (position, character) in (0u16..).zip(&name) {
            let spelling = spell(character.encode_utf8(&mut [0; 4]));
            initials.extend(spelling.initials.chars().map(|c| (c, position)));
            full.extend(spelling.full.chars().map(|c| (c, position)));
        }
        let others = format!("{} {}", item.keywords.join(" "), item.department).to_lowercase();
        Self { row: row_of(item), name, initials, full, others }
    }

    /// Whether every word fits; the ranks add up.
    fn fits(&self, words: &[Vec<char>]) -> Option<(Rank, Vec<(u16, u16)>)> {
        let hits: Option<Vec<Hit>> = words.iter().map(|word| self.fits_word(word)).collect();
        let hits = hits?;
        let rank = hits.iter().map(|(rank, _)| rank).sum();
        Some((rank, hits.into_iter().filter_map(|(_, mark)| mark).collect()))
    }

    fn fits_word(&self, word: &[char]) -> Option<Hit> {
        let in_name = find(&self.name, word).map(|at| {
            let rank = if at > 0 { 3 } else { u32::from(self.name.len() > word.len()) };
            (rank, Some((at, length(word))))
        });
        in_name
            .or_else(|| spelled(&self.initials, word, 1))
            .or_else(|| spelled_from_syllable(&self.full, word))
            .or_else(|| self.row.code.starts_with(&String::from_iter(word)).then_some((2, None)))
            .or_else(|| scattered(&self.name, word).map(|()| (7, None)))
            .or_else(|| self.others.contains(&String::from_iter(word)).then_some((8, None)))
    }
}

fn length(word: &[char]) -> u16 {
    u16::try_from(word.len()).unwrap_or(u16::MAX)
}

fn find(haystack: &[char], needle: &[char]) -> Option<u16> {
    let at = haystack.windows(needle.len().max(1)).position(|window| window == needle)?;
    u16::try_from(at).ok()
}

/// A run of initials; at the beginning of the name it ranks higher.
fn spelled(letters: &[(char, u16)], word: &[char], at_start: Rank) -> Option<Hit> {
    let mut runs = letters.windows(word.len().max(1));
    let at = runs.position(|run| run.iter().map(|(c, _)| c).eq(word))?;
    let rank = if at == 0 { at_start } else { at_start + 3 };
    Some((rank, Some(stretch(&letters[at..at + word.len()]))))
}

/// A run of full pinyin that begins where a syllable does.
fn spelled_from_syllable(letters: &[(char, u16)], word: &[char]) -> Option<Hit> {
    let is_start = |at: usize| at == 0 || letters[at - 1].1 != letters[at].1;
    let fits = |at: &usize| {
        letters[*at..].len() >= word.len()
            && letters[*at..].iter().map(|(c, _)| c).zip(word).all(|(a, b)| a == b)
    };
    let at = (0..letters.len()).filter(|at| is_start(*at)).find(fits)?;
    let rank = if at == 0 { 2 } else { 5 };
    Some((rank, Some(stretch(&letters[at..at + word.len()]))))
}

fn stretch(run: &[(char, u16)]) -> (u16, u16) {
    let first = run.first().map_or(0, |(_, position)| *position);
    let last = run.last().map_or(0, |(_, position)| *position);
    (first, last - first + 1)
}

/// The characters in order with others between: `燃软化` for 燃气软管老化.
fn scattered(name: &[char], word: &[char]) -> Option<()> {
    let mut rest = name.iter();
    let is_there = word.len() > 1 && word.iter().all(|wanted| rest.any(|c| c == wanted));
    is_there.then_some(())
}

fn row_of(item: Item) -> ItemRow {
    let call = (item.urgency == Urgency::CallFirst).then(|| call_number(&item.name).to_owned());
    ItemRow {
        code: item.code,
        name: item.name,
        marks: Vec::new(),
        department: item.department,
        admission: item.admission,
        limit_workdays: item.limit_workdays,
        limit_minutes: item.limit_minutes,
        urgency: item.urgency,
        call,
        origin: item.origin,
    }
}

/// The public number to call first: 119 fire and rescue, 120 ambulance, 122 traffic, 110 otherwise.
fn call_number(name: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match () {
        () if has(&["火", "燃气", "爆", "困人", "坍塌"]) => "119",
        () if has(&["伤", "病", "中毒", "昏"]) => "120",
        () if has(&["车祸", "交通事故"]) => "122",
        () => "110",
    }
}
