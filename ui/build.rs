//! Turns `assets/translations/words.toml` into sorted keys, which the program knows while it is compiled, and
//! the Chinese words in the same order, in one text: a table of them would be half pointers.

mod translations;

use std::{env, error::Error, fmt::Write, fs, path::Path};

use translations::{SOURCE, Words, lines, words};

const FAULTS: &str = "fault.";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SOURCE}");
    let words = words(&fs::read_to_string(SOURCE)?)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("words.rs"), table(&words)?)?;
    Ok(())
}

fn table(words: &Words) -> Result<String, Box<dyn Error>> {
    let mut table = String::from("const KEYS: &[&str] = &[\n");
    for key in words.keys() {
        writeln!(table, "    {key:?},")?;
    }
    table.push_str("];\n");
    writeln!(table, "const CHINESE: &str = {:?};", lines(words, |(chinese, _)| chinese))?;
    // The program fetches them; only its tests look at both.
    writeln!(table, "#[cfg(test)]\nconst ENGLISH: &str = {:?};", lines(words, |(_, english)| english))?;
    // Only the codes of faults are looked up while the program runs.
    let is_fault = |key: &&String| key.starts_with(FAULTS);
    let codes: Vec<_> = words.keys().filter(is_fault).map(|key| &key[FAULTS.len()..]).collect();
    writeln!(table, "const FIRST_FAULT: usize = {};", words.keys().take_while(|key| !is_fault(key)).count())?;
    writeln!(table, "const FAULTS: &str = {:?};", codes.join("\n"))?;
    Ok(table)
}
