//! The form on which a refused matter goes on.

use leptos::prelude::*;
use records::Fault;
use records::call::{CardId, CorrectMatter, MatterDraft};

use super::cards::take_back;
use crate::bridge::ask;
use crate::components::matter_form::MatterSheet;
use crate::state::Shared;
use crate::t;

/// The refused matter that is being corrected, with the number of its card.
#[derive(Clone, Copy)]
pub struct Correcting(RwSignal<Option<(u64, MatterDraft)>>);

impl Correcting {
    /// Nothing is; handed down to what the page shows.
    pub fn nothing() -> Self {
        let correcting = Self(RwSignal::new(None));
        provide_context(correcting);
        correcting
    }

    /// The one handed down.
    pub fn here() -> Self {
        expect_context()
    }

    /// Opens the form of a refused matter.
    pub fn begin(self, card: CardId, draft: MatterDraft) {
        if let CardId::Refused(number) = card {
            self.0.try_set(Some((number, draft)));
        }
    }
}

/// The form, for as long as a matter is being corrected. Its card stays until it is saved.
pub fn form(correcting: Correcting) -> impl IntoView {
    let shared = Shared::here();
    let fault = RwSignal::new(None::<Fault>);
    let close = Callback::new(move |()| {
        fault.set(None);
        correcting.0.set(None);
    });
    move || {
        let (refused, draft) = correcting.0.get()?;
        let save = move |draft: MatterDraft| {
            ask(CorrectMatter { refused, draft }, move |answer| match answer {
                Ok(saved) => {
                    correcting.0.try_set(None);
                    say_saved(shared, CardId::Refused(refused), saved.undo);
                }
                Err(why) => drop(fault.try_set(Some(why))),
            });
        };
        Some(view! { <MatterSheet draft done=t!("sync.correct") fault on_done=save on_close=close /> })
    }
}

/// Taken back, the card is there again.
fn say_saved(shared: Shared, card: CardId, undo: Option<u64>) {
    match undo {
        Some(undo) => shared.say_with_way_back(t!("saved"), move || take_back(shared, card, undo)),
        None => shared.say(t!("saved")),
    }
}
