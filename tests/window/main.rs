//! The app in its real window: a day at the door without network, a photo, work that a file carries, and
//! whether the window is whole.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on says so by panicking")]

mod lock;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use records::RecordId;
use records::attachment::AttachmentHash;
use records::call::*;
use records::codes::VisitResult;
use serde_json::{Value, from_value, json};
use stories::networked::Device;
use stories::pages::*;
use stories::server::{ServerProcess, more};
use stories::weak_link::{Cut, WeakLink};
use stories::window::{Window, downloads_of};
use tempfile::TempDir;

const PHONE: &str = "390x844";
const DESK: &str = "1180x780";
const ESCAPE: &str = "\u{e00c}";

#[test]
fn a_visit_recorded_without_network_survives_a_kill_and_arrives_once() {
    let data = TempDir::new().unwrap();
    let open = |_: &ServerProcess| Window::open(data.path(), PHONE).unwrap();
    a_visit_without_network_survives_a_kill_and_arrives_once(open, |_| ());
}

/// Takes a photo for the sheet that was put aside, by the calls of the page: it has no button for one yet.
const TAKE_PHOTO: &str = "
    const [{ household, picture }] = arguments;
    const ask = (call, parts) => gridwalk.call({ call, with: parts }).then(answer => answer.with);
    const bytes = Uint8Array.from(atob(picture), letter => letter.charCodeAt(0));
    return Promise.all([ask('OpenVisitSheet', { household }), gridwalk.upload(bytes)])
        .then(([{ draft }, upload]) => ask('TakePhoto', { record: draft.id, upload, media: 'image/jpeg' })
            .then(({ rows }) => [draft.id, rows[0].hash]));";

/// Waits until the server holds the photo of a record; the page hears of every part.
const PHOTO_HELD: &str = "
    const [record] = arguments;
    return new Promise(held => {
        const look = () => gridwalk.call({ call: 'ListPhotos', with: { record } })
            .then(answer => answer.with.rows[0].is_held && held(true));
        gridwalk.listen(look);
        look();
    });";

#[test]
fn a_photo_follows_its_visit_to_the_server_by_itself() {
    let server = ServerProcess::demo().unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, initials) = somebody(&mut colleague);
    let data = TempDir::new().unwrap();
    let window = Window::open(data.path(), PHONE).unwrap();
    enrol(&window, &server.worker_invitation);
    search(&window, &initials);
    open_household(&window, household);

    // Put aside and opened again, the sheet is the draft that the photo is taken for.
    begin_visit(&window, "门口堆了纸箱");
    window.press("[data-page=visit] [data-act=back]").unwrap();
    window.press("[data-page=household] [data-act=visit]").unwrap();
    window.wait_for("[data-page=visit] .resumed").unwrap();
    let size = 300_000;
    let picture = sample::picture(size, 1);
    let sent = BASE64_STANDARD.encode(&picture);
    let taken = window.script(TAKE_PHOTO, &json!({ "household": household, "picture": sent })).unwrap();
    let (visit, hash): (RecordId, AttachmentHash) = from_value(taken).unwrap();
    window.press("[data-page=visit] [data-act=save]").unwrap();
    window.wait_for("[data-toast] [data-act=undo]").unwrap();
    window.script(PHOTO_HELD, &json!(visit)).unwrap();
    assert_eq!(server.attachments().unwrap(), (1, size as u64));

    colleague.sync().unwrap();
    colleague.ask(WantPhoto { hash }).unwrap();
    colleague.move_photos().unwrap();
    assert_eq!(colleague.photo(hash).unwrap(), Some(picture));
    assert_eq!(window.errors().unwrap(), [""; 0]);
}

/// Stands for Android, with a key to press: `pressBack` says who answered it.
const ANDROID: &str = "
    let hear = null;
    const onBackButtonPress = async handler => {
        hear = handler;
        return { unregister: () => { hear = null; } };
    };
    window.__TAURI__ = { ...window.__TAURI__, app: { onBackButtonPress } };
    window.pressBack = () => { const heard = hear; heard?.(); return heard ? 'sheet' : 'system'; };";

/// What the shell gives to pages on Android.
const BACK: &str = include_str!("../../src-tauri/src/back.js");

