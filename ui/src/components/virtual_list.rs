//! A list of any length: only the rows in sight are on the page, and only their windows are fetched.

use std::ops::Range;
use std::time::Duration;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use records::Fault;
use web_sys::Element;

use super::keyed::keyed;
use crate::state::Shared;
use crate::windows::Windows;

/// Rows drawn beyond the edges, so that moving by keyboard finds the next one.
const BEYOND: usize = 6;
/// So long a list stays what it is before they are drawn: who types a name sees ten lists on the way.
const CALM: Duration = Duration::from_millis(300);
/// Pixels of one rem at 100 % text.
const REM: f64 = 16.0;

/// A window to fetch: its number and the key it starts after.
pub type Wanted = (usize, Option<String>);

/// Rows of one height in the scrolling pane around it.
#[component]
pub fn VirtualList<R, V, D>(
    /// What is listed, read out.
    #[prop(into)]
    label: Signal<String>,
    /// The rows as far as they are known.
    windows: RwSignal<Windows<R>>,
    /// Height of a row in rem; the second where words are large and the place is narrow.
    row_height: (f64, f64),
    /// Fetches a window into `windows`.
    #[prop(into)]
    fetch: Callback<Wanted>,
    /// Draws a row below the one before it.
    draw: D,
    /// Told which row is the topmost in sight.
    #[prop(optional)]
    top: Option<RwSignal<usize>>,
) -> impl IntoView
where
    R: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
    D: Fn(R, Option<&R>) -> V + Copy + Send + Sync + 'static,
{
    let shared = Shared::here();
    let node = NodeRef::<html::Ul>::new();
    let sight = RwSignal::new(0..20_usize);
    let height = Memo::new(move |_| {
        let (usual, tight) = row_height;
        REM * text_scale(shared) * if shared.is_tight.get() { tight } else { usual }
    });
    let is_scrolled = StoredValue::new(false);
    let measure = move || {
        let Some(list) = node.get_untracked() else { return };
        let Some(pane) = pane_of(&list) else { return };
        is_scrolled.set_value(pane.scroll_top() != 0);
        let (first, seen) = in_sight(&pane, &list, height.get_untracked());
        sight.maybe_update(|old| std::mem::replace(old, seen.clone()) != seen);
        if let Some(top) = top {
            top.maybe_update(|old| std::mem::replace(old, first) != first);
        }
    };
    follow_scrolling(node, measure);
    let number = Memo::new(move |_| windows.with(Windows::number));
    follow_beginning(node, number, is_scrolled);
    Effect::new(move |_| {
        height.get();
        measure();
    });
    Effect::new(move |_| {
        let seen = sight.with(|sight| beyond(sight, BEYOND));
        windows.track();
        let wanted = windows.try_update_untracked(|windows| windows.fetch_next(&seen)).flatten();
        if let Some(wanted) = wanted {
            fetch.run(wanted);
        }
    });
    let is_calm = calm(number);
    let rows = Signal::derive(move || {
        let length = windows.with(Windows::len);
        let drawn = sight.with(|sight| beyond(sight, if is_calm() { BEYOND } else { 0 }));
        (drawn.start.min(length)..drawn.end.min(length)).collect::<Vec<_>>()
    });
    let line = move |at| {
        view! {
            <li
                style:transform=move || format!("translateY({})", px(at, height.get()))
                style:height=move || px(1, height.get())
                aria-posinset=at + 1
                aria-setsize=move || windows.with(Windows::len)
            >
                {row(windows, at, draw)}
            </li>
        }
        .into_any()
    };
    view! {
        <ul class="virtual" aria-label=label node_ref=node style:height=move || px(windows.with(Windows::len), height.get())>
            {keyed(rows, Callback::new(line))}
        </ul>
    }
    .into_any()
}

/// One row. It is drawn anew only when it or the one above is another than before.
fn row<R, V, D>(windows: RwSignal<Windows<R>>, at: usize, draw: D) -> impl Fn() -> AnyView
where
    R: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
    D: Fn(R, Option<&R>) -> V + Copy + Send + Sync + 'static,
{
    let known = Memo::new(move |_| {
        windows.with(|windows| Some((windows.row(at)?.clone(), windows.before(at).cloned())))
    });
    move || match known.get() {
        Some((row, before)) => draw(row, before.as_ref()).into_any(),
        None => view! { <div class="row skeleton" aria-hidden="true" /> }.into_any(),
    }
}

