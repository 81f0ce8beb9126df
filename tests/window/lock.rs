//! A device is lost, or its PIN forgotten: what each side keeps.

use std::fs;
use std::path::Path;

use records::call::*;
use serde_json::{Value, json};
use stories::networked::Device;
use stories::pages::*;
use stories::server::{ServerProcess, more};
use stories::window::Window;
use tempfile::TempDir;

use crate::PHONE;

const PIN: &str = "135790";
/// What somebody was told at the door.
const TOLD: &str = "阳台上的杜鹃花开了";

/// Chooses a PIN on the page before everything else.
fn choose_pin(window: &Window, pin: &str) {
    for field in ["pin", "pin-again"] {
        window.fill(&format!("[data-page=lock] [data-act={field}]"), pin).unwrap();
    }
    window.press("[data-page=lock] [data-act=choose-pin]").unwrap();
}

fn unlock(window: &Window, pin: &str) {
    window.fill("[data-page=lock] [data-act=pin]", pin).unwrap();
    window.press("[data-page=lock] [data-act=unlock]").unwrap();
}

fn lock_now(window: &Window) {
    window.script("location.hash = '#/me'", &Value::Null).unwrap();
    reach(window, "[data-page=me] [data-act=lock-now]");
    window.wait_for("[data-page=lock] [data-act=unlock]").unwrap();
}

/// Waits until nothing is left that an earlier key sealed; the page hears of every letter.
const ARRIVED: &str = "
    return new Promise(done => {
        const look = () => gridwalk.call({ call: 'GetLock', with: {} })
            .then(answer => answer.with.left_behind === 0 && done(true));
        gridwalk.listen(look);
        look();
    });";

/// Waits until a household is not here any more; the page hears of every change.
const PURGED: &str = "
    const [id] = arguments;
    return new Promise(done => {
        const look = () => gridwalk.call({ call: 'GetHousehold', with: { id } })
            .then(() => null, fault => done(fault.code));
        gridwalk.listen(look);
        look();
    });";

/// Whether a page gets anything out of the core.
fn answers(window: &Window) -> Value {
    const ASK: &str = "return gridwalk.call({ call: 'GetToday', with: {} })
        .then(() => 'answered', fault => fault.code);";
    window.script(ASK, &Value::Null).unwrap()
}

/// Files below a folder in which these words can be read.
fn readable(folder: &Path, words: &str) -> Vec<String> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(readable(&path, words)),
            false => {
                let bytes = fs::read(&path).unwrap_or_default();
                let utf16: Vec<u8> = words.encode_utf16().flat_map(u16::to_le_bytes).collect();
                let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|run| run == needle);
                if holds(words.as_bytes()) || holds(&utf16) {
                    found.push(path.display().to_string());
                }
            }
        }
    }
    found
}

#[test]
fn a_locked_device_tells_nothing_and_a_forgotten_pin_costs_no_visit() {
    let mut server = ServerProcess::demo().unwrap();
    let mut colleague =
        Device::enrolled(&server.invite("grid-worker", "230881/001/003/07", "吴迪").unwrap()).unwrap();
    let (household, initials) = somebody(&mut colleague);
    let before = server.count().unwrap();
    let data = TempDir::new().unwrap();
    let window = Window::open_locked(data.path(), PHONE).unwrap();

    // A PIN comes first, and not the one that everybody tries.
    window.wait_for("[data-page=lock] [data-act=choose-pin]").unwrap();
    assert_eq!(answers(&window), json!("lock.unset"));
    choose_pin(&window, "123456");
    window.wait_for("[data-page=lock] [data-fault='lock.pin_guessed']").unwrap();
    choose_pin(&window, PIN);
    enrol(&window, &server.worker_invitation);

    // Work, without a network.
    server.stop().unwrap();
    search(&window, &initials);
    open_household(&window, household);
    begin_visit(&window, TOLD);
    window.press("[data-page=visit] [data-act=save]").unwrap();
    window.wait_for("[data-toast] [data-act=undo]").unwrap();
    window.wait_for("[data-page=household][data-ready=true]").unwrap();
    lock_now(&window);
    assert_eq!(answers(&window), json!("lock.shut"));
    assert_eq!(readable(data.path(), TOLD), [""; 0], "nothing on the disk says it");

    // Wrong, and right.
    unlock(&window, "975310");
    window.wait_for("[data-page=lock] [data-wrong='1']").unwrap();
    unlock(&window, PIN);
    window.wait_for("[data-page=me][data-ready=true]").unwrap();
    search(&window, &initials);
    open_household(&window, household);
    assert_eq!(standing(&window, TOLD), "在本机");
    assert_eq!(window.errors().unwrap(), [""; 0]);
    window.kill().unwrap();

    // A start finds it locked. The PIN is forgotten: the data goes, what was not sent does not.
    let window = Window::open_locked(data.path(), PHONE).unwrap();
    window.wait_for("[data-page=lock] [data-act=unlock]").unwrap();
    assert_eq!(answers(&window), json!("lock.shut"));
    window.press("[data-act=forgot-pin]").unwrap();
    window.press("[data-dialog=give-up] [data-act=begin-anew]").unwrap();
    window.wait_for("[data-page=lock] [data-act=choose-pin]").unwrap();
    window.wait_for("[data-page=lock] [data-left='1']").unwrap();
    server.start_again().unwrap();
    choose_pin(&window, "246801");
    enrol(&window, &server.invite("grid-worker", "230881/001/003/07", "周燕").unwrap());
    window.script(ARRIVED, &Value::Null).unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]), "once");
    colleague.sync().unwrap();
    let timeline = colleague.ask(GetHousehold { id: household }).unwrap().timeline.entries;
    let told = |entry: &&TimelineEntry| matches!(&entry.what, TimelineWhat::Visit { note: Some(note), .. } if note == TOLD);
    assert_eq!(timeline.iter().filter(told).count(), 1);

    // The device is lost after all: from its next request on the server gives it nothing, and it keeps nothing.
    let devices = server.keeper("devices", &[]).unwrap();
    let newest = devices.lines().rfind(|line| line.contains("周燕")).unwrap();
    let newest: Value = serde_json::from_str(newest).unwrap();
    server.keeper("lock-out", &[newest["device"].as_str().unwrap()]).unwrap();
    window.script("location.hash = '#/sync'", &Value::Null).unwrap();
    window.press("[data-page=sync] [data-act=sync-now]").unwrap();
    assert_eq!(window.script(PURGED, &json!(household)).unwrap(), json!("record.missing"));
    assert_eq!(window.errors().unwrap(), [""; 0]);
}
