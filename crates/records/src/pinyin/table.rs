//! The reading of each character, unpacked once from a table that packs small (`build.rs`).

use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/pinyin.rs"));

/// One bit for each character of [`BLOCKS`], the lowest first: whether it has a reading.
static PRESENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pinyin_present"));
/// For each character that has one, the number of its syllable, or [`u8::MAX`]: see [`RARE`].
static COMMON: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pinyin_common"));
/// How far beyond [`u8::MAX`] the numbers of the rarer ones are.
static RARE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pinyin_rare"));

/// Stands where a character has no reading.
const NONE: u16 = u16::MAX;

/// The everyday reading of a character, without its tone: `lü`, `zhang`.
pub fn reading(character: char) -> Option<&'static str> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let place = place(character.into())?;
    TABLE.get_or_init(unpack).syllable(place)
}

/// How many characters of the blocks lie before this one, if it is in a block.
fn place(character: u32) -> Option<usize> {
    let block = BLOCKS.partition_point(|(first, _)| *first <= character).checked_sub(1)?;
    let (first, last) = BLOCKS[block];
    (character <= last).then(|| (BEFORE[block] + character - first) as usize)
}

/// How many characters lie in the blocks before each.
static BEFORE: [u32; BLOCKS.len()] = {
    let mut before = [0; BLOCKS.len()];
    let mut block = 1;
    while block < BLOCKS.len() {
        let (first, last) = BLOCKS[block - 1];
        before[block] = before[block - 1] + last - first + 1;
        block += 1;
    }
    before
};

struct Table {
    syllables: Vec<&'static str>,
    /// Place by place.
    numbers: Vec<u16>,
}

impl Table {
    fn syllable(&self, place: usize) -> Option<&'static str> {
        let number = *self.numbers.get(place)?;
        self.syllables.get(usize::from(number)).copied()
    }
}

/// Half a millisecond, once.
fn unpack() -> Table {
    let mut rare = RARE.iter();
    let mut known = COMMON.iter().map(|common| match *common {
        u8::MAX => rare.next().map_or(NONE, |beyond| u16::from(u8::MAX) + u16::from(*beyond)),
        common => common.into(),
    });
    let bits = PRESENT.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
    let numbers = bits.map(|present| if present { known.next().unwrap_or(NONE) } else { NONE }).collect();
    Table { syllables: SYLLABLES.split(' ').collect(), numbers }
}

#[cfg(test)]
mod tests {
    use pinyin::ToPinyin;

    use super::reading;

    #[test]
    fn every_character_is_read_as_in_the_source() {
        for character in '\0'..=char::MAX {
            let expected = character.to_pinyin().map(|pinyin| pinyin.plain());
            assert_eq!(reading(character), expected, "{character}");
        }
    }
}
