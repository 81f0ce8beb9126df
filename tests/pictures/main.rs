//! Pictures of 同步 in each of its states, in the real window, over a real server and colleagues; and of the app in a
//! browser.
//!
//! `cargo xtask run --screens DIR` runs it; the programs it needs are named in the environment.
#![expect(clippy::print_stdout, reason = "a program says what it writes")]

mod access;
mod browser;
mod states;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use records::call::{Language, SaveSettings, Settings, Theme};
use serde_json::Value;
use stories::networked::Device;
use stories::pages::reach;
use stories::window::Window;
use tempfile::TempDir;

use states::{STATES, State};

/// How the page is looked at.
struct Look {
    name: &'static str,
    size: &'static str,
    settings: Settings,
}

const fn look(
    name: &'static str,
    size: &'static str,
    language: Language,
    theme: Theme,
    text_percent: u16,
) -> Look {
    let settings =
        Settings { language, theme, text_percent, spares_data: None, reminds_at: None, locks_after: 5 };
    Look { name, size, settings }
}

const INTO_SIGHT: &str = "
    const shown = document.querySelector(arguments[0]);
    const { top, bottom } = shown.getBoundingClientRect();
    if (bottom > innerHeight && top > innerHeight / 2) shown.scrollIntoView({ block: 'center' });";

const LOOKS: [Look; 5] = [
    look("narrow-light", "390x844", Language::Chinese, Theme::Light, 100),
    look("narrow-dark-en", "390x844", Language::English, Theme::Dark, 100),
    look("wide-light-en", "1280x800", Language::English, Theme::Light, 100),
    look("wide-dark", "1280x800", Language::Chinese, Theme::Dark, 100),
    look("small-large-text", "360x640", Language::Chinese, Theme::Light, 200),
];

fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().context("a folder for the pictures")?);
    let only = arguments.next();
    fs::create_dir_all(&folder)?;
    for state in &STATES {
        if only.as_ref().is_none_or(|only| only == state.name) {
            take(state, &folder).with_context(|| state.name)?;
        }
    }
    if only.as_ref().is_none_or(|only| only == "browser") {
        browser::take(&folder)?;
    }
    if only.is_none_or(|only| only == "access") {
        access::take(&folder)?;
    }
    Ok(())
}

/// Each look is a window of its own, over a copy of the same data: the window encrypts what it opens.
fn take(state: &State, folder: &Path) -> Result<()> {
    let scene = (state.prepare)()?;
    for (number, look) in (1..).zip(&LOOKS) {
        let data = copy_of(scene.device.path())?;
        let mut device = Device::at(data.path(), number << 48)?;
        device.ask(SaveSettings { settings: look.settings })?;
        drop(device);
        let window = Window::open(data.path(), look.size)?;
        window.wait_for("[data-page=today][data-ready=true]")?;
        window.script("location.hash = '#/sync'", &Value::Null)?;
        window.wait_for("[data-page=sync][data-ready=true]")?;
        for act in state.presses {
            reach(&window, act);
        }
        window.wait_for(state.shows)?;
        window.script(INTO_SIGHT, &Value::from(state.shows))?;
        let name = format!("sync-{}-{}.png", state.name, look.name);
        fs::write(folder.join(&name), window.picture()?)?;
        println!("  {name}");
        // One that waits for a server that says nothing takes its time to end.
        window.kill()?;
    }
    Ok(())
}

fn copy_of(folder: &Path) -> Result<TempDir> {
    let copy = TempDir::new()?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
    }
    Ok(copy)
}
