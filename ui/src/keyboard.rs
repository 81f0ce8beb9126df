//! Everything by keyboard, at the desk. The keys are listed in `pages::keys`.

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;
use records::RecordId;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::route::Route;
use crate::state::{Overlay, Shared};

/// Listens for as long as the page lives.
pub fn listen(shared: Shared) {
    let handle = window_event_listener(ev::keydown, move |event| pressed(shared, &event));
    on_cleanup(move || handle.remove());
}

fn pressed(shared: Shared, event: &KeyboardEvent) {
    // While a word is being composed, every key belongs to the input method.
    if event.is_composing() || event.alt_key() {
        return;
    }
    let is_command = event.ctrl_key() || event.meta_key();
    let key = event.key();
    let is_done = match key.as_str() {
        "Enter" if is_command => press_save(),
        "Escape" => escape(shared),
        "ArrowLeft" | "ArrowUp" if step_in_choice(-1) => true,
        "ArrowRight" | "ArrowDown" if step_in_choice(1) => true,
        _ if is_command || is_typing() || dialog().is_some() => false,
        "/" => search(shared),
        "?" => open(shared, Overlay::Keys),
        "n" | "N" => new(shared),
        "j" | "J" | "ArrowDown" => step(1),
        "k" | "K" | "ArrowUp" => step(-1),
        "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" => choose_result(&key),
        _ => false,
    };
    if is_done {
        event.prevent_default();
    }
}

/// Whether what is pressed on a keyboard goes into a field.
pub fn is_typing() -> bool {
    document().active_element().is_some_and(|element| {
        matches!(element.tag_name().as_str(), "TEXTAREA" | "SELECT")
            || (element.tag_name() == "INPUT" && element.get_attribute("type").as_deref() != Some("file"))
    })
}

fn dialog() -> Option<Element> {
    document().query_selector("dialog[open]").ok().flatten()
}

/// Presses 保存 of what lies on top.
fn press_save() -> bool {
    let root = match dialog() {
        Some(dialog) => dialog,
        None => match document().document_element() {
            Some(root) => root,
            None => return false,
        },
    };
    let visible =
        elements(&root, "[data-act=save], [data-act=next-door], [data-act=import-accept], [data-act=enrol]");
    visible.first().inspect(|button| button.click()).is_some()
}

/// Leaves a field, or the page that lies over the list. Dialogs close by themselves.
fn escape(shared: Shared) -> bool {
    if dialog().is_some() {
        return false;
    }
    if is_typing() {
        if let Some(field) =
            document().active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok())
        {
            drop(field.blur());
        }
        return true;
    }
    let fallback = match shared.router.route.get_untracked() {
        Route::Visit(_) | Route::Urgent | Route::Sync => Route::Today,
        Route::Household(_) | Route::Rights(_) => Route::Households,
        Route::Proof(_) => Route::Privacy,
        Route::Pick | Route::Matter(_) => Route::Items,
        Route::Import | Route::Privacy | Route::Feedback | Route::Devices | Route::Team => Route::Me,
        Route::Today | Route::Households | Route::Items | Route::Me => return false,
    };
    shared.router.back(fallback);
    true
}

fn search(shared: Shared) -> bool {
    if !focus_first("[data-act=search]") {
        shared.router.go(Route::Households);
        request_animation_frame(|| {
            focus_first("[data-act=search]");
        });
    }
    true
}

fn open(shared: Shared, overlay: Overlay) -> bool {
    if shared
        .session
        .with_untracked(|session| session.as_ref().is_none_or(|session| session.worker.is_none()))
    {
        return false;
    }
    shared.overlay.set(overlay);
    true
}

/// Something new: a visit to the household whose row has the focus, else to the one that is open; a matter
/// among the matters; 记一笔 elsewhere.
fn new(shared: Shared) -> bool {
    match shared.router.route.get_untracked() {
        Route::Items | Route::Matter(_) => shared.router.go(Route::Pick),
        Route::Visit(_) | Route::Pick => return false,
        _ => match focused_household().or_else(|| untrack(|| shared.open_household())) {
            Some(id) => shared.router.go(Route::Visit(id)),
            None => return open(shared, Overlay::Quick),
        },
    }
    true
}

