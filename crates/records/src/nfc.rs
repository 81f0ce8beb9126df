//! Unicode's composed form of a text (NFC, UAX #15), by tables that pack small (`build/nfc.rs`).

use std::sync::OnceLock;

/// Characters that two others compose to: whole, first, second.
static COMPOSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/nfc_composed"));
/// Characters that are only ever taken apart: what they are, first, second or 0.
static TAKEN_APART: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/nfc_taken_apart"));
/// Runs of marks: the first, how many, their class.
static CLASSES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/nfc_classes"));

/// The composed form.
pub fn nfc(text: String) -> String {
    if text.chars().all(is_settled) {
        return text;
    }
    let forms = forms();
    forms.compose(forms.apart(&text))
}

/// Unpacked once, in a fraction of a millisecond.
fn forms() -> &'static Forms {
    static FORMS: OnceLock<Forms> = OnceLock::new();
    FORMS.get_or_init(Forms::unpack)
}

/// Whether a character neither changes nor joins with one before it: nearly all that people write here.
fn is_settled(character: char) -> bool {
    matches!(character, '\0'..='\u{2ff}' | '\u{3001}'..='\u{3029}' | '\u{3105}'..='\u{a66e}' | '\u{ff00}'..='\u{ffef}')
}

/// The tables, unpacked.
struct Forms {
    /// By whole.
    steps: Vec<[u32; 3]>,
    /// By first and second.
    joins: Vec<([u32; 2], u32)>,
    /// By the first mark of each run.
    classes: Vec<[u32; 3]>,
}

impl Forms {
    fn unpack() -> Self {
        let composed = rows(COMPOSED);
        let mut joins: Vec<_> =
            composed.iter().map(|[whole, first, second]| ([*first, *second], *whole)).collect();
        joins.sort_unstable();
        let mut steps = composed;
        steps.extend(rows(TAKEN_APART));
        steps.sort_unstable();
        Self { steps, joins, classes: rows(CLASSES) }
    }

    /// Every character taken apart as far as it goes, marks in canonical order; each with its class.
    fn apart(&self, text: &str) -> Vec<(u32, u32)> {
        let mut parts = Vec::with_capacity(text.len());
        text.chars().for_each(|character| self.take_apart(character.into(), &mut parts));
        for word in parts.chunk_by_mut(|_, (class, _)| *class != 0) {
            word.sort_by_key(|(class, _)| *class);
        }
        parts
    }

    fn take_apart(&self, whole: u32, parts: &mut Vec<(u32, u32)>) {
        if let Some(letters) = korean::letters(whole) {
            parts.extend(letters.filter(|letter| *letter != 0).map(|letter| (0, letter)));
            return;
        }
        match self.steps.binary_search_by_key(&whole, |[whole, ..]| *whole) {
            Ok(at) => {
                let [_, first, second] = self.steps[at];
                self.take_apart(first, parts);
                if second != 0 {
                    self.take_apart(second, parts);
                }
            }
            Err(_) => parts.push((self.class(whole), whole)),
        }
    }

    /// The canonical combining class: 0 for what begins anew.
    fn class(&self, character: u32) -> u32 {
        let after = self.classes.partition_point(|[first, ..]| *first <= character);
        let run = after.checked_sub(1).map(|at| self.classes[at]);
        run.filter(|[first, count, _]| character < first + count).map_or(0, |[_, _, class]| class)
    }

    fn compose(&self, parts: Vec<(u32, u32)>) -> String {
        let mut composed: Vec<u32> = Vec::with_capacity(parts.len());
        // Where the last character of class 0 is, and the class of what stands after it.
        let mut start: Option<usize> = None;
        let mut last: Option<u32> = None;
        for (class, part) in parts {
            let reachable = start.filter(|_| last.is_none_or(|last| last < class));
            if let Some((at, whole)) = reachable.and_then(|at| Some((at, self.join(composed[at], part)?))) {
                composed[at] = whole;
                continue;
            }
            (start, last) = if class == 0 { (Some(composed.len()), None) } else { (start, Some(class)) };
            composed.push(part);
        }
        composed.into_iter().filter_map(char::from_u32).collect()
    }

    fn join(&self, first: u32, second: u32) -> Option<u32> {
        korean::join(first, second).or_else(|| {
            let at = self.joins.binary_search_by_key(&[first, second], |(parts, _)| *parts).ok()?;
            Some(self.joins[at].1)
        })
    }
}

/// Korean syllables, which are computed (The Unicode Standard, 3.12).
mod korean {
    const SYLLABLES: u32 = 0xac00;
    const LEADING: u32 = 0x1100;
    const VOWELS: u32 = 0x1161;
    /// One before the first trailing consonant: with it, a syllable has none.
    const TRAILING: u32 = 0x11a7;
    const LEADING_COUNT: u32 = 19;
    const VOWEL_COUNT: u32 = 21;
    const TRAILING_COUNT: u32 = 28;
    const COUNT: u32 = LEADING_COUNT * VOWEL_COUNT * TRAILING_COUNT;

