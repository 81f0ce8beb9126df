//! A newer version of the pages: whole, offered quietly, and nothing is lost on the way to it.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::{Value, json};
use stories::networked::Device;
use stories::pages::*;
use stories::server::{ServerProcess, more};
use stories::versions::{look_for_another, version_after};
use stories::weak_link::{Cut, WeakLink};
use stories::window::Window;
use tempfile::TempDir;

use super::faults::{all_arrives, is_saved, visit};
use super::{Enrolled, IS_KEPT, PHONE};

/// So long a round may take to begin by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// The folder that the page's scripts came from, once it is another one than `given`.
const IS_OTHER: &str = "(() => {
    const script = document.querySelector('script[src*=\"bridge.js\"]');
    const folder = script && new URL('.', script.src).pathname;
    return folder !== given && visible('[data-ready=true]:not([data-page=lock])') && folder;
})()";

fn version_of(browser: &Window, other_than: &str) -> String {
    browser.wait_until(IS_OTHER, &json!(other_than)).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn a_newer_version_waits_for_the_persons_word_and_takes_along_what_is_unsent_and_half_written() {
    let Enrolled { mut server, household, before, data: _data, browser, .. } = Enrolled::new();
    browser.script(IS_KEPT, &Value::Null).unwrap();
    let first = browser.tab().unwrap();
    let old = version_of(&browser, "");
    let go = |hash: String| browser.script(&format!("location.hash = '{hash}'"), &Value::Null).unwrap();

    // One visit is saved and not sent, another half written; a second tab lies open.
    server.stop().unwrap();
    go(format!("#/households/{household}"));
    browser.wait_for("[data-page=household][data-ready=true]").unwrap();
    begin_visit(&browser, "没有网的时候");
    browser.press("[data-page=visit] [data-act=save]").unwrap();
    browser.wait_for("[data-toast] [data-act=undo]").unwrap();
    // Going back takes a moment, and would take whoever leaves before it along.
    browser.wait_until("!visible(given)", &json!("[data-page=visit]")).unwrap();
    go(format!("#/households/{household}"));
    begin_visit(&browser, "写到一半");
    browser.open_tab(&server.address()).unwrap();
    browser.wait_for("[data-page=today][data-ready=true]").unwrap();
    go("#/me".into());
    browser.wait_for("[data-page=me][data-ready=true]").unwrap();

    let next = version_after("b").unwrap();
    server.start_again_with_pages(next.path()).unwrap();
    look_for_another(&browser).unwrap();
    browser.wait_for("[data-page=me] [data-row=update]").unwrap();
    browser.wait_for(".tabs .dot").unwrap();
    assert_eq!(version_of(&browser, ""), old, "nothing changes before the person says so");
    browser.press("[data-act=update]").unwrap();
    let new = version_of(&browser, &old);
    assert!(new.contains(old.trim_end_matches('/')), "{old} {new}");
    browser.wait_until("!visible('[data-row=update]')", &Value::Null).unwrap();
    browser.close_tab().unwrap();
    browser.look_at(&first).unwrap();
    assert_eq!(version_of(&browser, &old), new, "every tab begins it");
    browser.wait_until("visible('[data-act=note]')?.value === '写到一半'", &Value::Null).unwrap();

    // What was typed this very moment, too.
    let next = version_after("c").unwrap();
    server.start_again_with_pages(next.path()).unwrap();
    look_for_another(&browser).unwrap();
    browser.wait_for("[data-page=visit][data-ready=true]").unwrap();
    browser.fill("[data-page=visit] [data-act=note]", "，又写了一句").unwrap();
    browser.wait_until("navigator.serviceWorker && (gridwalk.update(), true)", &Value::Null).unwrap();
    version_of(&browser, &new);
    browser.wait_until("visible('[data-act=note]')?.value === '写到一半，又写了一句'", &Value::Null).unwrap();

    go("#/sync".into());
    browser.press("[data-page=sync] [data-act=sync-now]").unwrap();
    browser.wait_until("!visible('[data-page=sync] [data-row=waiting]')", &Value::Null).unwrap();
    browser.wait_for("[data-page=sync] .state.ok").unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}

/// Offers the next version and begins it.
fn begin(browser: &Window, server: &mut ServerProcess, next: &TempDir) {
    let old = version_of(browser, "");
    server.start_again_with_pages(next.path()).unwrap();
    look_for_another(browser).unwrap();
    browser.script("location.hash = '#/me'", &Value::Null).unwrap();
    browser.press("[data-page=me] [data-act=update]").unwrap();
    version_of(browser, &old);
}

#[test]
fn a_version_that_begins_amid_a_round_sends_nothing_twice() {
    let mut server = ServerProcess::demo().unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, _) = somebody(&mut colleague);
    let before = server.count().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let data = TempDir::new().unwrap();
    let browser = Window::browse(data.path(), &link.address(), PHONE).unwrap();
    enrol(&browser, &server.invite_to(&link.address(), "grid-worker", GRID, "周燕").unwrap());
    browser.script(IS_KEPT, &Value::Null).unwrap();
    let old = version_of(&browser, "");
    let next = version_after("b").unwrap();
    server.start_again_with_pages(next.path()).unwrap();
    look_for_another(&browser).unwrap();

    // The server has the visit and its answer is lost; the next round hangs on the road.
    let silence = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (broken, breaks) = channel();
    link.cut_and(Cut::Answer(0), move || broken.send(()).unwrap_or_default());
    visit(&browser, household, "换版本的时候");
    is_saved(&browser);
    breaks.recv_timeout(PATIENCE).unwrap();
    link.lead_to(&format!("http://{}", silence.local_addr().unwrap()));
    link.mend();
    browser.script("location.hash = '#/sync'", &Value::Null).unwrap();
    browser.press("[data-page=sync] [data-act=sync-now]").unwrap();
    let _hangs = silence.accept().unwrap();
    link.lead_to(&server.address());
    browser.script("location.hash = '#/me'", &Value::Null).unwrap();
    browser.press("[data-page=me] [data-act=update]").unwrap();
    version_of(&browser, &old);
    all_arrives(&browser);
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}

