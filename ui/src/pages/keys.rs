//! The keys, shown with `?`.

use leptos::prelude::*;

use crate::components::Dialog;
use crate::state::{Overlay, Shared};
use crate::t;

/// The list of keys.
#[component]
pub fn KeysSheet() -> impl IntoView {
    let shared = Shared::here();
    let keys = [
        ("/", t!("keys.search")),
        ("N", t!("keys.new")),
        ("J  K", t!("keys.move")),
        ("Enter", t!("keys.open")),
        ("1…8", t!("keys.result")),
        ("Ctrl Enter", t!("keys.save")),
        ("Esc", t!("keys.close")),
        ("?", t!("keys.help")),
    ];
    let rows = keys.map(|(key, words)| {
        let keys = key.split_whitespace().map(|key| view! { <kbd>{key.to_owned()}</kbd>" " }).collect_view();
        view! { <div class="key-row"><dt>{keys}</dt><dd>{words}</dd></div> }
    });
    view! {
        <Dialog name="keys" title=t!("keys.title") on_close=move |()| shared.overlay.set(Overlay::None)>
            <dl class="keys">{rows.into_iter().collect_view()}</dl>
        </Dialog>
    }
}
