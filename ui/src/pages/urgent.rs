//! 马上求助: the numbers to call at once, without a network too, and 强制报告 (domain §5.13).
//!
//! Nothing is recorded but what the person says is to be: when, and to whom, for the county alone. Words to read out on
//! the phone live in this page and end with it.

use leptos::prelude::*;
use records::call::KeepDutyReport;
use records::codes::ReportReceiver;

use crate::bridge::ask;
use crate::components::{Heading, Icon, LongField, Page, Pick, Picture};
use crate::route::Route;
use crate::state::Shared;
use crate::{labels, t};

/// The numbers, the emergency ones first.
#[component]
pub fn UrgentPage() -> impl IntoView {
    let others = [("120", t!("urgent.120")), ("119", t!("urgent.119")), ("122", t!("urgent.122"))];
    let support =
        [("12338", t!("urgent.12338")), ("12355", t!("urgent.12355")), ("12345", t!("urgent.12345"))];
    let words = RwSignal::new(String::new());
    view! {
        <Page name="help" is_ready=true>
            <Heading title=t!("urgent.title") back=Route::Today />
            <p class="lead">{t!("urgent.lead")}</p>
            <div class="stack">
                {line("110", t!("urgent.110"), true)}
                <section class="card attention mandatory">
                    <h2>{t!("urgent.mandatory")}</h2>
                    <p>{t!("urgent.mandatory_do")}</p>
                    <p>{t!("urgent.mandatory_not")}</p>
                    <p class="small">{t!("urgent.mandatory_law")}</p>
                </section>
                <div class="numbers">{others.map(|(number, words)| line(number, words, true)).collect_view()}</div>
            </div>
            <h2 class="section">{t!("urgent.support")}</h2>
            <div class="stack"><div class="numbers">{support.map(|(number, words)| line(number, words, false)).collect_view()}</div></div>
            <h2 class="section">{t!("urgent.read_out")}</h2>
            <div class="stack"><LongField act="read-out" label=t!("urgent.read_out_words") value=words lines=3 /></div>
            <h2 class="section">{t!("urgent.afterwards")}</h2>
            <div class="stack">
                <p class="small">{t!("urgent.afterwards_words")}</p>
                <Receivers />
            </div>
            <p class="small section">{t!("urgent.nothing_recorded")}</p>
        </Page>
    }
}

/// Keeps when and to whom, once the call is over.
#[component]
fn Receivers() -> impl IntoView {
    let shared = Shared::here();
    let keep = move |receiver| {
        ask(KeepDutyReport { receiver }, move |answer| match answer {
            Ok(saved) => shared.say_with_undo(t!("urgent.kept"), saved.undo, saved.undo_until_ms),
            Err(fault) => shared.say_fault(&fault),
        });
    };
    let receivers = ReportReceiver::ALL.iter().map(|receiver| {
        let receiver = *receiver;
        view! {
            <Pick act=format!("reported-{}", receiver.code()) is_on=false on_press=move |()| keep(receiver)>
                {labels::receiver(receiver)}
            </Pick>
        }
    });
    view! { <div class="wrap" role="group" aria-label=t!("urgent.afterwards")>{receivers.collect_view()}</div> }
        .into_any()
}

fn line(number: &'static str, words: &'static str, is_emergency: bool) -> impl IntoView {
    view! {
        <a class="number-line" class:emergency=is_emergency data-act=format!("call-{number}") href=format!("tel:{number}")>
            <Picture icon=Icon::Phone />
            <strong class="number">{number}</strong>
            <span>{words}</span>
        </a>
    }
}
