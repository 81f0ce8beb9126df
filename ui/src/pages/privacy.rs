//! 个人信息: what was done with people's data, deed by deed. The lead of a community sees everybody's, anybody else their
//! own; there are no sums.

use leptos::prelude::*;
use records::call::{HandlingRow, HandlingWindow, ListHandling};

use crate::bridge::ask;
use crate::components::{Button, Empty, FaultNote, Heading, Icon, Page, StandingChip};
use crate::live::live;
use crate::route::Route;
use crate::{days, labels, t};

const ROWS: u16 = 100;

/// The ledger, newest first.
#[component]
pub fn PrivacyPage() -> impl IntoView {
    let first = live(|| Some(ListHandling { after: None, limit: ROWS }));
    let older = RwSignal::new(Vec::<HandlingWindow>::new());
    let next = move || {
        older
            .with(|older| older.last().map(|window| window.next.clone()))
            .unwrap_or_else(|| first.with(|first| first.as_ref()?.as_ref().ok()?.next.clone()))
    };
    let more = move |()| {
        ask(ListHandling { after: untrack(next), limit: ROWS }, move |answer| {
            if let Ok(window) = answer {
                older.try_update(|older| older.push(window));
            }
        });
    };
    view! {
        <Page name="privacy" is_ready=move || first.with(Option::is_some)>
            <Heading title=t!("privacy.title") back=Route::Me />
            {move || match first.get()? {
                Ok(window) => Some(ledger(window)),
                Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
            }}
            {move || older.get().into_iter().map(|window| rows(window.rows)).collect_view()}
            {move || next().map(|_| view! { <Button act="handling-more" on_press=more>{t!("privacy.more")}</Button> })}
        </Page>
    }
}

fn ledger(window: HandlingWindow) -> AnyView {
    let words = if window.is_of_all { t!("privacy.of_all") } else { t!("privacy.of_own") };
    let is_empty = window.rows.is_empty();
    view! {
        <p class="lead">{words}</p>
        {is_empty.then(|| view! { <Empty icon=Icon::Eye title=t!("privacy.none") words=t!("privacy.none_words") /> })}
        {rows(window.rows)}
    }
    .into_any()
}

fn rows(rows: Vec<HandlingRow>) -> AnyView {
    let lines = rows.into_iter().map(line).collect::<Vec<_>>();
    view! { <div class="stack"><div class="card">{lines}</div></div> }.into_any()
}

fn line(row: HandlingRow) -> AnyView {
    let field = row.field.as_deref().and_then(labels::known_field).map(str::to_owned);
    let people = row.people.map(|count| t!("privacy.people", count = count));
    let what = labels::joined([Some(labels::deed(row.deed).to_owned()), field, people]);
    let why = labels::joined([row.purpose.map(|purpose| labels::purpose(purpose).to_owned()), row.reason]);
    let whose = Some(row.whose).filter(|whose| !whose.is_empty());
    let who = labels::joined([whose, row.by, Some(days::moment(row.at.utc_ms, days::today()))]);
    view! {
        <div class="row" data-row="handling" data-id=row.id.to_string()>
            <div class="grow">
                <strong>{what}</strong>
                <p>{who}</p>
                {(!why.is_empty()).then(|| view! { <p>{why}</p> })}
            </div>
            <StandingChip standing=row.standing />
        </div>
    }
    .into_any()
}
