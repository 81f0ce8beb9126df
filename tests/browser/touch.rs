//! Fingers: pages and sheets on a phone upright, on its side, in half a screen, in large words and beside a keyboard;
//! and the way back from a sheet.

use records::RecordId;
use records::call::Settings;
use serde_json::{Value, json};
use stories::networked::Device;
use stories::pages::*;
use stories::server::ServerProcess;
use stories::window::Window;
use tempfile::TempDir;

use super::PHONE;

const ESCAPE: &str = "\u{e00c}";
/// A phone's smallest screen upright and on its side, a larger one on its side, halves of screens, and a desk.
const ROOMS: [(u32, u32); 6] = [(360, 640), (640, 360), (844, 390), (320, 480), (412, 420), (1280, 800)];
/// As large as words can be, in percent.
const LARGE: u16 = 200;

/// What is wrong with the page or sheet in sight: what is wider than its place, and what fingers would miss.
const FAULTS: &str = "
    const TAP = 44, ROUNDING = 0.5;
    const [width, height] = arguments[0];
    const style = (element, part) => getComputedStyle(element, part);
    const name = element => [element.tagName, element.className, element.dataset.act].join(' ').toLowerCase();
    // What lies over a button to be hit in its stead.
    const cover = element => {
        const after = style(element, '::after');
        return after.content !== 'none' && after.position === 'absolute' ? after : { width: 0, height: 0 };
    };
    const tooWide = element => element.scrollWidth > element.clientWidth;
    const slides = element => element && !element.matches('.pane, .dialog-body, dialog')
        && (['auto', 'scroll'].includes(style(element).overflowX) || slides(element.parentElement));
    const missed = element => {
        const { left, right, width, height } = element.getBoundingClientRect();
        const over = cover(element);
        // Seven days stand side by side, however narrow the screen is.
        const isWide = Math.max(width, parseFloat(over.width)) > TAP - ROUNDING || element.matches('.day');
        const isHigh = Math.max(height, parseFloat(over.height)) > TAP - ROUNDING;
        const isInside = left > -ROUNDING && right < innerWidth + ROUNDING;
        return !(isWide && isHigh && (isInside || slides(element)));
    };
    const look = () => {
        const scope = document.querySelector('dialog[open]') ?? document.body;
        const places = [document.documentElement, ...document.querySelectorAll('.pane, .dialog-body')];
        const pressed = [...scope.querySelectorAll('button, a[href], select, input, textarea, summary')]
            .filter(element => element.getClientRects().length > 0 && !element.matches('.skip, .out-of-sight'));
        const { width: wide, height: high } = { width: innerWidth, height: innerHeight };
        return [
            ...(wide === width && high === height ? [] : [`the room is ${wide}x${high}`]),
            ...(pressed.length > 0 ? [] : ['nothing can be pressed']),
            ...places.filter(tooWide).map(place => `wider than its place: ${name(place)}`),
            ...pressed.filter(missed).map(element => {
                const { x, y, width, height } = element.getBoundingClientRect();
                return `missed: ${name(element)} ${[x, y, width, height].map(Math.round)}`;
            }),
        ];
    };
    const frame = () => new Promise(requestAnimationFrame);
    return frame().then(frame).then(look);";

fn faults(browser: &Window, room: (u32, u32)) -> Vec<String> {
    browser.set_screen(room).unwrap();
    let faults = browser.script(FAULTS, &json!(room)).unwrap();
    serde_json::from_value(faults).unwrap()
}

/// Waits for what changes without a change in the page, as where it is scrolled to and what the history says.
fn wait_for(browser: &Window, condition: &str, given: &str) {
    let script = "
        const [given] = arguments;
        return new Promise(done => {
            const look = () => CONDITION ? done() : requestAnimationFrame(look);
            look();
        })";
    let waited = browser.script(&script.replace("CONDITION", condition), &json!(given));
    waited.unwrap_or_else(|error| panic!("{condition} with {given}: {error:#}"));
}

fn go(browser: &Window, page: &str, name: &str) {
    browser.script("location.hash = '#/' + arguments[0]", &json!(page)).unwrap();
    browser.wait_for(&format!("[data-page={name}][data-ready=true]")).unwrap();
}

/// A browser with the sample community, and a household of it.
fn enrolled(server: &ServerProcess, data: &TempDir) -> (Window, RecordId) {
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap();
    let (household, _) = somebody(&mut colleague);
    let browser = Window::browse(data.path(), &server.address(), PHONE).unwrap();
    enrol(&browser, &server.worker_invitation);
    (browser, household)
}

