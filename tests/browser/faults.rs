//! What goes wrong in browsers: no room, storage cleared, roads that break. Nothing acknowledged is lost, nothing comes
//! twice, and the person is told.

use std::sync::mpsc::channel;
use std::time::Duration;

use oorandom::Rand32;
use records::RecordId;
use records::call::{GetSync, ListTimeline, TimelineWhat};
use serde_json::{Value, json};
use stories::networked::Device;
use stories::pages::*;
use stories::server::{ServerProcess, more};
use stories::weak_link::{Cut, WeakLink};
use stories::window::Window;
use tempfile::TempDir;

use super::{Enrolled, IS_KEPT, PHONE};

/// How often the road breaks, and within how many bytes of a request with its headers, and of the answer.
const CUTS: u32 = 12;
const REQUEST: u32 = 700;
const ANSWER: u32 = 350;
const SEED: u64 = 20_261_123;
/// So long a round may take to begin by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lets the browser keep so many bytes more, or as many as there is room for.
fn allow(browser: &Window, server: &ServerProcess, more: Option<u64>) {
    const USED: &str = "return navigator.storage.estimate().then(({ usage }) => usage)";
    let used = browser.script(USED, &Value::Null).unwrap().as_u64().unwrap();
    let mut quota = json!({ "origin": server.address() });
    if let Some(more) = more {
        quota["quotaSize"] = json!(used + more);
    }
    browser.tell_browser("Storage.overrideQuotaForOrigin", &quota).unwrap();
}

#[test]
fn a_browser_that_is_full_says_so_keeps_what_it_has_and_goes_on_once_there_is_room() {
    let server = ServerProcess::demo().unwrap();
    let before = server.count().unwrap();
    let data = TempDir::new().unwrap();
    let browser = Window::browse(data.path(), &server.address(), PHONE).unwrap();
    browser.script(IS_KEPT, &Value::Null).unwrap();
    browser.wait_for("[data-page=enrol][data-ready=true]").unwrap();
    allow(&browser, &server, Some(400_000));
    browser.fill("[data-act=enrol-server]", &server.worker_invitation).unwrap();
    browser.press("[data-act=enrol]").unwrap();
    // Enrolled, but the first sync finds no room.
    browser.wait_for("[data-page=today][data-ready=true]").unwrap();
    browser.script("location.hash = '#/sync'", &Value::Null).unwrap();
    browser.wait_for("[data-page=sync] [data-fault='store.full']").unwrap();

    allow(&browser, &server, None);
    all_arrives(&browser);
    assert_eq!(server.count().unwrap().since(&before), more([]));
}

/// Saves visits one after the other and goes on for as long as it can. Answers how many were acknowledged: as soon as so
/// many are, or with what was said instead of the next.
const SAVE_ON: &str = "
    const [household, name, enough] = arguments[0];
    return new Promise(done => {
        const saveOn = async () => {
            for (let saved = 0; ; saved += 1) {
                if (saved === enough) done([saved, null]);
                try {
                    const { with: { draft } } = await gridwalk.call({ call: 'OpenVisitSheet', with: { household } });
                    draft.result = 1;
                    draft.note = name + saved + '。'.repeat(900);
                    await gridwalk.call({ call: 'SaveVisit', with: { draft } });
                } catch (fault) {
                    return done([saved, fault.code]);
                }
            }
        };
        saveOn();
    })";

/// How many visits were acknowledged while visits were saved, and why no more were.
fn save_on(browser: &Window, household: RecordId, name: &str, enough: usize) -> (usize, Option<String>) {
    serde_json::from_value(browser.script(SAVE_ON, &json!([household, name, enough])).unwrap()).unwrap()
}

/// The numbers of the visits that were saved on under a name, as a colleague sees them.
fn arrived(colleague: &mut Device, household: RecordId, name: &str) -> Vec<usize> {
    let (mut numbers, mut after) = (vec![], None);
    loop {
        let window = colleague.ask(ListTimeline { household, after, limit: 100 }).unwrap();
        for entry in window.entries {
            let TimelineWhat::Visit { note: Some(note), .. } = entry.what else { continue };
            let number: Option<usize> =
                note.trim_end_matches('。').strip_prefix(name).map(|number| number.parse().unwrap());
            numbers.extend(number);
        }
        after = window.next;
        if after.is_none() {
            numbers.sort_unstable();
            return numbers;
        }
    }
}