/// A clock that is wrong by so many days, within the worker.
fn with_clock(next: TempDir, days: i64) -> TempDir {
    let versions = next.path().join("v");
    let mut versions = fs::read_dir(&versions).unwrap().flatten().map(|entry| entry.path());
    let version = versions.find(|version| version.join("worker.js").exists()).unwrap();
    let worker = version.join("worker.js");
    let script = fs::read_to_string(&worker).unwrap();
    let wrong = format!(
        "const Right = Date; const now = () => Right.now() + {days} * 864e5;
        self.Date = class extends Right {{
            constructor(...given) {{ given.length > 0 ? super(...given) : super(now()); }}
            static now() {{ return now(); }}
        }};"
    );
    fs::write(&worker, wrong + &script).unwrap();
    for packed in ["gz", "br"] {
        fs::remove_file(version.join(format!("worker.js.{packed}"))).unwrap();
    }
    next
}

#[test]
fn what_is_recorded_under_a_wrong_clock_arrives_once_and_is_found_again() {
    let Enrolled { mut server, household, before, data: _data, browser, .. } = Enrolled::new();
    browser.script(IS_KEPT, &Value::Null).unwrap();
    for (name, days) in [("b", 3 * 365), ("c", -2 * 365), ("d", 0)] {
        begin(&browser, &mut server, &with_clock(version_after(name).unwrap(), days));
        let words = format!("差 {days} 天");
        visit(&browser, household, &words);
        // Under a clock that is behind, the time to take it back is over at once, and with it what says that it is saved.
        standing(&browser, &words);
    }
    all_arrives(&browser);
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 3)]));
    browser.script(&format!("location.hash = '#/households/{household}'"), &Value::Null).unwrap();
    for days in [3 * 365, -2 * 365, 0] {
        assert_eq!(standing(&browser, &format!("差 {days} 天")), "已收到");
    }
    assert_eq!(browser.errors().unwrap(), [""; 0]);
}