#[test]
fn every_page_fits_every_room_and_a_finger_hits_everything_in_it() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let (browser, household) = enrolled(&server, &data);
    let pages = [
        ("", "today", ""),
        ("households", "households", ""),
        (&*format!("households/{household}"), "household", ""),
        (&*format!("visit/{household}"), "visit", ""),
        ("items", "items", ""),
        ("items/pick", "picker", ""),
        ("sync", "sync", ""),
        ("me", "me", ""),
        ("import", "import", ""),
        ("help", "help", ""),
        ("", "today", "add"),
        (&*format!("households/{household}"), "household", "edit-person"),
        ("items/pick", "picker", "off-list"),
        (&*format!("visit/{household}"), "visit", "result-3"),
        (&*format!("visit/{household}"), "visit", "next-on"),
    ];
    let mut wrong = Vec::new();
    for text_percent in [100, LARGE] {
        begin_as(&browser, Settings { text_percent, ..Settings::default() });
        for (page, name, act) in pages {
            browser.set_screen(ROOMS[0]).unwrap();
            go(&browser, page, name);
            if !act.is_empty() {
                reach(&browser, &format!("[data-page={name}] [data-act={act}], .tabs [data-act={act}]"));
            }
            for room in ROOMS {
                let faults = faults(&browser, room);
                let place = format!("#/{page} {act} {room:?} {text_percent} %");
                wrong.extend(faults.into_iter().map(|fault| format!("{place}: {fault}")));
            }
            // Leaving a page closes its sheet.
            go(&browser, "me", "me");
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(browser.errors().unwrap(), [""; 0]);
}

/// Where the tabs are, with the places in them, and how far the page beside them reaches.
const TABS: &str = "
    const box = element => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        return { left, top, right, bottom };
    };
    const tabs = document.querySelector('.tabs');
    return { tabs: box(tabs), places: [...tabs.children].map(box), pane: box(document.querySelector('.detail-pane')) };";

#[test]
fn a_phone_on_its_side_has_its_tabs_at_the_left_also_beside_a_page() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let (browser, household) = enrolled(&server, &data);
    for text_percent in [100, LARGE] {
        begin_as(&browser, Settings { text_percent, ..Settings::default() });
        for (width, height) in [(640, 360), (844, 390)] {
            browser.set_screen((width, height)).unwrap();
            for (page, name) in [("me", "me"), (&*format!("visit/{household}"), "visit")] {
                go(&browser, page, name);
                assert_eq!(faults(&browser, (width, height)), [""; 0]);
                let seen = browser.script(TABS, &Value::Null).unwrap();
                let side = |of: &Value, side: &str| of[side].as_f64().unwrap();
                let (width, height) = (f64::from(width), f64::from(height));
                let tabs = &seen["tabs"];
                assert_eq!([side(tabs, "left"), side(tabs, "top"), side(tabs, "bottom")], [0.0, 0.0, height]);
                assert!(side(tabs, "right") <= width / 7.0, "{seen}");
                let pane = &seen["pane"];
                assert_eq!([side(pane, "left"), side(pane, "bottom")], [side(tabs, "right"), height]);
                let places = seen["places"].as_array().unwrap();
                assert!(
                    places.len() == 5 && places.iter().all(|place| side(place, "bottom") <= height),
                    "{seen}"
                );
            }
        }
    }
    // The other way round they are under the thumb again.
    browser.set_screen((360, 640)).unwrap();
    go(&browser, "me", "me");
    assert_eq!(faults(&browser, (360, 640)), [""; 0]);
    let seen = browser.script(TABS, &Value::Null).unwrap();
    assert_eq!([&seen["tabs"]["right"], &seen["tabs"]["bottom"]], [&json!(360), &json!(640)]);
}

/// Whether something that matches stands in the window, with nothing over it.
const IN_REACH: &str = "[...document.querySelectorAll(given)].some(element => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return y >= 0 && y + height <= innerHeight
        && element.contains(document.elementFromPoint(x + width / 2, y + height / 2));
})";