#[test]
fn a_browser_that_is_killed_amid_saves_has_all_it_acknowledged_and_sends_it_once() {
    const KILLS: usize = 5;
    let Enrolled { server, mut colleague, household, before, data, mut browser, .. } = Enrolled::new();

    let mut random = Rand32::new(SEED);
    let enough = [(); KILLS].map(|()| random.rand_range(1..30) as usize);
    for (kill, enough) in enough.into_iter().enumerate() {
        assert_eq!(save_on(&browser, household, &format!("{kill}-"), enough), (enough, None));
        browser.kill().unwrap();
        browser = Window::browse(data.path(), &server.address(), PHONE).unwrap();
        browser.wait_for("[data-page=today][data-ready=true]").unwrap();
    }
    all_arrives(&browser);
    colleague.sync().unwrap();
    let mut visits = 0;
    for (kill, enough) in enough.into_iter().enumerate() {
        let numbers = arrived(&mut colleague, household, &format!("{kill}-"));
        // It went on until it was killed; the last may have been acknowledged to nobody.
        assert!(numbers.iter().copied().eq(0..numbers.len()), "{numbers:?}");
        assert!(numbers.len() >= enough, "{enough} acknowledged, {} there", numbers.len());
        visits += numbers.len() as i64;
    }
    assert_eq!(server.count().unwrap().since(&before), more([("visit", visits)]));
}

#[test]
fn a_browser_that_becomes_full_amid_saves_says_so_and_keeps_what_it_acknowledged() {
    let Enrolled { server, mut colleague, household, before, data: _data, browser, .. } = Enrolled::new();
    allow(&browser, &server, Some(400_000));
    let (saved, fault) = save_on(&browser, household, "满-", usize::MAX);
    assert_eq!(fault.as_deref(), Some("store.full"));
    assert!(saved > 0);
    visit(&browser, household, "写不下了");
    browser.wait_for("[data-page=visit] [data-fault='store.full']").unwrap();

    allow(&browser, &server, None);
    browser.press("[data-page=visit] [data-act=save]").unwrap();
    is_saved(&browser);
    all_arrives(&browser);
    colleague.sync().unwrap();
    assert!(arrived(&mut colleague, household, "满-").into_iter().eq(0..saved));
    assert_eq!(server.count().unwrap().since(&before), more([("visit", saved as i64 + 1)]));
}

/// Opens the page of a household and records a visit to it.
pub fn visit(browser: &Window, household: RecordId, words: &str) {
    browser.script(&format!("location.hash = '#/households/{household}'"), &Value::Null).unwrap();
    browser.wait_for("[data-page=household][data-ready=true]").unwrap();
    begin_visit(browser, words);
    browser.press("[data-page=visit] [data-act=save]").unwrap();
}

pub fn is_saved(browser: &Window) {
    browser.wait_for("[data-toast] [data-act=undo]").unwrap();
    // Going back takes a moment, and would take whoever leaves before it along.
    browser.wait_until("!visible(given)", &json!("[data-page=visit]")).unwrap();
}

pub fn all_arrives(browser: &Window) {
    browser.script("location.hash = '#/sync'", &Value::Null).unwrap();
    browser.press("[data-page=sync] [data-act=sync-now]").unwrap();
    browser.wait_until("!visible('[data-page=sync] [data-row=waiting]')", &Value::Null).unwrap();
    browser.wait_for("[data-page=sync] .state.ok").unwrap();
}

