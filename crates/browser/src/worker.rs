//! The worker that all of this runs in.

use js_sys::{Function, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel};

/// The worker's own scope.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Waits so long, ms.
pub async fn sleep(ms: u64) {
    let ms = i32::try_from(ms).unwrap_or(i32::MAX);
    let started = Promise::new(&mut |resolve, _| {
        // Without timers nothing that waits may ever go on, so it goes on at once.
        if scope().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms).is_err() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = JsFuture::from(started).await;
}

/// Lets whatever the pages sent meanwhile come first. A timer would wait four milliseconds.
pub async fn let_pages_go_first() {
    let Ok(channel) = MessageChannel::new() else { return };
    let passed = Promise::new(&mut |resolve, _| {
        let heard = Closure::once_into_js(move || drop(resolve.call0(&JsValue::UNDEFINED)));
        channel.port1().set_onmessage(Some(heard.unchecked_ref::<Function>()));
        let _ = channel.port2().post_message(&JsValue::UNDEFINED);
    });
    let _ = JsFuture::from(passed).await;
    channel.port1().close();
}
