//! What the web view knows of the network, for the core to act on.

use js_sys::Reflect;
use leptos::ev;
use leptos::prelude::*;
use records::call::{SyncNow, TellLink};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use crate::bridge::ask;

/// Follows the network for as long as the page lives.
pub fn follow() {
    // It is back: what waits goes out now, not at the next beat.
    let handle = window_event_listener(ev::online, |_| ask(SyncNow {}, |_| ()));
    on_cleanup(move || handle.remove());
    follow_cost();
}

/// Tells the core when bytes begin or cease to cost. Many web views do not know; then nothing is said.
fn follow_cost() {
    let Some(connection) = get(&window().navigator(), "connection") else { return };
    tell(&connection);
    let Ok(target) = connection.dyn_into::<EventTarget>() else { return };
    let source = target.clone();
    let changed = Closure::<dyn FnMut()>::new(move || tell(&source));
    if target.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref()).is_ok() {
        changed.forget();
    }
}

fn tell(connection: &JsValue) {
    ask(TellLink { is_metered: is_metered(connection) }, |_| ());
}

fn is_metered(connection: &JsValue) -> bool {
    let word = |name: &str| get(connection, name).and_then(|value| value.as_string()).unwrap_or_default();
    let saves = get(connection, "saveData").and_then(|value| value.as_bool()).unwrap_or(false);
    saves || word("type") == "cellular" || word("effectiveType").ends_with("2g")
}

fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}
