//! Prepares the shell's build: the commands it offers, a place for the built pages, and the words that the system says
//! for the app.

// The pages' own build reads the words the same way.
#[path = "../ui/translations.rs"]
#[expect(dead_code, reason = "the pages need more of the words than the shell")]
mod translations;

use std::{env, error::Error, fmt::Write, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    // A fresh clone has no built pages yet; without the folder nothing would compile.
    fs::create_dir_all("ui/dist")?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("words.rs"), words()?)?;
    let commands = tauri_build::AppManifest::new().commands(&["call", "upload", "download", "photo"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))?;
    Ok(())
}

/// The words of reminders, Chinese and English.
fn words() -> Result<String, Box<dyn Error>> {
    let source = Path::new("ui").join(translations::SOURCE);
    println!("cargo::rerun-if-changed={}", source.display());
    let words = translations::words(&fs::read_to_string(source)?)?;
    let mut said = String::new();
    for (name, key) in [("TITLE", "reminder.title"), ("DUE", "reminder.due")] {
        let both = words.get(key).ok_or_else(|| format!("{key} has no words"))?;
        writeln!(said, "const {name}: (&str, &str) = {both:?};")?;
    }
    Ok(said)
}
