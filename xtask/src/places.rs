//! Where things are: the checkout, and the cache that all checkouts share.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// The checkout and the shared cache.
pub struct Places {
    /// The root of the checkout.
    pub root: PathBuf,
    /// `GRIDWALK_CACHE`, or `~/.cache/gridwalk`.
    pub cache: PathBuf,
}

impl Places {
    /// Finds the checkout this was started from and the cache of this user.
    pub fn find() -> Result<Self> {
        Ok(Self { root: root()?, cache: cache()? })
    }

    /// Products for this machine.
    pub fn target(&self) -> PathBuf {
        self.cache.join("target")
    }

    /// Products for wasm; apart, because the compiler may be another one.
    pub fn wasm_target(&self) -> PathBuf {
        self.cache.join("target-wasm")
    }

    /// Products of a check for Android; apart for the same reason.
    pub fn android_target(&self) -> PathBuf {
        self.cache.join("target-android")
    }

    /// What `cargo install` installed.
    pub fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// What `npm install` installed.
    pub fn npm(&self) -> PathBuf {
        self.cache.join("npm")
    }

    /// A command that an npm package brought.
    pub fn npm_command(&self, name: &str) -> PathBuf {
        self.npm().join("node_modules/.bin").join(name)
    }

    /// Other systems that ours is measured beside.
    pub fn peers(&self) -> PathBuf {
        self.cache.join("peers")
    }

    /// The assembled user interface, as the app embeds it.
    pub fn dist(&self) -> PathBuf {
        self.root.join("ui/dist")
    }

    /// What the server gives to browsers, as it embeds it.
    pub fn web(&self) -> PathBuf {
        self.root.join("ui/web")
    }

    /// A binary built for this machine with the given profile.
    pub fn binary(&self, profile: &str, name: &str) -> PathBuf {
        self.target().join(profile_folder(profile)).join(name)
    }

    /// The WebDriver for the app's window.
    pub fn tauri_driver(&self) -> PathBuf {
        self.tools().join("bin/tauri-driver")
    }
}

/// The folder cargo uses for a profile.
pub fn profile_folder(profile: &str) -> &str {
    if profile == "dev" { "debug" } else { profile }
}

/// The environment goes first: a binary in a shared target folder may have been compiled in another clone.
fn root() -> Result<PathBuf> {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map(Path::to_path_buf).context("xtask has no folder above it")
}

fn cache() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("GRIDWALK_CACHE") {
        return std::path::absolute(folder).context("GRIDWALK_CACHE");
    }
    let home = env::home_dir().context("no home folder; set GRIDWALK_CACHE")?;
    Ok(home.join(".cache/gridwalk"))
}
