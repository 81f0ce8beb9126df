//! Fields with their label, hint and error tied to them.

use leptos::html;
use leptos::prelude::*;

use super::button::IconButton;
use super::icon::{Icon, Picture};
use crate::state::Shared;
use crate::t;

/// One line to fill in.
#[component]
pub fn Field(
    /// Names the field for tests, as `data-act`; also its id.
    act: &'static str,
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// What stands in it.
    value: RwSignal<String>,
    /// A line of help under it.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What to put there, in grey.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// Which keyboard a phone shows: `tel`, `numeric`, `url`.
    #[prop(optional)]
    keyboard: Option<&'static str>,
    /// Whether it has the focus at once.
    #[prop(optional)]
    is_first: bool,
    /// Whether nobody else is to read it on the screen.
    #[prop(optional)]
    is_secret: bool,
    /// What Enter does.
    #[prop(optional, into)]
    on_enter: Option<Callback<()>>,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    if is_first {
        begin_here(node);
    }
    let hint_id = format!("{act}-hint");
    let described = hint.as_ref().map(|_| hint_id.clone());
    view! {
        <div class="field">
            <label for=act>{label}</label>
            <input
                node_ref=node
                id=act
                data-act=act
                type=if is_secret { "password" } else { "text" }
                autocomplete="off"
                inputmode=keyboard
                placeholder=placeholder
                aria-describedby=described
                prop:value=value
                on:input:target=move |event| value.set(event.target().value())
                on:keydown=move |event| {
                    // While a word is being composed, Enter belongs to the input method.
                    if event.key() == "Enter" && !event.is_composing() && let Some(enter) = on_enter {
                        event.prevent_default();
                        enter.run(());
                    }
                }
            />
            {hint.map(|hint| view! { <small id=hint_id>{hint}</small> })}
        </div>
    }
    .into_any()
}

/// Several lines to fill in.
#[component]
pub fn LongField(
    /// Names the field for tests, as `data-act`; also its id.
    act: &'static str,
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// A word beside the label.
    #[prop(optional, into)]
    aside: Option<String>,
    /// What stands in it.
    value: RwSignal<String>,
    /// What to put there, in grey.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// Lines shown while it is empty.
    #[prop(default = 2)]
    lines: u32,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=act>{label}{aside.map(|aside| view! { " "<small>{aside}</small> })}</label>
            // The copy of the words behind the field makes it grow with them.
            <div class="grows" data-words=move || value.get() + "\n">
                <textarea
                    id=act
                    data-act=act
                    rows=lines
                    placeholder=placeholder
                    prop:value=value
                    on:input:target=move |event| value.set(event.target().value())
                />
            </div>
        </div>
    }
    .into_any()
}

/// A field to search in, with a cross to empty it.
#[component]
pub fn SearchField(
    /// Names the field for tests, as `data-act`; also its id.
    #[prop(default = "search")]
    act: &'static str,
    /// What is searched, read out and shown in grey.
    #[prop(into)]
    label: Signal<String>,
    /// What stands in it.
    value: RwSignal<String>,
    /// Words at the right end.
    #[prop(optional, into)]
    aside: Signal<Option<String>>,
    /// Whether it has the focus at once.
    #[prop(optional)]
    is_first: bool,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    if is_first {
        begin_here(node);
    }
    view! {
        <div class="search" role="search">
            <Picture icon=Icon::Search is_small=true />
            <input
                node_ref=node
                id=act
                data-act=act
                type="text"
                inputmode="search"
                enterkeyhint="search"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-label=label
                placeholder=label
                prop:value=value
                on:input:target=move |event| value.set(event.target().value())
            />
            <span class="search-aside" role="status">{aside}</span>
            <Show when=move || value.with(|value| !value.is_empty())>
                <IconButton act="search-clear" icon=Icon::Close name=t!("search.clear") on_press=move |()| value.set(String::new()) />
            </Show>
            <kbd aria-hidden="true">"/"</kbd>
        </div>
    }
    .into_any()
}

/// At the desk one types at once; on a phone the keyboard would cover what can be pressed instead.
fn begin_here(node: NodeRef<html::Input>) {
    let shared = Shared::here();
    Effect::new(move |_| {
        if let Some(input) = node.get()
            && shared.is_wide.get_untracked()
        {
            request_animation_frame(move || drop(input.focus()));
        }
    });
}
