//! What the pages may ask of the shell and reach of the world, held against what Tauri made of the configuration.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tauri::ipc::Origin;

/// Every command that Tauri and the app offer, by its key.
fn offered() -> BTreeSet<String> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("gen/schemas/acl-manifests.json");
    let manifests: Value = serde_json::from_str(&std::fs::read_to_string(made).unwrap()).unwrap();
    let mut offered = BTreeSet::new();
    for (plugin, manifest) in manifests.as_object().unwrap() {
        let prefix = match plugin.as_str() {
            "__app-acl__" => String::new(),
            plugin => format!("plugin:{}|", plugin.trim_start_matches("core:")),
        };
        for permission in manifest["permissions"].as_object().unwrap().values() {
            let commands = permission["commands"]["allow"].as_array().unwrap();
            offered.extend(commands.iter().map(|command| format!("{prefix}{}", command.as_str().unwrap())));
        }
    }
    offered
}

#[test]
fn the_window_may_ask_for_these_things_and_nobody_else_for_any() {
    let mut context = super::context();
    let authority = context.runtime_authority_mut();
    let remote = Origin::Remote { url: "https://gridwalk.example.cn".parse().unwrap() };
    let offered = offered();
    assert!(offered.len() > 100, "Tauri offers a lot: {}", offered.len());
    let allowed = |window: &str, origin: &Origin| -> Vec<String> {
        let may = |command: &&String| authority.resolve_access(command, window, window, origin).is_some();
        offered.iter().filter(may).cloned().collect()
    };
    let local = allowed("main", &Origin::Local);
    assert_eq!(
        local,
        ["call", "download", "photo", "plugin:event|listen", "plugin:event|unlisten", "upload"]
    );
    assert!(allowed("another", &Origin::Local).is_empty() && allowed("main", &remote).is_empty());
}

#[test]
fn pages_run_their_own_scripts_and_reach_no_network() {
    let context = super::context();
    let policy = context.config().app.security.csp.as_ref().unwrap().to_string();
    let of = |name: &str| {
        let directive = policy.split(';').map(str::trim).find_map(|directive| directive.strip_prefix(name));
        directive.map(|words| words.split_whitespace().collect::<Vec<_>>()).unwrap()
    };
    assert_eq!(of("default-src"), ["'self'"]);
    assert_eq!(of("script-src"), ["'self'", "'wasm-unsafe-eval'"]);
    assert_eq!(of("connect-src"), ["'self'", "ipc:", "http://ipc.localhost"]);
    assert_eq!(of("img-src"), ["'self'", "data:", "blob:"]);
    assert!(!policy.contains("'unsafe-eval'") && !policy.contains("https:"), "{policy}");
}
