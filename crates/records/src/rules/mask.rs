//! Masks, on by default on every screen (domain §9.3).

use super::text::half_width;

/// 姓名: the surname's first character stays, `李*`, `欧**`.
pub fn name(full: &str) -> String {
    let mut characters = full.chars();
    let Some(first) = characters.next() else { return String::new() };
    // A mask as long as the name would tell rare long names apart.
    let hidden = characters.count().clamp(1, 2);
    format!("{first}{}", "*".repeat(hidden))
}

/// 手机: `138****1234`; a landline keeps its area code and last two digits, what is too short to be
/// either only the last two.
pub fn phone(number: &str) -> String {
    if let Some((area, rest)) = number.split_once('-') {
        return format!("{area}-****{}", tail(rest, 2));
    }
    if number.chars().count() < 9 {
        return format!("****{}", tail(number, 2));
    }
    let head: String = number.chars().take(3).collect();
    format!("{head}****{}", tail(number, 4))
}

/// 身份证: only the last four, so that the birth date stays hidden.
pub fn id_number(number: &str) -> String {
    let hidden = number.chars().count().saturating_sub(4);
    format!("{}{}", "*".repeat(hidden), tail(number, 4))
}

/// 地址 to 楼栋: up to the building (`3号楼`, `2栋`), and where none is named, up to the first number.
pub fn building(place: &str) -> String {
    const BUILDINGS: [&str; 5] = ["号楼", "号院", "栋", "幢", "座"];
    let ends = BUILDINGS.iter().filter_map(|word| place.find(word).map(|start| start + word.len()));
    let end = ends.min().or_else(|| place.find(|c: char| c.is_ascii_digit())).unwrap_or(place.len());
    place[..end].trim_end().to_owned()
}

/// Free words without the numbers by which somebody could be reached or known: seven digits and more in a row, and a
/// mobile number however it is grouped. Dates and door numbers stay.
pub fn numbers(words: &str) -> String {
    let mut masked = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(start) = rest.find(|c: char| digit(c).is_some()) {
        let (before, from) = rest.split_at(start);
        masked.push_str(before);
        let whole = grouped(from);
        let end = match is_mobile(&from[..whole]) {
            true => whole,
            false => from.find(|c: char| digit(c).is_none()).unwrap_or(from.len()),
        };
        let found = &from[..end];
        masked.push_str(if is_mobile(found) || found.chars().count() >= 7 { HIDDEN } else { found });
        rest = &from[end..];
    }
    masked + rest
}

/// What stands for a number that is not shown.
const HIDDEN: &str = "****";

/// A digit, also a full-width one.
fn digit(character: char) -> Option<u32> {
    half_width(character).to_digit(10)
}

/// Where the first eleven digits end that are written in groups; 0 when there are not so many.
fn grouped(text: &str) -> usize {
    let mut digits = 0;
    for (at, character) in text.char_indices() {
        match character {
            _ if digits == 11 && digit(character).is_none() => return at,
            _ if digit(character).is_some() => digits += 1,
            ' ' | '-' | '－' | '\u{3000}' => {}
            _ => return 0,
        }
    }
    if digits == 11 { text.len() } else { 0 }
}

fn is_mobile(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(digit).collect();
    digits.len() == 11 && digits[0] == 1 && digits[1] >= 3
}

fn tail(text: &str, count: usize) -> String {
    let skip = text.chars().count().saturating_sub(count);
    text.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_words_keep_no_number_of_anybody() {
        for (words, expected) in [
            ("李大爷说的，电话13812341234", "李大爷说的，电话****"),
            ("138 1234 1234，晚上打", "****，晚上打"),
            ("138-1234-1234", "****"),
            ("１３８１２３４１２３４", "****"),
            ("0454-2921234 转 8", "0454-**** 转 8"),
            ("身份证 11010519491231002X", "身份证 ****X"),
            ("2026-11-22 上午，3号楼2单元201", "2026-11-22 上午，3号楼2单元201"),
            ("2026-11-22 13812341234", "2026-11-22 ****"),
            ("1-2-301 有人", "1-2-301 有人"),
            ("", ""),
            ("没有号码", "没有号码"),
        ] {
            assert_eq!(numbers(words), expected);
        }
    }

    #[test]
    fn the_masks_of_domain_9_3() {
        assert_eq!(name("李明"), "李*");
        assert_eq!(name("欧阳明"), "欧**");
        assert_eq!(name("阿依古丽买买提"), "阿**");
        assert_eq!(name("李"), "李*");
        assert_eq!(name(""), "");
        assert_eq!(phone("13812341234"), "138****1234");
        assert_eq!(phone("0454-2921234"), "0454-****34");
        assert_eq!(phone("12345"), "****45");
        assert_eq!(id_number("230881200012310022"), "**************0022");
        assert_eq!(building("江畔小区3号楼2单元201"), "江畔小区3号楼");
        assert_eq!(building("沙河桥2栋1-402室"), "沙河桥2栋");
        assert_eq!(building("建设街 15-2-301"), "建设街");
        assert_eq!(building("菜市场北门"), "菜市场北门");
    }
}
