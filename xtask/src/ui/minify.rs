//! Scripts and styles without what only their readers need: comments, long names, white space.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::dist::Files;
use crate::{
    places::Places,
    process::{command, run},
};

/// What the oldest web view we serve understands; nothing newer may come out than went in.
const TARGET: &str = "--target=es2022,chrome111,safari16.4";

/// Replaces the scripts and styles by what esbuild makes of them, in one run.
pub fn minify(places: &Places, files: &mut Files) -> Result<()> {
    let plain = places.cache.join("ui/plain");
    let small = places.cache.join("ui/small");
    let readable: Vec<String> = files.keys().filter(|name| is_readable(name)).cloned().collect();
    for name in &readable {
        lay_out(&plain.join(name), &files[name])?;
    }
    run(command(places.npm_command("esbuild"))
        .current_dir(&plain)
        .args(&readable)
        .args(["--minify", "--log-level=warning", "--charset=utf8", "--outbase=.", TARGET])
        .arg(format!("--outdir={}", small.display())))?;
    for name in readable {
        let path = small.join(&name);
        files.insert(name, fs::read(&path).with_context(|| path.display().to_string())?);
    }
    Ok(())
}

/// Puts what a module imports into it, but for what it imports later.
pub fn bundle(places: &Places, files: &mut Files, name: &str, later: &[&str]) -> Result<()> {
    let parts = places.cache.join("ui/parts");
    for (name, content) in files.iter().filter(|(name, _)| name.ends_with(".js")) {
        lay_out(&parts.join(name), content)?;
    }
    let whole = places.cache.join("ui/whole").join(name);
    run(command(places.npm_command("esbuild"))
        .current_dir(&parts)
        .arg(name)
        .args(["--bundle", "--minify", "--format=esm", "--log-level=warning", "--charset=utf8", TARGET])
        .args(later.iter().map(|module| format!("--external:{module}")))
        .arg(format!("--outfile={}", whole.display())))?;
    files.insert(name.into(), fs::read(&whole).with_context(|| whole.display().to_string())?);
    Ok(())
}

fn is_readable(name: &str) -> bool {
    name.ends_with(".js") || name.ends_with(".css")
}

fn lay_out(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file without a folder")?;
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    fs::write(path, content).with_context(|| path.display().to_string())
}
