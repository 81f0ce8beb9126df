//! A day, chosen from a month; the same on every platform, and by keyboard.

use chrono::{Datelike, Days, Months, NaiveDate};
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::button::{Button, IconButton, Tone};
use super::dialog::Dialog;
use super::icon::{Icon, Picture};
use crate::{days, t};

/// A button with a day, which opens the month.
#[component]
pub fn DayField(
    /// Names it for tests, as `data-act`.
    act: &'static str,
    /// What the day is for.
    #[prop(into)]
    label: Signal<String>,
    /// The day shown.
    #[prop(into)]
    value: Signal<Option<NaiveDate>>,
    /// The first day that can be chosen.
    first: NaiveDate,
    /// What choosing does; `None` takes the choice back.
    #[prop(into)]
    on_choose: Callback<Option<NaiveDate>>,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let words = move || match value.get() {
        Some(day) => days::date_and_weekday(day, first),
        None => t!("day.none").to_owned(),
    };
    let chosen = move |day: Option<NaiveDate>| {
        is_open.set(false);
        on_choose.run(day);
    };
    let sheet = move || {
        is_open.get().then(|| {
            view! {
                <Dialog name="calendar" title=label on_close=move |()| is_open.set(false)>
                    <Month value=value.get_untracked() first on_choose=chosen />
                    <footer class="dialog-foot">
                        <Button act="day-none" tone=Tone::Quiet on_press=move |()| chosen(None)>
                            {t!("day.by_rhythm")}
                        </Button>
                    </footer>
                </Dialog>
            }
        })
    };
    view! {
        <button
            type="button"
            class="button plain number"
            data-act=act
            aria-haspopup="dialog"
            aria-label=move || format!("{} {}", label.get(), words())
            on:click=move |_| is_open.set(true)
        >
            {words}
            <Picture icon=Icon::Calendar is_small=true />
        </button>
        {sheet}
    }
    .into_any()
}

/// One month to choose a day from; arrows move, Enter chooses.
#[component]
fn Month(
    value: Option<NaiveDate>,
    first: NaiveDate,
    #[prop(into)] on_choose: Callback<Option<NaiveDate>>,
) -> impl IntoView {
    let cursor = RwSignal::new(value.unwrap_or(first));
    let grid = NodeRef::<html::Div>::new();
    let turn = move |months: i32| cursor.update(|day| *day = turned(*day, months).max(first));
    let pressed = move |event: KeyboardEvent| {
        if let Some(day) = moved(cursor.get_untracked(), &event.key()) {
            event.prevent_default();
            cursor.set(day.max(first));
            request_animation_frame(move || focus_cursor(grid));
        }
    };
    let title = move || cursor.with(|day| t!("day.month", year = day.year(), month = day.month()));
    view! {
        <div class="month-head">
            <IconButton icon=Icon::Back name=t!("day.month_before") on_press=move |()| turn(-1) />
            <strong aria-live="polite" class="number">{title}</strong>
            <IconButton icon=Icon::Forward name=t!("day.month_after") on_press=move |()| turn(1) />
        </div>
        <div class="month" role="group" aria-label=title node_ref=grid on:keydown=pressed>
            {move || month_view(cursor.get(), value, first, on_choose)}
        </div>
    }
    .into_any()
}

fn month_view(
    cursor: NaiveDate,
    value: Option<NaiveDate>,
    first: NaiveDate,
    on_choose: Callback<Option<NaiveDate>>,
) -> impl IntoView {
    let days_shown = days::calendar_days(cursor, first);
    let names = days_shown
        .iter()
        .take(7)
        .map(|day| view! { <span aria-hidden="true">{days::weekday(day.weekday())}</span> });
    let names = names.collect_view();
    let buttons = days_shown.into_iter().map(|day| {
        let is_other_month = day.month() != cursor.month();
        view! {
            <button
                type="button"
                class="day number"
                class:on=value == Some(day)
                class:other=is_other_month
                data-day=day.to_string()
                disabled=day < first
                tabindex=if day == cursor { "0" } else { "-1" }
                aria-pressed=(value == Some(day)).to_string()
                aria-label=days::date_and_weekday(day, first)
                on:click=move |_| on_choose.run(Some(day))
            >
                {day.day()}
            </button>
        }
    });
    (names, buttons.collect_view())
}

fn turned(day: NaiveDate, months: i32) -> NaiveDate {
    let by = Months::new(months.unsigned_abs());
    let turned = if months < 0 { day.checked_sub_months(by) } else { day.checked_add_months(by) };
    turned.unwrap_or(day)
}

fn moved(day: NaiveDate, key: &str) -> Option<NaiveDate> {
    match key {
        "ArrowLeft" => day.checked_sub_days(Days::new(1)),
        "ArrowRight" => day.checked_add_days(Days::new(1)),
        "ArrowUp" => day.checked_sub_days(Days::new(7)),
        "ArrowDown" => day.checked_add_days(Days::new(7)),
        "PageUp" => Some(turned(day, -1)),
        "PageDown" => Some(turned(day, 1)),
        _ => None,
    }
}

fn focus_cursor(grid: NodeRef<html::Div>) {
    let found = grid.get_untracked().and_then(|grid| grid.query_selector("[tabindex='0']").ok().flatten());
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        drop(element.focus());
    }
}
