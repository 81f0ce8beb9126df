//! A device that goes on elsewhere: everything closed into a file, and opened with a code that somebody wrote down.

use std::fs;

use records::call::GetSync;
use serde_json::Value;
use stories::networked::Device;
use stories::pages::*;
use stories::server::more;
use stories::window::Window;
use tempfile::TempDir;

use super::faults::{all_arrives, is_saved, visit};
use super::{Enrolled, PHONE};

/// Once this holds, what few need is there without a network, too. Nobody is told of it.
const REST_IS_KEPT: &str = "
    const isKept = async () => {
        for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            if ((await cache.keys()).some(({ url }) => url.endsWith('/lockbox_bg.wasm'))) return;
        }
        await new Promise(resolve => setTimeout(resolve, 50));
        return isKept();
    };
    return isKept()";

#[test]
fn a_browser_goes_on_in_another_with_what_it_had_not_sent_and_whoever_else_does_doubles_nothing() {
    let Enrolled { mut server, household, before, data, browser, .. } = Enrolled::new();
    browser.script(REST_IS_KEPT, &Value::Null).unwrap();
    server.stop().unwrap();
    visit(&browser, household, "换手机之前没送的");
    is_saved(&browser);
    let (file, code) = keep_device(&browser, data.path());
    assert_eq!(browser.errors().unwrap(), [""; 0]);
    browser.close().unwrap();

    server.start_again().unwrap();
    let other = TempDir::new().unwrap();
    let browser = Window::browse(other.path(), &server.address(), PHONE).unwrap();
    let wrong = code.replace(|digit: char| digit.is_ascii_digit(), "1");
    take_device(&browser, &file, &wrong);
    browser.wait_for("[data-dialog=take-device] [data-fault='device_file.shut']").unwrap();
    browser.press("[data-dialog=take-device] [data-act=close]").unwrap();
    take_device(&browser, &file, &code);
    browser.wait_for("[data-page=today][data-ready=true]").unwrap();
    all_arrives(&browser);
    browser.script(&format!("location.hash = '#/households/{household}'"), &Value::Null).unwrap();
    assert_eq!(standing(&browser, "换手机之前没送的"), "已收到");
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));

    // Another shell opens the same file; and the browser it was made in goes on, though it should not.
    let mut desk = Device::new().unwrap();
    let image = lockbox::open(&fs::read(&file).unwrap(), &code).unwrap();
    desk.with(|app, context| app.take_device(&image, context)).unwrap();
    assert_eq!(desk.ask(GetSync {}).unwrap().chip.waiting, 1);
    desk.sync().unwrap();
    assert_eq!(desk.ask(GetSync {}).unwrap().chip.waiting, 0);
    let browser = Window::browse(data.path(), &server.address(), PHONE).unwrap();
    browser.wait_for("[data-page=today][data-ready=true]").unwrap();
    all_arrives(&browser);
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}
