//! 投诉建议: about the app, to the host unit of the county, without a name unless one is written. The county reads here
//! what was handed in.

use leptos::prelude::*;
use records::Fault;
use records::call::{Letters, ListLetters, SendFeedback};

use crate::bridge::ask;
use crate::components::{Button, FaultNote, Field, Heading, LongField, Page, Tone};
use crate::live::live;
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t};

/// The form, and for the county what came.
#[component]
pub fn FeedbackPage() -> impl IntoView {
    let shared = Shared::here();
    let (text, contact) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let fault = RwSignal::new(None::<Fault>);
    let letters = live(|| Some(ListLetters {}));
    let send = move |()| {
        let letter = SendFeedback { text: text.get_untracked(), contact: contact.get_untracked() };
        ask(letter, move |answer| match answer {
            Ok(saved) => {
                text.try_set(String::new());
                contact.try_set(String::new());
                fault.try_set(None);
                shared.say_with_undo(t!("feedback.sent"), saved.undo, saved.undo_until_ms);
            }
            Err(why) => drop(fault.try_set(Some(why))),
        });
    };
    let host = move || {
        let worker =
            shared.session.with(|session| session.as_ref().and_then(|session| session.worker.clone()));
        worker.and_then(|worker| worker.host_unit).unwrap_or_else(|| t!("feedback.county").to_owned())
    };
    view! {
        <Page name="feedback" is_ready=true>
            <Heading title=t!("feedback.title") back=Route::Me />
            <div class="stack">
                <p>{move || t!("feedback.words", host = host())}</p>
                <LongField act="feedback-text" label=t!("feedback.text") value=text lines=4 />
                <Field act="feedback-contact" label=t!("feedback.contact") value=contact hint=t!("feedback.contact_hint") />
                {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
                <Button act="feedback-send" tone=Tone::Main on_press=send>{t!("feedback.send")}</Button>
            </div>
            {move || letters.get().and_then(Result::ok).map(received)}
        </Page>
    }
}

fn received(letters: Letters) -> impl IntoView {
    let now = days::today();
    let said = letters.feedback.into_iter().map(|one| {
        let line = labels::joined([Some(days::moment(one.at.utc_ms, now)), one.contact]);
        view! { <div class="row" data-row="feedback"><div class="grow"><p class="words">{one.text}</p><p>{line}</p></div></div> }
        .into_any()
    });
    let reports = letters.reports.into_iter().map(|one| {
        let (when, whom) = (days::moment(one.at.utc_ms, now), labels::receiver(one.receiver));
        view! { <div class="row" data-row="report"><div class="grow"><strong>{whom}</strong><p>{when}</p></div></div> }
        .into_any()
    });
    [(t!("feedback.received"), said.collect::<Vec<_>>()), (t!("feedback.reports"), reports.collect::<Vec<_>>())]
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(title, rows)| view! { <h2 class="section">{title}</h2><div class="stack"><div class="card">{rows}</div></div> })
        .collect_view()
}
