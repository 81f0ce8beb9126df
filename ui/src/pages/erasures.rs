//! 删除请求: what was asked, how many days are left, and for the lead the decision; what became of it on paper.

use chrono::{Months, NaiveDate};
use leptos::prelude::*;
use records::call::{DecideErasure, ErasureRow, ErasureWindow, ListErasures, Standing};
use records::codes::{ErasureCommand, ErasureGround, ErasureState, StopGround};
use records::{Fault, RecordId};

use crate::bridge::ask;
use crate::components::{Button, Chip, FaultNote, Heading, LinkButton, Page, Pick, StandingChip, Tone};
use crate::live::live;
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t};

/// The newest requests.
const ROWS: u16 = 200;
/// For so many years something can be put aside.
const YEARS: [u32; 4] = [1, 3, 10, 30];

/// The requests, above the ledger; nothing where nobody asked.
#[component]
pub fn Erasures() -> impl IntoView {
    let window = live(|| Some(ListErasures { after: None, limit: ROWS }));
    move || match window.get()? {
        Ok(window) => Some(list(window)),
        Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
    }
}

fn list(window: ErasureWindow) -> AnyView {
    if window.rows.is_empty() {
        return ().into_any();
    }
    let rows = window.rows.into_iter().map(|row| line(row, window.may_decide)).collect::<Vec<_>>();
    view! {
        <section class="stack not-printed">
            <h2 class="section">{t!("erasure.title")}</h2>
            <div class="card">{rows}</div>
        </section>
    }
    .into_any()
}

fn line(row: ErasureRow, may_decide: bool) -> AnyView {
    let today = days::today();
    let whose = Some(row.whose.clone()).filter(|whose| !whose.is_empty());
    let who = labels::joined([
        Some(labels::asker(row.asker).to_owned()),
        Some(labels::identity_check(row.checked).to_owned()),
        Some(days::moment(row.at.utc_ms, today)),
    ]);
    let left = row.days_left.map(|days| match days {
        0.. => t!("erasure.left", days = days),
        late => t!("erasure.late", days = late.unsigned_abs()),
    });
    let colour = if row.days_left.is_some_and(|days| days < 3) { "wait" } else { "ok" };
    let id = row.id;
    let is_open = row.state == ErasureState::Open;
    let is_stopped = row.state == ErasureState::Stopped;
    let is_done = is_done(&row);
    view! {
        <div class="row" data-row="erasure" data-id=id.to_string()>
            <div class="grow">
                <strong>{labels::joined([whose, Some(labels::erasure_state(row.state).to_owned())])}</strong>
                <p>{who}</p>
                {reason(&row, today).map(|words| view! { <p>{words}</p> })}
                {row.is_gone_here.then(|| view! { <p class="small">{t!("erasure.gone_here")}</p> })}
                <div class="wrap">
                    {left.map(|words| view! { <Chip colour>{words}</Chip> })}
                    <StandingChip standing=row.standing />
                </div>
                {is_open.then(|| view! { <Decision id may_decide /> })}
                {(is_stopped && may_decide).then(|| view! { <Later id /> })}
                {is_done.then(|| view! {
                    <div class="wrap"><LinkButton act="to-proof" to=Route::Proof(id)>{t!("erasure.to_proof")}</LinkButton></div>
                })}
            </div>
        </div>
    }
    .into_any()
}

/// Whether the server has carried it out, as far as this device can see: before that nobody is given a proof.
fn is_done(row: &ErasureRow) -> bool {
    let is_gone = row.state != ErasureState::Erased || row.is_gone_here;
    row.state != ErasureState::Open && row.standing == Standing::Accepted && is_gone
}

/// Why it was decided so, and until when.
fn reason(row: &ErasureRow, today: NaiveDate) -> Option<String> {
    let ground = row.erased_for.map(labels::erasure_ground).or(row.stopped_for.map(labels::stop_ground))?;
    let until = row.until.map(|until| t!("erasure.until", day = days::date(until, today)));
    Some(labels::joined([Some(ground.to_owned()), until]))
}

/// Sends a decision, and says what came of it.
fn decide(shared: Shared, decision: DecideErasure, fault: RwSignal<Option<Fault>>) {
    ask(decision, move |answer| match answer {
        Ok(saved) => shared.say_with_undo(t!("erasure.noted"), saved.undo, saved.undo_until_ms),
        Err(why) => drop(fault.try_set(Some(why))),
    });
}

fn of(id: RecordId, command: ErasureCommand) -> DecideErasure {
    DecideErasure { id, command, erased_for: None, stopped_for: None, until: None }
}

