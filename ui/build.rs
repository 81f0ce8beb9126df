//! Turns `assets/translations/words.toml` into a sorted table that the words are looked up in.

use std::collections::BTreeMap;
use std::{env, error::Error, fmt::Write, fs, path::Path};

const SOURCE: &str = "../assets/translations/words.toml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SOURCE}");
    let source: toml::Table = fs::read_to_string(SOURCE)?.parse()?;
    let mut words = BTreeMap::new();
    flatten("", &source, &mut words)?;
    let mut table = String::from("&[\n");
    for (key, (chinese, english)) in &words {
        writeln!(table, "    ({key:?}, {chinese:?}, {english:?}),")?;
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("words.rs"), table)?;
    Ok(())
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
            (Some(chinese), Some(english)) => {
                words.insert(key, (chinese.to_owned(), english.to_owned()));
            }
            (None, None) => flatten(&key, inner, words)?,
            _ => return Err(format!("{key} lacks one of its languages").into()),
        }
    }
    Ok(())
}
