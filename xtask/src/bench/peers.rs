//! The systems that syncing is measured beside, from their public registries into the shared cache. They
//! are run as programs and never linked.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};

use crate::{
    places::Places,
    process::{command, run},
};

const ANKI: &str = "26.9.3";
/// express-pouchdb answers errors under express 5.
const POUCHDB: [&str; 3] = ["pouchdb@9.0.0", "express-pouchdb@4.2.0", "express@4.22.3"];

/// A Python that has Anki.
pub fn anki(places: &Places) -> Result<PathBuf> {
    let folder = places.peers().join(format!("anki-{ANKI}"));
    let python = folder.join("bin/python");
    if !folder.join("installed").exists() {
        println!("Installing Anki {ANKI} by pip into {}", folder.display());
        run(command("python3").args(["-m", "venv"]).arg(&folder))?;
        run(command(&python).args(["-m", "pip", "install", "--quiet", &format!("anki=={ANKI}")]))?;
        fs::write(folder.join("installed"), "").with_context(|| folder.display().to_string())?;
    }
    Ok(python)
}

/// The folder of packages that has PouchDB and its server.
pub fn pouchdb(places: &Places) -> Result<PathBuf> {
    let folder = places.peers().join("pouchdb");
    let installed = folder.join("installed");
    let wanted = POUCHDB.join(" ");
    if fs::read_to_string(&installed).ok().as_deref() != Some(&*wanted) {
        println!("Installing {wanted} by npm into {}", folder.display());
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let quiet = ["install", "--no-audit", "--no-fund", "--loglevel=error", "--save-exact", "--prefix"];
        run(command("npm").args(quiet).arg(&folder).args(POUCHDB))?;
        fs::write(&installed, wanted).with_context(|| installed.display().to_string())?;
    }
    Ok(folder.join("node_modules"))
}
