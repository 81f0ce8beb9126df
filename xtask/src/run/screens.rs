//! Pictures of every main screen, upright, on its side and wide, light and dark; of 同步 in each of its states; and of
//! the app in a browser.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use super::PROFILE;
use crate::{
    cargo,
    display::VirtualScreen,
    places::Places,
    process::{command, run},
    setup,
    webdriver::{Opening, Window},
};

/// A screen, how to get there and how to know that it is there.
struct Screen {
    /// The picture's name.
    name: &'static str,
    /// The route to start from.
    hash: &'static str,
    /// `data-page` of that route.
    page: &'static str,
    /// What to click from there, each with the `data-page` it leads to.
    clicks: &'static [(&'static str, &'static str)],
    /// What must be in the picture beside the page itself.
    shows: &'static str,
}

/// The first door of the day: there is always more to see than behind an ordinary one.
const HOUSEHOLD: (&str, &str) = ("[data-page=\"today\"] [data-row=\"due\"] .row-link", "household");

const VISIT: (&str, &str) = ("[data-page=\"household\"] [data-act=\"visit\"]", "visit");

/// 今日 with somebody to visit.
const TODAY: &str = "[data-row=\"due\"]";

const SCREENS: [Screen; 9] = [
    Screen { name: "today", hash: "#/", page: "today", clicks: &[], shows: TODAY },
    Screen {
        name: "households",
        hash: "#/households",
        page: "households",
        clicks: &[],
        shows: "[data-row=\"household\"]",
    },
    Screen {
        name: "household",
        hash: "#/",
        page: "today",
        clicks: &[HOUSEHOLD],
        shows: "[data-row=\"entry\"]",
    },
    Screen {
        name: "visit",
        hash: "#/",
        page: "today",
        clicks: &[HOUSEHOLD, VISIT],
        shows: "[data-act=\"result-1\"]",
    },
    Screen { name: "matters", hash: "#/items", page: "items", clicks: &[], shows: "[data-row=\"matter\"]" },
    Screen { name: "items", hash: "#/items/pick", page: "picker", clicks: &[], shows: "[data-row=\"item\"]" },
    Screen { name: "sync", hash: "#/sync", page: "sync", clicks: &[], shows: "body" },
    Screen { name: "me", hash: "#/me", page: "me", clicks: &[], shows: "body" },
    Screen { name: "help", hash: "#/help", page: "help", clicks: &[], shows: "body" },
];

const SIZES: [(&str, &str); 3] = [("narrow", "390x844"), ("side", "640x360"), ("wide", "1280x800")];

const THEMES: [&str; 2] = ["light", "dark"];

/// What the pictures are of.
pub struct Programs<'a> {
    pub app: &'a Path,
    pub server: &'a Path,
}

/// Writes `<screen>-<size>-<theme>.png` for each; goes on after a fault and reports them all at the end.
pub fn take(places: &Places, programs: &Programs<'_>, arguments: &[String], folder: &Path) -> Result<()> {
    let app = programs.app;
    setup::window(places)?;
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    println!("Writing pictures to {}", folder.display());
    let screen = VirtualScreen::start()?;
    let mut faults = Vec::new();
    for (size, measure) in SIZES {
        for theme in THEMES {
            let environment =
                [("GRIDWALK_WINDOW", measure.to_owned()), ("GTK_THEME", gtk_theme(theme).to_owned())];
            let window =
                Window::open(places, &screen, &Opening { app, arguments, environment: &environment })?;
            faults.extend(take_all(&window, folder, &format!("{size}-{theme}")));
        }
    }
    faults.extend(take_states(places, programs, &screen, folder).err().map(|fault| format!("{fault:#}")));
    if !faults.is_empty() {
        bail!("some screens could not be taken:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// The states need servers that fail and colleagues who differ, and a browser is driven by the stories: a program of
/// theirs makes these.
fn take_states(
    places: &Places,
    programs: &Programs<'_>,
    screen: &VirtualScreen,
    folder: &Path,
) -> Result<()> {
    let [chromium, driver] = setup::browser()?;
    let pictures = cargo::build(places, "stories", "pictures", PROFILE)?;
    let mut pictures = command(pictures);
    pictures
        .arg(folder)
        .env("GRIDWALK_APP", programs.app)
        .env("GRIDWALK_SERVER", programs.server)
        .env("GRIDWALK_TAURI_DRIVER", places.tauri_driver())
        .env("GRIDWALK_CHROMIUM", chromium)
        .env("GRIDWALK_CHROMEDRIVER", driver);
    run(screen.show(&mut pictures))
}

fn take_all(window: &Window, folder: &Path, look: &str) -> Vec<String> {
    let taken = SCREENS.iter().map(|screen| {
        let name = format!("{}-{look}.png", screen.name);
        take_one(window, screen, &folder.join(&name))
            .map(|()| println!("  {name}"))
            .map_err(|e| format!("{name}: {e:#}"))
    });
    taken.filter_map(Result::err).collect()
}

fn take_one(window: &Window, screen: &Screen, file: &Path) -> Result<()> {
    window.go(screen.hash)?;
    window.wait_for(&ready(screen.page))?;
    for (what, leads_to) in screen.clicks {
        window.click(what)?;
        window.wait_for(&ready(leads_to))?;
    }
    window.wait_for(screen.shows)?;
    fs::write(file, window.picture()?).with_context(|| file.display().to_string())
}

/// The toolkit's theme is what the web view reports as the device's.
fn gtk_theme(theme: &str) -> &'static str {
    if theme == "dark" { "Adwaita:dark" } else { "Adwaita" }
}

/// Every page's root carries its name, and says when its data is shown.
fn ready(page: &str) -> String {
    format!("[data-page=\"{page}\"][data-ready=\"true\"]")
}
