//! Pictures of the app in a browser: in rooms that its own window does not have, and what only a browser says.

use std::fs;
use std::path::Path;

use anyhow::Result;
use records::call::{Language, Settings, Theme};
use serde_json::{Value, json};
use stories::pages::{begin_as, enrol, reach};
use stories::server::ServerProcess;
use stories::versions::{look_for_another, version_after};
use stories::window::{Browsing, Window};
use tempfile::TempDir;

const PHONE: &str = "390x844";

/// A page or sheet in a room.
struct Picture {
    name: &'static str,
    screen: (u32, u32),
    settings: Settings,
    page: &'static str,
    /// What is pressed from there.
    presses: &'static [&'static str],
    /// What must be in the picture.
    shows: &'static str,
}

const fn looks(language: Language, theme: Theme, text_percent: u16) -> Settings {
    Settings { language, theme, text_percent, spares_data: None, reminds_at: None, locks_after: 5 }
}

const LIGHT: Settings = looks(Language::Chinese, Theme::Light, 100);
const DARK: Settings = looks(Language::Chinese, Theme::Dark, 100);
const ENGLISH_DARK: Settings = looks(Language::English, Theme::Dark, 100);
const LARGE: Settings = looks(Language::Chinese, Theme::Light, 200);
const LARGE_DARK: Settings = looks(Language::Chinese, Theme::Dark, 200);

const VISIT: &str = "[data-page=today] [data-row=due] [data-act=visit]";

const fn picture(
    name: &'static str,
    screen: (u32, u32),
    settings: Settings,
    page: &'static str,
    shows: &'static str,
) -> Picture {
    Picture { name, screen, settings, page, presses: &[], shows }
}

const PICTURES: [Picture; 9] = [
    picture("today-side-light", (844, 390), LIGHT, "#/", "[data-row=due]"),
    Picture {
        presses: &[VISIT],
        ..picture("visit-side-dark", (640, 360), DARK, "#/", "[data-act=result-8]")
    },
    picture("households-side-light-large", (640, 360), LARGE, "#/households", "[data-row=household]"),
    picture("households-half-light", (412, 420), LIGHT, "#/households", "[data-row=household]"),
    picture("today-half-dark-en", (320, 480), ENGLISH_DARK, "#/", "[data-row=due]"),
    picture("today-small-light-large", (360, 640), LARGE, "#/", "[data-row=due]"),
    Picture {
        presses: &[VISIT],
        ..picture("visit-small-dark-large", (360, 640), LARGE_DARK, "#/", "[data-act=result-1]")
    },
    Picture {
        presses: &["[data-act=add]"],
        ..picture("quick-half-light", (320, 480), LIGHT, "#/", "[data-dialog=quick] [data-row=household]")
    },
    // Leaves a visit half written behind.
    Picture {
        presses: &[VISIT, "[data-act=result-3]", "[data-act=next-on]"],
        ..picture("calendar-side-light", (640, 360), LIGHT, "#/", "[data-dialog=calendar]")
    },
];

/// Narrow and light, wide and dark.
const LOOKS: [(&str, (u32, u32), Settings); 2] =
    [("narrow-light", (390, 844), LIGHT), ("wide-dark-en", (1280, 800), ENGLISH_DARK)];

/// Writes them all to a folder.
pub fn take(folder: &Path) -> Result<()> {
    rooms(folder)?;
    update(folder)?;
    warnings(folder)
}

/// Keeps what the browser shows.
pub fn keep(browser: &Window, folder: &Path, name: &str) -> Result<()> {
    let name = format!("browser-{name}.png");
    fs::write(folder.join(&name), browser.picture()?)?;
    println!("  {name}");
    Ok(())
}

/// Goes to a page.
pub fn go(browser: &Window, page: &str) -> Result<()> {
    browser.script("location.hash = arguments[0]", &json!(page))?;
    Ok(())
}

fn rooms(folder: &Path) -> Result<()> {
    let server = ServerProcess::demo()?;
    let data = TempDir::new()?;
    let browser = Window::browse(data.path(), &server.address(), PHONE)?;
    enrol(&browser, &server.worker_invitation);
    for picture in &PICTURES {
        go(&browser, "#/me")?;
        begin_as(&browser, picture.settings);
        browser.set_screen(picture.screen)?;
        go(&browser, picture.page)?;
        for act in picture.presses {
            reach(&browser, act);
        }
        browser.wait_for(picture.shows)?;
        keep(&browser, folder, picture.name)?;
    }
    Ok(())
}

/// A newer version, as 我的 offers it.
fn update(folder: &Path) -> Result<()> {
    const IS_KEPT: &str = "return navigator.serviceWorker.ready.then(() => true)";
    let mut server = ServerProcess::demo()?;
    let data = TempDir::new()?;
    let browser = Window::browse(data.path(), &server.address(), PHONE)?;
    enrol(&browser, &server.worker_invitation);
    browser.script(IS_KEPT, &Value::Null)?;
    let next = version_after("b")?;
    server.start_again_with_pages(next.path())?;
    look_for_another(&browser)?;
    for (look, screen, settings) in LOOKS {
        go(&browser, "#/me")?;
        begin_as(&browser, settings);
        browser.set_screen(screen)?;
        browser.wait_for("[data-row=update]")?;
        keep(&browser, folder, &format!("me-update-{look}"))?;
    }
    Ok(())
}

/// The page's clock goes three days ahead: so long nothing was sent.
const LATER: &str = "
    const now = Date.now;
    Date.now = () => now() + 3 * 864e5;";

/// The page is told that 60 MB are left: the browser itself tells every page of as much room, whatever the disk has.
const NEARLY_FULL: &str = "
    const { call } = gridwalk;
    gridwalk.call = async request => {
        const answer = await call(request);
        return request.call === 'GetRoom' ? { ...answer, with: { ...answer.with, free: 6e7 } } : answer;
    };";

/// Both warnings of room: the browser may clear what waits, the device is nearly full.
fn warnings(folder: &Path) -> Result<()> {
    let mut server = ServerProcess::demo()?;
    let address = server.address();
    let data = TempDir::new()?;
    let wish = Browsing { script: LATER, ..Browsing::new(data.path(), &address, PHONE) };
    let browser = Window::browse_as(&wish)?;
    enrol(&browser, &server.worker_invitation);
    server.stop()?;
    browser.press(VISIT)?;
    browser.press("[data-act=result-1]")?;
    browser.press("[data-page=visit] [data-act=save]")?;
    browser.wait_for("[data-toast] [data-act=undo]")?;
    for (look, screen, settings) in LOOKS {
        begin_as(&browser, settings);
        browser.set_screen(screen)?;
        go(&browser, "#/")?;
        browser.wait_for("[data-page=today] [data-warning=room]")?;
        keep(&browser, folder, &format!("may-go-{look}"))?;
        browser.script(NEARLY_FULL, &Value::Null)?;
        // A page that is opened now asks anew.
        go(&browser, "#/sync")?;
        let is_full = "/快满了|nearly full/.test(visible('[data-page=sync] [data-warning=room]')?.innerText)";
        browser.wait_until(is_full, &Value::Null)?;
        keep(&browser, folder, &format!("full-{look}"))?;
    }
    Ok(())
}
