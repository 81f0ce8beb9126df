//! Text as it comes from keyboards and spreadsheets, brought to one form.

use crate::nfc::nfc;

/// Trims, turns full-width ASCII to half-width and the ideographic space to a plain one, drops
/// invisible and direction-changing characters, and composes to NFC.
pub fn normalise(raw: &str) -> String {
    let plain = raw.chars().filter(|c| !is_invisible(*c)).map(half_width);
    nfc(plain.collect()).trim().to_owned()
}

/// One's own words: trimmed, without invisible characters, NFC; punctuation stays as it was typed.
pub fn prose(raw: &str) -> String {
    nfc(raw.chars().filter(|c| !is_invisible(*c)).collect()).trim().to_owned()
}

/// The half-width form of a full-width ASCII character; others unchanged.
pub fn half_width(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        other => other,
    }
}

/// Whether a text has characters that nobody sees and that [`prose`] and [`normalise`] drop: with them a name can look
/// like another one, or be read backwards.
pub fn is_hiding(text: &str) -> bool {
    text.chars().any(is_invisible)
}

fn is_invisible(character: char) -> bool {
    let is_format = matches!(
        character,
        '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}'
    );
    is_format || (character.is_control() && !matches!(character, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn what_people_paste_becomes_what_they_mean() {
        assert_eq!(normalise("　２０１　"), "201");
        assert_eq!(normalise("\u{feff}张\u{200b}伟\u{202e}"), "张伟");
        assert_eq!(normalise("Ａ１０２（西）"), "A102(西)");
    }

    #[test]
    fn what_is_dropped_is_what_hides() {
        for raw in ["王\u{200b}芳", "\u{202e}芳王", "王芳\u{feff}", "王\u{0}芳", "\u{2066}王芳\u{2069}"]
        {
            assert!(super::is_hiding(raw) && !super::is_hiding(&super::prose(raw)), "{raw:?}");
        }
        assert!(!super::is_hiding("第一行\n第二行\t“引号”，ABC　🙂"));
    }

    #[test]
    fn prose_keeps_its_punctuation() {
        assert_eq!(super::prose("　软管老化，说好了（周三）来换\u{200b}　"), "软管老化，说好了（周三）来换");
    }
}
