//! A short tremble under the thumb when something was saved or taken back, where the device can.

use js_sys::{Function, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

/// Long enough to be felt, too short to be heard, in ms.
const LENGTH_MS: u32 = 15;

/// Says it to the hand, unless the person asked for stillness. Many web views have no such function.
pub fn tremble() {
    let navigator = window().navigator();
    let vibrate =
        Reflect::get(&navigator, &"vibrate".into()).ok().and_then(|it| it.dyn_into::<Function>().ok());
    if let Some(vibrate) = vibrate.filter(|_| !wants_stillness()) {
        drop(vibrate.call1(&navigator, &JsValue::from(LENGTH_MS)));
    }
}

fn wants_stillness() -> bool {
    let asked = window().match_media("(prefers-reduced-motion: reduce)");
    asked.ok().flatten().is_some_and(|answer| answer.matches())
}
