//! The sheet that corrects a saved visit: the old words stay, the correction is a record of its own.

use leptos::prelude::*;
use records::call::{AmendVisit, TimelineEntry, TimelineWhat};
use records::codes::VisitResult;
use records::{Fault, RecordId};

use crate::bridge::ask;
use crate::components::{Button, Dialog, FaultNote, LongField, Pick, Tone};
use crate::state::Shared;
use crate::{labels, t};

/// A visit that is being corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amending {
    visit: RecordId,
    result: VisitResult,
    note: String,
}

impl Amending {
    /// The visit of an entry, unless it is another's, no visit, or withdrawn already.
    pub fn of(entry: &TimelineEntry, me: &str) -> Option<Self> {
        let is_mine = entry.by.as_ref().is_none_or(|by| by == me);
        match &entry.what {
            TimelineWhat::Visit { result, note, withdrawn: false, .. } if is_mine => {
                Some(Self { visit: entry.id, result: *result, note: note.clone().unwrap_or_default() })
            }
            _ => None,
        }
    }
}

/// Corrects or withdraws a visit; the reason is required.
#[component]
pub fn AmendSheet(
    /// Which.
    visit: Amending,
    /// What closing does.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let shared = Shared::here();
    let result = RwSignal::new(visit.result);
    let note = RwSignal::new(visit.note.clone());
    let reason = RwSignal::new(String::new());
    let fault = RwSignal::new(None::<Fault>);
    let save = move |withdrawn: bool| {
        let new_note = note.get_untracked();
        let amendment = AmendVisit {
            visit: visit.visit,
            reason: reason.get_untracked(),
            result: (!withdrawn && result.get_untracked() != visit.result).then(|| result.get_untracked()),
            note: (!withdrawn && new_note != visit.note).then_some(new_note),
            withdrawn,
        };
        ask(amendment, move |answer| match answer {
            Ok(saved) => {
                on_close.run(());
                shared.say_with_undo(t!("saved"), saved.undo, saved.undo_until_ms);
            }
            Err(why) => drop(fault.try_set(Some(why))),
        });
    };
    let save = StoredValue::new(save);
    view! {
        <Dialog name="amend" title=t!("amend.title") on_close=on_close>
            <div class="form">
                <div class="wrap" role="group" aria-label=t!("visit.results")>{results(result)}</div>
                <LongField act="amend-note" label=t!("visit.note") value=note />
                <LongField act="amend-reason" label=t!("amend.reason") value=reason placeholder=t!("amend.reason_hint") />
                {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
            </div>
            <footer class="dialog-foot">
                <Button act="withdraw" on_press=move |()| save.with_value(|save| save(true))>{t!("amend.withdraw")}</Button>
                <Button act="save" tone=Tone::Main on_press=move |()| save.with_value(|save| save(false))>{t!("save")}</Button>
            </footer>
        </Dialog>
    }
}

fn results(result: RwSignal<VisitResult>) -> impl IntoView {
    let picks = VisitResult::ALL.iter().map(|value| {
        let value = *value;
        view! {
            <Pick act=format!("amend-{}", value.code()) is_on=move || result.get() == value on_press=move |()| result.set(value)>
                {labels::result(value)}
            </Pick>
        }
    });
    picks.collect_view()
}
