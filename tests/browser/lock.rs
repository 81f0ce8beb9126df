//! A browser's passphrase: what lies in its files, who gets in, and what becomes of a forgotten one.

use records::Fault;
use records::call::{Lock, LockState};
use serde_json::{Value, json};
use stories::networked::Device;
use stories::pages::*;
use stories::server::{ServerProcess, more};
use stories::window::{Browsing, PASSPHRASE, Window};
use tempfile::TempDir;

use super::faults::{all_arrives, is_saved, visit};
use super::{IS_KEPT, PHONE};

/// What somebody was told at the door.
const TOLD: &str = "阳台上的杜鹃花开了";

/// The files of the private folder in which these words can be read, and how many files there are. Those that the core
/// has open are let go of first: it was told to lock, and another worker may read them.
const READABLE: &str = "
    const [words] = arguments;
    const utf8 = new TextEncoder().encode(words);
    const utf16 = new Uint8Array(Uint16Array.from(words, letter => letter.charCodeAt(0)).buffer);
    const holds = (bytes, needle) => {
        for (let at = bytes.indexOf(needle[0]); at >= 0; at = bytes.indexOf(needle[0], at + 1)) {
            if (needle.every((byte, next) => bytes[at + next] === byte)) return true;
        }
        return false;
    };
    let count = 0, size = 0;
    const found = [];
    const look = async folder => {
        for await (const [name, entry] of folder.entries()) {
            if (entry.kind === 'directory') { await look(entry); continue; }
            const bytes = new Uint8Array(await (await entry.getFile()).arrayBuffer());
            count += 1;
            size += bytes.length;
            if (holds(bytes, utf8) || holds(bytes, utf16)) found.push(name);
        }
    };
    return navigator.storage.getDirectory().then(look).then(() => [found, count, size]);";

const ASK: &str =
    "return gridwalk.call(arguments[0]).then(answer => [answer.with, null], fault => [null, fault]);";

fn ask(browser: &Window, request: Value) -> Result<Value, Fault> {
    let answer = browser.script(ASK, &request).unwrap();
    match answer[1].is_null() {
        true => Ok(answer[0].clone()),
        false => Err(serde_json::from_value(answer[1].clone()).unwrap()),
    }
}

/// Whether a page gets anything out of the core.
fn refusal(browser: &Window) -> Option<String> {
    ask(browser, json!({ "call": "GetToday", "with": {} })).err().map(|fault| fault.code)
}

fn lock_of(browser: &Window, request: Value) -> Lock {
    serde_json::from_value(ask(browser, request).unwrap()).unwrap()
}

fn choose(browser: &Window, passphrase: &str) {
    for field in ["pin", "pin-again"] {
        browser.fill(&format!("[data-page=lock] [data-act={field}]"), passphrase).unwrap();
    }
    browser.press("[data-page=lock] [data-act=choose-pin]").unwrap();
}

fn unlock(browser: &Window, passphrase: &str) {
    browser.fill("[data-page=lock] [data-act=pin]", passphrase).unwrap();
    browser.press("[data-page=lock] [data-act=unlock]").unwrap();
}

fn lock_now(browser: &Window) {
    browser.script("location.hash = '#/me'", &Value::Null).unwrap();
    reach(browser, "[data-page=me] [data-act=lock-now]");
    browser.wait_for("[data-page=lock] [data-act=unlock]").unwrap();
}

fn browse(data: &TempDir, server: &ServerProcess) -> Window {
    let address = server.address();
    Window::browse_as(&Browsing { is_locked: true, ..Browsing::new(data.path(), &address, PHONE) }).unwrap()
}

