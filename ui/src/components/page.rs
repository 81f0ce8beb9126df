//! The frame of a page: its name for tests, its heading, its way back.

use leptos::html;
use leptos::prelude::*;

use super::button::IconButton;
use super::chip::SyncChipLink;
use super::icon::Icon;
use crate::route::Route;
use crate::state::Shared;
use crate::t;

/// The root of a page.
#[component]
pub fn Page(
    /// Its name, as `data-page`.
    name: &'static str,
    /// Whether its data is shown.
    #[prop(into)]
    is_ready: Signal<bool>,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="page" data-page=name data-ready=move || is_ready.get().to_string()>
            {children()}
        </div>
    }
    .into_any()
}

/// The heading of a page.
#[component]
pub fn Heading(
    /// The small line above.
    #[prop(optional, into)]
    above: Signal<String>,
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// Words after the heading, lighter.
    #[prop(optional, into)]
    aside: Signal<String>,
    /// Where 返回 leads when nothing lies behind; without it the page is a main page with the chip.
    #[prop(optional)]
    back: Option<Route>,
    /// What stands at the right.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let shared = Shared::here();
    let node = NodeRef::<html::H1>::new();
    if back.is_some() {
        take_focus(node, shared);
    }
    view! {
        <header class="page-head">
            {back
                .map(|fallback| {
                    view! { <IconButton act="back" icon=Icon::Back name=t!("back") on_press=move |()| shared.router.back(fallback) /> }
                })}
            <div class="page-title">
                <Show when=move || above.with(|above| !above.is_empty())>
                    <small>{above}</small>
                </Show>
                <h1 node_ref=node tabindex="-1">{title}" "<span class="aside">{aside}</span></h1>
            </div>
            {children.map(|children| view! { <div class="page-acts">{children()}</div> })}
            {back.is_none().then(|| view! { <SyncChipLink /> })}
        </header>
    }
    .into_any()
}

/// On a narrow screen a new page is a new place: screen readers should begin at its heading.
fn take_focus(node: NodeRef<html::H1>, shared: Shared) {
    Effect::new(move |_| {
        if let Some(heading) = node.get()
            && !shared.is_wide.get_untracked()
        {
            drop(heading.focus());
        }
    });
}
