//! Reads `assets/translations/words.toml`: for the build of the pages, which hold the Chinese words, and for
//! whoever puts the English ones beside them.

use std::collections::BTreeMap;
use std::error::Error;

/// Where the words are, relative to the package.
pub const SOURCE: &str = "../assets/translations/words.toml";

/// Chinese and English words by key. Their order is the order of the keys.
pub type Words = BTreeMap<String, (String, String)>;

/// Reads the words.
pub fn words(source: &str) -> Result<Words, Box<dyn Error>> {
    let mut words = Words::new();
    flatten("", &source.parse()?, &mut words)?;
    Ok(words)
}

/// The words of one language, a line each.
pub fn lines(words: &Words, language: fn(&(String, String)) -> &str) -> String {
    words.values().map(language).collect::<Vec<_>>().join("\n")
}

/// A table with `zh` and `en` is an entry; any other table is a level of the key.
fn flatten(above: &str, table: &toml::Table, words: &mut Words) -> Result<(), Box<dyn Error>> {
    for (name, value) in table {
        let key = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        let inner = value.as_table().ok_or_else(|| format!("{key} is neither a level nor an entry"))?;
        match (inner.get("zh").and_then(|v| v.as_str()), inner.get("en").and_then(|v| v.as_str())) {
            // A line each, in the text of its language.
            (Some(text), _) | (_, Some(text)) if text.contains('\n') => {
                return Err(format!("{key} is longer than a line").into());
            }
            (Some(chinese), Some(english)) => {
                words.insert(key, (chinese.to_owned(), english.to_owned()));
            }
            (None, None) => flatten(&key, inner, words)?,
            _ => return Err(format!("{key} lacks one of its languages").into()),
        }
    }
    Ok(())
}
