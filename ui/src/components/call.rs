//! Calling somebody: the number is shown once, which is recorded, and a note is offered afterwards.

use leptos::prelude::*;
use records::RecordId;
use records::call::{Masked, Reveal};

use super::button::{Button, LinkButton, Tone};
use super::dialog::Dialog;
use super::icon::{Icon, Picture};
use super::note::FaultNote;
use crate::bridge::ask;
use crate::route::Route;
use crate::t;

/// A button that shows somebody's number and dials it.
#[component]
pub fn CallButton(
    /// Whose number.
    person: RecordId,
    /// Their masked name.
    #[prop(into)]
    name: String,
    /// The household, to write down what was said; `None` on its own visit sheet.
    #[prop(optional)]
    household: Option<RecordId>,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let title = t!("call.title", name = name);
    let sheet = move || {
        is_open.get().then(|| {
            view! {
                <Dialog name="call" title=title.clone() on_close=move |()| is_open.set(false)>
                    <Number person household />
                </Dialog>
            }
        })
    };
    view! {
        <Button act="call" icon=Icon::Phone on_press=move |()| is_open.set(true)>{t!("call.call")}</Button>
        {sheet}
    }
    .into_any()
}

#[component]
fn Number(person: RecordId, household: Option<RecordId>) -> impl IntoView {
    let number = RwSignal::new(None);
    let was_dialled = RwSignal::new(false);
    ask(Reveal::of(person, Masked::Phone), move |answer| {
        number.try_set(Some(answer));
    });
    let after = move || {
        let offer = household.filter(|_| was_dialled.get())?;
        Some(view! {
            <div class="after-call">
                <p>{t!("call.write_down")}</p>
                <LinkButton act="after-call" tone=Tone::Soft to=Route::Visit(offer)>{t!("visit.record")}</LinkButton>
            </div>
        })
    };
    view! {
        <div class="call">
            {move || match number.get()? {
                Ok(revealed) => Some(dial(revealed.value, was_dialled).into_any()),
                Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
            }}
            <p class="small">{t!("call.recorded")}</p>
            {after}
        </div>
    }
    .into_any()
}

fn dial(number: String, was_dialled: RwSignal<bool>) -> impl IntoView {
    let href = format!("tel:{number}");
    view! {
        <p class="big-number number">{spaced(&number)}</p>
        <a class="button main" data-act="dial" href=href on:click=move |_| was_dialled.set(true)>
            <Picture icon=Icon::Phone is_small=true />
            {t!("call.dial")}
        </a>
    }
}

/// A mobile number in groups of 3, 4 and 4, as it is read aloud.
pub fn spaced(number: &str) -> String {
    match (number.len(), number.is_ascii()) {
        (11, true) => format!("{} {} {}", &number[..3], &number[3..7], &number[7..]),
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_grouped_as_they_are_read() {
        assert_eq!(super::spaced("13800001234"), "138 0000 1234");
        assert_eq!(super::spaced("0454-2911234"), "0454-2911234");
    }
}
