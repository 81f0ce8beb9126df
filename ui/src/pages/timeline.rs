//! What happened at a household so far, newest first, more on demand.

use leptos::prelude::*;
use records::RecordId;
use records::call::{ListTimeline, TimelineEntry, TimelineWhat, TimelineWindow};

use crate::components::{Button, Icon, Picture, StandingChip, Tone};
use crate::live::ask;
use crate::route::Route;
use crate::state::Shared;
use crate::{days, labels, t, words};

const MORE: u16 = 50;

/// The timeline: the newest entries come with the page, earlier ones when asked for.
#[component]
pub fn Timeline(
    /// Whose.
    household: RecordId,
    /// The newest entries.
    newest: TimelineWindow,
) -> impl IntoView {
    let shared = Shared::here();
    let earlier = RwSignal::new(Vec::<TimelineEntry>::new());
    let next = RwSignal::new(newest.next.clone());
    let more = move |()| {
        let list = ListTimeline { household, after: next.get_untracked(), limit: MORE };
        ask(list, move |answer| match answer {
            Ok(window) => {
                earlier.update(|earlier| earlier.extend(window.entries));
                next.set(window.next);
            }
            Err(fault) => shared.say(words::fault(&fault)),
        });
    };
    if newest.entries.is_empty() {
        return view! { <p class="quiet-line">{t!("timeline.empty")}</p> }.into_any();
    }
    let newest: Vec<_> = newest.entries.into_iter().map(entry).collect();
    view! {
        <ol class="card timeline">
            {newest}
            {move || earlier.get().into_iter().map(entry).collect_view()}
        </ol>
        <Show when=move || next.with(Option::is_some)>
            <Button act="timeline-more" tone=Tone::Quiet on_press=more>{t!("timeline.more")}</Button>
        </Show>
    }
    .into_any()
}

fn entry(entry: TimelineEntry) -> impl IntoView {
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
    view! {
        <li class="row entry" class:withdrawn=is_withdrawn data-row="entry" data-id=entry.id.to_string()>
            <Picture icon />
            <div class="grow">
                {title}
                {(!line.is_empty()).then(|| view! { <p class="words">{line}</p> })}
                <p class="number">{labels::joined([Some(on), by])}</p>
            </div>
            <StandingChip standing=entry.standing />
        </li>
    }
}

fn visit(what: &TimelineWhat) -> (Icon, String, String, bool) {
    let TimelineWhat::Visit { kind, result, findings, note, amended, withdrawn } = what else {
        return (Icon::Note, String::new(), String::new(), false);
    };
    let title = t!("timeline.visit", kind = labels::visit_kind(*kind), result = labels::result(*result));
    let findings: Vec<_> = findings.iter().map(|finding| labels::finding(*finding)).collect();
    let amended = (*amended > 0).then(|| t!("timeline.amended", count = amended));
    let withdrawn_words = withdrawn.then(|| t!("timeline.withdrawn").to_owned());
    let line = labels::joined([withdrawn_words, Some(findings.join("、")), note.clone(), amended]);
    (labels::result_icon(*result), title, line, *withdrawn)
}

fn matter(what: &TimelineWhat) -> (Icon, String, String, bool) {
    let TimelineWhat::Matter { subject, department, limit_workdays, urgency } = what else {
        return (Icon::List, String::new(), String::new(), false);
    };
    let title = t!("timeline.matter", subject = subject);
    let urgency = labels::urgency(*urgency).map(str::to_owned);
    let line = labels::joined([department.clone(), labels::limit(*limit_workdays, None), urgency]);
    (Icon::List, title, line, false)
}
