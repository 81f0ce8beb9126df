//! An invitation that is scanned instead of pasted.

use std::fs;
use std::path::{Path, PathBuf};

use fast_qr::QRBuilder;
use serde_json::{Value, json};
use stories::server::ServerProcess;
use stories::window::{Browsing, Window};
use tempfile::TempDir;

use super::PHONE;

const WIDTH: usize = 640;
const HEIGHT: usize = 480;
/// The code in the film: its quiet zone in squares, a square in pixels, and where it lies.
const QUIET: usize = 4;
const SQUARE: usize = 6;
const PLACE: (usize, usize) = (110, 60);

/// A film (YUV4MPEG2) of one picture: a desk, and on it a sheet of paper with a code.
fn film(folder: &Path, text: &str) -> PathBuf {
    let code = QRBuilder::new(text).build().unwrap();
    let is_paper = |at: usize| at < (code.size + 2 * QUIET) * SQUARE;
    let light = |x: usize, y: usize| {
        let (Some(x), Some(y)) = (x.checked_sub(PLACE.0), y.checked_sub(PLACE.1)) else { return 120 };
        let square = |at: usize| (at / SQUARE).checked_sub(QUIET).filter(|at| *at < code.size);
        match (square(x), square(y)) {
            (Some(column), Some(row)) if code[row][column].value() => 30,
            _ if is_paper(x) && is_paper(y) => 220,
            _ => 120,
        }
    };
    let mut film = format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\nFRAME\n").into_bytes();
    film.extend((0..WIDTH * HEIGHT).map(|at| light(at % WIDTH, at / WIDTH)));
    // Without colour.
    film.extend([128; WIDTH * HEIGHT / 2]);
    let path = folder.join("film.y4m");
    fs::write(&path, film).unwrap();
    path
}

#[test]
fn an_invitation_before_the_camera_enrols_the_device_without_a_word_typed() {
    let server = ServerProcess::demo().unwrap();
    let (data, address) = (TempDir::new().unwrap(), server.address());
    let film = film(data.path(), &server.worker_invitation);
    let wish = Browsing { camera: Some(&film), ..Browsing::new(data.path(), &address, PHONE) };
    let browser = Window::browse_as(&wish).unwrap();
    browser.press("[data-page=enrol] [data-act=scan]").unwrap();
    browser.wait_for("[data-page=today][data-ready=true] [data-row=due]").unwrap();
    assert_eq!(browser.errors().unwrap(), [""; 0]);
}

#[test]
fn another_code_is_said_to_be_no_invitation_and_the_page_stays_as_it_was() {
    let server = ServerProcess::demo().unwrap();
    let (data, address) = (TempDir::new().unwrap(), server.address());
    let film = film(data.path(), "https://example.org/menu");
    let wish = Browsing { camera: Some(&film), ..Browsing::new(data.path(), &address, PHONE) };
    let browser = Window::browse_as(&wish).unwrap();
    browser.press("[data-page=enrol] [data-act=scan]").unwrap();
    browser.wait_for("[data-page=enrol] [data-fault='scan.no_invitation']").unwrap();
    browser.wait_until("!document.querySelector('[data-dialog=scan]')", &Value::Null).unwrap();
}

#[test]
fn where_the_camera_may_not_be_used_the_words_say_what_else_to_do() {
    let server = ServerProcess::demo().unwrap();
    let data = TempDir::new().unwrap();
    let browser = Window::browse(data.path(), &server.address(), PHONE).unwrap();
    let denied = json!({ "permission": { "name": "camera" }, "setting": "denied" });
    browser.tell_browser("Browser.setPermission", &denied).unwrap();
    browser.press("[data-page=enrol] [data-act=scan]").unwrap();
    let said = browser.wait_for("[data-dialog=scan] [data-fault^='camera.']").unwrap().text().unwrap();
    assert!(said.contains("邀请粘贴"), "{said}");
    browser.press("[data-dialog=scan] [data-act=close]").unwrap();
    browser.wait_for("[data-page=enrol] [data-act=scan]").unwrap();
}
