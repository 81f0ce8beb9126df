//! 记一笔: find the household one stands before, or report a matter.

use leptos::prelude::*;
use records::call::{HouseholdFilter, HouseholdWindow, ListHouseholds};

use super::dialog::Dialog;
use super::field::SearchField;
use super::household_row::{HouseholdLine, whole_place};
use super::icon::{Icon, Picture};
use super::note::FaultNote;
use crate::live::live;
use crate::route::Route;
use crate::state::{Overlay, Shared};
use crate::t;

const SHOWN: u16 = 30;

/// The sheet behind the plus.
#[component]
pub fn QuickSheet() -> impl IntoView {
    let shared = Shared::here();
    let search = RwSignal::new(String::new());
    let found = live(move || {
        let search = search.get();
        // Before anything is typed, those due are the likely ones.
        let filter = if search.trim().is_empty() { HouseholdFilter::Due } else { HouseholdFilter::All };
        Some(ListHouseholds { search, filter, after: None, limit: SHOWN })
    });
    let close = move |()| shared.overlay.set(Overlay::None);
    view! {
        <Dialog name="quick" title=t!("quick.title") on_close=close>
            <div class="quick">
                <SearchField act="quick-search" label=t!("quick.search") value=search is_first=true />
                <div class="rows">
                    {move || match found.get()? {
                        Ok(window) => Some(rows(window, search.with(String::is_empty)).into_any()),
                        Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
                    }}
                </div>
                <a class="row quick-matter" data-act="quick-matter" href=Route::Pick.hash()>
                    <Picture icon=Icon::List />
                    <span class="grow"><strong>{t!("quick.matter")}</strong><p>{t!("quick.matter_hint")}</p></span>
                    <Picture icon=Icon::Forward is_small=true />
                </a>
            </div>
        </Dialog>
    }
    .into_any()
}

fn rows(window: HouseholdWindow, is_suggestion: bool) -> impl IntoView {
    if window.rows.is_empty() {
        let words = if is_suggestion { t!("quick.type") } else { t!("households.none_found") };
        return view! { <p class="small quiet-line">{words}</p> }.into_any();
    }
    let has_estates = window.rows.windows(2).any(|pair| pair[0].estate != pair[1].estate);
    let lines = window.rows.into_iter().map(|row| {
        let place = whole_place(&row, has_estates);
        view! { <HouseholdLine row place is_visit=true /> }
    });
    lines.collect_view().into_any()
}
