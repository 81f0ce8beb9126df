//! The app in a browser: the same stories as in its own window, and those that only a browser has.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on says so by panicking")]

mod camera;
mod faults;
mod versions;

use encoding_rs::GB18030;
use serde_json::{Value, json};
use stories::networked::Device;
use stories::pages::*;
use stories::server::{ServerProcess, more};
use stories::window::{Browsing, Window};
use tempfile::TempDir;

const PHONE: &str = "390x844";
const DESK: &str = "1180x780";

/// Once this holds, the next start needs no network.
const IS_KEPT: &str = "return navigator.serviceWorker.ready.then(() => true)";

#[test]
fn a_visit_recorded_without_network_survives_a_kill_and_arrives_once() {
    let data = TempDir::new().unwrap();
    let open = |server: &ServerProcess| Window::browse(data.path(), &server.address(), PHONE).unwrap();
    // From then on the page itself comes from this device.
    a_visit_without_network_survives_a_kill_and_arrives_once(open, |browser| {
        browser.script(IS_KEPT, &Value::Null).unwrap();
    });
}

#[test]
fn of_two_tabs_one_owns_the_database_and_the_other_takes_over() {
    let server = ServerProcess::demo().unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, _) = somebody(&mut colleague);
    let before = server.count().unwrap();
    let data = TempDir::new().unwrap();
    let browser = Window::browse(data.path(), &server.address(), PHONE).unwrap();
    enrol(&browser, &server.worker_invitation);
    let first = browser.tab().unwrap();

    let visit_in = |words: &str| {
        browser.script(&format!("location.hash = '#/households/{household}'"), &Value::Null).unwrap();
        browser.wait_for("[data-page=household][data-ready=true]").unwrap();
        begin_visit(&browser, words);
        browser.press("[data-page=visit] [data-act=save]").unwrap();
        browser.wait_for("[data-toast] [data-act=undo]").unwrap();
    };
    let second = browser.open_tab(&server.address()).unwrap();
    browser.wait_for("[data-page=today][data-ready=true] [data-row=due]").unwrap();
    visit_in("第二个标签页");
    browser.look_at(&first).unwrap();
    visit_in("第一个标签页");
    browser.close_tab().unwrap();

    // The one that is left has the database now, and all that was saved in the other.
    browser.look_at(&second).unwrap();
    for words in ["第一个标签页", "第二个标签页"] {
        assert!(["在本机", "已送出", "已收到"].contains(&standing(&browser, words).as_str()));
    }
    visit_in("只剩一个");
    browser.script("location.hash = '#/sync'", &Value::Null).unwrap();
    browser.press("[data-page=sync] [data-act=sync-now]").unwrap();
    browser.wait_until("!visible('[data-page=sync] [data-row=waiting]')", &Value::Null).unwrap();
    browser.wait_for("[data-page=sync] .state.ok").unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 3)]));
    assert_eq!(browser.errors().unwrap(), [""; 0]);
}

/// Hands a file's bytes to the core and looks at it as a register of households.
const PREVIEW: &str = "
    const [bytes, name] = arguments[0];
    return gridwalk.upload(new Uint8Array(bytes))
        .then(upload => gridwalk.call({ call: 'PreviewImport', with: { upload, file_name: name, what: 'Households' } }))
        .then(answer => answer.with.new, fault => fault.code);";

#[test]
fn spreadsheets_are_read_by_a_module_that_is_fetched_for_them() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let browser = Window::browse(data.path(), &server.address(), DESK).unwrap();
    enrol(&browser, &server.worker_invitation);
    let loaded =
        "return performance.getEntriesByType('resource').some(entry => entry.name.includes('tables'))";
    assert_eq!(browser.script(loaded, &Value::Null).unwrap(), json!(false));
    let register =
        "小区,楼栋,单元,门牌,户主\n新建小区,99号楼,1单元,101,欧阳山\n新建小区,99号楼,1单元,102,柳琪\n";
    let gb18030 = GB18030.encode(register).0.into_owned();
    let preview = |bytes: &[u8], name: &str| browser.script(PREVIEW, &json!([bytes, name])).unwrap();
    assert_eq!(preview(&gb18030, "住户.csv"), json!(2));
    assert_eq!(preview(register.as_bytes(), "住户.csv"), json!(2));
    // A file that is none, and one that looks like a workbook and is damaged.
    for bytes in [&b"%PDF-1.7"[..], b"PK\x03\x04 and nothing of what follows"] {
        assert_eq!(preview(bytes, "住户.xlsx"), json!("import.not_a_table"));
    }
    assert_eq!(preview(&gb18030, "住户.csv"), json!(2), "and it goes on");
}

/// Files that the page names and the browser loaded, with what is wrong about the way each is sent.
const FILES: &str = "
    const named = [...document.querySelectorAll('link[href], script[src]')].map(element => element.href || element.src);
    const loaded = performance.getEntriesByType('resource').map(entry => entry.name);
    const files = [...new Set([...named, ...loaded, location.origin + '/service.js'])]
        .filter(file => file.startsWith(location.origin));
    const types = { js: 'text/javascript', css: 'text/css', wasm: 'application/wasm', png: 'image/png',
        txt: 'text/plain', webmanifest: 'application/manifest+json' };
    return Promise.all(files.map(async file => {
        const answer = await fetch(file, { cache: 'no-store' });
        const head = name => answer.headers.get(name) ?? '';
        const is_of_version = new URL(file).pathname.startsWith('/v/');
        const is_right = answer.ok
            && head('content-type').startsWith(types[file.split('.').pop()] ?? 'text/html')
            && head('cache-control').includes(is_of_version ? 'immutable' : 'no-cache')
            && head('content-security-policy').startsWith(\"default-src 'none'\")
            && head('x-content-type-options') === 'nosniff';
        return is_right ? [] : [file, [...answer.headers]];
    })).then(wrong => [files.length, wrong.flat()]);";

#[test]
fn every_file_comes_with_its_type_its_lifetime_and_the_policy() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let browser = Window::browse(data.path(), &server.address(), DESK).unwrap();
    browser.wait_for("[data-page=enrol][data-ready=true]").unwrap();
    let files = browser.script(FILES, &Value::Null).unwrap();
    assert_eq!(files[1], json!([]));
    assert!(files[0].as_u64().unwrap() >= 12, "{files}");
    assert_eq!(browser.errors().unwrap(), [""; 0]);
}

/// What a browser lacks that is too old.
const FORGET_FILES: &str = "delete StorageManager.prototype.getDirectory";

#[test]
fn a_browser_that_cannot_keep_the_work_is_told_what_to_update_and_loads_nothing() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let address = server.address();
    let wish = Browsing { script: FORGET_FILES, ..Browsing::new(data.path(), &address, PHONE) };
    let browser = Window::browse_as(&wish).unwrap();
    let words = browser.wait_for("[data-page=too-old]").unwrap().text().unwrap();
    assert!(words.contains("这个浏览器太旧") && words.contains("Safari 16.4"), "{words}");
    let loaded = "return performance.getEntriesByType('resource').filter(entry => /(wasm|js)$/.test(entry.name)).length";
    assert_eq!(browser.script(loaded, &Value::Null).unwrap(), json!(1), "the gate alone");
}