    /// The letters of a syllable; 0 if there is no third one.
    pub fn letters(syllable: u32) -> Option<impl Iterator<Item = u32>> {
        let number = syllable.checked_sub(SYLLABLES).filter(|number| *number < COUNT)?;
        let trailing = match number % TRAILING_COUNT {
            0 => 0,
            letter => TRAILING + letter,
        };
        let both = number / TRAILING_COUNT;
        Some([LEADING + both / VOWEL_COUNT, VOWELS + both % VOWEL_COUNT, trailing].into_iter())
    }

    /// A consonant and a vowel, or these and a trailing consonant.
    pub fn join(first: u32, second: u32) -> Option<u32> {
        let within =
            |letter: u32, base: u32, count: u32| letter.checked_sub(base).filter(|place| *place < count);
        if let Some(leading) = within(first, LEADING, LEADING_COUNT) {
            let vowel = within(second, VOWELS, VOWEL_COUNT)?;
            return Some(SYLLABLES + (leading * VOWEL_COUNT + vowel) * TRAILING_COUNT);
        }
        let open = within(first, SYLLABLES, COUNT)?.is_multiple_of(TRAILING_COUNT);
        let trailing = within(second, TRAILING, TRAILING_COUNT).filter(|place| open && *place > 0)?;
        Some(first + trailing)
    }
}

/// Undoes the packing of `build/nfc.rs`.
fn rows(packed: &[u8]) -> Vec<[u32; 3]> {
    let ends = |byte: &u8| byte & 0x80 == 0;
    let number =
        |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| number << 7 | u32::from(byte & 0x7f));
    let differences: Vec<u32> = packed.split_inclusive(ends).map(number).collect();
    let column = |number: usize| {
        let rows = differences.len() / 3;
        differences[number * rows..][..rows].iter().scan(0u32, |above, difference| {
            let change = difference >> 1;
            *above =
                if difference & 1 == 0 { above.wrapping_add(change) } else { above.wrapping_sub(change) };
            Some(*above)
        })
    };
    column(0).zip(column(1)).zip(column(2)).map(|((a, b), c)| [a, b, c]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};
    use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

    use super::{forms, is_settled, nfc};

    fn check(text: String) {
        let expected: String = text.nfc().collect();
        assert_eq!(nfc(text.clone()), expected, "{}", text.escape_unicode());
    }

    /// Whatever is a part of something, something made of parts, or a mark.
    fn restless() -> Vec<char> {
        let mut characters: Vec<char> = Vec::new();
        for character in '\0'..=char::MAX {
            let mut parts = Vec::new();
            decompose_canonical(character, |part| parts.push(part));
            let is_mark = canonical_combining_class(character) != 0;
            let is_ideograph = matches!(character, '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}');
            let is_korean = ('\u{ac00}'..='\u{d7a3}').contains(&character);
            let is_one_of_many = (is_ideograph || is_korean) && !u32::from(character).is_multiple_of(9);
            match parts != [character] {
                true if is_one_of_many => {}
                true => characters.extend(parts.into_iter().chain([character])),
                false if is_mark => characters.push(character),
                false => {}
            }
        }
        characters.sort_unstable();
        characters.dedup();
        characters
    }

    #[test]
    fn every_character_alone_and_apart() {
        // Nothing is assigned beyond but tags and what is private.
        for character in ('\0'..='\u{3ffff}').filter(|character| !is_settled(*character)) {
            check(character.to_string());
            check(character.nfd().collect());
        }
    }

    #[test]
    fn pairs_join_as_in_the_reference() {
        let is_ideograph =
            |c: &char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..);
        let restless: Vec<char> = restless().into_iter().filter(|c| !is_ideograph(c)).collect();
        for first in &restless {
            for second in restless.iter().filter(|second| !is_settled(**second)) {
                let joined = forms().join((*first).into(), (*second).into());
                assert_eq!(joined, compose(*first, *second).map(u32::from), "{first} {second}");
            }
        }
    }

    #[test]
    fn what_is_settled_neither_changes_nor_joins() {
        for character in ('\0'..=char::MAX).filter(|character| is_settled(*character)) {
            assert_eq!(is_nfc_quick(std::iter::once(character)), IsNormalized::Yes, "{character}");
            assert_eq!(canonical_combining_class(character), 0, "{character}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn any_text_is_as_the_reference_has_it(
            text in vec(prop_oneof![4 => select(restless()), 1 => any::<char>()], 0..12)
        ) {
            check(text.into_iter().collect());
        }
    }
}
