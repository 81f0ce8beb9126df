//! Locks the device when nobody touched it for a while. What is being typed is a draft by then.

use std::time::Duration;

use js_sys::Date;
use leptos::ev;
use leptos::prelude::*;
use records::call::{GetLock, LockNow, LockState};

use crate::bridge::ask;
use crate::pages::lock::begin;
use crate::state::Shared;

/// So often it is looked at.
const OFTEN: Duration = Duration::from_secs(10);
const MINUTE_MS: f64 = 60_000.0;

/// Follows hand and eye for as long as the page lives. A phone that slept looks when it wakes, before anything is shown.
pub fn follow(shared: Shared) {
    let touched_ms = StoredValue::new(Date::now());
    let touch = move || touched_ms.set_value(Date::now());
    let hands = [
        window_event_listener(ev::pointerdown, move |_| touch()),
        window_event_listener(ev::keydown, move |_| touch()),
    ];
    let look = move || {
        let after =
            shared.session.with_untracked(|session| session.as_ref().map(|it| it.settings.locks_after));
        let is_long = |minutes| Date::now() - touched_ms.get_value() >= f64::from(minutes) * MINUTE_MS;
        if after.is_some_and(is_long) {
            lock_if_there_is_one(shared, touch);
        }
    };
    let eye = window_event_listener(ev::visibilitychange, move |_| look());
    let beat = set_interval_with_handle(look, OFTEN);
    on_cleanup(move || {
        hands.into_iter().for_each(|handle| handle.remove());
        eye.remove();
        beat.into_iter().for_each(|handle| handle.clear());
    });
}

/// Where there is none, it is not asked for again before as much time has passed once more.
fn lock_if_there_is_one(shared: Shared, otherwise: impl Fn() + 'static) {
    ask(GetLock {}, move |answer| match answer {
        Ok(found) if found.state == LockState::Open => lock(shared),
        _ => otherwise(),
    });
}

/// Locks at once. The pages go first, so that what is typed in them is kept.
pub fn lock(shared: Shared) {
    shared.session.set(None);
    ask(LockNow {}, move |answer| match answer {
        Ok(lock) => shared.lock.set(Some(lock)),
        Err(fault) => {
            shared.say_fault(&fault);
            begin(shared, RwSignal::new(None));
        }
    });
}
