//! The room for the data on this device, and a warning in time.

use leptos::prelude::*;
use records::call::{GetRoom, Room};

use super::{Button, Icon, Picture};
use crate::live::live;
use crate::state::Shared;
use crate::{bridge, days, labels, t};

/// Below this much room somebody should do something, bytes: a year of visits, or fifty photos.
const LITTLE: u64 = 100_000_000;
/// Work that has waited so long in a browser that may clear it is spoken of, ms: some clear it after a week in which
/// nobody came.
const LONG_MS: i64 = 2 * 86_400_000;

/// What the person is to know of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Warning {
    /// The device is nearly full: so many bytes are left.
    Full(u64),
    /// So many changes are in this browser alone, which may clear them.
    MayGo(u32),
    /// It did: so many are in the open page alone.
    Gone(u32),
}

/// What there is to warn of, with `waiting` changes unsent and the last finished round `silent_ms` ago.
fn warning(room: Room, waiting: u32, silent_ms: i64) -> Option<Warning> {
    match room.free {
        _ if room.is_gone => Some(Warning::Gone(waiting)),
        Some(free) if free < LITTLE => Some(Warning::Full(free)),
        _ if !room.stays && waiting > 0 && silent_ms >= LONG_MS => Some(Warning::MayGo(waiting)),
        _ => None,
    }
}

/// Says in time that the device is full, or that a browser may clear what is not sent yet.
#[component]
pub fn RoomWarning() -> impl IntoView {
    let shared = Shared::here();
    let room = live(|| Some(GetRoom {}));
    let warning = Memo::new(move |_| {
        let room = room.with(|room| room.as_ref()?.as_ref().ok().copied())?;
        shared
            .chip
            .with(|chip| warning(room, chip.waiting, days::now_ms() - chip.last_ms.unwrap_or_default()))
    });
    let words = move || match warning.get()? {
        Warning::Full(free) => Some(t!("room.full", free = labels::size(free))),
        Warning::MayGo(count) => Some(t!("room.may_go", count = count)),
        Warning::Gone(count) => Some(t!("room.gone", count = count)),
    };
    move || {
        words().map(|words| {
            view! { <div class="fault soon" role="status" data-warning="room"><Picture icon=Icon::Alert /><p>{words}</p></div> }
        })
    }
}

/// How much room the data takes up, and whether it stays.
#[component]
pub fn RoomRow() -> impl IntoView {
    let shared = Shared::here();
    let room = live(|| Some(GetRoom {}));
    let room = Memo::new(move |_| room.with(|room| room.as_ref()?.as_ref().ok().copied()));
    let keep = move |()| {
        bridge::persist(move |stays| {
            shared.say(if stays { t!("room.stays_now") } else { t!("room.stays_not") });
            shared.changed();
        });
    };
    let line = move || room.get().map(used);
    let may_go = Memo::new(move |_| room.get().is_some_and(|room| !room.stays));
    let words = move || may_go.get().then(|| view! { <p>{t!("room.may_clear")}</p> });
    let button = move || {
        may_go.get().then(|| view! { <Button act="persist" on_press=keep>{t!("room.keep")}</Button> })
    };
    view! {
        <div class="row" data-row="room">
            <Picture icon=Icon::Device />
            <div class="grow">
                <strong>{t!("room.title")}</strong>
                <p>{line}</p>
                {words}
            </div>
            {button}
        </div>
    }
}

fn used(room: Room) -> String {
    let used = labels::size(room.used);
    match room.free {
        Some(free) => t!("room.used_of", used = used, free = labels::size(free)),
        None => t!("room.used", used = used),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_comes_while_something_can_still_be_done() {
        const ENOUGH: Option<u64> = Some(LITTLE);
        const DAY_MS: i64 = LONG_MS / 2;
        let cases = [
            (ENOUGH, false, 0, 9 * DAY_MS, None),
            (ENOUGH, false, 3, DAY_MS, None),
            (ENOUGH, false, 3, 2 * DAY_MS, Some(Warning::MayGo(3))),
            (ENOUGH, true, 3, 9 * DAY_MS, None),
            (None, false, 1, 2 * DAY_MS, Some(Warning::MayGo(1))),
            (Some(LITTLE - 1), true, 0, 0, Some(Warning::Full(LITTLE - 1))),
            (Some(0), false, 3, 9 * DAY_MS, Some(Warning::Full(0))),
            (None, true, 3, 9 * DAY_MS, None),
        ];
        for (free, stays, waiting, silent_ms, expected) in cases {
            let room = Room { used: 0, free, stays, is_gone: false };
            assert_eq!(warning(room, waiting, silent_ms), expected, "{room:?} {waiting} {silent_ms}");
            let gone = Room { is_gone: true, ..room };
            assert_eq!(warning(gone, waiting, silent_ms), Some(Warning::Gone(waiting)));
        }
    }
}