#[test]
fn going_back_on_a_phone_closes_the_sheet_on_top_and_is_the_systems_without_one() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let window = Window::open(data.path(), PHONE).unwrap();
    enrol(&window, &server.worker_invitation);
    window.script(&format!("{ANDROID}\n{BACK}"), &Value::Null).unwrap();
    let press_back = || window.script("return pressBack()", &Value::Null).unwrap();
    assert_eq!(press_back(), "system");
    for _ in 0..2 {
        window.press("[data-act=add]").unwrap();
        window.wait_for("[data-dialog=quick]").unwrap();
        assert_eq!(press_back(), "sheet");
        window.wait_until("!visible('[data-dialog=quick]')", &Value::Null).unwrap();
        assert_eq!(press_back(), "system");
    }
    window.wait_for("[data-page=today]").unwrap();
    assert_eq!(window.errors().unwrap(), [""; 0]);
}

#[test]
fn a_new_computer_goes_on_from_a_file_without_any_network() {
    let mut server = ServerProcess::demo().unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, initials) = somebody(&mut colleague);
    let (old, new) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let window = Window::open(old.path(), DESK).unwrap();
    enrol(&window, &server.worker_invitation);
    server.stop().unwrap();
    search(&window, &initials);
    open_household(&window, household);
    begin_visit(&window, "旧电脑上记的");
    window.press("[data-page=visit] [data-act=save]").unwrap();
    window.wait_for("[data-toast] [data-act=undo]").unwrap();
    // The sheet leads back by itself; whoever goes elsewhere before that is led back from there.
    window.wait_for("[data-page=household][data-ready=true]").unwrap();
    let (file, code) = keep_device(&window, old.path());
    assert_eq!(window.errors().unwrap(), [""; 0]);
    window.close().unwrap();

    let window = Window::open(new.path(), DESK).unwrap();
    take_device(&window, &file, &code);
    window.wait_for("[data-page=today][data-ready=true] [data-row=due]").unwrap();
    search(&window, &initials);
    open_household(&window, household);
    assert_eq!(standing(&window, "旧电脑上记的"), "在本机");
    assert_eq!(window.errors().unwrap(), [""; 0]);
}

/// Stands for a phone on which nobody allowed reminders; the next who asks is allowed them.
const REFUSING_PHONE: &str = "
    const { call } = gridwalk;
    gridwalk.call = request => {
        if (request.call !== 'SaveSettings') return call(request);
        gridwalk.call = call;
        return Promise.reject({ code: 'reminder.refused' });
    };";

/// What the shell gives to pages on a phone.
const REMINDS: &str = include_str!("../../src-tauri/src/reminds.js");

#[test]
fn a_phone_reminds_when_somebody_chose_a_time_and_allowed_it_and_a_desk_never() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let window = Window::open(data.path(), PHONE).unwrap();
    enrol(&window, &server.worker_invitation);
    let open = |page: &str| window.script("location.hash = '#/' + arguments[0]", &json!(page)).unwrap();
    let is_chosen = |option: &str| window.wait_for(&format!("[data-act=reminder-{option}].on")).map(drop);
    open("me");
    window.wait_for("[data-page=me] [data-act=theme-1]").unwrap();
    let offered = "return !!document.querySelector('[data-act=reminder-1]')";
    assert_eq!(window.script(offered, &Value::Null).unwrap(), json!(false));

    open("");
    window.wait_until("!document.querySelector('[data-page=me]')", &Value::Null).unwrap();
    window.script(&format!("{REFUSING_PHONE}\n{REMINDS}"), &Value::Null).unwrap();
    open("me");
    is_chosen("1").unwrap();
    window.press("[data-act=reminder-3]").unwrap();
    window.wait_until("visible('[data-toast]')?.innerText.includes(given)", &json!("系统设置")).unwrap();
    is_chosen("1").unwrap();
    window.press("[data-act=reminder-3]").unwrap();
    is_chosen("3").unwrap();
    window.press("[data-act=theme-3]").unwrap();
    window.wait_for("[data-act=theme-3].on").unwrap();
    is_chosen("3").unwrap();
    window.press("[data-act=reminder-1]").unwrap();
    is_chosen("1").unwrap();
    assert_eq!(window.errors().unwrap(), [""; 0]);
}

/// Where the file lies that the page tells of.
fn told_path(window: &Window, what: &str) -> PathBuf {
    let told = window.wait_until("visible(`[data-courier=${given}]`)?.dataset.path", &json!(what));
    told.unwrap().as_str().unwrap().into()
}

/// Chooses a file on 同步, as the system's dialog would hand it over.
fn choose(window: &Window, file: &Path) {
    window.fill("[data-page=sync] [data-act=courier-file]", file.to_str().unwrap()).unwrap();
}