/// The decision about an open request; whoever does not decide may take it back for whom it is about.
#[component]
fn Decision(id: RecordId, may_decide: bool) -> impl IntoView {
    let shared = Shared::here();
    let fault = RwSignal::new(None::<Fault>);
    let erased_for = RwSignal::new(None::<ErasureGround>);
    let stopped_for = RwSignal::new(None::<StopGround>);
    let years = RwSignal::new(None::<u32>);
    let erase = move |()| {
        let erased_for = erased_for.get_untracked();
        decide(shared, DecideErasure { erased_for, ..of(id, ErasureCommand::Erase) }, fault);
    };
    let stop = move |()| {
        let (stopped_for, years) = (stopped_for.get_untracked(), years.get_untracked());
        let until = years.and_then(|years| days::today().checked_add_months(Months::new(12 * years)));
        decide(shared, DecideErasure { stopped_for, until, ..of(id, ErasureCommand::Stop) }, fault);
    };
    let take_back = move |()| decide(shared, of(id, ErasureCommand::TakeBack), fault);
    let grounds = ErasureGround::ALL.iter().filter(|ground| **ground != ErasureGround::TimeOver).map(|ground| {
        let (ground, act) = (*ground, format!("ground-{}", ground.code()));
        let is_on = Signal::derive(move || erased_for.get() == Some(ground));
        view! { <Pick act is_on on_press=move |()| erased_for.set(Some(ground))>{labels::erasure_ground(ground)}</Pick> }
    });
    let stops = StopGround::ALL.iter().map(|ground| {
        let (ground, act) = (*ground, format!("stop-{}", ground.code()));
        let is_on = Signal::derive(move || stopped_for.get() == Some(ground));
        view! { <Pick act is_on on_press=move |()| stopped_for.set(Some(ground))>{labels::stop_ground(ground)}</Pick> }
    });
    let terms = YEARS.into_iter().map(|term| {
        let is_on = Signal::derive(move || years.get() == Some(term));
        view! { <Pick act=format!("years-{term}") is_on on_press=move |()| years.set(Some(term))>{t!("erasure.years", years = term)}</Pick> }
    });
    let (grounds, stops, terms) =
        (grounds.collect::<Vec<_>>(), stops.collect::<Vec<_>>(), terms.collect::<Vec<_>>());
    view! {
        {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
        {may_decide.then(|| view! {
            <details data-act="decide">
                <summary class=Tone::default().class()>{t!("erasure.decide")}</summary>
                <div class="form">
                    <p class="small">{t!("erasure.erase_words")}</p>
                    <div class="wrap" role="group" aria-label=t!("erasure.why")>{grounds}</div>
                    <Button act="erase" tone=Tone::Main on_press=erase>{t!("erasure.erase")}</Button>
                    <p class="small">{t!("erasure.stop_words")}</p>
                    <div class="wrap" role="group" aria-label=t!("erasure.why")>{stops}</div>
                    <div class="wrap">{terms}</div>
                    <Button act="stop" on_press=stop>{t!("erasure.stop")}</Button>
                </div>
            </details>
        })}
        <Button act="take-back" tone=Tone::Quiet on_press=take_back>{t!("erasure.take_back")}</Button>
    }
    .into_any()
}

/// What was put aside can be used again, or goes.
#[component]
fn Later(id: RecordId) -> impl IntoView {
    let shared = Shared::here();
    let fault = RwSignal::new(None::<Fault>);
    let resume = move |()| decide(shared, of(id, ErasureCommand::Resume), fault);
    view! {
        {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
        <Button act="resume" tone=Tone::Quiet on_press=resume>{t!("erasure.resume")}</Button>
    }
    .into_any()
}

/// What was done about a request, for whoever asked: A4, without a word about them.
#[component]
pub fn ProofPage(
    /// The request.
    #[prop(into)]
    id: Signal<RecordId>,
) -> impl IntoView {
    let shared = Shared::here();
    let window = live(|| Some(ListErasures { after: None, limit: ROWS }));
    let host = move || {
        let worker =
            shared.session.with(|session| session.as_ref().and_then(|session| session.worker.clone()));
        worker.and_then(|worker| worker.host_unit).unwrap_or_default()
    };
    view! {
        <Page name="proof" is_ready=move || window.with(Option::is_some)>
            <Heading title=t!("erasure.proof") back=Route::Privacy />
            {move || match window.get()? {
                Ok(window) => {
                    let row = window.rows.into_iter().find(|row| row.id == id.get())?;
                    Some(match is_done(&row) {
                        true => proof(&row, &host()),
                        false => view! { <p class="lead">{t!("erasure.not_yet")}</p> }.into_any(),
                    })
                }
                Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
            }}
        </Page>
    }
}

fn proof(row: &ErasureRow, host: &str) -> AnyView {
    let today = days::today();
    let asked = labels::joined([
        Some(days::on_paper(row.at.utc_ms)),
        Some(labels::asker(row.asker).to_owned()),
        Some(labels::identity_check(row.checked).to_owned()),
    ]);
    let decided = labels::joined([
        Some(labels::erasure_state(row.state).to_owned()),
        row.decided_at.map(|at| days::on_paper(at.utc_ms)),
        row.decided_by.clone(),
    ]);
    let what = match row.state {
        ErasureState::Erased => Some(t!("erasure.proof_erased").to_owned()),
        ErasureState::Stopped => Some(t!("erasure.stop_words").to_owned()),
        _ => None,
    };
    let facts = [
        (t!("erasure.number"), Some(row.id.to_string())),
        (t!("erasure.subject"), Some(row.subject.to_string())),
        (t!("erasure.asked"), Some(asked)),
        (t!("erasure.decided"), Some(decided)),
        (t!("erasure.reason"), reason(row, today)),
        ("", what),
    ];
    let lines = facts.into_iter().filter_map(|(name, value)| {
        let value = value?;
        Some(view! { <div class="row"><div class="grow"><small>{name}</small><p class="words">{value}</p></div></div> }.into_any())
    });
    let lines = lines.collect::<Vec<_>>();
    view! {
        <section class="stack" data-proof=true>
            <p>{t!("erasure.proof_words")}</p>
            <div class="card">{lines}</div>
            <p>{labels::joined([Some(host.to_owned()), Some(t!("erasure.seal").to_owned())])}</p>
            <div class="wrap not-printed">
                <Button act="proof-print" tone=Tone::Main on_press=|()| drop(window().print())>{t!("privacy.print")}</Button>
            </div>
        </section>
    }
    .into_any()
}
