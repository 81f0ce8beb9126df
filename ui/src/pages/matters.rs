//! 事项: what was reported, newest first.

use leptos::prelude::*;
use records::Fault;
use records::call::{ListMatters, MatterRow};

use crate::bridge::ask;
use crate::components::virtual_list::{VirtualList, Wanted, take_in};
use crate::components::{Chip, Empty, FaultNote, Heading, Icon, LinkButton, Page, StandingChip, Tone};
use crate::route::Route;
use crate::state::Shared;
use crate::windows::{ROWS, Windows};
use crate::{days, labels, live, t};

const ROW_REM: (f64, f64) = (5.5, 8.25);

/// The matters of this device's areas.
#[component]
pub fn MattersPage() -> impl IntoView {
    let windows = RwSignal::new(Windows::<MatterRow>::default());
    let fault = RwSignal::new(None::<Fault>);
    let changes = live::changes();
    Effect::new(move |before: Option<()>| {
        changes();
        if before.is_some() {
            windows.update(Windows::grow_stale);
        }
    });
    let fetch = move |(number, after): Wanted| {
        #[expect(clippy::cast_possible_truncation, reason = "200 rows")]
        let limit = ROWS as u16;
        ask(ListMatters { after, limit }, move |answer| {
            fault.set(take_in(windows, number, answer, |window| {
                (window.rows, window.next, Some(window.total))
            }));
        });
    };
    let is_empty = move || windows.with(|windows| windows.is_ready() && windows.len() == 0);
    view! {
        <Page name="items" is_ready=move || windows.with(Windows::is_ready)>
            <Heading title=t!("matters.title") />
            <div class="acts">
                <LinkButton act="report" tone=Tone::Main icon=Icon::Plus to=Route::Pick>{t!("matters.report")}</LinkButton>
            </div>
            {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
            <VirtualList label=t!("matters.title") windows row_height=ROW_REM fetch draw=line />
            <Show when=is_empty>
                <Empty icon=Icon::List title=t!("matters.none") words=t!("matters.none_words") />
            </Show>
        </Page>
    }
}

fn line(row: MatterRow, _: Option<&MatterRow>) -> impl IntoView + use<> {
    view! { <MatterLine row /> }
}

#[component]
fn MatterLine(row: MatterRow) -> impl IntoView {
    let shared = Shared::here();
    let id = row.id;
    let is_current = move || shared.router.route.get() == Route::Matter(id);
    let when = days::moment(row.occurred.utc_ms, days::today());
    let line = labels::matter_line(&row);
    let urgency = labels::urgency(row.urgency);
    view! {
        <div class="row" class:current=is_current data-row="matter" data-id=id.to_string()>
            <div class="grow">
                <a class="row-link" href=Route::Matter(id).hash()><strong>{row.subject}</strong></a>
                {urgency.map(|(words, colour)| view! { " "<Chip colour icon=Icon::Alert>{words}</Chip> })}
                <p>{labels::joined([Some(when), Some(row.place)])}</p>
                <p>{line}</p>
            </div>
            <StandingChip standing=row.standing />
        </div>
    }
}
