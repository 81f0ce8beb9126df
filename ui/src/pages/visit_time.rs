//! When a visit was: now, unless it is written down later.

use chrono::{Days, NaiveDate, Timelike};
use leptos::prelude::*;
use records::Moment;
use records::call::VisitDraft;

use crate::components::{Button, Dialog, Tone};
use crate::{days, t};

/// How far back a visit can be written down.
const DAYS_BACK: u64 = 31;
const MINUTES_APART: u32 = 5;

/// The time with its day, which opens a sheet to change both.
#[component]
pub fn VisitTime(
    /// The visit as it is being filled in.
    draft: RwSignal<VisitDraft>,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let started = Memo::new(move |_| draft.with(|draft| draft.started));
    let words = move || {
        let started = started.get();
        format!("{} {}", days::day(started.local_day(), days::today()), days::clock(started.utc_ms))
    };
    let sheet = move || {
        is_open.get().then(|| {
            view! {
                <Dialog name="time" title=t!("visit.time") on_close=move |()| is_open.set(false)>
                    {selects(draft)}
                    <footer class="dialog-foot">
                        <Button act="done" tone=Tone::Main on_press=move |()| is_open.set(false)>{t!("done")}</Button>
                    </footer>
                </Dialog>
            }
        })
    };
    view! {
        <div class="row">
            <strong class="grow">{t!("visit.time")}</strong>
            <button type="button" class="button plain number" data-act="time" aria-haspopup="dialog" on:click=move |_| is_open.set(true)>
                {words}
            </button>
        </div>
        {sheet}
    }
}

/// Day, hour and minute, each of which applies at once.
fn selects(draft: RwSignal<VisitDraft>) -> impl IntoView {
    let started = draft.with_untracked(|draft| draft.started);
    let (today, day, time) = (days::today(), started.local_day(), started.to_chrono());
    let chosen = StoredValue::new((day, time.hour(), time.minute()));
    let change = move |change: &dyn Fn(&mut (NaiveDate, u32, u32))| {
        chosen.update_value(change);
        let (day, hour, minute) = chosen.get_value();
        draft.update(|draft| draft.started = at(day, hour, minute, Moment::beijing(days::now_ms())));
    };
    let past = (0..DAYS_BACK).filter_map(|back| today.checked_sub_days(Days::new(back)));
    let past = past.map(|day| (days::day(day, today), day)).collect();
    let hours = (0..24).map(|hour| (hour.to_string(), hour)).collect();
    let minutes = (0..60).filter(|minute| minute % MINUTES_APART == 0 || *minute == time.minute());
    let minutes = minutes.map(|minute| (format!("{minute:02}"), minute)).collect();
    view! {
        <div class="row times">
            {select("time-day", t!("visit.time_day"), past, day, move |day| change(&|chosen| chosen.0 = day))}
            {select("time-hour", t!("visit.time_hour"), hours, time.hour(), move |hour| change(&|chosen| chosen.1 = hour))}
            ":"
            {select("time-minute", t!("visit.time_minute"), minutes, time.minute(), move |minute| change(&|chosen| chosen.2 = minute))}
        </div>
    }
}

fn select<T: Copy + PartialEq + Send + Sync + 'static>(
    act: &'static str,
    label: &'static str,
    options: Vec<(String, T)>,
    value: T,
    choose: impl Fn(T) + 'static,
) -> impl IntoView {
    let values: Vec<T> = options.iter().map(|(_, option)| *option).collect();
    let options = options.into_iter().enumerate().map(|(at, (words, option))| {
        view! { <option value=at.to_string() selected=option == value>{words}</option> }
    });
    let changed = move |at: String| {
        if let Some(value) = at.parse().ok().and_then(|at: usize| values.get(at)) {
            choose(*value);
        }
    };
    view! {
        <select class="number" data-act=act aria-label=label on:change:target=move |event| changed(event.target().value())>
            {options.collect_view()}
        </select>
    }
}

/// A day and hour as a moment, never later than now.
fn at(day: NaiveDate, hour: u32, minute: u32, now: Moment) -> Moment {
    Moment::beijing_at(day, hour, minute).map_or(now, |then| then.min(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_can_be_written_down_later_but_does_not_lie_ahead() {
        let on = |day: &str| day.parse().unwrap();
        let now = Moment::beijing_at(on("2026-11-22"), 9, 30).unwrap();
        let yesterday = at(on("2026-11-21"), 23, 45, now);
        assert_eq!(yesterday.to_chrono().to_string(), "2026-11-21 23:45:00 +08:00");
        assert_eq!(at(on("2026-11-22"), 23, 45, now), now);
    }
}