#[test]
fn a_locked_browser_tells_nothing_opens_with_its_passphrase_in_all_tabs_and_begins_anew_without_it() {
    let mut server = ServerProcess::demo().unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, _) = somebody(&mut colleague);
    let before = server.count().unwrap();
    let data = TempDir::new().unwrap();
    let browser = browse(&data, &server);

    // A passphrase comes first; no PIN, and not what everybody tries.
    browser.wait_for("[data-page=lock] [data-act=choose-pin]").unwrap();
    for (weak, code) in [("135790", "lock.passphrase_length"), ("password1", "lock.pin_guessed")] {
        choose(&browser, weak);
        browser.wait_for(&format!("[data-page=lock] [data-fault='{code}']")).unwrap();
    }
    assert_eq!(refusal(&browser).as_deref(), Some("lock.unset"));
    choose(&browser, PASSPHRASE);
    enrol(&browser, &server.worker_invitation);
    browser.script(IS_KEPT, &Value::Null).unwrap();

    // Work without a network; then nothing in its files says it.
    server.stop().unwrap();
    visit(&browser, household, TOLD);
    is_saved(&browser);
    lock_now(&browser);
    assert_eq!(refusal(&browser).as_deref(), Some("lock.shut"));
    let read = browser.script(READABLE, &json!(TOLD)).unwrap();
    assert_eq!(read[0], json!([]), "nothing on the disk says it");
    assert!(
        read[1].as_u64().unwrap() >= 8 && read[2].as_u64().unwrap() > 1_000_000,
        "{read}: all of it was read"
    );

    // Wrong, and right; after a reload it is locked again and the work is there.
    unlock(&browser, "tulips-81");
    browser.wait_for("[data-page=lock] [data-wrong='1']").unwrap();
    unlock(&browser, PASSPHRASE);
    browser.wait_for("[data-page=me][data-ready=true]").unwrap();
    browser.reload().unwrap();
    browser.wait_for("[data-page=lock] [data-act=unlock]").unwrap();
    assert_eq!(refusal(&browser).as_deref(), Some("lock.shut"));
    unlock(&browser, PASSPHRASE);
    browser.wait_for("[data-page=me][data-ready=true]").unwrap();
    browser.script(&format!("location.hash = '#/households/{household}'"), &Value::Null).unwrap();
    assert_eq!(standing(&browser, TOLD), "在本机");

    // Another tab is open with this one, goes on when this one is closed, and locks with it.
    let first = browser.tab().unwrap();
    let second = browser.open_tab(&server.address()).unwrap();
    browser.wait_for("[data-page=today][data-ready=true]").unwrap();
    browser.look_at(&first).unwrap();
    lock_now(&browser);
    browser.look_at(&second).unwrap();
    browser.wait_for("[data-page=lock] [data-act=unlock]").unwrap();
    unlock(&browser, PASSPHRASE);
    browser.wait_for("[data-page=today][data-ready=true]").unwrap();
    browser.look_at(&first).unwrap();
    browser.wait_for("[data-page=me][data-ready=true]").unwrap();
    browser.close_tab().unwrap();
    browser.look_at(&second).unwrap();
    browser.script(&format!("location.hash = '#/households/{household}'"), &Value::Null).unwrap();
    assert_eq!(standing(&browser, TOLD), "在本机");
    server.start_again().unwrap();
    all_arrives(&browser);
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));

    // Four wrong ones in a row: the page waits, and a right one meanwhile opens nothing and costs nothing.
    lock_now(&browser);
    let typed = |pin: &str| lock_of(&browser, json!({ "call": "Unlock", "with": { "pin": pin } }));
    for wrong in 1..=4 {
        assert_eq!(typed("tulips-81").wrong, wrong);
    }
    let waits = typed(PASSPHRASE);
    assert_eq!((waits.state, waits.wrong), (LockState::Shut, 4));
    assert!(waits.wait_ms > 10_000, "{waits:?}");
    browser.kill().unwrap();

    // Forgotten: the data goes, and the browser is enrolled anew.
    let browser = browse(&data, &server);
    browser.wait_for("[data-page=lock] [data-act=unlock]").unwrap();
    let waits = lock_of(&browser, json!({ "call": "GetLock", "with": {} }));
    assert!(waits.wrong == 4 && waits.wait_ms > 10_000, "another start gives no try back: {waits:?}");
    browser.press("[data-act=forgot-pin]").unwrap();
    browser.press("[data-dialog=give-up] [data-act=begin-anew]").unwrap();
    browser.wait_for("[data-page=lock] [data-act=choose-pin]").unwrap();
    choose(&browser, "crocus-24");
    enrol(&browser, &server.invite("grid-worker", GRID, "周燕").unwrap());
    browser.script(&format!("location.hash = '#/households/{household}'"), &Value::Null).unwrap();
    assert_eq!(standing(&browser, TOLD), "已收到");
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}

/// The files that are open here still read what the browser has taken away.
#[test]
fn a_browser_that_is_cleared_while_it_is_locked_still_sends_what_it_kept() {
    let mut server = ServerProcess::demo().unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, _) = somebody(&mut colleague);
    let before = server.count().unwrap();
    let data = TempDir::new().unwrap();
    let browser = browse(&data, &server);
    choose(&browser, PASSPHRASE);
    enrol(&browser, &server.worker_invitation);
    browser.script(IS_KEPT, &Value::Null).unwrap();
    server.stop().unwrap();
    visit(&browser, household, TOLD);
    is_saved(&browser);
    lock_now(&browser);

    let all = json!({ "origin": server.address(), "storageTypes": "all" });
    browser.tell_browser("Storage.clearDataForOrigin", &all).unwrap();
    // The page hears of it by losing what serves it without a network.
    browser.wait_until("navigator.serviceWorker.controller === null", &Value::Null).unwrap();
    unlock(&browser, PASSPHRASE);
    browser.wait_for("[data-page=me][data-ready=true]").unwrap();
    browser.script("location.hash = '#/sync'", &Value::Null).unwrap();
    browser.wait_for("[data-page=sync] [data-warning=room]").unwrap();
    server.start_again().unwrap();
    browser.press("[data-page=sync] [data-act=sync-now]").unwrap();
    browser.wait_for("[data-fault='store.cleared']").unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}
