//! Puts together in `ui/web` what the server gives to browsers.
//!
//! Everything of one version lies in a folder named after its content, which never changes; beside it lie the
//! page, the service worker and what the system asks for by name. Each file lies there packed as well.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use anyhow::{Context, Result, ensure};

use super::{
    Shape,
    dist::{self, FOR_BROWSERS, Files},
    minify::{bundle, minify},
    pack,
};
use crate::places::Places;

/// Scripts of the browser shell that belong to a version.
const SCRIPTS: [&str; 3] = ["bridge.js", "worker.js", "locking.js"];
/// Tells old browsers what they lack.
const GATE: &str = "gate.js";
const ICONS: [&str; 4] = ["icons/32x32.png", "icons/128x128.png", "icons/256x256.png", "icons/icon.png"];
const MANIFEST: &str = "manifest.webmanifest";
const SERVICE: &str = "service.js";

/// Writes `ui/web` from the pages of the app's own window and the modules of the worker; says what lies there, as it is
/// before packing.
pub fn assemble(places: &Places, pages: Files, modules: [&Path; 3], shape: Shape) -> Result<Files> {
    let source = places.root.join("crates/browser/web");
    let mut scripts = Files::new();
    for name in SCRIPTS {
        scripts.insert(name.into(), dist::read(&source.join(name))?);
    }
    for module in modules {
        dist::add_folder(&mut scripts, module, "")?;
    }
    scripts.insert(SERVICE.into(), dist::read(&source.join(SERVICE))?);
    if shape == Shape::Shipped {
        minify(places, &mut scripts)?;
        // What a worker imports goes by the service worker, which a start is quicker without.
        bundle(places, &mut scripts, "worker.js", &["./tables.js"])?;
        scripts.remove("browser.js");
    }
    let service = scripts.remove(SERVICE).context("no service worker")?;
    // What old browsers are to read stays as it was written.
    scripts.insert(GATE.into(), dist::read(&source.join(GATE))?);

    let mut version = pages;
    version.remove("index.html");
    version.extend(scripts);
    let number = number_of(&version);
    let inside = |name: &str| format!("v/{number}/{name}");

    let mut page = dist::text(&places.root.join("ui/index.html"))?;
    if shape == Shape::Shipped {
        (page, _) = dist::with_joined_styles(&page);
    }
    let mut files = Files::new();
    files.insert("index.html".into(), page_of(&page, &version, inside)?.into_bytes());
    for (name, content) in version {
        files.insert(inside(&name), content);
    }
    for name in ICONS {
        files.insert(name.into(), dist::read(&places.root.join("assets").join(name))?);
    }
    files.insert(MANIFEST.into(), dist::read(&source.join(MANIFEST))?);
    files.insert(SERVICE.into(), service_of(&service, &files, &inside(""))?);

    let mut packed = files.clone();
    packed.extend(pack::all(places, &files, shape)?);
    dist::write(&packed, &places.web())?;
    Ok(files)
}

/// What nobody needs for a start.
pub fn is_for_later(name: &str) -> bool {
    const LATER: [&str; 9] = [
        "tables.js",
        "tables_bg.wasm",
        "camera.js",
        "reader.js",
        "scan.js",
        "scan_bg.wasm",
        "locking.js",
        "lockbox.js",
        "lockbox_bg.wasm",
    ];
    LATER.iter().any(|end| name.ends_with(end))
}

/// Marks of what only a browser that can keep the work is to load.
const GATED: [&str; 4] = ["early.js", "boot.js", "rel=\"preload\"", "rel=\"modulepreload\""];

/// What tells one version from another.
fn number_of(files: &Files) -> String {
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The page as browsers get it: the gate first, which loads the shell and the rest, and every name within the
/// version.
fn page_of(page: &str, version: &Files, inside: impl Fn(&str) -> String) -> Result<String> {
    ensure!(page.contains(FOR_BROWSERS), "the page has no place for what browsers need");
    let is_gated = |line: &&str| GATED.iter().any(|mark| line.contains(mark));
    let gated: String = page.lines().filter(is_gated).map(str::trim).collect();
    let mut rest = format!(r#"<script src="bridge.js"></script>{gated}"#);
    for name in version.keys() {
        rest = rest.replace(&format!("\"{name}\""), &format!("\"{}\"", inside(name)));
    }
    let rest = rest.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let shell = format!(
        r#"    <link rel="icon" href="{small}">
    <link rel="apple-touch-icon" href="{icon}">
    <script src="{GATE}" data-rest="{rest}"></script>
"#,
        icon = ICONS[2],
        small = ICONS[0]
    );
    let ungated: String = page.lines().filter(|line| !is_gated(line)).flat_map(|line| [line, "\n"]).collect();
    let mut page = ungated.replace(FOR_BROWSERS, &shell);
    for name in version.keys() {
        page = page.replace(&format!("\"{name}\""), &format!("\"{}\"", inside(name)));
    }
    Ok(page)
}

/// The service worker with the list of what it keeps. What it is asked for at the root is the page.
fn service_of(service: &[u8], files: &Files, folder: &str) -> Result<Vec<u8>> {
    let path = |name: &String| if name == "index.html" { "/".into() } else { format!("/{name}") };
    let (later, first): (Vec<String>, Vec<String>) =
        files.keys().map(path).partition(|path| is_for_later(path));
    let service = std::str::from_utf8(service).context("the service worker is no text")?;
    let named = service
        .replace("VERSION_HERE", &number_of(files))
        .replace("FOLDER_HERE", folder)
        .replace("[\"FILES_HERE\"]", &serde_json::to_string(&first)?)
        .replace("[\"LATER_HERE\"]", &serde_json::to_string(&later)?);
    ensure!(!named.contains("_HERE"), "the service worker has no place for its list");
    Ok(named.into_bytes())
}