#[test]
fn a_file_brings_work_there_and_the_answer_back_where_no_network_reaches() {
    let server = ServerProcess::demo().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, initials) = somebody(&mut colleague);
    let before = server.count().unwrap();
    let (data, stick) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let window = Window::open(data.path(), PHONE).unwrap();
    enrol(&window, &server.invite_to(&link.address(), "grid-worker", GRID, "周燕").unwrap());
    link.cut(Cut::Request(0));
    search(&window, &initials);
    open_household(&window, household);
    begin_visit(&window, "山里走访");
    window.press("[data-page=visit] [data-act=save]").unwrap();
    window.press("[data-page=household] [data-act=back]").unwrap();

    window.press("[data-act=sync-chip]").unwrap();
    window.press("[data-page=sync] [data-act=courier-pack]").unwrap();
    let question = told_path(&window, "packed");
    assert_eq!(question.parent(), Some(&*downloads_of(data.path())));
    choose(&window, &question);
    window.wait_for("[data-courier=own]").unwrap();
    let answer = stick.path().join("answer.gwcourier");
    fs::write(&answer, colleague.carry(&fs::read(&question).unwrap()).unwrap()).unwrap();
    let brought = "visible('[data-courier=taken]')?.innerText.includes(given)";
    choose(&window, &answer);
    window.wait_until(brought, &json!("1 条有了结果")).unwrap();
    window.wait_until("!visible('[data-page=sync] [data-row=waiting]')", &Value::Null).unwrap();
    choose(&window, &answer);
    window.wait_until(brought, &json!("什么都没变")).unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
    assert_eq!(window.errors().unwrap(), [""; 0]);
}

#[test]
fn the_window_takes_a_colleagues_file_along_and_brings_it_once_it_is_online() {
    let server = ServerProcess::demo().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, _) = somebody(&mut colleague);
    let before = server.count().unwrap();
    let (data, stick) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let window = Window::open(data.path(), PHONE).unwrap();
    enrol(&window, &server.invite_to(&link.address(), "grid-worker", GRID, "周燕").unwrap());
    window.script("location.hash = '#/sync'", &Value::Null).unwrap();
    let mut draft = colleague.ask(OpenVisitSheet { household }).unwrap().draft;
    draft.result = Some(VisitResult::Met);
    colleague.ask(SaveVisit { draft }).unwrap();
    let question = stick.path().join("question.gwcourier");
    fs::write(&question, colleague.pack_courier().unwrap()).unwrap();

    let fault = |code: &str| window.wait_for(&format!("[data-row=courier] [data-fault='{code}']")).map(drop);
    let nothing = stick.path().join("holiday.jpg");
    fs::write(&nothing, b"\xff\xd8\xff").unwrap();
    choose(&window, &nothing);
    fault("courier.not_a_file").unwrap();
    link.cut(Cut::Request(0));
    choose(&window, &question);
    fault("courier.needs_network").unwrap();
    link.mend();
    window.press("[data-page=sync] [data-act=sync-now]").unwrap();
    let answer = fs::read(told_path(&window, "carried")).unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
    colleague.apply_courier(&answer).unwrap();
    assert_eq!(colleague.ask(GetSync {}).unwrap().chip.waiting, 0);

    // To whom it does not belong it stays closed.
    let theirs = stick.path().join("answer.gwcourier");
    fs::write(&theirs, answer).unwrap();
    choose(&window, &theirs);
    fault("courier.not_mine").unwrap();
    assert_eq!(window.errors().unwrap(), [""; 0]);
}

#[test]
fn a_first_sync_that_rests_goes_on_by_one_press() {
    let server = ServerProcess::demo().unwrap();
    let mut device = Device::new().unwrap();
    device.budget = Some(150_000);
    device.enrol(&server.worker_invitation).unwrap();
    assert!(device.round().unwrap(), "more is to come");
    device.ask(PauseSync { is_paused: true }).unwrap();
    let data = device.close().unwrap();

    let window = Window::open(data.path(), PHONE).unwrap();
    window.wait_for("[data-page=today][data-ready=true] [data-act=sync-chip]").unwrap();
    let chip = window.wait_for("[data-page=today] [data-act=sync-chip]").unwrap().text().unwrap();
    assert!(chip.starts_with("先停着"), "{chip}");
    window.press("[data-page=today] [data-act=sync-chip]").unwrap();
    window.press("[data-first=paused] [data-act=pause-sync]").unwrap();
    window.wait_for("[data-page=sync] .state.ok").unwrap();
    window.wait_until("!visible('[data-first]')", &Value::Null).unwrap();
    assert_eq!(window.errors().unwrap(), [""; 0]);
}

