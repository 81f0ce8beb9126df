//! What comes from elsewhere: where from, and under which licences.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::outcome::Report;
use crate::{
    cargo::cargo,
    places::Places,
    process::{run, succeeds},
};

/// Each lock file of the repository.
const LOCKS: [&str; 3] = ["Cargo.lock", "tests/fuzz/Cargo.lock", "xtask/browser/Cargo.lock"];
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Looks at every lock file, and by `deny.toml` where cargo-deny is installed. Without a network: known vulnerabilities
/// are compared by hand (docs/security.md).
pub fn look(places: &Places) -> Result<Report> {
    for lock in LOCKS {
        let text = fs::read_to_string(places.root.join(lock)).with_context(|| lock.to_owned())?;
        let strangers = not_of_the_registry(&text);
        ensure!(
            strangers.is_empty(),
            "{lock}: not from the registry with a checksum: {}",
            strangers.join(", ")
        );
    }
    if succeeds(cargo(places).args(["deny", "--version"])) {
        run(cargo(places).args(["deny", "--offline", "check", "licenses", "bans", "sources"]))?;
    } else {
        println!("   licences were not looked at: cargo install cargo-deny");
    }
    Ok(Report::Check)
}

/// Names of packages that come neither from here nor from the registry, where a checksum holds them.
fn not_of_the_registry(lock: &str) -> Vec<&str> {
    let value = |package: &'_ str, key: &str| -> Option<String> {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    let is_stranger = |package: &&str| match value(package, "source") {
        None => false,
        Some(source) => source != REGISTRY || value(package, "checksum").is_none(),
    };
    let packages = lock.split("[[package]]").skip(1).filter(is_stranger);
    packages.filter_map(|package| package.lines().find_map(|line| line.strip_prefix("name = "))).collect()
}

#[cfg(test)]
mod tests {
    use super::not_of_the_registry;

    #[test]
    fn what_is_of_a_branch_or_without_a_checksum_is_named() {
        let lock = |source: &str, checksum: &str| {
            format!("version = 4\n\n[[package]]\nname = \"one\"\nversion = \"1.0.0\"\n{source}{checksum}")
        };
        let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        let checksum = "checksum = \"00\"\n";
        for (source, checksum, is_stranger) in [
            ("", "", false),
            (registry, checksum, false),
            (registry, "", true),
            ("source = \"git+https://git.example/one#abc\"\n", "", true),
            ("source = \"registry+https://registry.example/index\"\n", checksum, true),
        ] {
            assert_eq!(
                not_of_the_registry(&lock(source, checksum)).len(),
                usize::from(is_stranger),
                "{source}"
            );
        }
    }
}
