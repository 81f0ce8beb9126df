//! A device that the server turned away enrols again, with a new invitation of the same person.

use leptos::prelude::*;
use records::Fault;
use records::call::{Enrol, SyncNow};

use super::{Button, FaultNote, Field, Tone};
use crate::bridge::ask;
use crate::state::Shared;
use crate::t;

/// Whether enrolling again is what mends this.
pub fn mends(fault: &Fault) -> bool {
    ["sync.token_refused", "sync.token_void"].contains(&fault.code.as_str())
}

/// The field for the invitation. What was not sent goes out afterwards.
#[component]
pub fn Rejoin() -> impl IntoView {
    let shared = Shared::here();
    let invitation = RwSignal::new(String::new());
    let fault = RwSignal::new(None::<Fault>);
    let is_asking = RwSignal::new(false);
    let join = move |()| {
        is_asking.set(true);
        fault.set(None);
        let server = invitation.with_untracked(|words| words.trim().to_owned());
        let device_name = t!("enrol.again_device").to_owned();
        ask(Enrol { server, code: String::new(), device_name }, move |answer| {
            is_asking.try_set(false);
            match answer {
                Ok(session) => {
                    shared.session.set(Some(session));
                    ask(SyncNow {}, |_| ());
                }
                Err(why) => drop(fault.try_set(Some(why))),
            }
        });
    };
    let is_off = move || is_asking.get() || invitation.with(|words| words.trim().is_empty());
    view! {
        <div class="card form rejoin">
            <Field act="rejoin-invitation" label=t!("enrol.server") value=invitation hint=t!("enrol.again_hint") />
            {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
            <Button act="rejoin" tone=Tone::Main is_off=Signal::derive(is_off) on_press=join>{t!("enrol.again")}</Button>
        </div>
    }
    .into_any()
}
