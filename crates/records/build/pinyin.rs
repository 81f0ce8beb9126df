//! The readings that `src/pinyin/table.rs` unpacks: what the `pinyin` crate knows, in the order in which it packs
//! smallest.

use std::collections::HashMap;
use std::path::Path;
use std::{fs, io};

use pinyin::ToPinyin;

/// Unassigned characters between two that have a reading, before a new block is cheaper than a gap.
const LONGEST_GAP: u32 = 64;
/// How many readings are told by one byte; the rarer ones take a second.
const COMMON: usize = 255;

/// Writes them into the folder.
pub fn write(folder: &Path) -> io::Result<()> {
    let readings = readings();
    let syllables = syllables(&readings);
    let blocks = blocks(&readings);

    let code = format!(
        "/// First and last character of each block.\n\
         const BLOCKS: [(u32, u32); {}] = {blocks:?};\n\
         /// Every syllable, the most frequent first.\n\
         const SYLLABLES: &str = {:?};\n",
        blocks.len(),
        syllables.join(" ")
    );
    fs::write(folder.join("pinyin.rs"), code)?;
    fs::write(folder.join("pinyin_present"), present(&readings, &blocks))?;
    let (common, rare) = numbers(&readings, &syllables);
    fs::write(folder.join("pinyin_common"), common)?;
    fs::write(folder.join("pinyin_rare"), rare)
}

/// Every character with its reading.
fn readings() -> Vec<(u32, &'static str)> {
    let reading = |character: char| Some((u32::from(character), character.to_pinyin()?.plain()));
    ('\0'..=char::MAX).filter_map(reading).collect()
}

/// The most frequent first, so that few need two bytes; then in order, so that each build gives the same.
fn syllables(readings: &[(u32, &'static str)]) -> Vec<&'static str> {
    let mut frequency: HashMap<&str, usize> = HashMap::new();
    for (_, syllable) in readings {
        *frequency.entry(syllable).or_default() += 1;
    }
    let mut syllables: Vec<&str> = frequency.keys().copied().collect();
    syllables.sort_by_key(|syllable| (usize::MAX - frequency[syllable], *syllable));
    syllables
}

fn blocks(readings: &[(u32, &str)]) -> Vec<(u32, u32)> {
    let mut blocks: Vec<(u32, u32)> = Vec::new();
    for (character, _) in readings {
        match blocks.last_mut() {
            Some((_, last)) if character - *last <= LONGEST_GAP => *last = *character,
            _ => blocks.push((*character, *character)),
        }
    }
    blocks
}

/// One bit for each character of the blocks: whether it has a reading.
fn present(readings: &[(u32, &str)], blocks: &[(u32, u32)]) -> Vec<u8> {
    let mut known = readings.iter().map(|(character, _)| *character).peekable();
    let places = blocks.iter().flat_map(|(first, last)| *first..=*last);
    let bits: Vec<bool> = places.map(|place| known.next_if_eq(&place).is_some()).collect();
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    bits.chunks(8).map(byte).collect()
}

/// The number of each present character's syllable: one byte, and what is beyond it in a second list.
fn numbers(readings: &[(u32, &str)], syllables: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let numbers: HashMap<&str, usize> = syllables.iter().copied().zip(0..).collect();
    let (mut common, mut rare) = (Vec::new(), Vec::new());
    for (_, syllable) in readings {
        let number = numbers[syllable];
        common.push(number.min(COMMON) as u8);
        if number >= COMMON {
            rare.push(u8::try_from(number - COMMON).expect("more syllables than two bytes tell apart"));
        }
    }
    (common, rare)
}
