//! What waits to be sent, oldest first; one tap leads to it.

use leptos::prelude::*;
use records::call::{ListWaiting, SyncPage, WaitingRow};

use super::cards::page_of;
use super::{line, section, titled};
use crate::bridge::ask;
use crate::components::{Button, StandingChip};
use crate::state::Shared;
use crate::{days, labels, t};

/// Rows that one press adds.
const STEP: u16 = 100;

/// The rows of the page, and the others when they are asked for.
pub fn rows(page: SyncPage) -> AnyView {
    if page.waiting.is_empty() {
        return ().into_any();
    }
    let shared = Shared::here();
    let all = page.chip.waiting;
    let rows = RwSignal::new(page.waiting);
    let shown = move || u32::try_from(rows.with(Vec::len)).unwrap_or(u32::MAX);
    let more = Callback::new(move |()| {
        let limit = u16::try_from(shown()).unwrap_or(u16::MAX).saturating_add(STEP);
        ask(ListWaiting { limit }, move |answer| match answer {
            // The page may have been left meanwhile.
            Ok(window) => drop(rows.try_set(window.rows)),
            Err(fault) => shared.say_fault(&fault),
        });
    });
    let list = move || {
        let beyond = u64::from(all.saturating_sub(shown()));
        let words = t!("sync.and_more", count = days::grouped(beyond));
        let more = (beyond > 0).then(|| {
            view! { <div class="stack more"><Button act="waiting-more" on_press=more>{words}</Button></div> }.into_any()
        });
        let count = days::grouped(all.max(shown()).into());
        (section(t!("sync.waiting"), count, rows.get().into_iter().map(row).collect()), more)
    };
    list.into_any()
}

fn row(row: WaitingRow) -> AnyView {
    let to = page_of(&row.kind, row.record, row.household);
    let kind = labels::kind_of_record(&row.kind);
    let fields: Vec<&str> = row.fields.iter().filter_map(|field| labels::known_field(field)).collect();
    let what = if fields.is_empty() { kind.to_owned() } else { fields.join(t!("sync.comma")) };
    let saved = t!("sync.saved_at", time = days::moment(row.saved_ms, days::today()));
    let (title, words) = titled(row.title, what, saved);
    let standing = view! { <StandingChip standing=row.standing /> }.into_any();
    line(Some("waiting"), title, words, to, standing)
}