/// A new list begins at its top. Where it is there already nothing is said, as the browser would lay out everything
/// on the spot.
fn follow_beginning(node: NodeRef<html::Ul>, number: Memo<u32>, is_scrolled: StoredValue<bool>) {
    Effect::new(move |before: Option<u32>| {
        let number = number.get();
        if before.is_some_and(|before| before != number)
            && is_scrolled.get_value()
            && let Some(pane) = node.get_untracked().and_then(|list| pane_of(&list))
        {
            pane.set_scroll_top(0);
        }
        number
    });
}

/// Whether the list has been this one for a while.
fn calm(number: Memo<u32>) -> impl Fn() -> bool + Copy + Send + Sync {
    let calm = RwSignal::new(None);
    Effect::new(move |_| {
        let now = number.get();
        let settle = move || {
            if number.try_get_untracked() == Some(now) {
                calm.set(Some(now));
            }
        };
        set_timeout(settle, CALM);
    });
    move || calm.get() == Some(number.get())
}

/// So many rows more at both edges.
fn beyond(sight: &Range<usize>, rows: usize) -> Range<usize> {
    sight.start.saturating_sub(rows)..sight.end + rows
}

/// Puts a fetched window in, or says that it failed.
pub fn take_in<R, W>(
    windows: RwSignal<Windows<R>>,
    number: usize,
    answer: Result<W, Fault>,
    parts: impl FnOnce(W) -> (Vec<R>, Option<String>, Option<u32>),
) -> Option<Fault>
where
    R: Send + Sync + 'static,
{
    match answer {
        Ok(window) => {
            let (rows, next, total) = parts(window);
            windows.try_update(|windows| windows.arrived(number, rows, next, total));
            None
        }
        Err(fault) => {
            windows.try_update_untracked(Windows::failed);
            Some(fault)
        }
    }
}

fn text_scale(shared: Shared) -> f64 {
    let percent =
        shared.session.with(|session| session.as_ref().map_or(100, |session| session.settings.text_percent));
    f64::from(percent) / 100.0
}

/// So many rows as a length; whole numbers, which the heights are at every size of the words on offer.
#[expect(clippy::cast_precision_loss, reason = "row numbers are far below 2^52")]
#[expect(clippy::cast_possible_truncation, reason = "the longest list is far below 2^63 px")]
fn px(rows: usize, height: f64) -> String {
    format!("{}px", (rows as f64 * height).round() as i64)
}

fn follow_scrolling(node: NodeRef<html::Ul>, measure: impl Fn() + Copy + Send + Sync + 'static) {
    let resized = window_event_listener(ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    Effect::new(move |_| {
        let Some(pane) = node.get().and_then(|list| pane_of(&list)) else { return };
        measure();
        let scrolled = ev_listener(&pane, measure);
        on_cleanup(scrolled);
    });
}

/// Listens to the pane's scrolling until the returned function is called.
fn ev_listener(pane: &Element, measure: impl Fn() + 'static) -> impl FnOnce() + Send + Sync + 'static {
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    let closure = Closure::<dyn FnMut()>::new(measure);
    let kept = StoredValue::new_local(Some((pane.clone(), closure)));
    kept.with_value(|kept| {
        if let Some((pane, closure)) = kept {
            drop(pane.add_event_listener_with_callback("scroll", closure.as_ref().unchecked_ref()));
        }
    });
    move || {
        let kept = kept.try_update_value(Option::take).flatten();
        if let Some((pane, closure)) = kept {
            drop(pane.remove_event_listener_with_callback("scroll", closure.as_ref().unchecked_ref()));
        }
    }
}

fn pane_of(list: &Element) -> Option<Element> {
    list.closest(".pane").ok().flatten()
}

/// The topmost row that can be seen, and the rows in sight.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to zero and above")]
fn in_sight(pane: &Element, list: &Element, height: f64) -> (usize, Range<usize>) {
    let (top, list_top) = (pane.get_bounding_client_rect().top(), list.get_bounding_client_rect().top());
    let row_at = |y: f64| ((y - list_top) / height).floor().max(0.0) as usize;
    // What sticks to the top of the pane covers the rows under it.
    let sticky = pane.query_selector(".sticky").ok().flatten();
    let covered = sticky.map_or(top, |sticky| sticky.get_bounding_client_rect().bottom().max(top));
    let shown = (f64::from(pane.client_height()) / height).ceil().max(1.0) as usize + 1;
    (row_at(covered), row_at(top)..row_at(top) + shown)
}
