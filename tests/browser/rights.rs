//! 本人的权利 in a browser, on a phone and at the desk: a copy on paper and as a file, a request, its decision, the proof.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use stories::pages::*;
use stories::server::ServerProcess;
use stories::window::{Window, downloads_of};
use tempfile::TempDir;

use super::PHONE;

const DESK: &str = "1280x800";

/// The text of what is shown there, also while it fades in, and where it is longer than the window.
fn text(browser: &Window, selector: &str) -> String {
    let text = browser.wait_until("document.querySelector(given)?.innerText", &json!(selector)).unwrap();
    text.as_str().unwrap().to_owned()
}

/// A picture where `GRIDWALK_PICTURES` names a folder, for whoever wants to see.
fn picture(browser: &Window, size: &str, name: &str) {
    let Some(folder) = std::env::var_os("GRIDWALK_PICTURES") else { return };
    let file = Path::new(&folder).join(format!("{name}-{size}.png"));
    std::fs::write(file, browser.picture().unwrap()).unwrap();
}

/// Nothing is wider than the window.
fn fits(browser: &Window) {
    let wide =
        browser.script("return document.documentElement.scrollWidth - innerWidth", &Value::Null).unwrap();
    assert!(wide.as_i64().unwrap() <= 0, "{wide} pixels too wide");
}

/// It prints on A4 and no other paper, without what is for a screen alone.
fn prints_on_a4(browser: &Window, without: &str) {
    let printed = browser.tell_browser("Page.printToPDF", &json!({ "preferCSSPageSize": true })).unwrap();
    let pdf = BASE64_STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
    let pdf = String::from_utf8_lossy(&pdf);
    // In points: 210 mm by 297 mm.
    let sheets: Vec<&str> = pdf.split("/MediaBox [0 0 ").skip(1).map(|rest| &rest[..15]).collect();
    assert!(
        !sheets.is_empty() && sheets.iter().all(|sheet| sheet.starts_with("59") && sheet.contains(" 84")),
        "{sheets:?}"
    );
    browser.tell_browser("Emulation.setEmulatedMedia", &json!({ "media": "print" })).unwrap();
    let shown = browser
        .script(&format!("return document.querySelector('{without}').offsetParent === null"), &Value::Null);
    assert_eq!(shown.unwrap(), json!(true), "{without} is not for paper");
    browser.tell_browser("Emulation.setEmulatedMedia", &json!({ "media": "" })).unwrap();
}

fn go(browser: &Window, hash: &str, page: &str) {
    browser.script(&format!("location.hash = '{hash}'"), &Value::Null).unwrap();
    browser.wait_for(&format!("[data-page={page}][data-ready=true]")).unwrap();
}

fn a_request_goes_its_way(size: &str) {
    let server = ServerProcess::demo().unwrap();
    let invitation = server.invite("community-lead", "230881/001/003", "郑书记").unwrap();
    let data = TempDir::new().unwrap();
    let browser = Window::browse(data.path(), &server.address(), size).unwrap();
    enrol_as_leader(&browser, &invitation);
    go(&browser, "#/households", "households");
    browser.press("[data-page=households] .row-link").unwrap();
    browser.wait_for("[data-page=household][data-ready=true] [data-row=person]").unwrap();
    fits(&browser);
    reach(&browser, "[data-page=household] [data-row=person] [data-act=to-rights]");
    browser.wait_for("[data-page=rights][data-ready=true]").unwrap();
    picture(&browser, size, "rights");

    // Nothing before it is clear who asks.
    browser.wait_for("[data-act=copy-show]:disabled").unwrap();
    for act in ["asker-1", "checked-2", "copy-show"] {
        reach(&browser, &format!("[data-page=rights] [data-act={act}]"));
    }
    let copy = text(&browser, "[data-copy]");
    assert!(copy.contains("姓名") && copy.contains("个人信息保护法") && copy.contains("郑书记"), "{copy}");
    assert!(!copy.contains('*'), "nothing is masked for whom it is about: {copy}");
    fits(&browser);
    picture(&browser, size, "copy");
    prints_on_a4(&browser, "[data-act=copy-pack]");

    reach(&browser, "[data-page=rights] [data-act=copy-pack]");
    let path =
        browser.wait_until("visible('[data-dialog=copy-file] [data-path]')?.dataset.path", &Value::Null);
    let name = Path::new(path.unwrap().as_str().unwrap()).file_name().unwrap().to_owned();
    let code = text(&browser, "[data-dialog=copy-file] [data-code]");
    picture(&browser, size, "copy-file");
    browser.press("[data-dialog=copy-file] [data-act=code-written]").unwrap();
    browser.wait_until("!visible('[data-dialog=copy-file]')", &Value::Null).unwrap();
    let file = browser.downloaded(downloads_of(data.path()).join(name)).unwrap();

    reach(&browser, "[data-page=rights] [data-act=erasure-ask]");
    browser.wait_for("[data-toast]").unwrap();
    go(&browser, "#/privacy", "privacy");
    let row = text(&browser, "[data-row=erasure]");
    assert!(row.contains("还有 15 天答复"), "{row}");
    fits(&browser);
    reach(&browser, "[data-row=erasure] summary");
    picture(&browser, size, "decide");
    // Without a reason nothing happens.
    reach(&browser, "[data-row=erasure] [data-act=erase]");
    browser.wait_for("[data-row=erasure] [data-fault='erasure.ground_missing']").unwrap();
    reach(&browser, "[data-row=erasure] [data-act=ground-1]");
    reach(&browser, "[data-row=erasure] [data-act=erase]");
    browser.wait_for("[data-row=erasure] [data-act=to-proof]").unwrap();

    // The file opens again, here or elsewhere.
    browser.fill("[data-act=copy-file]", file.to_str().unwrap()).unwrap();
    browser.fill("[data-act=copy-code]", &code).unwrap();
    reach(&browser, "[data-act=copy-open]");
    assert!(text(&browser, "[data-page=privacy] [data-copy]").contains("姓名"));

    reach(&browser, "[data-row=erasure] [data-act=to-proof]");
    let proof = text(&browser, "[data-proof]");
    assert!(proof.contains("20"), "with the year: {proof}");
    assert!(
        proof.contains("已删除") && proof.contains("用不着了") && proof.contains("第四十七条"),
        "{proof}"
    );
    fits(&browser);
    picture(&browser, size, "proof");
    prints_on_a4(&browser, "[data-act=proof-print]");
    assert_eq!(browser.errors().unwrap(), [""; 0]);
}

#[test]
fn a_copy_a_request_and_its_proof_on_a_phone() {
    a_request_goes_its_way(PHONE);
}

#[test]
fn a_copy_a_request_and_its_proof_at_the_desk() {
    a_request_goes_its_way(DESK);
}
