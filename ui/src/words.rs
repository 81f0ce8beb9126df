//! Every word the user reads, from `assets/translations/words.toml`: the Chinese ones are here, the English
//! ones in a file beside the program, which [`learn`] is given when somebody wants them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use records::Fault;
use records::call::Language;

include!(concat!(env!("OUT_DIR"), "/words.rs"));

static SPEAKS_ENGLISH: AtomicBool = AtomicBool::new(false);
static ENGLISH_WORDS: OnceLock<Vec<String>> = OnceLock::new();

/// The words for a key, with values put in: `t!("today.headline", due = 4)`. A key without words does not
/// compile.
#[macro_export]
macro_rules! t {
    ($key:literal) => {{
        const PLACE: usize = $crate::words::place($key);
        $crate::words::text(PLACE)
    }};
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::words::fill($crate::t!($key), &[$((stringify!($name), $value.to_string().as_str())),+])
    };
}

/// Where the words of a key stand; only for use while compiling.
pub const fn place(key: &str) -> usize {
    let (mut first, mut end) = (0, KEYS.len());
    while first < end {
        let middle = usize::midpoint(first, end);
        match order(KEYS[middle].as_bytes(), key.as_bytes()) {
            0 => return middle,
            1 => end = middle,
            _ => first = middle + 1,
        }
    }
    panic!("no words for this key in assets/translations/words.toml")
}

/// 0 when both are the same, 1 when the first comes later, 2 when it comes before.
const fn order(one: &[u8], other: &[u8]) -> u8 {
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return if one[at] > other[at] { 1 } else { 2 };
        }
        at += 1;
    }
    if one.len() == other.len() {
        return 0;
    }
    if one.len() > other.len() { 1 } else { 2 }
}

/// Takes in the English words, a line each. A text of another build has other lines and is left aside.
pub fn learn(english: &str) {
    let words: Vec<String> = english.split('\n').map(str::to_owned).collect();
    if words.len() == KEYS.len() {
        ENGLISH_WORDS.get_or_init(|| words);
    }
}

/// Whether the words of a language are here.
pub fn knows(language: Language) -> bool {
    language == Language::Chinese || ENGLISH_WORDS.get().is_some()
}

/// Chooses the language, as far as its words are here; whoever shows words must draw again afterwards.
pub fn speak(language: Language) {
    SPEAKS_ENGLISH.store(language == Language::English && knows(language), Ordering::Relaxed);
}

/// Whether the words are English at the moment.
pub fn is_english() -> bool {
    SPEAKS_ENGLISH.load(Ordering::Relaxed)
}

/// The words at a place, in the language that is spoken.
pub fn text(place: usize) -> &'static str {
    static CHINESE_WORDS: OnceLock<Vec<&str>> = OnceLock::new();
    if is_english() {
        return ENGLISH_WORDS.get().and_then(|words| words.get(place)).map_or("", String::as_str);
    }
    let words = CHINESE_WORDS.get_or_init(|| CHINESE.split('\n').collect());
    words.get(place).copied().unwrap_or_default()
}

/// A sentence with `{name}` replaced by values.
pub fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    put_in(sentence, values.iter().copied())
}

/// A fault as a sentence: what happened, what was kept, what to do.
pub fn fault(fault: &Fault) -> String {
    let values = fault.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    match of_fault(&fault.code) {
        Some(sentence) => put_in(sentence, values),
        None => t!("fault.unknown", code = fault.code),
    }
}

fn of_fault(code: &str) -> Option<&'static str> {
    let at = FAULTS.split('\n').position(|other| other == code)?;
    Some(text(FIRST_FAULT + at))
}

