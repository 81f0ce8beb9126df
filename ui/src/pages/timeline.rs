//! What happened at a household so far, newest first, more on demand.

use leptos::prelude::*;
use records::RecordId;
use records::call::{ListTimeline, TimelineEntry, TimelineWhat, TimelineWindow};

use super::amend::Amending;
use crate::bridge::ask;
use crate::components::{Button, Icon, IconButton, Picture, StandingChip, Tone};
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t};

const MORE: u16 = 50;

/// Earlier entries that were asked for. They outlive a fresh reading of the page.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    household: Option<RecordId>,
    entries: Vec<TimelineEntry>,
    next: Option<String>,
}

/// What stands in a timeline besides its newest entries.
#[derive(Debug, Clone, Copy)]
pub struct Beyond {
    /// Entries that were asked for.
    pub earlier: RwSignal<Earlier>,
    /// The visit that is being corrected.
    pub amending: RwSignal<Option<Amending>>,
}

/// The timeline: the newest entries come with the page, earlier ones when asked for.
#[component]
pub fn Timeline(
    /// Whose.
    household: RecordId,
    /// The newest entries.
    newest: TimelineWindow,
    /// What stands beside them.
    beyond: Beyond,
) -> impl IntoView {
    let shared = Shared::here();
    let Beyond { earlier, amending } = beyond;
    if earlier.with_untracked(|earlier| earlier.household != Some(household)) {
        earlier.set(Earlier { household: Some(household), entries: Vec::new(), next: newest.next });
    }
    if newest.entries.is_empty() {
        return view! { <p class="quiet-line">{t!("timeline.empty")}</p> }.into_any();
    }
    let newest: Vec<_> = newest.entries.into_iter().map(|entry| line(entry, amending)).collect();
    view! {
        <ol class="card timeline">
            {newest}
            {move || {
                let entries = earlier.with(|earlier| earlier.entries.clone());
                entries.into_iter().map(|entry| line(entry, amending)).collect_view()
            }}
        </ol>
        <Show when=move || earlier.with(|earlier| earlier.next.is_some())>
            <Button act="timeline-more" tone=Tone::Quiet on_press=move |()| fetch(shared, household, earlier)>
                {t!("timeline.more")}
            </Button>
        </Show>
    }
    .into_any()
}

fn fetch(shared: Shared, household: RecordId, earlier: RwSignal<Earlier>) {
    let after = earlier.with_untracked(|earlier| earlier.next.clone());
    ask(ListTimeline { household, after, limit: MORE }, move |answer| match answer {
        Ok(window) => drop(earlier.try_update(|earlier| {
            earlier.entries.extend(window.entries);
            earlier.next = window.next;
        })),
        Err(fault) => shared.say_fault(&fault),
    });
}

fn line(entry: TimelineEntry, amending: RwSignal<Option<Amending>>) -> impl IntoView {
    let shared = Shared::here();
    let on = days::moment(entry.at.utc_ms, days::today());
    let by = entry.by.clone();
    let (icon, title, line, is_withdrawn) = match &entry.what {
        TimelineWhat::Visit { .. } => visit(&entry.what),
        TimelineWhat::Matter { .. } => matter(&entry.what),
    };
    let matter = matches!(entry.what, TimelineWhat::Matter { .. }).then_some(entry.id);
    let title = match matter {
        Some(id) => view! { <a class="row-link" href=Route::Matter(id).hash()><strong>{title}</strong></a> }
            .into_any(),
        None => view! { <strong>{title}</strong> }.into_any(),
    };
    let amend = Amending::of(&entry, &shared.my_name()).map(|visit| {
        let press = move |()| amending.set(Some(visit.clone()));
        view! { <IconButton act="amend" icon=Icon::Edit name=t!("amend.title") on_press=press /> }
    });
    view! {
        <li class="row entry" class:withdrawn=is_withdrawn data-row="entry" data-id=entry.id.to_string()>
            <Picture icon />
            <div class="grow">
                {title}
                {(!line.is_empty()).then(|| view! { <p class="words">{line}</p> })}
                <p class="entry-foot number">
                    {labels::joined([Some(on), by])}
                    <StandingChip standing=entry.standing />
                </p>
            </div>
            {amend}
        </li>
    }
}

fn visit(what: &TimelineWhat) -> (Icon, String, String, bool) {
    let TimelineWhat::Visit { kind, result, findings, note, amended, withdrawn, all_well } = what else {
        return (Icon::Note, String::new(), String::new(), false);
    };
    let title = t!("timeline.visit", kind = labels::visit_kind(*kind), result = labels::result(*result));
    let findings: Vec<_> = findings.iter().map(|finding| labels::finding(*finding)).collect();
    let amended = (*amended > 0).then(|| t!("timeline.amended", count = amended));
    let withdrawn_words = withdrawn.then(|| t!("timeline.withdrawn").to_owned());
    let all_well = all_well.then(|| t!("visit.all_well").to_owned());
    let line = labels::joined([withdrawn_words, all_well, Some(findings.join("、")), note.clone(), amended]);
    (labels::result_icon(*result), title, line, *withdrawn)
}

fn matter(what: &TimelineWhat) -> (Icon, String, String, bool) {
    let TimelineWhat::Matter { subject, department, limit_workdays, urgency } = what else {
        return (Icon::List, String::new(), String::new(), false);
    };
    let title = t!("timeline.matter", subject = subject);
    let urgency = labels::urgency(*urgency).map(|(words, _)| words.to_owned());
    let line = labels::joined([department.clone(), labels::limit(*limit_workdays, None), urgency]);
    (Icon::List, title, line, false)
}
