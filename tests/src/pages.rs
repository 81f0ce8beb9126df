//! What a person does in the pages, in whatever window: the same steps for every story.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a story that cannot go on says so by panicking"
)]

use std::path::{Path, PathBuf};

use records::RecordId;
use records::call::*;
use records::codes::Finding;
use serde_json::{Value, json};

use crate::networked::Device;
use crate::server::{ServerProcess, more};
use crate::window::{Window, downloads_of};

/// Where the demo's grid worker works.
pub const GRID: &str = "230881/001/003/07";

/// A household and the initials that find it, which a colleague in the same grid knows.
pub fn somebody(colleague: &mut Device) -> (RecordId, String) {
    let rows = colleague.ask(ListHouseholds { limit: 50, ..Default::default() }).unwrap().rows;
    for row in rows {
        let page = colleague.ask(GetHousehold { id: row.id }).unwrap();
        let Some(person) = page.people.first() else { continue };
        let name = colleague.ask(Reveal::of(person.id, Masked::Name)).unwrap().value;
        let initials = records::pinyin::spell_name(&name).initials;
        let search = ListHouseholds { search: initials.clone(), limit: 3, ..Default::default() };
        let found = colleague.ask(search).unwrap().rows;
        if found.iter().any(|found| found.id == row.id) {
            // That names were shown is on record, and not what a story counts.
            colleague.sync().unwrap();
            return (row.id, initials);
        }
    }
    panic!("nobody is found by initials")
}

/// Pastes an invitation on the welcome page and waits until everything has arrived.
pub fn enrol(window: &Window, invitation: &str) {
    window.wait_for("[data-page=enrol][data-ready=true]").unwrap();
    window.fill("[data-act=enrol-server]", invitation).unwrap();
    window.press("[data-act=enrol]").unwrap();
    window.wait_for("[data-page=today][data-ready=true] [data-row=due]").unwrap();
    window.wait_for("[data-act=sync-chip].ok").unwrap();
}

/// Pastes an invitation of somebody who leads, and to whom nobody is due.
pub fn enrol_as_leader(window: &Window, invitation: &str) {
    window.wait_for("[data-page=enrol][data-ready=true]").unwrap();
    window.fill("[data-act=enrol-server]", invitation).unwrap();
    window.press("[data-act=enrol]").unwrap();
    window.wait_for("[data-act=sync-chip].ok").unwrap();
}

const SAVE_SETTINGS: &str =
    "return gridwalk.call({ call: 'SaveSettings', with: { settings: arguments[0] } }).then(() => true)";

/// Lets the page look as somebody chose, from a start on.
pub fn begin_as(browser: &Window, settings: Settings) {
    browser.script(SAVE_SETTINGS, &json!(settings)).unwrap();
    browser.reload().unwrap();
    let percent = json!(format!("{}%", settings.text_percent));
    browser.wait_until("document.documentElement.style.fontSize === given", &percent).unwrap();
    browser.wait_for("[data-ready=true]:not([data-page=lock])").unwrap();
}

/// Scrolls what matches to where a finger reaches it, clear of what sticks to the edges, and presses it.
pub fn reach(window: &Window, what: &str) {
    const SCROLLED: &str = "(found => (found?.scrollIntoView({ block: 'center' }), found))(visible(given))";
    window.wait_until(SCROLLED, &json!(what)).unwrap();
    window.press(what).unwrap();
}

/// Looks for a household by initials.
pub fn search(window: &Window, initials: &str) {
    window.press("[data-act=tab-households]").unwrap();
    window.fill("[data-page=households] [data-act=search]", initials).unwrap();
}

/// Opens the page of a household that is in the list.
pub fn open_household(window: &Window, household: RecordId) {
    window.press(&format!("[data-page=households] [data-id='{household}'] .row-link")).unwrap();
    window.wait_for("[data-page=household][data-ready=true]").unwrap();
}

/// Begins a visit from the household's page: somebody was met, and what was said.
pub fn begin_visit(window: &Window, words: &str) {
    window.press("[data-page=household] [data-act=visit]").unwrap();
    window.press("[data-page=visit] [data-act=result-1]").unwrap();
    window.fill("[data-page=visit] [data-act=note]", words).unwrap();
}

/// What the chip says of the timeline's entry with these words, once it says it.
pub fn standing(window: &Window, words: &str) -> String {
    let entry = "[...document.querySelectorAll('[data-page=household] [data-row=entry]')]
        .find(entry => entry.innerText.includes(given))?.querySelector('[data-standing]').innerText";
    window.wait_until(entry, &json!(words)).unwrap().as_str().unwrap().trim().to_owned()
}

