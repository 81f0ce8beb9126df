//! What `src/nfc.rs` unpacks: which characters are made of which, and how marks are ordered.

use std::collections::HashMap;
use std::path::Path;
use std::{fs, io};

use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};

/// Writes them into the folder.
pub fn write(folder: &Path) -> io::Result<()> {
    let (composed, taken_apart): (Vec<_>, Vec<_>) =
        steps().into_iter().partition(|[whole, first, second]| composes([*first, *second], *whole));
    fs::write(folder.join("nfc_composed"), packed(&composed))?;
    fs::write(folder.join("nfc_taken_apart"), packed(&taken_apart))?;
    fs::write(folder.join("nfc_classes"), packed(&classes()))
}

/// A character, and the one or two that it is made of; 0 stands for no second one.
///
/// Korean syllables are computed, and not among them.
fn steps() -> Vec<[u32; 3]> {
    let apart: Vec<(char, Vec<char>)> = characters()
        .filter(|character| !('\u{ac00}'..='\u{d7a3}').contains(character))
        .map(|character| (character, apart(character)))
        .filter(|(character, parts)| parts != &[*character])
        .collect();
    let mut made_of: HashMap<&[char], Vec<char>> = HashMap::new();
    for (character, parts) in &apart {
        made_of.entry(parts).or_default().push(*character);
    }
    let step = |(whole, parts): &(char, Vec<char>)| {
        let (second, before) = parts.split_last().expect("a character is made of something");
        match before {
            [] => [u32::from(*second), 0],
            [first] => [u32::from(first_of(&[*first], *second, *whole)), u32::from(*second)],
            before => [u32::from(first_of(&made_of[before], *second, *whole)), u32::from(*second)],
        }
    };
    apart.iter().map(|one| (one, step(one))).map(|((whole, _), [a, b])| [u32::from(*whole), a, b]).collect()
}

/// Of several that are made of the same, the one that composes.
fn first_of(candidates: &[char], second: char, whole: char) -> char {
    let composing = candidates.iter().find(|first| compose(**first, second) == Some(whole));
    *composing.unwrap_or(&candidates[0])
}

fn composes(parts: [u32; 2], whole: u32) -> bool {
    let [first, second] = parts.map(char::from_u32);
    matches!((first, second), (Some(first), Some(second)) if compose(first, second).map(u32::from) == Some(whole))
}

fn apart(character: char) -> Vec<char> {
    let mut parts = Vec::new();
    decompose_canonical(character, |part| parts.push(part));
    parts
}

/// Runs of marks of one class: the first, how many, the class.
fn classes() -> Vec<[u32; 3]> {
    let mut runs: Vec<[u32; 3]> = Vec::new();
    for character in characters() {
        let (code, class) = (u32::from(character), u32::from(canonical_combining_class(character)));
        match runs.last_mut() {
            _ if class == 0 => {}
            Some([first, count, same]) if *same == class && *first + *count == code => *count += 1,
            _ => runs.push([code, 1, class]),
        }
    }
    runs
}

fn characters() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

/// Column by column, each number as the difference to the one above it: sign in the lowest bit, seven bits a byte.
fn packed(rows: &[[u32; 3]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for column in 0..3 {
        let mut above = 0;
        for row in rows {
            let number = i64::from(row[column]);
            push(&mut bytes, number - above);
            above = number;
        }
    }
    bytes
}

fn push(bytes: &mut Vec<u8>, difference: i64) {
    let mut rest = difference.unsigned_abs() << 1 | u64::from(difference < 0);
    while rest > 0x7f {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}