/// The household of the row that has the focus.
fn focused_household() -> Option<RecordId> {
    let row = document().active_element()?.closest("[data-row=due], [data-row=household]").ok()??;
    row.get_attribute("data-id")?.parse().ok()
}

/// Presses the result of this number on the visit sheet.
fn choose_result(number: &str) -> bool {
    let Some(root) = document().document_element() else { return false };
    let results = elements(&root, &format!("[data-page=visit] [data-act=result-{number}]"));
    results.first().inspect(|result| result.click()).is_some()
}

/// Moves the focus inside the group of choices that has it, round and round.
fn step_in_choice(by: isize) -> bool {
    let active = document().active_element();
    let group = active.as_ref().and_then(|active| active.closest("[role=radiogroup]").ok().flatten());
    let (Some(active), Some(group)) = (active, group) else { return false };
    let choices = elements(&group, "[role=radio]");
    let at = choices.iter().position(|choice| **choice == active).and_then(|at| isize::try_from(at).ok());
    let count = isize::try_from(choices.len()).unwrap_or(0);
    let next = at.and_then(|at| (at + by).checked_rem_euclid(count)).and_then(|at| usize::try_from(at).ok());
    next.and_then(|next| choices.get(next)).is_some_and(|choice| choice.focus().is_ok())
}

/// Where rows are moved through: what lies on top goes first.
const LISTS: [&str; 3] =
    ["[data-page=picker] [data-row] .row-link", ".list-pane [data-row] .row-link", "[data-row] .row-link"];

/// Moves the focus from row to row of the list in sight.
fn step(by: isize) -> bool {
    let Some(root) = document().document_element() else { return false };
    let Some(links) = LISTS.iter().map(|list| elements(&root, list)).find(|links| !links.is_empty()) else {
        return false;
    };
    let active = document().active_element();
    // Whoever reads or fills in a page is not thrown back into the list beside it.
    let is_beside = |element: &Element| element.closest(".detail-pane").is_ok_and(|pane| pane.is_some());
    if active.as_ref().is_some_and(is_beside) && !links.first().is_some_and(|link| is_beside(link)) {
        return false;
    }
    let at = links.iter().position(|link| active.as_ref().is_some_and(|active| **link == *active));
    let next = match at {
        Some(at) => at.checked_add_signed(by),
        None => current_or_first(&links),
    };
    let Some(link) = next.and_then(|next| links.get(next)) else { return false };
    drop(link.focus());
    link.scroll_into_view_with_scroll_into_view_options(&nearest());
    true
}

/// Where moving begins: at the row that is open, else at the first.
fn current_or_first(links: &[HtmlElement]) -> Option<usize> {
    let is_current = |link: &HtmlElement| link.closest(".current").is_ok_and(|row| row.is_some());
    Some(links.iter().position(is_current).unwrap_or(0))
}

/// Brings the field that is typed into back into sight.
pub fn show_field() {
    if let Some(field) = document().active_element() {
        field.scroll_into_view_with_scroll_into_view_options(&nearest());
    }
}

fn nearest() -> web_sys::ScrollIntoViewOptions {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    options
}

/// Focuses the first such element that can be seen, and says whether there was one.
pub fn focus_first(selector: &str) -> bool {
    let Some(root) = document().document_element() else { return false };
    elements(&root, selector).first().is_some_and(|element| element.focus().is_ok())
}

/// The elements that can be seen, in the order they are looked at: rows of a virtual list are not
/// always in document order.
fn elements(root: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    let nodes = (0..found.length()).filter_map(|at| found.item(at)?.dyn_into::<HtmlElement>().ok());
    let mut seen: Vec<HtmlElement> = nodes.filter(|element| element.offset_parent().is_some()).collect();
    if selector.contains(".row-link") {
        seen.sort_by(|a, b| top(a).total_cmp(&top(b)));
    }
    seen
}

fn top(element: &HtmlElement) -> f64 {
    element.get_bounding_client_rect().top()
}
