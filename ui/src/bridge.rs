//! The one way to the core: `window.gridwalk`, which the shell puts in place before the page's scripts.

use js_sys::{Function, Promise, Reflect, Uint8Array};
use records::Fault;
use records::call::{Action, Event, Request};
use serde::Serialize;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Asks the core and waits for its answer.
///
/// # Errors
/// What the core refused, or `shell.*` when the core could not be asked.
pub async fn call<A: Action>(action: A) -> Result<A::Answer, Fault> {
    let request: Request = action.into();
    let request = request
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(|error| Fault::new("shell.garbled").with("detail", error))?;
    let answer = invoke("call", &request).await?;
    let with = Reflect::get(&answer, &"with".into()).map_err(|thrown| fault(&thrown))?;
    serde_wasm_bindgen::from_value(with).map_err(|error| Fault::new("shell.garbled").with("detail", error))
}

/// Hands a file's bytes to the core and gets the number it goes by.
///
/// # Errors
/// As [`call`].
pub async fn upload(bytes: Uint8Array) -> Result<u64, Fault> {
    let number = invoke("upload", &bytes).await?;
    serde_wasm_bindgen::from_value(number).map_err(|error| Fault::new("shell.garbled").with("detail", error))
}

/// Hears what the core tells without being asked, for as long as the page lives.
pub fn listen(hear: impl Fn(Event) + 'static) {
    let Ok((shell, listen)) = function("listen") else { return };
    let closure = Closure::<dyn FnMut(JsValue)>::new(move |event| {
        // An event from a newer core says nothing to this page; the next call brings the state.
        if let Ok(event) = serde_wasm_bindgen::from_value(event) {
            hear(event);
        }
    });
    if listen.call1(&shell, closure.as_ref()).is_ok() {
        closure.forget();
    }
}

async fn invoke(name: &str, argument: &JsValue) -> Result<JsValue, Fault> {
    let (shell, function) = function(name)?;
    let promise = function.call1(&shell, argument).map_err(|thrown| fault(&thrown))?;
    JsFuture::from(Promise::resolve(&promise)).await.map_err(|thrown| fault(&thrown))
}

fn function(name: &str) -> Result<(JsValue, Function), Fault> {
    let missing = || Fault::new("shell.missing");
    let window = web_sys::window().ok_or_else(missing)?;
    let shell = Reflect::get(&window, &"gridwalk".into()).map_err(|_| missing())?;
    let function = Reflect::get(&shell, &name.into()).map_err(|_| missing())?;
    Ok((shell, function.dyn_into().map_err(|_| missing())?))
}

/// What was thrown: a fault as the core made it, or anything else in its own words.
fn fault(thrown: &JsValue) -> Fault {
    serde_wasm_bindgen::from_value(thrown.clone()).unwrap_or_else(|_| {
        let words = js_sys::JSON::stringify(thrown).ok().and_then(|text| text.as_string());
        let words = thrown.as_string().or_else(|| error_message(thrown)).or(words).unwrap_or_default();
        Fault::new("shell.failed").with("detail", words)
    })
}

fn error_message(thrown: &JsValue) -> Option<String> {
    thrown.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()))
}
