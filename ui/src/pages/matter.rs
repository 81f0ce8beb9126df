//! One matter: what, where, who holds it, by when, and the path so far.

use leptos::prelude::*;
use records::RecordId;
use records::call::{GetMatter, MatterPage as Matter, Standing};

use crate::components::{Chip, FaultNote, Heading, Icon, LinkButton, Page, Picture, StandingChip};
use crate::live::live;
use crate::route::Route;
use crate::{days, labels, t};

/// A matter's page.
#[component]
pub fn MatterPage(
    /// Which.
    #[prop(into)]
    id: Signal<RecordId>,
) -> impl IntoView {
    let page = live(move || Some(GetMatter { id: id.get() }));
    let title = move || page.get().and_then(Result::ok).map(|page| page.row.subject).unwrap_or_default();
    let above =
        move || page.get().and_then(Result::ok).and_then(|page| page.row.category).unwrap_or_default();
    view! {
        <Page name="matter" is_ready=move || page.with(Option::is_some)>
            <Heading above=Signal::derive(above) title=Signal::derive(title) back=Route::Items />
            {move || match page.get()? {
                Ok(page) => Some(shown(page).into_any()),
                Err(fault) => Some(view! { <FaultNote fault /> }.into_any()),
            }}
        </Page>
    }
}

fn shown(page: Matter) -> impl IntoView {
    let urgency = labels::urgency(page.row.urgency)
        .map(|(words, colour)| view! { <Chip colour icon=Icon::Alert>{words}</Chip> });
    let admission = page.admission.map(|admission| view! { <Chip>{labels::admission(admission)}</Chip> });
    let household = page.household.clone();
    view! {
        <div class="wrap chips-line"><StandingChip standing=page.row.standing />{urgency}{admission}</div>
        <div class="stack wide-gap">
            <section class="card">
                {fact(t!("matter.place"), page.row.place.clone())}
                {fact(t!("matter.department"), labels::matter_line(&page.row))}
                {page.item.clone().map(|(code, name)| fact(t!("matter.item"), format!("{code} {name}")))}
                {page.off_list_reason.clone().map(|reason| fact(t!("matter.reason"), reason))}
                {page.content.clone().map(|content| fact(t!("matter.content"), content))}
                {fact(t!("matter.source"), labels::joined([Some(labels::source(page.source).to_owned()), page.by.clone()]))}
                {household.map(|(id, words)| view! {
                    <div class="row">
                        <div class="grow"><small>{t!("matter.household")}</small><p class="words">{words}</p></div>
                        <LinkButton act="household" to=Route::Household(id)>{t!("open")}</LinkButton>
                    </div>
                })}
            </section>
            <section>
                <h2 class="section">{t!("matter.path")}</h2>
                {path(&page)}
            </section>
        </div>
    }
}

fn fact(name: &'static str, value: String) -> impl IntoView {
    (!value.is_empty()).then(|| view! { <div class="row"><div class="grow"><small>{name}</small><p class="words">{value}</p></div></div> })
}

/// The path so far, as a vertical line: seen, saved here, sent, received.
fn path(page: &Matter) -> impl IntoView + use<> {
    let today = days::today();
    let standing = page.row.standing;
    let is_sent = matches!(standing, Standing::Sent | Standing::Accepted);
    let received = page.received_ms.map(|ms| days::moment(ms, today));
    let steps = [
        (true, Icon::Eye, t!("matter.seen"), days::moment(page.row.occurred.utc_ms, today)),
        (true, Icon::Device, t!("standing.on_device"), String::new()),
        (is_sent, Icon::Up, t!("standing.sent"), String::new()),
        (standing == Standing::Accepted, Icon::Check, t!("matter.received"), received.unwrap_or_default()),
    ];
    let steps = steps.map(|(is_done, icon, words, when)| {
        view! {
            <li class="step" class:done=is_done>
                <Picture icon is_small=true />
                <span>{words}</span>
                <span class="small number">{if is_done { when } else { t!("matter.not_yet").to_owned() }}</span>
            </li>
        }
    });
    let refused = (standing == Standing::NeedsYou)
        .then(|| view! { <p class="quiet-line"><a href=Route::Sync.hash()>{t!("matter.needs_you")}</a></p> });
    view! { <ol class="card path">{steps.collect_view()}</ol>{refused} }
}
