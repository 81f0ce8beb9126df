//! Cells of tables that leave the app as CSV: what somebody typed stays words, whatever opens it.

/// Before the first cell, so that spreadsheets read UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One line: each cell in quotes, so that a comma or a line within it divides nothing, and none a formula.
pub fn line(cells: &[&str]) -> String {
    let cells: Vec<String> =
        cells.iter().map(|cell| format!("\"{}\"", neutral(cell).replace('"', "\"\""))).collect();
    cells.join(",") + "\r\n"
}

/// The words with an apostrophe before what a spreadsheet would take for a formula (OWASP, CSV Injection): `=`, `+`, `-`,
/// `@`, tab or carriage return at the beginning, full-width forms of these too, and behind spaces.
pub fn neutral(words: &str) -> String {
    let first = words.trim_start_matches([' ', '\u{3000}', '\n']).chars().next();
    let is_formula = first.is_some_and(|first| {
        matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠')
    });
    if is_formula { format!("'{words}") } else { words.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_words() {
        for (words, expected) in [
            ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
            ("+8613812341234", "'+8613812341234"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("  =1", "'  =1"),
            ("\n=1", "'\n=1"),
            ("＝1", "'＝1"),
            ("本人要一份", "本人要一份"),
            ("3-2-201", "3-2-201"),
            ("", ""),
        ] {
            assert_eq!(neutral(words), expected, "{words:?}");
        }
        assert_eq!(line(&["一", "二\"三", "四,五"]), "\"一\",\"二\"\"三\",\"四,五\"\r\n");
    }

    /// The cells of a line, as a spreadsheet reads them.
    fn read(line: &str) -> Vec<String> {
        let inside = line.strip_prefix('"').unwrap().strip_suffix("\"\r\n").unwrap();
        let (mut cells, mut rest) = (vec![String::new()], inside.chars().peekable());
        while let Some(character) = rest.next() {
            match (character, rest.peek()) {
                ('"', Some('"')) => {
                    rest.next();
                    cells.last_mut().unwrap().push('"');
                }
                ('"', Some(',')) => {
                    rest.next();
                    rest.next();
                    cells.push(String::new());
                }
                _ => cells.last_mut().unwrap().push(character),
            }
        }
        cells
    }

    proptest! {
        #[test]
        fn no_cell_is_a_formula_and_none_is_lost(cells in proptest::collection::vec("[=+@\\-\\t\\r\\n\" ,a一]{0,6}", 1..5)) {
            let written = line(&cells.iter().map(String::as_str).collect::<Vec<_>>());
            let back = read(&written);
            prop_assert_eq!(back.len(), cells.len());
            for (back, cell) in back.iter().zip(&cells) {
                prop_assert!(!back.starts_with(['=', '+', '-', '@', '\t', '\r']), "{}", back);
                prop_assert_eq!(back.strip_prefix('\'').unwrap_or(back), cell);
            }
        }
    }
}
