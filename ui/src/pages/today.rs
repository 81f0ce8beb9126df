//! 今日: which doors to knock at, staircase by staircase.

use leptos::prelude::*;
use records::Fault;
use records::call::{DraftRow, GetToday, SyncState, Today};

use super::staircases::Staircases;
use crate::components::household_row::name_or_unknown;
use crate::components::progress::Progress;
use crate::components::room::RoomWarning;
use crate::components::{Empty, FaultNote, Heading, Icon, LinkButton, Page, Picture, Tone};
use crate::live::live;
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t};

/// The home page of a grid worker.
#[component]
pub fn TodayPage() -> impl IntoView {
    let shared = Shared::here();
    let today = live(|| Some(GetToday {}));
    Effect::new(move |_| {
        if let Some(Ok(_)) = &*today.read() {
            mark_usable();
        }
    });
    let date = move || {
        shared.changes.track();
        days::date_and_weekday(days::today(), days::today())
    };
    view! {
        <Page name="today" is_ready=move || today.with(Option::is_some)>
            <Heading above=Signal::derive(move || place(shared)) title=t!("today.title") aside=Signal::derive(date) />
            <FirstSync />
            <RoomWarning />
            {move || {
                today.with(|today| match today.as_ref()? {
                    Ok(today) => Some(above(shared, today)),
                    Err(fault) => Some(view! { <FaultNote fault=fault.clone() /> }.into_any()),
                })
            }}
            <Staircases today />
            {move || today.with(|today| Some(month(today.as_ref()?.as_ref().ok()?)))}
        </Page>
    }
}

/// Community and grid of the worker.
fn place(shared: Shared) -> String {
    let worker = shared.session.with(|session| session.as_ref().and_then(|session| session.worker.clone()));
    worker.map(|worker| labels::joined([worker.community, worker.grid])).unwrap_or_default()
}

/// How much of the first sync has arrived; 今日 can be used meanwhile.
#[component]
fn FirstSync() -> impl IntoView {
    let shared = Shared::here();
    let progress = Memo::new(move |_| match shared.chip.get().state {
        SyncState::First { received, total } => Some((received, total)),
        _ => None,
    });
    let counts = Signal::derive(move || progress.get().unwrap_or_default());
    // Drawn once: only the bar and its words move.
    let is_under_way = Memo::new(move |_| progress.with(Option::is_some));
    move || is_under_way.get().then(|| view! { <div class="first-sync"><Progress counts /></div> })
}

/// What stands above the staircases: what was put aside, and how far it is, or that nothing is due.
fn above(shared: Shared, today: &Today) -> AnyView {
    let drafts = (!today.drafts.is_empty()).then(|| drafts(today.drafts.clone()));
    let words = if today.staircases.is_empty() {
        nothing_due(shared, today).into_any()
    } else {
        let shown: usize = today.staircases.iter().map(|stairs| stairs.doors.len()).sum();
        let headline = headline(today.due, u32::try_from(shown).unwrap_or(u32::MAX), today.buildings);
        view! { <h2 class="headline">{headline}</h2> }.into_any()
    };
    let over = today.captures_only.then(|| view! { <FaultNote fault=Fault::new("lease.over") /> });
    view! {
        {over}
        {drafts}
        {words}
    }
    .into_any()
}

fn drafts(rows: Vec<DraftRow>) -> impl IntoView {
    let lines = rows.into_iter().map(|row| {
        let line = t!("today.put_aside", time = days::moment(row.touched_ms, days::today()));
        view! {
            <div class="row" data-row="draft" data-id=row.household.to_string()>
                <Picture icon=Icon::Note />
                <div class="grow">
                    <a class="row-link" href=Route::Visit(row.household).hash()>
                        <strong>{row.door}" "{name_or_unknown(&row.name)}</strong>
                    </a>
                    <p>{line}</p>
                </div>
                <LinkButton act="resume" tone=Tone::Plain to=Route::Visit(row.household)>{t!("today.resume")}</LinkButton>
            </div>
        }
    });
    view! { <section class="stack" aria-label=t!("today.drafts")><div class="card">{lines.collect_view()}</div></section> }
}

/// `今天去 4 户，两栋楼就走完`; when more are due than one can walk, those first in line.
fn headline(due: u32, shown: u32, buildings: u32) -> String {
    if due > shown {
        return t!("today.headline_many", due = days::grouped(due.into()), shown = shown);
    }
    match buildings {
        0 | 1 => t!("today.headline_one", due = due),
        more => t!("today.headline", due = due, buildings = days::spoken_count(more)),
    }
}

fn nothing_due(shared: Shared, today: &Today) -> impl IntoView + use<> {
    // Also after a first sync that broke off: nobody knows yet what is due.
    let is_first =
        shared.chip.with(|chip| matches!(chip.state, SyncState::First { .. }) || chip.last_ms.is_none());
    let (title, words) = match (is_first, today.done_today) {
        (true, _) => (t!("today.arriving"), t!("today.arriving_words")),
        (false, 0) => (t!("today.nothing"), t!("today.nothing_words")),
        (false, _) => (t!("today.done"), t!("today.done_words")),
    };
    view! {
        <Empty icon=Icon::Well title=title words=words>
            <LinkButton tone=Tone::Plain icon=Icon::Home to=Route::Households>{t!("today.to_households")}</LinkButton>
        </Empty>
    }
}

/// One small line at the end, not a quota.
fn month(Today { month, done_today, .. }: &Today) -> impl IntoView + use<> {
    let visited = t!("today.month", visited = days::grouped(month.visited.into()));
    let done = (*done_today > 0).then(|| t!("today.done_today", count = done_today));
    let key = (month.key_total > 0)
        .then(|| t!("today.month_key", visited = month.key_visited, total = month.key_total));
    view! { <p class="month-line number">{labels::joined([done, Some(visited), key])}</p> }
}

/// Notes once, for measuring, when the page could first be used.
fn mark_usable() {
    const MARK: &str = "gridwalk-today-ready";
    static MARKED: std::sync::Once = std::sync::Once::new();
    MARKED.call_once(|| {
        if let Some(performance) = window().performance() {
            drop(performance.mark(MARK));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_says_how_far_it_is() {
        assert_eq!(headline(4, 4, 2), "今天去 4 户，两栋楼就走完");
        assert_eq!(headline(3, 3, 1), "今天去 3 户，都在一栋楼");
        assert_eq!(headline(1312, 40, 9), "到期的有 1,312 户，先走这 40 户");
    }
}
