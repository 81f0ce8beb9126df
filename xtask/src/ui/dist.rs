//! Puts the page, the module, the styles and the icons together in `ui/dist`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};

use super::{Shape, minify::minify, names::named_files, translations};
use crate::places::Places;

/// Where in the page stands what only a browser needs.
pub const FOR_BROWSERS: &str = "    <!-- browser -->\n";

/// All styles of a shipped page.
const JOINED: &str = "styles/all.css";

/// The shipped files by their name relative to the page.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Writes `ui/dist` from the modules' folders and says what lies there.
pub fn assemble(places: &Places, modules: [&Path; 2], shape: Shape) -> Result<Files> {
    let mut files = Files::new();
    let page = places.root.join("ui");
    let own_window = text(&page.join("index.html"))?.replace(FOR_BROWSERS, "");
    files.insert("index.html".into(), own_window.into_bytes());
    for module in modules {
        add_folder(&mut files, module, "")?;
    }
    add_folder(&mut files, &page.join("camera"), "")?;
    files.insert("words-en.txt".into(), english(places)?.into_bytes());
    add_styles(&mut files, &places.root.join("assets/styles"))?;
    add_named(&mut files, &[page, places.root.join("assets")])?;
    if shape == Shape::Shipped {
        minify(places, &mut files)?;
        join_styles(&mut files)?;
    }
    write(&files, &places.dist())?;
    Ok(files)
}

/// The English words, which few need: beside the module, in the order of those inside it.
fn english(places: &Places) -> Result<String> {
    let source = places.root.join("ui").join(translations::SOURCE);
    let source = fs::read_to_string(&source).with_context(|| source.display().to_string())?;
    let words = translations::words(&source).map_err(|error| anyhow!("the words: {error}"))?;
    Ok(translations::lines(&words, |(_, english)| english))
}

/// A file of words.
pub fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// A file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

/// Adds everything in a folder.
pub fn add_folder(files: &mut Files, folder: &Path, under: &str) -> Result<()> {
    for path in entries(folder)? {
        let name = path.file_name().context("an entry without a name")?.to_string_lossy();
        let name = if under.is_empty() { name.into_owned() } else { format!("{under}/{name}") };
        if path.is_dir() {
            add_folder(files, &path, &name)?;
        } else {
            files.insert(name, read(&path)?);
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

fn add_styles(files: &mut Files, folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for path in entries(folder)? {
        if path.extension().is_some_and(|extension| extension == "css") {
            let name = path.file_name().context("a style without a name")?.to_string_lossy();
            files.insert(format!("styles/{name}"), read(&path)?);
        }
    }
    Ok(())
}

/// Makes one file of the page's styles, in their order: each request costs a slow phone on a slow road its time.
fn join_styles(files: &mut Files) -> Result<()> {
    const PAGE: &str = "index.html";
    let page = String::from_utf8(files.remove(PAGE).context("no page")?).context("the page is no text")?;
    let (page, styles) = with_joined_styles(&page);
    let mut joined = vec![];
    for name in styles {
        joined.extend(files.remove(&name).with_context(|| format!("no style {name}"))?);
    }
    files.insert(JOINED.into(), joined);
    files.insert(PAGE.into(), page.into_bytes());
    Ok(())
}

/// A page that names the joined styles where it named the first of them, and the names of all.
pub fn with_joined_styles(page: &str) -> (String, Vec<String>) {
    let mut styles = vec![];
    let mut joined = String::new();
    for line in page.split_inclusive('\n') {
        let name = line.split_once("rel=\"stylesheet\" href=\"").and_then(|(_, rest)| rest.split('"').next());
        match name {
            None => joined += line,
            Some(name) => {
                if styles.is_empty() {
                    joined += &line.replace(name, JOINED);
                }
                styles.push(name.to_owned());
            }
        }
    }
    (joined, styles)
}

/// Follows every name in the page and the styles; what is not there yet lies beside the page or in `assets`.
fn add_named(files: &mut Files, sources: &[PathBuf]) -> Result<()> {
    let mut unread: Vec<String> = files.keys().filter(|name| names_others(name)).cloned().collect();
    while let Some(from) = unread.pop() {
        for name in names_in(files, &from) {
            if files.contains_key(&name) {
                continue;
            }
            let Some(content) = sources.iter().find_map(|source| fs::read(source.join(&name)).ok()) else {
                bail!("{from} names {name}, which is neither built nor in ui/ or assets/");
            };
            files.insert(name.clone(), content);
            if names_others(&name) {
                unread.push(name);
            }
        }
    }
    Ok(())
}

fn names_others(name: &str) -> bool {
    name.ends_with(".html") || name.ends_with(".css")
}

fn names_in(files: &Files, from: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(&files[from]);
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    named_files(&text, folder)
}

/// Writes only what changed: the builds that embed these files look at their times.
pub fn write(files: &Files, dist: &Path) -> Result<()> {
    remove_others(files, dist, "")?;
    for (name, content) in files {
        let path = dist.join(name);
        if fs::read(&path).is_ok_and(|old| old == *content) {
            continue;
        }
        let folder = path.parent().context("a file without a folder")?;
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        fs::write(&path, content).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn remove_others(files: &Files, dist: &Path, under: &str) -> Result<()> {
    let folder = dist.join(under);
    if !folder.exists() {
        return Ok(());
    }
    for path in entries(&folder)? {
        let name = path.strip_prefix(dist).context("outside dist")?.to_string_lossy().into_owned();
        if path.is_dir() {
            remove_others(files, dist, &name)?;
        } else if !files.contains_key(&name) {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    if !under.is_empty() && entries(&folder)?.is_empty() {
        fs::remove_dir(&folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}
