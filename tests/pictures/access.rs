//! Pictures of 本人设备 and 人员 in a browser, over a server that its administrator fills.

use std::path::Path;

use anyhow::Result;
use records::access::{AccessAsk, AskedPost};
use records::call::{AccessTold, Language, Settings, Theme};
use records::codes::Role;
use stories::networked::Device;
use stories::pages::begin_as;
use stories::server::ServerProcess;
use stories::window::Window;
use tempfile::TempDir;

use super::browser::{go, keep};

const PHONE: &str = "390x844";

const fn looks(language: Language, theme: Theme) -> Settings {
    Settings { language, theme, text_percent: 100, spares_data: None, reminds_at: None, locks_after: 5 }
}

const LOOKS: [(&str, (u32, u32), Settings); 4] = [
    ("narrow-light", (390, 844), looks(Language::Chinese, Theme::Light)),
    ("narrow-dark-en", (390, 844), looks(Language::English, Theme::Dark)),
    ("wide-light-en", (1280, 800), looks(Language::English, Theme::Light)),
    ("wide-dark", (1280, 800), looks(Language::Chinese, Theme::Dark)),
];

/// A page, what is pressed there, and what must be in the picture.
const PAGES: [(&str, &str, &[&str], &str); 7] = [
    ("team", "#/team", &[], "[data-page=team] [data-row=colleague]"),
    (
        "team-invite",
        "#/team",
        &["[data-page=team] [data-act=invite]"],
        "[data-dialog=post] [data-act=post-send]",
    ),
    ("team-person", "#/team", &["[data-act=colleague]"], "[data-dialog=colleague]"),
    ("team-dismiss", "#/team", &["[data-act=colleague]", "[data-act=dismiss]"], "[data-dialog=dismiss]"),
    ("devices", "#/devices", &[], "[data-page=devices] [data-row=device]"),
    ("devices-code", "#/devices", &["[data-act=add-device]"], "[data-dialog=code] svg.square"),
    ("devices-lost", "#/devices", &["[data-act=lock-out]"], "[data-dialog=lock-out]"),
];

fn invite(device: &mut Device, name: &str, role: Role, area: &str) -> Result<String> {
    let post = AskedPost { role, area: area.parse()?, of: None };
    code(device, AccessAsk::Invite { name: name.to_owned(), post, phone: None })
}

fn code(device: &mut Device, ask: AccessAsk) -> Result<String> {
    match device.access(ask)? {
        AccessTold::Code(code) => Ok(code.invitation),
        other => anyhow::bail!("{other:?}"),
    }
}

/// Writes them all to a folder.
pub fn take(folder: &Path) -> Result<()> {
    let server = ServerProcess::demo()?;
    let lead = server.invite("community-lead", "230881/001/003", "李强")?;
    let mut lead = Device::enrolled(&lead)?;
    lead.sync()?;
    for (name, area) in [("林知秋", "05"), ("江月白", "06"), ("钱小满", "07")] {
        let invitation = invite(&mut lead, name, Role::GridWorker, &format!("230881/001/003/{area}"))?;
        let mut worker = Device::enrolled(&invitation)?;
        worker.round()?;
    }
    invite(&mut lead, "新同事", Role::CommunityStaff, "230881/001/003")?;
    let data = TempDir::new()?;
    let browser = Window::browse(data.path(), &server.address(), PHONE)?;
    stories::pages::enrol_as_leader(&browser, &code(&mut lead, AccessAsk::Code { of: None })?);
    for (look, screen, settings) in LOOKS {
        go(&browser, "#/me")?;
        begin_as(&browser, settings);
        browser.set_screen(screen)?;
        for (name, page, presses, shows) in PAGES {
            go(&browser, "#/me")?;
            browser.wait_for("[data-page=me][data-ready=true]")?;
            go(&browser, page)?;
            for act in presses {
                browser.press(act)?;
            }
            browser.wait_for(shows)?;
            keep(&browser, folder, &format!("{name}-{look}"))?;
            browser.script(
                "document.querySelector('dialog [data-act=close]')?.click()",
                &serde_json::Value::Null,
            )?;
        }
    }
    administrator(folder)
}

/// The home of an administrator.
fn administrator(folder: &Path) -> Result<()> {
    let server = ServerProcess::demo()?;
    let invitation = server.invite("administrator", "230881", "赵敏")?;
    let data = TempDir::new()?;
    let browser = Window::browse(data.path(), &server.address(), PHONE)?;
    stories::pages::enrol_as_leader(&browser, &invitation);
    for (look, screen, settings) in LOOKS {
        go(&browser, "#/")?;
        begin_as(&browser, settings);
        browser.set_screen(screen)?;
        browser.wait_for("[data-page=team] [data-row=colleague]")?;
        keep(&browser, folder, &format!("administrator-{look}"))?;
    }
    Ok(())
}
