//! 个人信息: what was done with people's data, deed by deed. The lead of a community sees everybody's, anybody else their
//! own; there are no sums.

use leptos::prelude::*;
use records::Fault;
use records::call::{ExportHandling, HandlingRow, HandlingWindow, ListHandling};
use records::codes::{Deed, Purpose};

use super::copy::OpenCopyForm;
use super::erasures::Erasures;
use crate::bridge::{self, ask};
use crate::components::file::place;
use crate::components::{Button, Empty, FaultNote, Heading, Icon, LongField, Page, StandingChip, Tone};
use crate::live::live;
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t};

/// The newest; a table has all of them.
const ROWS: u16 = 200;

/// The ledger, newest first.
#[component]
pub fn PrivacyPage() -> impl IntoView {
    let first = live(|| Some(ListHandling { after: None, limit: ROWS }));
    view! {
        <Page name="privacy" is_ready=move || first.with(Option::is_some)>
            <Heading title=t!("privacy.title") back=Route::Me />
            <Erasures />
            <Export />
            {move || match first.get()? {
                Ok(window) => Some(ledger(window)),
                Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
            }}
            <OpenCopyForm />
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

/// The ledger as paper, or as a table, for which a reason is asked.
#[component]
fn Export() -> impl IntoView {
    let shared = Shared::here();
    let reason = RwSignal::new(String::new());
    let is_open = RwSignal::new(false);
    let fault = RwSignal::new(None::<Fault>);
    let written = RwSignal::new(String::new());
    let write = move |()| {
        ask(request(reason.get_untracked()), move |answer| match answer {
            Ok(file) => {
                is_open.try_set(false);
                bridge::download(file.download, move |path| match path {
                    Ok(path) => drop(written.try_set(path)),
                    Err(fault) => shared.say_fault(&fault),
                });
            }
            Err(why) => drop(fault.try_set(Some(why))),
        });
    };
    view! {
        <div class="acts not-printed">
            <Button act="handling-print" on_press=|()| drop(window().print())>{t!("privacy.print")}</Button>
            <Button act="handling-export" icon=Icon::File on_press=move |()| is_open.set(true)>{t!("privacy.export")}</Button>
        </div>
        {move || written.with(|path| (!path.is_empty()).then(|| view! { <div class="stack told not-printed" data-path=path.clone()>{place(path)}</div> }))}
        {move || is_open.get().then(|| view! {
            <div class="stack form not-printed">
                <p>{t!("privacy.export_words")}</p>
                <LongField act="export-reason" label=t!("privacy.reason") value=reason />
                {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
                <Button act="export-write" tone=Tone::Main on_press=write>{t!("privacy.write")}</Button>
            </div>
        })}
    }
    .into_any()
}

/// The core knows codes; the words for them are here.
fn request(reason: String) -> ExportHandling {
    let heads = [
        t!("privacy.when"),
        t!("privacy.who"),
        t!("privacy.deed"),
        t!("privacy.field"),
        t!("privacy.purpose"),
        t!("privacy.reason"),
        t!("privacy.count"),
    ];
    let named = |field: &str| Some((field.to_owned(), labels::known_field(field)?.to_owned()));
    ExportHandling {
        heads: heads.map(str::to_owned).into(),
        deeds: Deed::ALL.iter().map(|deed| (deed.code(), labels::deed(*deed).to_owned())).collect(),
        purposes: Purpose::ALL.iter().map(|one| (one.code(), labels::purpose(*one).to_owned())).collect(),
        fields: ["person.name", "person.phone", "person.id_number"].into_iter().filter_map(named).collect(),
        reason,
    }
}
