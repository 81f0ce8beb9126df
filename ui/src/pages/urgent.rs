//! 马上求助: the numbers to call at once. Nothing is recorded here.

use leptos::prelude::*;

use crate::components::{Heading, Icon, Page, Picture};
use crate::route::Route;
use crate::t;

/// The numbers, the emergency ones first.
#[component]
pub fn UrgentPage() -> impl IntoView {
    let others = [("120", t!("urgent.120")), ("119", t!("urgent.119")), ("122", t!("urgent.122"))];
    let support =
        [("12338", t!("urgent.12338")), ("12355", t!("urgent.12355")), ("12345", t!("urgent.12345"))];
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
                </section>
                <div class="numbers">{others.map(|(number, words)| line(number, words, true)).collect_view()}</div>
            </div>
            <h2 class="section">{t!("urgent.support")}</h2>
            <div class="stack"><div class="numbers">{support.map(|(number, words)| line(number, words, false)).collect_view()}</div></div>
            <p class="small section">{t!("urgent.nothing_recorded")}</p>
        </Page>
    }
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
