//! 今日: which doors to knock at, staircase by staircase.

use leptos::prelude::*;
use records::call::{DraftRow, DueDoor, GetToday, Month, Staircase, SyncState, Today};

use crate::components::household_row::{last_visit, name_or_unknown};
use crate::components::progress::Progress;
use crate::components::room::RoomWarning;
use crate::components::{Button, Chip, Empty, FaultNote, Heading, Icon, LinkButton, Page, Picture, Tone};
use crate::live::{after_painting, live};
use crate::route::Route;
use crate::state::Shared;
use crate::walk::Walk;
use crate::{days, labels, t};

/// Doors that fill the screen of a phone.
const DOORS_OF_A_SCREEN: usize = 8;

/// The home page of a grid worker.
#[component]
pub fn TodayPage() -> impl IntoView {
    let shared = Shared::here();
    let today = live(|| Some(GetToday {}));
    let is_first = StoredValue::new(true);
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
            {move || match today.get()? {
                Ok(today) => {
                    let first = is_first.try_update_value(std::mem::take);
                    Some(shown(shared, today, first == Some(true)).into_any())
                }
                Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
            }}
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

fn shown(shared: Shared, today: Today, is_first: bool) -> impl IntoView {
    let drafts = (!today.drafts.is_empty()).then(|| drafts(today.drafts.clone()));
    let body = if today.staircases.is_empty() {
        nothing_due(shared, &today).into_any()
    } else {
        staircases(shared, today.clone(), is_first).into_any()
    };
    view! {
        {drafts}
        {body}
        {month(today.month, today.done_today)}
    }
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

/// The staircases, when the page opens only those of the first screen until these are painted.
fn staircases(shared: Shared, today: Today, is_first: bool) -> impl IntoView {
    let shown: usize = today.staircases.iter().map(|stairs| stairs.doors.len()).sum();
    let headline = headline(today.due, u32::try_from(shown).unwrap_or(u32::MAX), today.buildings);
    let doors = today.staircases.iter().map(|stairs| stairs.doors.len());
    let first = if is_first { first_screen(doors) } else { doors.len() };
    let is_whole = RwSignal::new(!is_first);
    if is_first {
        after_painting(move || {
            is_whole.try_set(true);
        });
    }
    let cards = cards(shared, &today.staircases[..first], "");
    let rest = move || {
        let before = first.checked_sub(1).map_or("", |last| &today.staircases[last].estate);
        is_whole.get().then(|| self::cards(shared, &today.staircases[first..], before))
    };
    view! {
        <h2 class="headline">{headline}</h2>
        <div class="stack">{cards}{rest}</div>
    }
}

/// So many staircases, with so many doors each, fill the first screen of a phone.
fn first_screen(doors: impl Iterator<Item = usize>) -> usize {
    let mut shown = 0;
    let is_room = |doors: &usize| {
        let is_room = shown < DOORS_OF_A_SCREEN;
        shown += doors;
        is_room
    };
    doors.take_while(is_room).count()
}

/// A card for each staircase, below one of that estate.
fn cards(shared: Shared, staircases: &[Staircase], estate: &str) -> AnyView {
    let before = std::iter::once(estate).chain(staircases.iter().map(|stairs| stairs.estate.as_str()));
    let cards = staircases.iter().zip(before).map(|(stairs, before)| {
        let is_new_estate = stairs.estate != before && !stairs.estate.is_empty();
        view! {
            {is_new_estate.then(|| view! { <h3 class="estate">{stairs.estate.clone()}</h3> })}
            {staircase(shared, stairs)}
        }
    });
    cards.collect_view().into_any()
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

fn staircase(shared: Shared, stairs: &Staircase) -> impl IntoView + use<> {
    let place = labels::joined_words([&stairs.building, &stairs.unit]);
    let title = t!("today.staircase", place = place, count = stairs.doors.len());
    let walk = stairs.doors.clone();
    let first = walk.first().map(|door| door.household);
    let take = move |()| {
        shared.walk.set(Walk::begin(walk.clone()));
        if let Some(first) = first {
            shared.router.go(Route::Visit(first));
        }
    };
    let doors = stairs.doors.iter().cloned().map(|door| view! { <Due door /> }).collect_view();
    view! {
        <section class="card">
            <header class="stair">
                <Picture icon=Icon::Stairs is_small=true />
                <h3 class="grow">{title}</h3>
                {(stairs.doors.len() > 1).then(|| view! { <Button act="walk" on_press=take>{t!("today.walk")}</Button> })}
            </header>
            {doors}
        </section>
    }
}

/// One door of the day.
#[component]
fn Due(door: DueDoor) -> impl IntoView {
    let shared = Shared::here();
    let today = days::today();
    let id = door.household;
    let is_current = move || shared.is_wide.get() && shared.open_household() == Some(id);
    let late = days::late(door.due_on, today);
    let line = labels::joined([Some(last_visit(door.last, today)), door.hint.clone()]);
    view! {
        <div class="row" class:current=is_current data-row="due" data-id=id.to_string()>
            <span class="door number" aria-hidden="true">{door.room.clone()}</span>
            <div class="grow">
                <a class="row-link" href=Route::Household(id).hash()>
                    <span class="out-of-sight">{door.room.clone()}" "</span>
                    <strong>{name_or_unknown(&door.name)}</strong>
                </a>
                {late.map(|late| view! { " "<Chip colour="wait" icon=Icon::Clock>{late}</Chip> })}
                <p>{line}</p>
            </div>
            <LinkButton act="visit" tone=Tone::Soft to=Route::Visit(id)>{t!("visit.visit")}</LinkButton>
        </div>
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
fn month(month: Month, done_today: u32) -> impl IntoView {
    let visited = t!("today.month", visited = days::grouped(month.visited.into()));
    let done = (done_today > 0).then(|| t!("today.done_today", count = done_today));
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
    fn the_first_screen_is_full_and_ends_with_a_staircase() {
        for (doors, first) in [(&[][..], 0), (&[3, 4], 2), (&[3, 5, 1], 2), (&[7, 5, 1], 2), (&[20, 1], 1)] {
            assert_eq!(first_screen(doors.iter().copied()), first, "{doors:?}");
        }
    }

    #[test]
    fn the_headline_says_how_far_it_is() {
        assert_eq!(headline(4, 4, 2), "今天去 4 户，两栋楼就走完");
        assert_eq!(headline(3, 3, 1), "今天去 3 户，都在一栋楼");
        assert_eq!(headline(1312, 40, 9), "到期的有 1,312 户，先走这 40 户");
    }
}
