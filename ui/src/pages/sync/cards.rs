//! What needs the person: refused changes with the fix one press away, and values that met. And what somebody
//! else is to decide about.

use leptos::prelude::*;
use records::call::{Card, CardId, CardWhat, Said, Settle, Settled, Settlement, Undo, VisitDraft};
use records::{Fault, RecordId};

use super::conflict::{Conflict, conflicts};
use super::correct::Correcting;
use super::mend::{Mend, mend};
use super::{line, titled};
use crate::bridge::ask;
use crate::components::{Button, Chip, Dialog, Icon, LinkButton, Tone};
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t, words};

/// All cards; what met in one record stands on one card.
pub fn cards(cards: Vec<Card>) -> impl IntoView {
    let (quarantined, cards): (Vec<_>, Vec<_>) =
        cards.into_iter().partition(|card| matches!(card.what, CardWhat::Quarantined { .. }));
    (for_you(cards), for_others(quarantined))
}

fn for_you(cards: Vec<Card>) -> Option<AnyView> {
    let count = cards.len();
    let groups = grouped(cards).into_iter().map(|group| match group {
        Group::Refused(card) => refused(card),
        Group::Conflicts { title, record, fields } => conflicts(title, record, fields),
    });
    let groups: Vec<AnyView> = groups.collect();
    (count > 0).then(|| {
        view! {
            <div class="section"><h2>{t!("sync.needs_you")}</h2><small class="number">{count.to_string()}</small></div>
            <div class="stack">{groups}</div>
        }
        .into_any()
    })
}

/// Changes that came late: there is nothing to press.
fn for_others(cards: Vec<Card>) -> Option<AnyView> {
    let count = cards.len();
    let rows = cards.into_iter().map(|card| {
        let CardWhat::Quarantined { kind } = card.what else { return ().into_any() };
        let kind = labels::kind_of_record(&kind).to_owned();
        let (title, words) = titled(card.title, kind, days::moment(card.at_ms, days::today()));
        let chip = view! { <Chip colour="wait" icon=Icon::Clock>{t!("sync.quarantined")}</Chip> }.into_any();
        line(Some("quarantined"), title, words, None, chip)
    });
    let rows: Vec<AnyView> = rows.collect();
    (count > 0).then(|| {
        view! {
            <div class="section"><h2>{t!("sync.quarantined")}</h2><small class="number">{count.to_string()}</small></div>
            <div class="stack">
                <div class="card">{rows}</div>
                <p class="small quiet-line">{t!("sync.quarantined_words")}</p>
            </div>
        }
        .into_any()
    })
}

enum Group {
    Refused(Refused),
    Conflicts { title: String, record: RecordId, fields: Vec<Conflict> },
}

struct Refused {
    id: CardId,
    title: String,
    at_ms: i64,
    fault: Fault,
    kind: String,
    says: Vec<Said>,
    open: Option<Route>,
}

/// In their order; a conflict joins the first of its record.
fn grouped(cards: Vec<Card>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for Card { id, title, at_ms, what } in cards {
        match what {
            CardWhat::Quarantined { .. } => {}
            CardWhat::Refused { fault, kind, record, household, says, is_here } => {
                let open = page_of(&kind, is_here.then_some(record), household);
                groups.push(Group::Refused(Refused { id, title, at_ms, fault, kind, says, open }));
            }
            CardWhat::Conflict { .. } => {
                let Some((record, conflict)) = Conflict::of(id, what) else { continue };
                let there = groups.iter_mut().find_map(|group| match group {
                    Group::Conflicts { record: other, fields, .. } if *other == record => Some(fields),
                    _ => None,
                });
                match there {
                    Some(fields) => fields.push(conflict),
                    None => groups.push(Group::Conflicts { title, record, fields: vec![conflict] }),
                }
            }
        }
    }
    groups
}

/// Where a record can be looked at: on a page of its own, or on its household's.
pub fn page_of(kind: &str, record: Option<RecordId>, household: Option<RecordId>) -> Option<Route> {
    let own = match kind {
        "household" => record.map(Route::Household),
        "matter" => record.map(Route::Matter),
        _ => None,
    };
    own.or(household.map(Route::Household))
}

/// A button that settles a card.
pub fn settler(
    card: CardId,
    how: Settlement,
    act: &'static str,
    tone: Tone,
    words: String,
    done: &'static str,
) -> AnyView {
    let (shared, correcting) = (Shared::here(), Correcting::here());
    let settle = move |()| {
        ask(Settle { card, how }, move |answer| match answer {
            Ok(Settled { matter: Some(matter), .. }) => correcting.begin(card, matter),
            Ok(Settled { draft: Some(draft), .. }) => reopen(shared, draft),
            Ok(Settled { undo, .. }) => say_settled(shared, card, how, done, undo),
            Err(fault) => shared.say_fault(&fault),
        });
    };
    view! { <Button act tone on_press=settle>{words}</Button> }.into_any()
}

/// A refused visit goes on as a draft on its sheet.
fn reopen(shared: Shared, draft: VisitDraft) {
    let household = draft.household;
    shared.reopened.set(Some(draft));
    shared.router.go(Route::Visit(household));
}

/// Says what came of it, with the way back.
fn say_settled(shared: Shared, card: CardId, how: Settlement, done: &'static str, undo: Option<u64>) {
    match (how, undo) {
        (Settlement::LeaveIt, _) => shared.say_with_way_back(done, move || bring_back(shared, card)),
        (Settlement::UseMine, Some(undo)) => {
            shared.say_with_way_back(done, move || take_back(shared, card, undo));
        }
        _ => shared.say(done),
    }
}