#[test]
fn beside_a_keyboard_stands_what_is_typed_and_what_comes_of_it() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let (browser, household) = enrolled(&server, &data);
    let in_reach = |what: &str| wait_for(&browser, IN_REACH, what);
    for (room, keyboard) in [((360, 640), 250), ((640, 360), 170)] {
        let beside = (room.0, keyboard);
        browser.set_screen(room).unwrap();
        go(&browser, "households", "households");
        browser.press("[data-page=households] [data-act=search]").unwrap();
        assert_eq!(faults(&browser, beside), [""; 0]);
        in_reach("[data-page=households] [data-act=search]");
        in_reach("[data-row=household]");
        browser.set_screen(room).unwrap();

        go(&browser, &format!("visit/{household}"), "visit");
        reach(&browser, "[data-page=visit] [data-act=result-1]");
        reach(&browser, "[data-page=visit] [data-act=note]");
        assert_eq!(faults(&browser, beside), [""; 0]);
        in_reach("[data-page=visit] [data-act=note]");
        browser.set_screen(room).unwrap();
        browser.press("[data-page=visit] [data-act=later]").unwrap();

        go(&browser, "items/pick", "picker");
        browser.press("[data-page=picker] [data-act=off-list]").unwrap();
        in_reach("[data-dialog=matter-form] [data-act=save]");
        for field in ["matter-subject", "matter-reason"] {
            reach(&browser, &format!("[data-act={field}]"));
            assert_eq!(faults(&browser, beside), [""; 0]);
            in_reach(&format!("[data-act={field}]"));
            browser.set_screen(room).unwrap();
        }
        go(&browser, "me", "me");
        // With the keyboard gone, everything is where it was.
        browser.wait_for(".tabs [data-act=tab-today]").unwrap();
    }
    assert_eq!(browser.errors().unwrap(), [""; 0]);
}

#[test]
fn going_back_closes_the_sheet_on_top_and_a_sheet_closed_otherwise_leaves_nothing_behind() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let (browser, household) = enrolled(&server, &data);
    let back = || drop(browser.script("history.back()", &Value::Null).unwrap());
    let is_at = |page: &str| wait_for(&browser, "(location.hash || '#/') === given", page);
    let open = || {
        browser.press(".tabs [data-act=add]").unwrap();
        browser.wait_for("[data-dialog=quick]").unwrap();
    };
    let is_closed = || {
        // The entry of the sheet is taken back: the current one is a page's.
        wait_for(&browser, "!document.querySelector('dialog') && typeof history.state === 'number'", "");
    };
    browser.press("[data-act=tab-households]").unwrap();
    is_at("#/households");
    let length = browser.script("return history.length", &Value::Null).unwrap();

    open();
    back();
    is_closed();
    is_at("#/households");
    for _ in 0..3 {
        open();
        browser.press("[data-dialog=quick] [data-act=close]").unwrap();
        is_closed();
    }
    open();
    browser.key(ESCAPE).unwrap();
    is_closed();
    // So many sheets, and one entry that can be gone forward to.
    assert_eq!(
        browser.script("return history.length", &Value::Null).unwrap(),
        json!(length.as_u64().unwrap() + 1)
    );
    // The page hears of its own entries alone: of the way back from there.
    let forward = "return new Promise(done => {
        addEventListener('popstate', done, { once: true });
        history.forward();
    }).then(() => true)";
    browser.script(forward, &Value::Null).unwrap();
    is_closed();
    is_at("#/households");
    back();
    is_at("#/");

    // From a sheet to a page, and from there past the sheet.
    browser.press("[data-act=tab-households]").unwrap();
    open();
    browser.press("[data-act=quick-matter]").unwrap();
    browser.wait_for("[data-page=picker][data-ready=true]").unwrap();
    browser.press("[data-page=picker] [data-act=off-list]").unwrap();
    browser.fill("[data-act=matter-subject]", "路灯不亮").unwrap();
    browser.fill("[data-act=matter-place]", "三号楼前").unwrap();
    browser.fill("[data-act=matter-reason]", "清单里没有").unwrap();
    browser.press("[data-dialog=matter-form] [data-act=save]").unwrap();
    browser.wait_for("[data-toast] [data-act=undo]").unwrap();
    is_at("#/households");
    is_closed();
    back();
    is_at("#/");

    // A page that is loaded anew has no sheet, and one that is gone to by its address closes it.
    browser.script(&format!("location.hash = '#/visit/{household}'"), &Value::Null).unwrap();
    reach(&browser, "[data-page=visit] [data-act=result-3]");
    reach(&browser, "[data-page=visit] [data-act=next-on]");
    browser.wait_for("[data-dialog=calendar]").unwrap();
    browser.reload().unwrap();
    browser.wait_for("[data-page=visit][data-ready=true]").unwrap();
    is_closed();
    reach(&browser, "[data-page=visit] [data-act=next-on]");
    browser.wait_for("[data-dialog=calendar]").unwrap();
    browser.script("location.hash = '#/sync'", &Value::Null).unwrap();
    browser.wait_for("[data-page=sync][data-ready=true]").unwrap();
    is_closed();
    back();
    is_at(&format!("#/visit/{household}"));
    is_closed();
    back();
    is_at("#/");
    assert_eq!(browser.errors().unwrap(), [""; 0]);
}
