//! Turns `assets/translations/words.toml` into sorted keys, which the program knows while it is compiled, and
//! the words of each language in the same order, in one text each: a table of them would be half pointers.

use std::collections::BTreeMap;
use std::{env, error::Error, fmt::Write, fs, path::Path};

const SOURCE: &str = "../assets/translations/words.toml";
const FAULTS: &str = "fault.";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SOURCE}");
    let source: toml::Table = fs::read_to_string(SOURCE)?.parse()?;
    let mut words = BTreeMap::new();
    flatten("", &source, &mut words)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("words.rs"), table(&words)?)?;
    Ok(())
}

fn table(words: &BTreeMap<String, (String, String)>) -> Result<String, Box<dyn Error>> {
    let mut table = String::from("const KEYS: &[&str] = &[\n");
    for key in words.keys() {
        writeln!(table, "    {key:?},")?;
    }
    table.push_str("];\n");
    let joined =
        |word: fn(&(String, String)) -> &str| words.values().map(word).collect::<Vec<_>>().join("\n");
    writeln!(table, "const CHINESE: &str = {:?};", joined(|(chinese, _)| chinese))?;
    writeln!(table, "const ENGLISH: &str = {:?};", joined(|(_, english)| english))?;
    // Only the codes of faults are looked up while the program runs.
    let is_fault = |key: &&String| key.starts_with(FAULTS);
    let codes: Vec<_> = words.keys().filter(is_fault).map(|key| &key[FAULTS.len()..]).collect();
    writeln!(table, "const FIRST_FAULT: usize = {};", words.keys().take_while(|key| !is_fault(key)).count())?;
    writeln!(table, "const FAULTS: &str = {:?};", codes.join("\n"))?;
    Ok(table)
}

/// A table with `zh` and `en` is an entry; any other table is a level of the key.
fn flatten(
    above: &str,
    table: &toml::Table,
    words: &mut BTreeMap<String, (String, String)>,
) -> Result<(), Box<dyn Error>> {
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
