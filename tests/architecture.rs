//! The invariants of docs/architecture.md that can be checked by reading the sources.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on says so by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust source below a folder, with its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has sources");
    found
}

/// Names of our own crates that a crate depends on outside its tests.
fn own_dependencies(manifest: &str) -> Vec<String> {
    const OURS: [&str; 17] = [
        "records",
        "store",
        "sync",
        "app",
        "server",
        "intake",
        "sample",
        "simulation",
        "cluster",
        "contract",
        "device",
        "shell",
        "browser",
        "tables",
        "lockbox",
        "transport",
        "ui",
    ];
    let text = fs::read_to_string(root().join(manifest)).unwrap();
    // Those for one kind of machine, too.
    let is_shipped = |section: &&str| {
        let name = section.lines().next().unwrap_or_default();
        name == "dependencies]" || (name.starts_with("target.") && name.ends_with(".dependencies]"))
    };
    let sections: Vec<&str> = text.split("\n[").filter(is_shipped).collect();
    assert!(!sections.is_empty(), "{manifest} depends on something");
    let names = sections
        .iter()
        .flat_map(|section| section.lines())
        .filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| OURS.contains(name)).map(str::to_owned).collect()
}

#[test]
fn arrows_point_down() {
    for (manifest, allowed) in [
        ("crates/records/Cargo.toml", &[][..]),
        ("crates/store/Cargo.toml", &["records"][..]),
        ("crates/sync/Cargo.toml", &["records"][..]),
        ("crates/intake/Cargo.toml", &["records"][..]),
        ("crates/sample/Cargo.toml", &["records", "intake"][..]),
        ("crates/app/Cargo.toml", &["records", "store", "sync", "intake"][..]),
        ("crates/server/Cargo.toml", &["records", "sync", "intake", "sample", "lockbox"][..]),
        ("crates/lockbox/Cargo.toml", &[][..]),
        ("crates/shell/Cargo.toml", &["records", "sync", "app"][..]),
        ("crates/transport/Cargo.toml", &["records", "sync", "shell"][..]),
        // Whoever opens a database does it under a key.
        ("crates/browser/Cargo.toml", &["records", "store", "sync", "app", "shell"][..]),
        ("crates/tables/Cargo.toml", &["records", "intake"][..]),
        ("crates/simulation/Cargo.toml", &[][..]),
        ("crates/cluster/Cargo.toml", &[][..]),
        ("crates/contract/Cargo.toml", &[][..]),
        ("crates/device/Cargo.toml", &["records", "store", "app", "sample", "contract"][..]),
        ("ui/Cargo.toml", &["records"][..]),
    ] {
        for name in own_dependencies(manifest) {
            assert!(allowed.contains(&name.as_str()), "{manifest} depends on {name}");
        }
    }
}

#[test]
fn only_store_and_the_servers_database_contain_sql() {
    let begins = ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE FROM", "\"CREATE TABLE", "\"PRAGMA "];
    for folder in [
        "crates/records",
        "crates/sync",
        "crates/app/src",
        "crates/intake",
        "crates/sample",
        "crates/server/src",
        "crates/shell",
        "crates/transport",
        "crates/browser",
        "crates/tables",
        "src-tauri",
        "ui",
    ] {
        for (path, text) in sources(folder) {
            if path.to_string_lossy().contains("server/src/database") {
                continue;
            }
            for word in begins {
                assert!(!text.contains(word), "{} contains {word}", path.display());
            }
        }
    }
}

#[test]
fn the_core_reads_no_clock_no_file_and_no_environment() {
    let forbidden =
        ["SystemTime::now", "Instant::now", "std::fs", "std::env::", "getrandom", "reqwest", "tokio::"];
    for folder in
        ["crates/records/src", "crates/store/src", "crates/sync/src", "crates/app/src", "crates/intake/src"]
    {
        for (path, text) in sources(folder) {
            for word in forbidden {
                assert!(!text.contains(word), "{} uses {word}", path.display());
            }
        }
    }
}

#[test]
fn only_the_shell_knows_tauri_and_only_the_bridge_knows_the_shell() {
    for folder in ["crates", "ui/src", "tests"] {
        for (path, text) in sources(folder).into_iter().filter(|(path, _)| !path.ends_with("architecture.rs"))
        {
            assert!(!text.contains("use tauri"), "{} uses tauri", path.display());
        }
    }
    for (path, text) in sources("ui/src") {
        let is_bridge = path.ends_with("bridge.rs");
        assert!(is_bridge || !text.contains("\"gridwalk\""), "{} reaches for the shell", path.display());
    }
}

/// A module that does not name the attribute has tests that run natively alone, and says nothing of it.
#[test]
fn what_is_tested_of_store_and_app_is_tested_in_a_browser_too() {
    for folder in ["crates/store", "crates/app"] {
        for (path, text) in sources(folder) {
            let is_elsewhere = |line: &&str| line.starts_with("mod ") && line.ends_with(';');
            let here: Vec<&str> = text.lines().filter(|line| !is_elsewhere(line)).collect();
            let here = here.join("\n");
            let tests = here.split("\nmod ").filter(|module| module.contains("#[test]"));
            for module in tests {
                assert!(
                    module.contains("use contract::test;"),
                    "{} has a module that does not",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn engines_name_no_record_type() {
    let engines =
        ["action", "confirm", "outbox", "record", "schema"].map(|name| format!("crates/store/src/{name}.rs"));
    let server = ["push", "pull"].map(|name| format!("crates/server/src/{name}.rs"));
    for file in engines.iter().chain(&server) {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for kind in ["Household", "Visit", "Matter", "Person", "House::"] {
            assert!(!code.contains(kind), "{file} names {kind}");
        }
    }
}

/// Domain §0 (c): nothing in the database stores how long or how often somebody used the app.
#[test]
fn no_table_keeps_time_online() {
    for folder in ["crates/store/migrations", "crates/server/src/database/migrations"] {
        for file in fs::read_dir(root().join(folder)).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap().to_lowercase();
            // How FTS5 is told its settings: by a column of this name.
            let text = text.replace("insert into household_search (household_search, rank)", "");
            for word in ["session_length", "online", "duration", "login_count", "rank", "score"] {
                assert!(!text.contains(word), "{folder} has {word}");
            }
        }
    }
}