/// Files that the page names and that are not there: a shell answers those with the page itself.
const MISSING_FILES: &str = "
    const named = [...document.querySelectorAll('link[href], script[src], img[src]')]
        .map(element => element.href || element.src);
    const loaded = performance.getEntriesByType('resource').map(entry => entry.name);
    const files = [...new Set([...named, ...loaded])].filter(file => file.startsWith(location.origin));
    return Promise.all(files.map(async file => {
        const answer = await fetch(file);
        const is_page = (answer.headers.get('content-type') || '').includes('text/html');
        return answer.ok && !is_page ? [] : [file];
    })).then(missing => [files.length, missing.flat()]);";

/// 今日 opens nobody by itself; N visits the row that has the focus, and a number chooses the result.
fn assert_visit_by_keyboard(window: &Window) {
    let opened = "return !!document.querySelector('[data-page=household]')";
    assert_eq!(window.script(opened, &Value::Null).unwrap(), json!(false));
    let focused = "document.querySelector('[data-row=due]:focus-within')?.dataset.id";
    window.key("j").unwrap();
    let first = window.wait_until(focused, &Value::Null).unwrap();
    window.key("j").unwrap();
    let other = format!("(id => id !== given && id)({focused})");
    let second = window.wait_until(&other, &first).unwrap();
    window.key("n").unwrap();
    window.wait_until("location.hash === '#/visit/' + given", &second).unwrap();
    window.wait_for("[data-page=visit][data-ready=true] [data-act=result-3]").unwrap();
    window.key("3").unwrap();
    window.wait_for("[data-page=visit] [data-act=result-3].on").unwrap();
    window.key(ESCAPE).unwrap();
    window.wait_until("!document.querySelector('[data-page=visit]')", &Value::Null).unwrap();
}

/// The English words are a file of their own, fetched when somebody chooses them.
fn assert_english_comes_and_goes(window: &Window) {
    let spoken = "document.documentElement.lang === given[0] && document.title === given[1]";
    window.script("location.hash = '#/me'", &Value::Null).unwrap();
    window.press("[data-page=me] [data-act=language-2]").unwrap();
    window.wait_until(spoken, &json!(["en", "Gridwalk"])).unwrap();
    window.press("[data-page=me] [data-act=language-1]").unwrap();
    window.wait_until(spoken, &json!(["zh-CN", "网格随行"])).unwrap();
    window.script("location.hash = '#/'", &Value::Null).unwrap();
    window.wait_until("!document.querySelector('[data-page=me]')", &Value::Null).unwrap();
}

#[test]
fn the_window_is_whole_and_everything_in_it_can_be_reached_by_keyboard() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let window = Window::open(data.path(), DESK).unwrap();
    window.wait_for("[data-page=enrol][data-ready=true]").unwrap();
    let files = window.script(MISSING_FILES, &Value::Null).unwrap();
    assert_eq!(files[1], json!([]));
    assert!(files[0].as_u64().unwrap() >= 5, "{files}");
    enrol(&window, &server.worker_invitation);

    for page in ["households", "items", "items/pick", "sync", "me", "import", "help", ""] {
        window.script("location.hash = '#/' + arguments[0]", &json!(page)).unwrap();
        let name = match page {
            "items/pick" => "picker",
            "" => "today",
            other => other,
        };
        window.wait_for(&format!("[data-page={name}][data-ready=true]")).unwrap();
    }

    assert_english_comes_and_goes(&window);
    window.key("?").unwrap();
    window.wait_for("dialog[data-dialog=keys][open]").unwrap();
    window.key(ESCAPE).unwrap();
    window.wait_until("!document.querySelector('dialog')", &Value::Null).unwrap();
    assert_visit_by_keyboard(&window);
    window.key("/").unwrap();
    window.wait_for("[data-page=households] [data-act=search]:focus").unwrap();
    window.key("z").unwrap();
    window.wait_until("visible('[data-act=search]').value === 'z'", &Value::Null).unwrap();
    window.key(ESCAPE).unwrap();
    window.wait_until("!document.querySelector('[data-act=search]:focus')", &Value::Null).unwrap();
    window.key("j").unwrap();
    window.wait_for("[data-row=household] .row-link:focus").unwrap();
    window.key("\u{e007}").unwrap();
    window.wait_for("[data-page=household][data-ready=true]").unwrap();
    window.key("n").unwrap();
    window.wait_for("[data-page=visit][data-ready=true]").unwrap();
    window.key(ESCAPE).unwrap();
    window.wait_until("!document.querySelector('[data-page=visit]')", &Value::Null).unwrap();

    assert_eq!(window.errors().unwrap(), [""; 0]);
}