/// Closes everything on this device into a file, on 我的; answers where it lies and the code that opens it.
pub fn keep_device(window: &Window, data: &Path) -> (PathBuf, String) {
    window.script("location.hash = '#/me'", &Value::Null).unwrap();
    window.press("[data-page=me] [data-act=keep-device]").unwrap();
    let path =
        window.wait_until("visible('[data-dialog=device-file] [data-path]')?.dataset.path", &Value::Null);
    let name = Path::new(path.unwrap().as_str().unwrap()).file_name().unwrap().to_owned();
    // The driver reads no text of what is still fading in.
    let code = window.wait_until("visible('[data-dialog=device-file] [data-code]')?.innerText", &Value::Null);
    let code = code.unwrap().as_str().unwrap().to_owned();
    window.press("[data-act=code-written]").unwrap();
    window.wait_until("!visible('[data-dialog=device-file]')", &Value::Null).unwrap();
    (window.downloaded(downloads_of(data).join(name)).unwrap(), code)
}

/// Begins from such a file on the welcome page; what comes of it is the story's.
pub fn take_device(window: &Window, file: &Path, code: &str) {
    window.press("[data-page=enrol] [data-act=from-file]").unwrap();
    window.fill("[data-dialog=take-device] [data-act=device-file]", file.to_str().unwrap()).unwrap();
    window.fill("[data-dialog=take-device] [data-act=device-code]", code).unwrap();
    window.press("[data-act=take-device]:not([disabled])").unwrap();
}

/// The colleague finds the visit and the matter in the household's timeline.
pub fn assert_seen(colleague: &mut Device, household: RecordId) {
    let timeline = colleague.ask(GetHousehold { id: household }).unwrap().timeline.entries;
    let ours: Vec<TimelineEntry> =
        timeline.into_iter().filter(|entry| entry.by.as_deref() == Some("周燕")).take(2).collect();
    assert!(ours.iter().all(|entry| entry.standing == Standing::Accepted));
    let is_visit = |entry: &TimelineEntry| match &entry.what {
        TimelineWhat::Visit { findings, note, .. } => {
            *findings == [Finding::Hazard] && note.as_deref() == Some("软管老化，约好周三来换")
        }
        TimelineWhat::Matter { .. } => false,
    };
    let is_matter = |entry: &TimelineEntry| match &entry.what {
        TimelineWhat::Matter { subject, .. } => subject == "燃气软管老化",
        TimelineWhat::Visit { .. } => false,
    };
    assert!(ours.iter().any(is_visit) && ours.iter().any(is_matter), "{ours:?}");
}

/// A visit with a finding and an item, recorded without network: it survives the loss of power, and arrives once.
/// `open` opens the window, the same each time; `goes_offline` waits for what a start without network needs.
pub fn a_visit_without_network_survives_a_kill_and_arrives_once(
    open: impl Fn(&ServerProcess) -> Window,
    goes_offline: impl Fn(&Window),
) {
    let mut server = ServerProcess::demo().unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, initials) = somebody(&mut colleague);
    let before = server.count().unwrap();
    let window = open(&server);
    enrol(&window, &server.worker_invitation);
    goes_offline(&window);
    server.stop().unwrap();

    search(&window, &initials);
    open_household(&window, household);
    begin_visit(&window, "软管老化，约好周三来换");
    window.press("[data-page=visit] [data-act=finding-3]").unwrap();
    window.press("[data-page=visit] [data-act=add-matter]").unwrap();
    window.fill("[data-page=picker] [data-act=search]", "rqrg").unwrap();
    let item = "[data-page=picker] [data-row=item] [data-act=pick]";
    window.wait_until("visible(given)?.innerText.includes('燃气软管')", &json!(item)).unwrap();
    window.press(item).unwrap();
    window.wait_for("[data-page=visit] [data-row=matter-draft]").unwrap();
    window.press("[data-page=visit] [data-act=save]").unwrap();
    window.wait_for("[data-toast] [data-act=undo]").unwrap();
    assert_eq!(window.errors().unwrap(), [""; 0]);
    window.kill().unwrap();

    let window = open(&server);
    window.wait_for("[data-page=today][data-ready=true]").unwrap();
    search(&window, &initials);
    open_household(&window, household);
    for words in ["软管老化，约好周三来换", "燃气软管老化"] {
        assert_eq!(standing(&window, words), "在本机");
    }
    server.start_again().unwrap();
    window.press("[data-page=household] [data-act=back]").unwrap();
    window.press("[data-act=sync-chip]").unwrap();
    window.press("[data-page=sync] [data-act=sync-now]").unwrap();
    window.wait_until("!visible('[data-page=sync] [data-row=waiting]')", &Value::Null).unwrap();
    window.press("[data-page=sync] [data-act=back]").unwrap();
    open_household(&window, household);
    for words in ["软管老化，约好周三来换", "燃气软管老化"] {
        assert_eq!(standing(&window, words), "已收到");
    }

    colleague.sync().unwrap();
    assert_seen(&mut colleague, household);
    // The department that is to act is shown the matter without the people.
    let expected = more([("visit", 1), ("matter", 1), ("matter_view", 1)]);
    assert_eq!(server.count().unwrap().since(&before), expected);
}
