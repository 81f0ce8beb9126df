//! The one way to the core: `window.gridwalk`, which the shell puts in place before the page's scripts.

mod answer;

use js_sys::{Function, Promise, Reflect, Uint8Array};
use records::Fault;
use records::call::{Action, Event, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlVideoElement;

use answer::{property, read};

/// Asks the core, and tells what came of it: the answer, what the core refused, or `shell.*` when the
/// core could not be asked.
///
/// Only the decoding is compiled for each answer; everything else is shared, which keeps the page small.
pub fn ask<A: Action + 'static>(action: A, then: impl FnOnce(Result<A::Answer, Fault>) + 'static) {
    let then = move |answer: Result<JsValue, Fault>| then(answer.and_then(decoded));
    spawn_local(carry(action.into(), Box::new(then)));
}

type Then = Box<dyn FnOnce(Result<JsValue, Fault>)>;

async fn carry(request: Request, then: Then) {
    then(answer(request).await);
}

async fn answer(request: Request) -> Result<JsValue, Fault> {
    let request = request
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(|_| garbled("request"))?;
    Ok(property(&invoke("call", &request).await?, "with"))
}

/// Once for each type of answer, however many places ask for it.
#[inline(never)]
fn decoded<T: DeserializeOwned>(with: JsValue) -> Result<T, Fault> {
    read(with).map_err(|garble| garbled(garble.0))
}

#[cold]
fn garbled(detail: &str) -> Fault {
    Fault::new("shell.garbled").with("detail", detail)
}

/// Hands a file's bytes to the core and gets the number it goes by.
///
/// # Errors
/// As [`ask`].
pub async fn upload(bytes: Uint8Array) -> Result<u64, Fault> {
    decoded(invoke("upload", &bytes).await?)
}

/// Writes a file that the core offers where the person finds it, and tells where it lies.
pub fn download(number: u64, then: impl FnOnce(Result<String, Fault>) + 'static) {
    spawn_local(async move {
        #[expect(clippy::cast_precision_loss, reason = "numbers of the bridge are below 2^53")]
        let path = invoke("download", &JsValue::from_f64(number as f64)).await;
        then(path.and_then(decoded));
    });
}

/// Gets the English words, which lie beside the program; nothing when they cannot be had.
pub fn fetch_english(then: impl FnOnce(Option<String>) + 'static) {
    spawn_local(async move {
        let words = invoke("english", &JsValue::UNDEFINED).await;
        then(words.ok().and_then(|words| words.as_string()));
    });
}

/// Reads the first QR code that the camera sees, which is shown in the video meanwhile; nothing when the video is gone
/// before. `camera.*` when the camera is not ours.
pub fn scan(video: &HtmlVideoElement, then: impl FnOnce(Result<Option<String>, Fault>) + 'static) {
    let video = video.clone();
    spawn_local(async move { then(invoke("scan", &video).await.map(|text| text.as_string())) });
}

/// Begins the newer version that [`Event::Update`] told of: this page and every other one are loaded anew, after what
/// is being typed was kept.
pub fn update() {
    spawn_local(async { drop(invoke("update", &JsValue::UNDEFINED).await) });
}

/// Starts this page again, after a fault that kept it from starting.
pub fn again() {
    spawn_local(async { drop(invoke("again", &JsValue::UNDEFINED).await) });
}

/// Whether the shell can have the system remind of something; phones can.
pub fn can_remind() -> bool {
    shell().is_ok_and(|shell| property(&shell, "reminds").is_truthy())
}

/// Asks the browser to keep the data, and tells whether it does.
pub fn persist(then: impl FnOnce(bool) + 'static) {
    spawn_local(async move {
        let stays = invoke("persist", &JsValue::UNDEFINED).await;
        then(stays.is_ok_and(|stays| stays == JsValue::TRUE));
    });
}

/// Tells the shell that a sheet is open. Until the answer is dropped, going back calls `close`: on Android and in a
/// browser; elsewhere the key Esc does it.
pub fn sheet_opened(close: impl Fn() + 'static) -> OpenSheet {
    let close = Closure::<dyn Fn()>::new(close);
    tell_of_sheet("sheetOpened", &close);
    OpenSheet { close }
}

/// A sheet that going back closes first.
pub struct OpenSheet {
    close: Closure<dyn Fn()>,
}

impl Drop for OpenSheet {
    fn drop(&mut self) {
        tell_of_sheet("sheetClosed", &self.close);
    }
}

fn tell_of_sheet(what: &str, close: &Closure<dyn Fn()>) {
    if let Ok((shell, function)) = function(what) {
        drop(function.call1(&shell, close.as_ref()));
    }
}

/// Goes to the page before, past the sheets that are open.
pub fn back() {
    if let Ok((shell, back)) = function("back") {
        drop(back.call0(&shell));
    } else if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        drop(history.back());
    }
}

/// Hears what the core tells without being asked, for as long as the page lives.
pub fn listen(hear: impl Fn(Event) + 'static) {
    let Ok((shell, listen)) = function("listen") else { return };
    let closure = Closure::<dyn FnMut(JsValue)>::new(move |event| {
        if let Some(event) = told(&event) {
            hear(event);
        }
    });
    if listen.call1(&shell, closure.as_ref()).is_ok() {
        closure.forget();
    }
}

/// An event from a newer core says nothing to this page; the next call brings the state.
fn told(event: &JsValue) -> Option<Event> {
    match property(event, "event").as_string()?.as_str() {
        "Changed" => Some(Event::Changed),
        "Update" => Some(Event::Update),
        "Sync" => read(property(event, "with")).ok().map(Event::Sync),
        _ => None,
    }
}

async fn invoke(name: &str, argument: &JsValue) -> Result<JsValue, Fault> {
    let (shell, function) = function(name)?;
    let promise = function.call1(&shell, argument).map_err(|thrown| fault(&thrown))?;
    JsFuture::from(Promise::resolve(&promise)).await.map_err(|thrown| fault(&thrown))
}

fn function(name: &str) -> Result<(JsValue, Function), Fault> {
    let shell = shell()?;
    let function = Reflect::get(&shell, &name.into()).map_err(|_| missing())?;
    Ok((shell, function.dyn_into().map_err(|_| missing())?))
}

fn shell() -> Result<JsValue, Fault> {
    let window = web_sys::window().ok_or_else(missing)?;
    Reflect::get(&window, &"gridwalk".into()).map_err(|_| missing())
}

fn missing() -> Fault {
    Fault::new("shell.missing")
}

/// What was thrown: a fault as the core made it, or anything else in its own words.
fn fault(thrown: &JsValue) -> Fault {
    read(thrown.clone()).unwrap_or_else(|_| {
        let words = js_sys::JSON::stringify(thrown).ok().and_then(|text| text.as_string());
        let words = thrown.as_string().or_else(|| error_message(thrown)).or(words).unwrap_or_default();
        Fault::new("shell.failed").with("detail", words)
    })
}

fn error_message(thrown: &JsValue) -> Option<String> {
    thrown.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()))
}
