//! Newer versions of the pages for browsers.

use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;
use tempfile::TempDir;

use crate::window::Window;

/// The digits of a version's number.
const DIGITS: usize = 16;

/// The app for browsers as it was built, as though it were another version.
///
/// # Errors
/// When it was not built.
pub fn version_after(name: &str) -> Result<TempDir> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/web");
    let folder = TempDir::new()?;
    copy(&built, folder.path(), name)?;
    for page in ["index.html", "service.js"] {
        for packed in ["gz", "br"] {
            fs::remove_file(folder.path().join(format!("{page}.{packed}")))?;
        }
        let page = folder.path().join(page);
        let text = fs::read_to_string(&page)?;
        fs::write(&page, renamed(&text, name))?;
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path, name: &str) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(renamed(&file_name, name)), name)?;
        } else {
            fs::copy(entry.path(), to.join(file_name))?;
        }
    }
    Ok(())
}

/// Numbers of versions with another name behind them.
fn renamed(text: &str, name: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let mut parts = vec![];
    for piece in text.split_inclusive(|c| !is_digit(c)) {
        let digits = piece.trim_end_matches(|c| !is_digit(c));
        parts.push(digits.to_owned());
        if digits.len() == DIGITS {
            parts.push(name.to_owned());
        }
        parts.push(piece[digits.len()..].to_owned());
    }
    parts.concat()
}

/// As a page that stayed open does from time to time; until the next version is there.
const LOOK_FOR_ANOTHER: &str = "
    const isThere = pages => new Promise(done => {
        const { installing } = pages;
        if (installing) installing.addEventListener('statechange', () => done(true), { once: true });
        else done(true);
    });
    return navigator.serviceWorker.getRegistration().then(pages => pages.update()).then(isThere)";

/// Lets a page look for a newer version now.
///
/// # Errors
/// When it keeps no version yet.
pub fn look_for_another(browser: &Window) -> Result<()> {
    browser.script(LOOK_FOR_ANOTHER, &Value::Null).map(drop)
}
