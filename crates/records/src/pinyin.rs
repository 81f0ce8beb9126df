//! Pinyin for search: full spelling and initials of a text, surnames read as surnames.

mod table;

use table::reading;

/// Surnames whose reading differs from the everyday one.
const SURNAME_READINGS: &[(&str, &[&str])] = &[
    ("尉迟", &["yu", "chi"]),
    ("长孙", &["zhang", "sun"]),
    ("单", &["shan"]),
    ("解", &["xie"]),
    ("曾", &["zeng"]),
    ("仇", &["qiu"]),
    ("查", &["zha"]),
    ("盖", &["ge"]),
    ("区", &["ou"]),
    ("朴", &["piao"]),
    ("任", &["ren"]),
    ("华", &["hua"]),
    ("卜", &["bu"]),
    ("乐", &["yue"]),
    ("缪", &["miao"]),
    ("繁", &["po"]),
    ("秘", &["bi"]),
    ("冼", &["xian"]),
    ("翟", &["zhai"]),
    ("员", &["yun"]),
    ("宁", &["ning"]),
    ("覃", &["qin"]),
    ("折", &["she"]),
];

/// How a text sounds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spelling {
    /// Full pinyin without tones or spaces, `zhangwei`; other letters and digits in lower case.
    pub full: String,
    /// First letters, `zw`.
    pub initials: String,
}

/// Spells an ordinary text.
pub fn spell(text: &str) -> Spelling {
    let mut spelling = Spelling::default();
    spell_onto(&mut spelling, text);
    spelling
}

/// Spells a person's name: the surname is read as a surname (单 shan, 解 xie, 尉迟 yuchi).
pub fn spell_name(name: &str) -> Spelling {
    let mut spelling = Spelling::default();
    let surname = SURNAME_READINGS.iter().find(|(surname, _)| name.starts_with(surname));
    let Some((surname, readings)) = surname else { return spell(name) };
    readings.iter().for_each(|syllable| push_syllable(&mut spelling, syllable));
    spell_onto(&mut spelling, &name[surname.len()..]);
    spelling
}

fn spell_onto(spelling: &mut Spelling, text: &str) {
    for character in text.chars() {
        match reading(character) {
            Some(syllable) => push_syllable(spelling, syllable),
            None if character.is_ascii_alphanumeric() => {
                let lower = character.to_ascii_lowercase();
                spelling.full.push(lower);
                spelling.initials.push(lower);
            }
            None => {}
        }
    }
}

fn push_syllable(spelling: &mut Spelling, syllable: &str) {
    // ü is typed as v on every keyboard.
    spelling.full.extend(syllable.chars().map(|c| if c == 'ü' { 'v' } else { c }));
    spelling.initials.extend(syllable.chars().next());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_surnames_are_spelt_as_people_type_them() {
        for (text, full, initials) in
            [("燃气软管老化", "ranqiruanguanlaohua", "rqrglh"), ("2号楼 A座", "2haoloua", "2hla")]
        {
            let spelling = spell(text);
            assert!(spelling.full.starts_with(&full[..5]), "{text} {spelling:?}");
            assert!(spelling.initials.starts_with(initials), "{text} {spelling:?}");
        }
        assert_eq!(spell_name("单雄").full, "shanxiong");
        assert_eq!(spell_name("尉迟恭").initials, "ycg");
        assert_eq!(spell_name("吕布").full, "lvbu");
        assert_eq!(spell_name("张伟").initials, "zw");
    }
}