/// Takes back the change that settled a card; then the card is there again.
pub fn take_back(shared: Shared, card: CardId, undo: u64) {
    ask(Undo { undo }, move |answer| match answer {
        Ok(_) => bring_back(shared, card),
        Err(fault) => shared.say_fault(&fault),
    });
}

fn bring_back(shared: Shared, card: CardId) {
    ask(Settle { card, how: Settlement::BringBack }, move |answer| match answer {
        Ok(_) => shared.say(t!("undone.other")),
        Err(fault) => shared.say_fault(&fault),
    });
}

fn refused(card: Refused) -> AnyView {
    let kind = labels::kind_of_record(&card.kind).to_owned();
    let (title, words) = titled(card.title.clone(), kind, days::moment(card.at_ms, days::today()));
    let chip = view! { <Chip colour="need" icon=Icon::Alert>{t!("sync.refused")}</Chip> }.into_any();
    view! {
        <article class="card attention" data-row="card" data-card="refused">
            {line(None, title, words, None, chip)}
            {said(&card.says)}
            <p class="card-words">{words::fault(&card.fault)}</p>
            <div class="card-acts">{ways(&card)}{withdrawal(card.id)}</div>
        </article>
    }
    .into_any()
}

/// The buttons that mend it, the likeliest first.
fn ways(card: &Refused) -> Vec<AnyView> {
    let way = mend(&card.fault.code);
    let send = |tone| {
        settler(
            card.id,
            Settlement::TryAgain,
            "try-again",
            tone,
            t!("sync.try_again").into(),
            t!("sync.tried_again"),
        )
    };
    let mut ways = Vec::new();
    if way == Mend::SendAgain {
        ways.push(send(Tone::Soft));
    }
    if way == Mend::Restore {
        let words = t!("sync.bring_back").into();
        ways.push(settler(
            card.id,
            Settlement::UseMine,
            "bring-back",
            Tone::Soft,
            words,
            t!("sync.brought_back"),
        ));
    }
    if matches!(&*card.kind, "visit" | "matter") && way == Mend::Correct {
        ways.push(settler(
            card.id,
            Settlement::Correct,
            "correct",
            Tone::Soft,
            t!("sync.correct").into(),
            "",
        ));
    } else if let Some(to) = card.open {
        let (tone, words) = match way {
            Mend::Correct => (Tone::Soft, t!("sync.fix")),
            _ => (Tone::Plain, t!("sync.look")),
        };
        ways.push(view! { <LinkButton act="card-open" tone to>{words}</LinkButton> }.into_any());
    }
    if way == Mend::LookThenSend {
        ways.push(send(Tone::Plain));
    }
    ways
}

/// 不送了 asks first, and can be taken back for some seconds after.
fn withdrawal(card: CardId) -> AnyView {
    let is_asking = RwSignal::new(false);
    let ask_first = move |asks| Callback::new(move |()| is_asking.set(asks));
    let dialog = move || {
        is_asking.get().then(|| {
            let withdraw = settler(card, Settlement::LeaveIt, "withdraw", Tone::Plain, t!("sync.withdraw_do").into(), t!("sync.withdrawn"));
            view! {
                <Dialog name="withdraw" title=t!("sync.withdraw_sure") on_close=ask_first(false)>
                    <footer class="dialog-foot" on:click=move |_| is_asking.set(false)>
                        {withdraw}
                        <Button act="keep" tone=Tone::Main on_press=ask_first(false)>{t!("sync.withdraw_not")}</Button>
                    </footer>
                </Dialog>
            }
        })
    };
    view! { <Button act="leave-it" on_press=ask_first(true)>{t!("sync.withdraw")}</Button>{dialog} }
        .into_any()
}

/// What the change says, so that nobody has to remember it.
fn said(says: &[Said]) -> Option<AnyView> {
    let lines = says.iter().filter_map(|Said { field, value }| {
        let name = labels::known_field(field)?;
        Some(view! { <dt>{name}</dt><dd>{labels::value(field, value)}</dd> }.into_any())
    });
    let lines: Vec<AnyView> = lines.collect();
    (!lines.is_empty()).then(|| view! { <dl class="said">{lines}</dl> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conflict(record: u8, field: &str) -> Card {
        let what = CardWhat::Conflict {
            field: field.to_owned(),
            record: RecordId::from_bytes([record; 16]),
            lost: String::new(),
            lost_by: String::new(),
            lost_ms: 0,
            winning: String::new(),
            won_by: String::new(),
            won_ms: 0,
            is_mine: true,
            is_winner_mine: false,
            needs_choice: false,
        };
        Card { id: CardId::Lost(RecordId::from_bytes([9; 16])), title: String::new(), at_ms: 0, what }
    }

    #[test]
    fn what_met_in_one_record_stands_on_one_card() {
        let groups = grouped(vec![
            conflict(1, "household.note"),
            conflict(2, "household.note"),
            conflict(1, "household.care"),
        ]);
        let fields = groups.iter().map(|group| match group {
            Group::Conflicts { fields, .. } => fields.len(),
            Group::Refused(_) => 0,
        });
        assert_eq!(fields.collect::<Vec<_>>(), [2, 1]);
    }
}
