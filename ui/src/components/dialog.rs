//! A sheet from below on a phone, a box in the middle at the desk.
//!
//! The browser's own modal dialog holds the focus inside and the rest of the page still; the focus goes
//! back to where it was afterwards.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::button::IconButton;
use super::icon::Icon;
use crate::{bridge, t};

/// A modal dialog, open for as long as it is there.
#[component]
pub fn Dialog(
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// Names the dialog for tests, as `data-dialog`.
    name: &'static str,
    /// What closing does: Esc, going back, the cross, a press beside it, or a link in it.
    #[prop(into)]
    on_close: Callback<()>,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    open_and_give_back_focus(node);
    // Dropped with the dialog.
    StoredValue::new_local(bridge::sheet_opened(move || on_close.run(())));
    let cancel = move |event: ev::Event| {
        event.prevent_default();
        on_close.run(());
    };
    let press = move |event: ev::MouseEvent| {
        let Some(pressed) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        let is_beside = node.get_untracked().is_some_and(|dialog| pressed == **dialog);
        if is_beside || pressed.closest("a[href^='#']").is_ok_and(|link| link.is_some()) {
            on_close.run(());
        }
    };
    let heading = format!("{name}-heading");
    let named_by = heading.clone();
    view! {
        <dialog class="dialog" node_ref=node data-dialog=name aria-labelledby=named_by on:cancel=cancel on:click=press>
            <div class="dialog-body">
                <header class="dialog-head">
                    <h2 id=heading tabindex="-1">{title}</h2>
                    <IconButton act="close" icon=Icon::Close name=t!("close") on_press=on_close />
                </header>
                {children()}
            </div>
        </dialog>
    }
    .into_any()
}

fn open_and_give_back_focus(node: NodeRef<html::Dialog>) {
    let before = StoredValue::new_local(active_element());
    Effect::new(move |_| {
        if let Some(dialog) = node.get()
            && !dialog.open()
            && dialog.show_modal().is_err()
        {
            // Without modal dialogs it still shows, only the page behind stays within reach.
            dialog.set_open(true);
        }
    });
    on_cleanup(move || {
        if let Some(Some(element)) = before.try_get_value() {
            drop(element.focus());
        }
    });
}

fn active_element() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}
