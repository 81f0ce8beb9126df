//! What the road carried, and whether to spare it.

use leptos::prelude::*;
use records::call::{Round, SaveSettings, Settings, SyncPage};

use crate::bridge::ask;
use crate::components::{Icon, Picture};
use crate::state::Shared;
use crate::{days, labels, t};

/// 省流量, and what the last rounds took.
pub fn road(page: Memo<SyncPage>) -> AnyView {
    let spares_data = move || page.with(|page| page.spares_data);
    let shared = Shared::here();
    let turn = move |_| {
        let settings =
            shared.session.with_untracked(|session| session.as_ref().map(|session| session.settings));
        let Some(settings) = settings else { return };
        let settings = Settings { spares_data: Some(!untrack(spares_data)), ..settings };
        ask(SaveSettings { settings }, move |answer| match answer {
            Ok(session) => {
                shared.session.set(Some(session));
                shared.changed();
            }
            Err(fault) => shared.say_fault(&fault),
        });
    };
    view! {
        <div class="section"><h2>{t!("sync.road")}</h2></div>
        <div class="stack">
            <div class="card">
                <div class="row">
                    <Picture icon=Icon::Up />
                    <div class="grow">
                        <button
                            type="button"
                            class="row-link"
                            role="switch"
                            aria-checked=move || spares_data().to_string()
                            data-act="spare-data"
                            on:click=turn
                        >
                            <strong>{t!("sync.spare")}</strong>
                        </button>
                        <p>{t!("sync.spare_words")}</p>
                    </div>
                    <span class="switch" class:on=spares_data aria-hidden="true" />
                </div>
            </div>
            {move || page.with(|page| page.last).map(spent)}
        </div>
    }
    .into_any()
}

/// What the last round moved, unless that was nothing, and what the day has taken.
fn spent(round: Round) -> AnyView {
    let today = days::today();
    let last = (round.received > 0 || round.sent > 0).then(|| {
        t!(
            "sync.last",
            time = days::moment(round.at_ms, today),
            received = days::grouped(round.received.into()),
            sent = days::grouped(round.sent.into()),
            size = labels::size(round.bytes)
        )
    });
    let of_day = t!(
        "sync.spent_on",
        day = days::day(days::day_of(round.at_ms), today),
        size = labels::size(round.day_bytes)
    );
    view! {
        <div class="small number quiet-line">{last.map(|last| view! { <p>{last}</p> })}<p>{of_day}</p></div>
    }
    .into_any()
}
