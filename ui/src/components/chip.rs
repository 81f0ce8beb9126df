//! Chips: a state in a word, a picture and a colour, never in the colour alone.

use leptos::prelude::*;
use records::call::{Standing, SyncChip, SyncState};

use super::icon::{Icon, Picture};
use super::progress::percent;
use crate::route::Route;
use crate::state::Shared;
use crate::{labels, t};

/// A small state.
#[component]
pub fn Chip(
    /// `ok`, `sent`, `wait`, `need`, or nothing for neutral.
    #[prop(optional)]
    colour: &'static str,
    /// A picture before the words.
    #[prop(optional)]
    icon: Option<Icon>,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <span class=format!("chip {colour}")>
            {icon.map(|icon| view! { <Picture icon is_small=true /> })}
            {children()}
        </span>
    }
    .into_any()
}

/// Where a record stands.
#[component]
pub fn StandingChip(
    /// Where.
    standing: Standing,
) -> impl IntoView {
    let (words, icon, colour) = labels::standing(standing);
    view! { <span class=format!("chip {colour}") data-standing=format!("{standing:?}")><Picture icon is_small=true />{words}</span> }
    .into_any()
}

/// What the chip at the top says: words, picture, colour.
pub fn sync_words(chip: &SyncChip) -> (String, Icon, &'static str) {
    let waiting = chip.waiting;
    match &chip.state {
        SyncState::First { received, total } => {
            (t!("chip.first", percent = percent((*received, *total))), Icon::Sync, "sent")
        }
        _ if chip.needs_you > 0 => (t!("chip.needs_you", count = chip.needs_you), Icon::Alert, "need"),
        SyncState::Working => (t!("chip.working").to_owned(), Icon::Sync, "sent"),
        SyncState::Offline if waiting > 0 => (t!("chip.offline", count = waiting), Icon::Offline, "wait"),
        SyncState::Offline => (t!("chip.offline_nothing").to_owned(), Icon::Offline, ""),
        SyncState::Paused if waiting > 0 => {
            (t!("chip.paused_waiting", count = waiting), Icon::Device, "wait")
        }
        SyncState::Paused => (t!("chip.paused").to_owned(), Icon::Clock, ""),
        SyncState::Failed(_) if waiting > 0 => {
            (t!("chip.failed_waiting", count = waiting), Icon::Alert, "wait")
        }
        SyncState::Failed(_) => (t!("chip.failed").to_owned(), Icon::Alert, "wait"),
        SyncState::Idle if waiting > 0 => (t!("chip.waiting", count = waiting), Icon::Device, "wait"),
        SyncState::Idle if chip.last_ms.is_none() => (t!("chip.never").to_owned(), Icon::Sync, ""),
        SyncState::Idle => (t!("chip.all_received").to_owned(), Icon::Check, "ok"),
    }
}

/// The chip at the top of every main page; leads to 同步.
#[component]
pub fn SyncChipLink() -> impl IntoView {
    let shared = Shared::here();
    view! {
        {move || {
            let (words, icon, colour) = shared.chip.with(sync_words);
            view! {
                <a class=format!("chip sync-chip {colour}") data-act="sync-chip" href=Route::Sync.hash()>
                    <Picture icon is_small=true />
                    <span>{words}</span>
                </a>
            }
        }}
    }
}

#[cfg(test)]
mod tests {
    use records::Fault;

    use super::*;

    fn chip(waiting: u32, needs_you: u32, state: SyncState) -> (String, &'static str) {
        let (words, _, colour) = sync_words(&SyncChip { waiting, needs_you, state, last_ms: Some(1) });
        (words, colour)
    }

    #[test]
    fn the_chip_says_what_waits_and_who_has_to_act() {
        assert_eq!(chip(3, 0, SyncState::Idle), ("3 条待传".into(), "wait"));
        assert_eq!(chip(0, 0, SyncState::Idle), ("都送到了".into(), "ok"));
        assert_eq!(chip(3, 0, SyncState::Offline), ("没连上，3 条在本机".into(), "wait"));
        assert_eq!(chip(3, 2, SyncState::Offline), ("2 条要你看".into(), "need"));
        assert_eq!(chip(0, 0, SyncState::First { received: 1, total: 4 }), ("正在取数据 25%".into(), "sent"));
        assert_eq!(chip(0, 0, SyncState::First { received: 0, total: 0 }).1, "sent");
        assert_eq!(chip(0, 0, SyncState::Paused), ("先停着".into(), ""));
        assert_eq!(chip(1, 0, SyncState::Paused), ("先停着，1 条待传".into(), "wait"));
    }

    #[test]
    fn nothing_is_called_delivered_while_something_waits_or_is_on_its_way() {
        let fault = Fault::new("sync.server_failed");
        let states = [
            SyncState::Idle,
            SyncState::Working,
            SyncState::First { received: 1, total: 4 },
            SyncState::Paused,
            SyncState::Offline,
            SyncState::Failed(fault),
        ];
        let delivered = chip(0, 0, SyncState::Idle);
        for state in states {
            let is_idle = state == SyncState::Idle;
            assert_ne!(chip(3, 0, state.clone()), delivered, "{state:?}");
            assert_ne!(chip(0, 1, state.clone()), delivered, "{state:?}");
            assert_eq!(chip(0, 0, state) == delivered, is_idle);
        }
    }
}
