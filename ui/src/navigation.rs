//! Getting about: tabs below on a phone, a rail at the desk.

use leptos::prelude::*;

use crate::components::{Icon, Picture};
use crate::route::Route;
use crate::state::{List, Overlay, Shared};
use crate::t;

/// Whether a place of the navigation is the current one.
fn is_at(shared: Shared, place: Route) -> bool {
    let route = shared.router.route.get();
    let by_list = match shared.list.get() {
        List::Today => Route::Today,
        List::Households => Route::Households,
        List::Matters => Route::Items,
    };
    match route {
        Route::Sync => place == Route::Sync,
        Route::Me
        | Route::Import
        | Route::Privacy
        | Route::Proof(_)
        | Route::Feedback
        | Route::Devices
        | Route::Team => place == Route::Me,
        _ => place == by_list,
    }
}

const PLACES: [(&str, Route, Icon); 4] = [
    ("tab-today", Route::Today, Icon::Today),
    ("tab-households", Route::Households, Icon::Home),
    ("tab-items", Route::Items, Icon::List),
    ("tab-me", Route::Me, Icon::Person),
];

/// The administrator's home stands at the address of the home of all others.
const PEOPLE: (&str, Route, Icon) = ("tab-team", Route::Today, Icon::Family);

fn place_words(shared: Shared, place: Route) -> &'static str {
    match place {
        Route::Households => t!("households.title"),
        Route::Items => t!("matters.title"),
        Route::Me => t!("me.title"),
        _ if shared.is_administrator() => t!("team.title"),
        _ => t!("today.title"),
    }
}

fn place_link(shared: Shared, (act, to, icon): (&'static str, Route, Icon)) -> impl IntoView {
    let is_current = move || is_at(shared, to);
    view! {
        <a href=to.hash() data-act=act class:on=is_current aria-current=move || is_current().then_some("page")>
            <Picture icon />
            <span>{place_words(shared, to)}</span>
            {(to == Route::Me).then(|| view! { <Dot /> })}
        </a>
    }
}

/// A newer version waits.
#[component]
fn Dot() -> impl IntoView {
    let shared = Shared::here();
    move || {
        shared.has_update.get().then(
            || view! { <span class="dot"><span class="out-of-sight">{t!("update.title")}</span></span> },
        )
    }
}

/// Navigation on a phone, in the thumb's reach.
#[component]
pub fn Tabs() -> impl IntoView {
    let shared = Shared::here();
    let [today, households, items, me] = PLACES;
    if shared.is_administrator() {
        return view! { <nav class="tabs few" aria-label=t!("nav")>{place_link(shared, PEOPLE)}{place_link(shared, me)}</nav> }
            .into_any();
    }
    view! {
        <nav class="tabs" aria-label=t!("nav")>
            {place_link(shared, today)}
            {place_link(shared, households)}
            <button type="button" class="add" data-act="add" on:click=move |_| shared.overlay.set(Overlay::Quick)>
                <Picture icon=Icon::Plus />
                <span>{t!("quick.title")}</span>
            </button>
            {place_link(shared, items)}
            {place_link(shared, me)}
        </nav>
    }
    .into_any()
}

/// Navigation at the desk, with 同步 and how much waits.
#[component]
pub fn Rail() -> impl IntoView {
    let shared = Shared::here();
    let [today, households, items, me] = PLACES;
    let count = move || {
        let chip = shared.chip.get();
        let (count, colour) =
            if chip.needs_you > 0 { (chip.needs_you, "need") } else { (chip.waiting, "wait") };
        (count > 0).then(|| view! { <span class=format!("chip number {colour}")>{count}</span> })
    };
    let places = if shared.is_administrator() {
        place_link(shared, PEOPLE).into_any()
    } else {
        view! {
            <button type="button" class="button plain" data-act="add-wide" on:click=move |_| shared.overlay.set(Overlay::Quick)>
                <Picture icon=Icon::Plus is_small=true />{t!("quick.title")}
            </button>
            {place_link(shared, today)}
            {place_link(shared, households)}
            {place_link(shared, items)}
        }
        .into_any()
    };
    view! {
        <nav class="rail" aria-label=t!("nav")>
            <p class="brand">{t!("app.name")}</p>
            {places}
            <span class="rail-space" />
            <a href=Route::Sync.hash() data-act="tab-sync" class:on=move || is_at(shared, Route::Sync)>
                <Picture icon=Icon::Sync /><span>{t!("sync.title")}</span>{count}
            </a>
            {place_link(shared, me)}
        </nav>
    }
}