#[test]
fn a_browser_whose_storage_was_cleared_begins_anew_with_an_invitation_and_has_all_that_had_arrived() {
    let Enrolled { mut server, household, before, data, browser, .. } = Enrolled::new();
    visit(&browser, household, "清掉之前送到的");
    is_saved(&browser);
    all_arrives(&browser);
    server.stop().unwrap();
    visit(&browser, household, "清掉之前没送的");
    is_saved(&browser);

    let all = json!({ "origin": server.address(), "storageTypes": "all" });
    browser.tell_browser("Storage.clearDataForOrigin", &all).unwrap();
    // It says so, and takes nothing on that would not last.
    browser.script("location.hash = '#/sync'", &Value::Null).unwrap();
    let words = browser.wait_for("[data-page=sync] [data-warning=room]").unwrap().text().unwrap();
    assert!(words.contains("1 条没送出的只在这个打开的页面里"), "{words}");
    browser.script(&format!("location.hash = '#/visit/{household}'"), &Value::Null).unwrap();
    browser.wait_for("[data-page=visit] [data-fault='store.gone']").unwrap();

    // What was saved before goes out from the open page, which then begins anew.
    server.start_again().unwrap();
    browser.script("location.hash = '#/sync'", &Value::Null).unwrap();
    browser.press("[data-page=sync] [data-act=sync-now]").unwrap();
    browser.wait_for("[data-fault='store.cleared']").unwrap();
    browser.script("location.reload()", &Value::Null).unwrap();
    browser.wait_for("[data-fault='store.cleared']").unwrap();
    browser.close().unwrap();
    let browser = Window::browse(data.path(), &server.address(), PHONE).unwrap();
    enrol(&browser, &server.invite("grid-worker", GRID, "周燕").unwrap());
    browser.script(&format!("location.hash = '#/households/{household}'"), &Value::Null).unwrap();
    for words in ["清掉之前送到的", "清掉之前没送的"] {
        assert_eq!(standing(&browser, words), "已收到");
    }
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));
}

#[test]
fn a_road_that_breaks_at_any_byte_loses_and_doubles_nothing() {
    let server = ServerProcess::demo().unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, _) = somebody(&mut colleague);
    let before = server.count().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let data = TempDir::new().unwrap();
    let browser = Window::browse(data.path(), &link.address(), PHONE).unwrap();
    enrol(&browser, &server.invite_to(&link.address(), "grid-worker", GRID, "周燕").unwrap());
    browser.script(IS_KEPT, &Value::Null).unwrap();

    let mut random = Rand32::new(SEED);
    for round in 0..CUTS {
        let cut = match random.rand_range(0..2) {
            0 => Cut::Request(random.rand_range(0..REQUEST) as usize),
            _ => Cut::Answer(random.rand_range(0..ANSWER) as usize),
        };
        let (broken, breaks) = channel();
        link.cut_and(cut, move || broken.send(()).unwrap_or_default());
        visit(&browser, household, &format!("第 {round} 次断开"));
        is_saved(&browser);
        breaks.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{cut:?} does not come"));
        if random.rand_float() < 0.3 {
            link.mend();
            all_arrives(&browser);
        }
    }
    link.mend();
    all_arrives(&browser);
    assert_eq!(server.count().unwrap().since(&before), more([("visit", i64::from(CUTS))]));
}

/// What the device holds, by area and audience.
const HELD: &str = "return gridwalk.call({ call: 'GetSync', with: {} })
    .then(({ with: { held } }) => held.map(row => [row.area, row.audience, row.records]))";

#[test]
fn a_first_sync_that_is_killed_again_and_again_ends_with_everything() {
    let server = ServerProcess::demo().unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let held = colleague.ask(GetSync {}).unwrap().held;
    let held: Vec<_> = held.iter().map(|row| json!([row.area, row.audience, row.records])).collect();
    let data = TempDir::new().unwrap();
    let browse = || Window::browse(data.path(), &server.address(), PHONE).unwrap();
    let browser = browse();
    browser.wait_for("[data-page=enrol][data-ready=true]").unwrap();
    browser.fill("[data-act=enrol-server]", &server.worker_invitation).unwrap();
    browser.press("[data-act=enrol]").unwrap();
    browser.wait_for("[data-page=today]").unwrap();
    browser.kill().unwrap();
    for _ in 0..2 {
        let browser = browse();
        browser.wait_for("[data-page=today]").unwrap();
        browser.kill().unwrap();
    }
    let browser = browse();
    browser.wait_for("[data-page=today][data-ready=true] [data-row=due]").unwrap();
    browser.wait_for("[data-act=sync-chip].ok").unwrap();
    assert_eq!(browser.script(HELD, &Value::Null).unwrap(), json!(held));
}
