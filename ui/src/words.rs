//! Every word the user reads, in both languages, from `assets/translations/words.toml`.

use std::sync::atomic::{AtomicBool, Ordering};

use records::Fault;
use records::call::Language;

static WORDS: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/words.rs"));
static ENGLISH: AtomicBool = AtomicBool::new(false);

/// The words for a key, with values put in: `t!("today.headline", due = 4)`.
#[macro_export]
macro_rules! t {
    ($key:literal) => { $crate::words::text($key) };
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::words::fill($key, &[$((stringify!($name), $value.to_string().as_str())),+])
    };
}

/// Chooses the language; whoever shows words must draw again afterwards.
pub fn speak(language: Language) {
    ENGLISH.store(language == Language::English, Ordering::Relaxed);
}

/// Whether the words are English at the moment.
pub fn is_english() -> bool {
    ENGLISH.load(Ordering::Relaxed)
}

/// The words for a key, or the key itself when there are none.
pub fn text(key: &'static str) -> &'static str {
    find(key).unwrap_or(key)
}

/// The words for a key with `{name}` replaced by values.
pub fn fill(key: &'static str, values: &[(&str, &str)]) -> String {
    put_in(text(key), values.iter().copied())
}

/// A fault as a sentence: what happened, what was kept, what to do.
pub fn fault(fault: &Fault) -> String {
    let values = fault.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    match find(&format!("fault.{}", fault.code)) {
        Some(sentence) => put_in(sentence, values),
        None => fill("fault.unknown", &[("code", &fault.code)]),
    }
}

fn find(key: &str) -> Option<&'static str> {
    let at = WORDS.binary_search_by(|(other, _, _)| (*other).cmp(key)).ok()?;
    let (_, chinese, english) = WORDS[at];
    Some(if is_english() { english } else { chinese })
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
        let known: BTreeSet<String> = WORDS.iter().map(|(key, _, _)| (*key).to_owned()).collect();
        let used = used_keys();
        let missing: Vec<_> = used.difference(&known).collect();
        assert!(missing.is_empty(), "no words for {missing:#?}");
        let unused: Vec<_> = known.difference(&used).filter(|key| !key.starts_with("fault.")).collect();
        assert!(unused.is_empty(), "nobody shows {unused:#?}");
    }

    #[test]
    fn both_languages_take_the_same_values() {
        for (key, chinese, english) in WORDS {
            assert!(!chinese.is_empty() && !english.is_empty(), "{key} is empty");
            let values = |text: &str| -> BTreeSet<String> {
                text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect()
            };
            assert_eq!(values(chinese), values(english), "{key}");
        }
    }

    #[test]
    fn every_refusal_of_the_records_has_a_sentence() {
        let text = sources("../crates/records/src");
        for code in literals(&text, "Err(\"").iter().filter(|code| code.contains('.')) {
            assert!(find(&format!("fault.{code}")).is_some(), "no sentence for {code}");
        }
    }

    #[test]
    fn values_are_put_in_and_unknown_faults_show_their_code() {
        let known = Fault::new("import.column_missing").with("column", "姓名");
        assert!(fault(&known).contains("姓名"));
        assert!(fault(&Fault::new("other.thing")).contains("other.thing"));
    }
}
