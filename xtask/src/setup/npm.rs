//! npm packages, kept in the shared cache, outside the checkout.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    places::Places,
    process::{command, run},
};

/// Installs a package unless a version that begins with `version` is there.
pub fn ensure(places: &Places, package: &str, version: &str) -> Result<()> {
    let folder = places.npm();
    if installed_version(&folder, package).is_some_and(|there| matches(&there, version)) {
        return Ok(());
    }
    println!("Installing {package} {version} by npm into {}", folder.display());
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--save-exact"];
    run(command("npm")
        .arg("install")
        .args(quiet)
        .arg("--prefix")
        .arg(&folder)
        .arg(format!("{package}@{version}")))
}

fn installed_version(folder: &Path, package: &str) -> Option<String> {
    let text = fs::read_to_string(folder.join("node_modules").join(package).join("package.json")).ok()?;
    let manifest: Value = serde_json::from_str(&text).ok()?;
    manifest["version"].as_str().map(str::to_owned)
}

fn matches(there: &str, wanted: &str) -> bool {
    there.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_version_matches_by_whole_parts() {
        assert!(matches("132.0.0", "132"));
        assert!(matches("2.12.5", "2.12.5"));
        assert!(!matches("1320.0.0", "132"));
        assert!(!matches("2.12.50", "2.12.5"));
    }
}
