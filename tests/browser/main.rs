//! The app in a browser: the same stories as in its own window, and those that only a browser has.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on says so by panicking")]

mod camera;
mod device_file;
mod faults;
mod lock;
mod rights;
mod touch;
mod versions;

use encoding_rs::GB18030;
use records::RecordId;
use records::call::{OpenVisitSheet, SaveVisit};
use records::codes::VisitResult;
use serde_json::{Value, json};
use stories::networked::Device;
use stories::pages::*;
use stories::server::{Counts, ServerProcess, more};
use stories::window::{Browsing, Window};
use tempfile::TempDir;

const PHONE: &str = "390x844";
const DESK: &str = "1180x780";

/// Once this holds, the next start needs no network.
const IS_KEPT: &str = "return navigator.serviceWorker.ready.then(() => true)";

/// A browser that somebody has just enrolled, and a household in its list. Whatever goes last stands first.
struct Enrolled {
    server: ServerProcess,
    colleague: Device,
    household: RecordId,
    /// What the server held before.
    before: Counts,
    data: TempDir,
    browser: Window,
}

impl Enrolled {
    fn new() -> Self {
        let server = ServerProcess::demo().unwrap();
        let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
        let (household, _) = somebody(&mut colleague);
        let before = server.count().unwrap();
        let data = TempDir::new().unwrap();
        let browser = Window::browse(data.path(), &server.address(), PHONE).unwrap();
        enrol(&browser, &server.worker_invitation);
        Self { server, colleague, household, before, data, browser }
    }
}

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
    let Enrolled { server, household, before, data: _data, browser, .. } = Enrolled::new();
    let first = browser.tab().unwrap();

    let visit_in = |words: &str| {
        browser.script(&format!("location.hash = '#/households/{household}'"), &Value::Null).unwrap();
        browser.wait_for("[data-page=household][data-ready=true]").unwrap();
        begin_visit(&browser, words);
        browser.press("[data-page=visit] [data-act=save]").unwrap();
        browser.wait_for("[data-toast] [data-act=undo]").unwrap();
        // Going back takes a moment, and would take whoever leaves before it along.
        browser.wait_until("!visible(given)", &json!("[data-page=visit]")).unwrap();
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

#[test]
fn pulling_a_page_down_brings_what_a_colleague_has_sent_and_letting_go_too_early_does_not() {
    let Enrolled { server: _server, mut colleague, household, data: _data, browser, .. } = Enrolled::new();
    let mut draft = colleague.ask(OpenVisitSheet { household }).unwrap().draft;
    draft.result = Some(VisitResult::Met);
    draft.note = "同事刚来过".to_owned();
    colleague.ask(SaveVisit { draft }).unwrap();
    colleague.sync().unwrap();
    browser.script(&format!("location.hash = '#/households/{household}'"), &Value::Null).unwrap();
    browser.wait_for("[data-page=household][data-ready=true]").unwrap();
    let touch = |what: &str, y: Option<u32>| {
        let points: Vec<Value> = y.map(|y| json!({ "x": 195, "y": y })).into_iter().collect();
        let touch = json!({ "type": what, "touchPoints": points });
        browser.tell_browser("Input.dispatchTouchEvent", &touch).unwrap();
    };
    let pull = |by: u32| {
        touch("touchStart", Some(120));
        (0..=4).for_each(|step| touch("touchMove", Some(120 + by * step / 4)));
    };
    pull(60);
    assert!(
        !browser
            .script("return Boolean(document.querySelector('.pull.enough'))", &Value::Null)
            .unwrap()
            .as_bool()
            .unwrap()
    );
    touch("touchEnd", None);
    pull(260);
    browser.wait_for(".pull.enough").unwrap();
    assert!(
        !browser
            .script("return document.body.innerText.includes('同事刚来过')", &Value::Null)
            .unwrap()
            .as_bool()
            .unwrap()
    );
    touch("touchEnd", None);
    browser.wait_until("document.body.innerText.includes('同事刚来过')", &Value::Null).unwrap();
    browser.wait_until("!visible('.pull.enough')", &Value::Null).unwrap();
}

/// Saves visits one after the other and notes how many were acknowledged, and of how many nobody knows.
const RACE: &str = "
    const [name, household, count] = arguments[0];
    const note = key => localStorage.setItem(name + key, Number(localStorage.getItem(name + key)) + 1);
    const race = async () => {
        for (let at = 0; at < count; at += 1) {
            try {
                const { with: { draft } } = await gridwalk.call({ call: 'OpenVisitSheet', with: { household } });
                draft.result = 1;
                draft.note = name + at;
                await gridwalk.call({ call: 'SaveVisit', with: { draft } });
                note('saved');
            } catch (fault) {
                if (fault.code !== 'shell.owner_gone') throw fault;
                note('unknown');
            }
        }
        note('over');
    };
    race()";

#[test]
fn two_tabs_that_save_at_the_same_time_lose_and_double_nothing_when_one_is_closed() {
    const EACH: i64 = 30;
    let Enrolled { server, household, before, data: _data, browser, .. } = Enrolled::new();
    let first = browser.tab().unwrap();
    let race = |name: &str| browser.script(RACE, &json!([name, household, EACH])).unwrap();
    let second = browser.open_tab(&server.address()).unwrap();
    browser.wait_for("[data-page=today][data-ready=true] [data-row=due]").unwrap();
    race("two");
    browser.look_at(&first).unwrap();
    race("one");
    let noted = |key: &str| {
        let script = "return Number(localStorage.getItem(arguments[0]))";
        browser.script(script, &json!(key)).unwrap().as_i64().unwrap()
    };
    browser.look_at(&second).unwrap();
    // Whichever owns the database: the other goes on.
    assert!(noted("oneover") == 0, "it is still at it");
    browser.look_at(&first).unwrap();
    browser.close_tab().unwrap();
    browser.look_at(&second).unwrap();
    let is_over = "return new Promise(done => {
        const look = () => localStorage.getItem('twoover') ? done(true) : requestAnimationFrame(look);
        look();
    })";
    browser.script(is_over, &Value::Null).unwrap();
    faults::all_arrives(&browser);
    let saved = noted("onesaved") + noted("twosaved");
    // What was under way when its tab was closed may be there; so may what nobody could tell of.
    let most = saved + noted("oneunknown") + noted("twounknown") + 1;
    let arrived = server.count().unwrap().since(&before).get("visit").copied().unwrap_or_default();
    assert!((saved..=most).contains(&arrived), "{saved} acknowledged, {arrived} arrived, {most} at most");
    assert!(noted("twosaved") > 0 && noted("twosaved") + noted("twounknown") == EACH);
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
