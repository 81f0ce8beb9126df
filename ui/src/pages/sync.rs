//! 同步: the last round, what waits, and what needs the person.

mod cards;
mod conflict;
mod correct;
mod courier;
mod mend;
mod road;
mod waiting;

use leptos::prelude::*;
use records::call::{
    FirstSync, GetSync, HeldRow, LeftRow, PauseSync, SyncNow, SyncPage as SyncAnswer, SyncState,
};

use crate::bridge::ask;
use crate::components::chip::sync_words;
use crate::components::progress::Progress;
use crate::components::rejoin::{Rejoin, mends};
use crate::components::room::RoomWarning;
use crate::components::{Button, Chip, FaultNote, Heading, Icon, Page, Picture, Tone};
use crate::live::{Answered, live};
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t};

/// So long it is told what left the device, ms: a month.
const NEWS_MS: i64 = 30 * 86_400_000;

/// The sync page.
#[component]
pub fn SyncPage() -> impl IntoView {
    let shared = Shared::here();
    // A finished round changes what waits, even when no record changed; how far a first sync has come
    // is told by the chip itself.
    let moment = Memo::new(move |_| {
        shared
            .chip
            .with(|chip| (std::mem::discriminant(&chip.state), chip.waiting, chip.needs_you, chip.last_ms))
    });
    let page = live(move || {
        moment.track();
        Some(GetSync {})
    });
    let is_working = move || matches!(shared.chip.get().state, SyncState::Working | SyncState::First { .. });
    let now = move |()| {
        ask(SyncNow {}, move |answer| {
            if let Err(fault) = answer {
                shared.say_fault(&fault);
            }
        })
    };
    let correcting = correct::Correcting::nothing();
    let fault = Memo::new(move |_| page.with(|page| page.as_ref()?.as_ref().err().cloned()));
    view! {
        <Page name="sync" is_ready=move || page.with(Option::is_some)>
            <Heading title=t!("sync.title") back=Route::Today>
                <Button act="sync-now" tone=Tone::Main icon=Icon::Sync is_off=Signal::derive(is_working) on_press=now>
                    {move || if is_working() { t!("sync.working") } else { t!("sync.now") }}
                </Button>
            </Heading>
            {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
            <RoomWarning />
            {shown(shared, page)}
            {correct::form(correcting)}
        </Page>
    }
}

/// The parts of the page. Each is drawn anew only when it says something else, so that no dialog closes
/// and no focus is lost because a round went by.
fn shown(shared: Shared, page: Answered<SyncAnswer>) -> impl IntoView {
    let first = part(page, |page, part| {
        part.first = page.first;
        // Whether nothing waits and nobody is asked.
        part.chip.waiting = u32::from(!page.waiting.is_empty() || !page.cards.is_empty());
    });
    let cards = part(page, |page, part| part.cards.clone_from(&page.cards));
    let waiting = part(page, |page, part| {
        part.waiting.clone_from(&page.waiting);
        part.chip.waiting = page.chip.waiting;
    });
    let held = part(page, |page, part| {
        part.held.clone_from(&page.held);
        part.left.clone_from(&page.left);
        part.first = page.first.map(|_| FirstSync::default());
    });
    let road = part(page, |page, part| (part.last, part.spares_data) = (page.last, page.spares_data));
    view! {
        <div class="stack">{state(shared, first)}</div>
        {move || cards::cards(cards.get().cards)}
        {move || waiting::rows(waiting.get())}
        {road::road(road)}
        {courier::courier(waiting)}
        {move || held_rows(held.get())}
    }
}

/// A part of the newest answer, with everything else left out; as before while there is none.
fn part(page: Answered<SyncAnswer>, take: fn(&SyncAnswer, &mut SyncAnswer)) -> Memo<SyncAnswer> {
    Memo::new(move |before: Option<&SyncAnswer>| {
        page.with(|page| match page {
            Some(Ok(page)) => {
                let mut part = SyncAnswer::default();
                take(page, &mut part);
                part
            }
            _ => before.cloned().unwrap_or_default(),
        })
    })
}

/// What is going on, and when it last worked.
fn state(shared: Shared, page: Memo<SyncAnswer>) -> impl IntoView {
    let is_first = Memo::new(move |_| page.with(|page| page.first.is_some()));
    let told = Memo::new(move |_| {
        shared.chip.with(|chip| {
            let (title, icon, colour) = sync_words(chip);
            // How far it is stands below, and moves ten times a second.
            let title = if is_first.get() { t!("sync.first").to_owned() } else { title };
            (
                title,
                icon,
                colour,
                line_of(&chip.state, chip.waiting, chip.last_ms, page.with(|page| page.chip.waiting == 0)),
            )
        })
    });
    // What is being typed there stays while the chip says the same again.
    let failed = Memo::new(move |_| match shared.chip.get().state {
        SyncState::Failed(fault) => Some(fault),
        _ => None,
    });
    let fault = move || {
        failed.get().map(|fault| {
            let rejoin = mends(&fault).then(|| view! { <Rejoin /> });
            view! { <FaultNote fault />{rejoin} }
        })
    };
    view! {
        <div class="card">
            <div class="row" role="status">
                {move || {
                    let (title, icon, colour, line) = told.get();
                    view! {
                        <span class=format!("state {colour}")><Picture icon /></span>
                        <div class="grow"><strong>{title}</strong><p class="words">{line}</p></div>
                    }
                }}
            </div>
            {move || is_first.get().then(|| first_sync(shared, page))}
            {fault}
        </div>
    }
}

/// Where the records stand, in one sentence.
fn line_of(state: &SyncState, waiting: u32, last_ms: Option<i64>, is_clear: bool) -> String {
    match state {
        SyncState::Offline => t!("sync.offline_words").to_owned(),
        SyncState::Paused => t!("sync.paused_words").to_owned(),
        SyncState::First { .. } => t!("sync.first_words").to_owned(),
        _ if waiting > 0 => t!("sync.kept").to_owned(),
        _ => {
            let last = last_ms.map(|ms| t!("sync.last_at", time = days::moment(ms, days::today())));
            let nothing = is_clear.then(|| t!("sync.nothing_words").to_owned());
            [last, nothing].into_iter().flatten().collect::<Vec<_>>().join(t!("sync.between"))
        }
    }
}

/// How much of the first sync has arrived, what works already, and putting it off.
fn first_sync(shared: Shared, page: Memo<SyncAnswer>) -> impl IntoView {
    let first = move || page.with(|page| page.first.unwrap_or_default());
    let is_paused = move || first().is_paused;
    let counts = move || match shared.chip.get().state {
        SyncState::First { received, total } => (received, total),
        _ => (first().received, first().total),
    };
    let pause = move |()| {
        ask(PauseSync { is_paused: !untrack(is_paused) }, move |answer| match answer {
            Ok(_) => shared.changed(),
            Err(fault) => shared.say_fault(&fault),
        })
    };
    let usable = move || match (first().is_today_here, is_paused()) {
        (true, false) => t!("sync.today_here"),
        (true, true) => t!("sync.today_here_paused"),
        _ => t!("today.arriving_words"),
    };
    view! {
        <div class="first" data-first=move || if is_paused() { "paused" } else { "running" }>
            <Progress counts=Signal::derive(counts) />
            <div class="first-foot">
                <p class="small">{usable}</p>
                <Button act="pause-sync" on_press=pause>
                    {move || if is_paused() { t!("sync.go_on") } else { t!("sync.pause") }}
                </Button>
            </div>
        </div>
    }
}

/// What is here, by place, and what is not here any more.
fn held_rows(page: SyncAnswer) -> Option<AnyView> {
    let is_first = page.first.is_some();
    let mut rows: Vec<AnyView> = page.held.into_iter().map(|row| held_row(row, is_first)).collect();
    let is_news = |row: &LeftRow| days::now_ms() - row.at_ms < NEWS_MS;
    rows.extend(page.left.into_iter().filter(is_news).map(left_row));
    (!rows.is_empty()).then(|| section(t!("sync.held"), String::new(), rows))
}

fn left_row(row: LeftRow) -> AnyView {
    let count =
        view! { <Chip icon=Icon::Check>{t!("sync.left_count", count = days::grouped(row.records))}</Chip> };
    let words = t!("sync.left_words", time = days::moment(row.at_ms, days::today()));
    line(Some("left"), row.area, words, None, count.into_any())
}

fn held_row(row: HeldRow, is_first: bool) -> AnyView {
    let audience = match row.audience.as_str() {
        "public" => t!("audience.public"),
        "work" => t!("audience.work"),
        "sensitive" => t!("audience.sensitive"),
        "dept" => t!("audience.department"),
        "unit" => t!("audience.unit"),
        "member" => t!("audience.member"),
        _ => t!("newer"),
    };
    let count = match is_first && row.records < row.total {
        true => t!("sync.records_of", count = days::grouped(row.records), total = days::grouped(row.total)),
        false => t!("sync.records", count = days::grouped(row.records)),
    };
    let count = view! { <span class="number">{count}</span> }.into_any();
    line(Some("held"), row.area, audience.to_owned(), None, count)
}

/// A heading with a count, and a card of rows below it.
fn section(heading: &'static str, count: String, rows: Vec<AnyView>) -> AnyView {
    view! {
        <div class="section"><h2>{heading}</h2><small class="number">{count}</small></div>
        <div class="stack"><div class="card">{rows}</div></div>
    }
    .into_any()
}

/// A title over its line, and what stands at the right; the whole row leads somewhere where there is a page.
fn line(
    name: Option<&'static str>,
    title: String,
    words: String,
    to: Option<Route>,
    aside: AnyView,
) -> AnyView {
    let title = view! { <strong>{title}</strong> }.into_any();
    let title = match to {
        Some(to) => view! { <a class="row-link" href=to.hash()>{title}</a> }.into_any(),
        None => title,
    };
    view! { <div class="row" data-row=name><div class="grow">{title}<p>{words}</p></div>{aside}</div> }
        .into_any()
}

/// A title and the line below it; what has no title goes by what it is.
fn titled(title: String, what: String, when: String) -> (String, String) {
    match title.is_empty() {
        true => (what, when),
        false => (title, labels::joined([Some(what), Some(when)])),
    }
}