fn put_in<'v>(sentence: &str, values: impl Iterator<Item = (&'v str, &'v str)>) -> String {
    values
        .fold(sentence.to_owned(), |sentence, (name, value)| sentence.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// All source files under a folder of this package, joined.
    fn sources(folder: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut text = String::new();
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                text += &sources(path.to_str().unwrap());
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text += &fs::read_to_string(path).unwrap();
            }
        }
        text
    }

    /// The literals that follow `before`.
    fn literals(text: &str, before: &str) -> BTreeSet<String> {
        text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    }

    /// The keys given to the macro, which may stand on the next line.
    fn used_keys() -> BTreeSet<String> {
        let is_key = |key: &str| key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._".contains(&b));
        let text = sources("src");
        let calls = text.split("t!(").skip(1).filter_map(|call| call.trim_start().strip_prefix('"'));
        calls.filter_map(|call| call.split('"').next()).filter(|key| is_key(key)).map(str::to_owned).collect()
    }

    #[test]
    fn every_key_used_has_words_and_every_word_is_used() {
        let known: BTreeSet<String> = KEYS.iter().map(|key| (*key).to_owned()).collect();
        let used = used_keys();
        let missing: Vec<_> = used.difference(&known).collect();
        assert!(missing.is_empty(), "no words for {missing:#?}");
        // The shell says this one to the system.
        let is_elsewhere = |key: &str| key.starts_with("fault.") || key == "reminder.due";
        let unused: Vec<_> = known.difference(&used).filter(|key| !is_elsewhere(key)).collect();
        assert!(unused.is_empty(), "nobody shows {unused:#?}");
    }

    #[test]
    fn both_languages_take_the_same_values() {
        let all = KEYS.iter().zip(CHINESE.split('\n').zip(ENGLISH.split('\n')));
        for (key, (chinese, english)) in all {
            assert!(!chinese.is_empty() && !english.is_empty(), "{key} is empty");
            let values = |text: &str| -> BTreeSet<String> {
                text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect()
            };
            assert_eq!(values(chinese), values(english), "{key}");
        }
    }

    /// Where codes are given out that reach a person, and how they stand there.
    fn codes() -> BTreeSet<String> {
        let crates = ["app", "intake", "records", "shell", "store", "sync"]
            .map(|name| format!("../crates/{name}/src"));
        let text = crates.iter().map(|folder| sources(folder)).collect::<String>();
        let text = text + &sources("../src-tauri/src") + &sources("src");
        let mut codes = literals(&text, "Err(\"");
        codes.extend(literals(&text, "Fault::new(\""));
        codes.extend(literals(&text, "Refused(\""));
        codes.extend(literals(&text, ": &str = \""));
        // Faults of the lower crates name their codes in a table.
        let tables = ["sync/src/refusal", "sync/src/invitation", "sync/src/round_fault", "sync/src/round"]
            .into_iter()
            .chain([
                "sync/src/courier",
                "store/src/fault",
                "intake/src/fault",
                "records/src/rules/id_number",
                "server/src/fault",
            ]);
        for table in tables {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../crates/{table}.rs"));
            codes.extend(literals(&fs::read_to_string(path).unwrap(), "=> \""));
        }
        codes.retain(|code| is_code(code));
        codes
    }

    /// `visit.future`; what a server says to whoever runs it is in English, and `other.thing` is made up here.
    fn is_code(code: &str) -> bool {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        code.split_once('.').is_some_and(|(area, what)| is_word(area) && is_word(what))
            && !code.starts_with("server.")
            && code != "other.thing"
    }

    #[test]
    fn every_code_that_reaches_a_person_has_a_sentence() {
        let codes = codes();
        let without: Vec<_> = codes.iter().filter(|code| of_fault(code).is_none()).collect();
        assert!(without.is_empty(), "no sentence for {without:#?}");
        for code in
            ["invitation.code_wrong", "commit.failed", "enrol.already", "store.full", "import.duplicate"]
        {
            assert!(codes.contains(code), "{code} was not looked at");
        }
    }

    #[test]
    fn english_is_known_once_its_words_are_here() {
        learn("Back\nand the words of another build");
        assert!(!knows(Language::English));
        learn(ENGLISH);
        assert!(knows(Language::English));
        assert_eq!(ENGLISH_WORDS.get().unwrap()[place("back")], "Back");
    }

    #[test]
    fn values_are_put_in_and_unknown_faults_show_their_code() {
        let known = Fault::new("import.column_missing").with("column", "姓名");
        assert!(fault(&known).contains("缺「姓名」这一列"));
        assert!(fault(&Fault::new("other.thing")).contains("other.thing"));
    }
}
