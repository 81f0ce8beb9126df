//! 同步: the last round, what waits, and what needs the person.

use leptos::prelude::*;
use records::Fault;
use records::call::{
    Card, CardWhat, FirstSync, GetSync, HeldRow, PauseSync, Round, Settle, Settlement, SyncNow,
    SyncPage as SyncAnswer, SyncState, WaitingRow,
};

use crate::bridge::ask;
use crate::components::chip::sync_words;
use crate::components::progress::Progress;
use crate::components::{
    Button, Chip, Dialog, Empty, FaultNote, Heading, Icon, LinkButton, Page, Picture, StandingChip, Tone,
};
use crate::live::live;
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t, words};

/// The sync page.
#[component]
pub fn SyncPage() -> impl IntoView {
    let shared = Shared::here();
    let moment = Memo::new(move |_| {
        shared
            .chip
            .with(|chip| (std::mem::discriminant(&chip.state), chip.waiting, chip.needs_you, chip.last_ms))
    });
    let page = live(move || {
        // A finished round changes what waits, even when no record changed; how far a first sync has come
        // is told by the chip itself.
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
    view! {
        <Page name="sync" is_ready=move || page.with(Option::is_some)>
            <Heading title=t!("sync.title") back=Route::Today>
                <Button act="sync-now" tone=Tone::Main icon=Icon::Sync is_off=Signal::derive(is_working) on_press=now>
                    {move || if is_working() { t!("sync.working") } else { t!("sync.now") }}
                </Button>
            </Heading>
            {move || match page.get()? {
                Ok(page) => Some(shown(shared, page).into_any()),
                Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
            }}
        </Page>
    }
}

fn shown(shared: Shared, page: SyncAnswer) -> impl IntoView {
    let cards = page.cards.into_iter().map(|card| view! { <CardView card /> }).collect::<Vec<_>>();
    let count = cards.len();
    let waiting = page.waiting;
    let has_nothing = cards.is_empty() && waiting.is_empty();
    view! {
        <div class="stack">
            {state(shared, page.first)}
            {page.last.and_then(last_round).map(|line| view! { <p class="small number quiet-line">{line}</p> })}
        </div>
        {(count > 0).then(|| view! {
            <div class="section"><h2>{t!("sync.needs_you")}</h2><small class="number">{count}</small></div>
            <div class="stack">{cards}</div>
        })}
        {(!waiting.is_empty()).then(|| waiting_rows(shared, waiting))}
        {has_nothing.then(|| view! { <Empty icon=Icon::Check title=t!("sync.nothing") words=t!("sync.nothing_words") /> })}
        {(!page.held.is_empty()).then(|| held(page.held))}
    }
}

/// What is going on, and when it last worked.
fn state(shared: Shared, first: Option<FirstSync>) -> impl IntoView {
    let row = move || {
        let chip = shared.chip.get();
        let (title, icon, colour) = sync_words(&chip);
        let fault = match &chip.state {
            SyncState::Failed(fault) => Some(fault.clone()),
            _ => None,
        };
        let line = match &chip.state {
            SyncState::Offline => t!("sync.offline_words").to_owned(),
            SyncState::First { .. } => t!("today.arriving_words").to_owned(),
            SyncState::Paused => t!("sync.paused_words").to_owned(),
            _ if chip.waiting > 0 => t!("sync.kept").to_owned(),
            _ => chip
                .last_ms
                .map(|ms| t!("sync.last_at", time = days::moment(ms, days::today())))
                .unwrap_or_default(),
        };
        view! {
            <div class="row">
                <span class=format!("state {colour}")><Picture icon /></span>
                <div class="grow"><strong>{title}</strong><p class="words">{line}</p></div>
            </div>
            {fault.map(|fault| view! { <FaultNote fault /> })}
        }
    };
    view! { <div class="card">{row}{first.map(|first| first_sync(shared, first))}</div> }
}

/// How much of the first sync has arrived, and putting the rest off.
fn first_sync(shared: Shared, first: FirstSync) -> impl IntoView {
    let counts = move || match shared.chip.get().state {
        SyncState::First { received, total } => (received, total),
        _ => (first.received, first.total),
    };
    let is_paused = first.is_paused;
    let pause = move |()| {
        ask(PauseSync { is_paused: !is_paused }, move |answer| match answer {
            Ok(_) => shared.changed(),
            Err(fault) => shared.say_fault(&fault),
        });
    };
    view! {
        <div class="first" data-first=if is_paused { "paused" } else { "running" }>
            <Progress counts=Signal::derive(counts) />
            {first.is_today_here.then(|| view! { <p class="small">{t!("sync.today_here")}</p> })}
            <Button act="pause-sync" on_press=pause>{if is_paused { t!("sync.go_on") } else { t!("sync.pause") }}</Button>
        </div>
    }
}

/// What the last round moved; nothing when it moved nothing, for the line above tells when it was.
fn last_round(round: Round) -> Option<String> {
    if round.received == 0 && round.sent == 0 {
        return None;
    }
    Some(t!(
        "sync.last",
        time = days::moment(round.at_ms, days::today()),
        received = days::grouped(round.received.into()),
        sent = days::grouped(round.sent.into()),
        size = size(round.bytes)
    ))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

fn waiting_rows(shared: Shared, rows: Vec<WaitingRow>) -> impl IntoView {
    let all = shared.chip.with_untracked(|chip| chip.waiting) as usize;
    let beyond = all.saturating_sub(rows.len());
    let count = all.max(rows.len());
    let rows = rows.into_iter().map(|row| {
        let line = labels::joined([
            Some(labels::kind_of_record(&row.kind).to_owned()),
            Some(t!("sync.saved_at", time = days::moment(row.saved_ms, days::today()))),
        ]);
        let open = row.record.and_then(|record| page_of(&row.kind, record));
        let title = view! { <strong>{row.title}</strong> }.into_any();
        let title = match open.or(row.household.map(Route::Household)) {
            Some(to) => view! { <a class="row-link" href=to.hash()>{title}</a> }.into_any(),
            None => title,
        };
        view! {
            <div class="row" data-row="waiting" data-seq=row.push_seq.to_string()>
                <div class="grow">{title}<p>{line}</p></div>
                <StandingChip standing=row.standing />
            </div>
        }
    });
    view! {
        <div class="section"><h2>{t!("sync.waiting")}</h2><small class="number">{count}</small></div>
        <div class="stack">
            <div class="card">{rows.collect_view()}</div>
            {(beyond > 0).then(|| view! { <p class="small quiet-line">{t!("sync.and_more", count = beyond)}</p> })}
        </div>
    }
}

/// Something that needs the person, with the fix one press away.
#[component]
fn CardView(card: Card) -> impl IntoView {
    let shared = Shared::here();
    let id = card.id;
    let settle = move |how: Settlement, done: &'static str| {
        ask(Settle { card: id, how }, move |answer| match answer {
            Ok(_) => shared.say(done),
            Err(fault) => shared.say_fault(&fault),
        });
    };
    let when = days::moment(card.at_ms, days::today());
    match card.what {
        CardWhat::Refused { fault, kind, record, household, .. } => {
            let open = page_of(&kind, record).or(household.map(Route::Household));
            refused(&card.title, &when, fault, &kind, open, settle)
        }
        CardWhat::Quarantined { kind } => quarantined(&card.title, &when, &kind),
        CardWhat::Conflict {
            field,
            record,
            lost,
            lost_by,
            lost_ms,
            winning,
            won_by,
            won_ms,
            is_mine,
            needs_choice,
            ..
        } => {
            let sides = [
                (t!("sync.side_lost"), labels::value(&field, lost), lost_by, lost_ms, is_mine, false),
                (t!("sync.side_won"), labels::value(&field, winning), won_by, won_ms, false, true),
            ];
            let told = if needs_choice { t!("sync.choose") } else { t!("sync.conflict") };
            conflict(&card.title, &field, record, sides, told, is_mine, settle)
        }
    }
}

/// Where the record of a card can be looked at.
fn page_of(kind: &str, record: records::RecordId) -> Option<Route> {
    match kind {
        "household" => Some(Route::Household(record)),
        "matter" => Some(Route::Matter(record)),
        _ => None,
    }
}

fn refused(
    title: &str,
    when: &str,
    fault: Fault,
    kind: &str,
    open: Option<Route>,
    settle: impl Fn(Settlement, &'static str) + Copy + Send + Sync + 'static,
) -> AnyView {
    let line = labels::joined([Some(labels::kind_of_record(kind).to_owned()), Some(when.to_owned())]);
    let is_asking = RwSignal::new(false);
    let is_of_deleted = fault.code == "record.deleted";
    let withdraw = move |()| {
        is_asking.set(false);
        settle(Settlement::LeaveIt, t!("sync.withdrawn"));
    };
    view! {
        <article class="card attention" data-row="card" data-card="refused">
            <div class="row">
                <Picture icon=Icon::Alert />
                <div class="grow"><strong>{title.to_owned()}</strong><p>{line}</p></div>
                <Chip colour="need">{t!("sync.refused")}</Chip>
            </div>
            <p class="card-words">{words::fault(&fault)}</p>
            <div class="card-acts">
                {open.map(|to| view! { <LinkButton act="card-open" tone=Tone::Soft to=to>{t!("sync.fix")}</LinkButton> })}
                {is_of_deleted.then(|| view! { <Button act="bring-back" on_press=move |()| settle(Settlement::UseMine, t!("sync.brought_back"))>{t!("sync.bring_back")}</Button> })}
                <Button act="try-again" on_press=move |()| settle(Settlement::TryAgain, t!("sync.tried_again"))>{t!("sync.try_again")}</Button>
                <Button act="leave-it" on_press=move |()| is_asking.set(true)>{t!("sync.withdraw")}</Button>
            </div>
            <Show when=move || is_asking.get()>
                <Dialog name="withdraw" title=t!("sync.withdraw_sure") on_close=move |()| is_asking.set(false)>
                    <footer class="dialog-foot">
                        <Button act="withdraw" on_press=withdraw>{t!("sync.withdraw_do")}</Button>
                        <Button act="keep" tone=Tone::Main on_press=move |()| is_asking.set(false)>{t!("sync.withdraw_not")}</Button>
                    </footer>
                </Dialog>
            </Show>
        </article>
    }
    .into_any()
}

/// A change somebody else is to decide about: there is nothing to press.
fn quarantined(title: &str, when: &str, kind: &str) -> AnyView {
    let line = labels::joined([Some(labels::kind_of_record(kind).to_owned()), Some(when.to_owned())]);
    view! {
        <article class="card" data-row="card" data-card="quarantined">
            <div class="row">
                <div class="grow"><strong>{title.to_owned()}</strong><p>{line}</p></div>
                <Chip colour="wait" icon=Icon::Device>{t!("sync.quarantined")}</Chip>
            </div>
            <p class="card-words">{t!("sync.quarantined_words")}</p>
        </article>
    }
    .into_any()
}

type Side = (&'static str, String, String, i64, bool, bool);

fn conflict(
    title: &str,
    field: &str,
    record: records::RecordId,
    sides: [Side; 2],
    told: &'static str,
    is_mine: bool,
    settle: impl Fn(Settlement, &'static str) + Copy + Send + Sync + 'static,
) -> AnyView {
    let open = page_of(field.split('.').next().unwrap_or_default(), record);
    let field = labels::field(field).to_owned();
    let sides = sides.map(side);
    let use_it = if is_mine { t!("sync.use_mine") } else { t!("sync.use_other") };
    view! {
        <article class="card attention" data-row="card" data-card="conflict">
            <div class="row">
                <div class="grow"><strong>{title.to_owned()}" · "{field}</strong><p>{told}</p></div>
            </div>
            <div class="sides">{sides.into_iter().collect_view()}</div>
            <div class="card-acts">
                <Button act="use-mine" on_press=move |()| settle(Settlement::UseMine, t!("sync.used_mine"))>{use_it}</Button>
                <Button act="leave-it" on_press=move |()| settle(Settlement::LeaveIt, t!("sync.left"))>{t!("sync.leave")}</Button>
                {open.map(|to| view! { <LinkButton act="card-open" tone=Tone::Quiet to=to>{t!("open")}</LinkButton> })}
            </div>
        </article>
    }
    .into_any()
}

fn side((name, value, by, ms, is_mine, is_in_force): Side) -> impl IntoView {
    let who = if is_mine { t!("sync.me").to_owned() } else { by };
    let value = if value.is_empty() { t!("sync.empty_value").to_owned() } else { value };
    view! {
        <div class="side" class:in-force=is_in_force>
            <small>{if is_in_force { name } else if is_mine { t!("sync.side_mine") } else { name }}</small>
            <strong class="number">{value}</strong>
            <small class="number">{labels::joined([Some(who), Some(days::moment(ms, days::today()))])}</small>
        </div>
    }
}

fn held(rows: Vec<HeldRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| {
        let audience = match row.audience.as_str() {
            "public" => t!("audience.public"),
            "work" => t!("audience.work"),
            "sensitive" => t!("audience.sensitive"),
            "dept" => t!("audience.department"),
            "unit" => t!("audience.unit"),
            "member" => t!("audience.member"),
            _ => t!("newer"),
        };
        view! {
            <div class="row low">
                <div class="grow"><strong>{row.area}</strong><p>{audience}</p></div>
                <span class="number">{t!("sync.records", count = days::grouped(row.records))}</span>
            </div>
        }
    });
    view! {
        <div class="section"><h2>{t!("sync.held")}</h2></div>
        <div class="stack"><div class="card">{rows.collect_view()}</div></div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_read() {
        assert_eq!(size(640), "0.6 kB");
        assert_eq!(size(3_140), "3.1 kB");
        assert_eq!(size(12_900_000), "12.9 MB");
    }

    #[test]
    fn a_round_that_moved_nothing_is_not_told_twice() {
        assert_eq!(last_round(Round { at_ms: 0, sent: 0, received: 0, bytes: 300, day_bytes: 300 }), None);
    }
}
