//! Locks the device when nobody touched it for a while. What is being typed is a draft by then.

use std::time::Duration;

use js_sys::Date;
use leptos::ev;
use leptos::prelude::*;
use records::call::{GetLock, Lock, LockNow, LockState};

use crate::bridge::ask;
use crate::state::{Overlay, Shared};

/// So often it is looked at.
const OFTEN: Duration = Duration::from_secs(10);
const MINUTE_MS: f64 = 60_000.0;
/// So long pages have to go, and to hand over what is typed.
const PAGES_GO: Duration = Duration::from_millis(50);

/// Follows hand and eye for as long as the page lives. A phone that slept looks when it wakes, before anything is shown.
pub fn follow(shared: Shared) {
    let touched_ms = StoredValue::new(Date::now());
    let touch = move || touched_ms.set_value(Date::now());
    let hands = [
        window_event_listener(ev::pointerdown, move |_| touch()),
        window_event_listener(ev::keydown, move |_| touch()),
        window_event_listener(ev::touchmove, move |_| touch()),
        window_event_listener(ev::wheel, move |_| touch()),
        // What is dictated presses nothing.
        window_event_listener(ev::input, move |_| touch()),
    ];
    let look = move || {
        let after =
            shared.session.with_untracked(|session| session.as_ref().map(|it| it.settings.locks_after));
        let idle_ms = Date::now() - touched_ms.get_value();
        // A clock that was set back makes nobody's hand lie on the screen.
        let is_long = |minutes| idle_ms < 0.0 || idle_ms >= f64::from(minutes) * MINUTE_MS;
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

/// Goes where it was locked elsewhere: by another tab, or with the worker that had the key.
pub fn was_locked(shared: Shared) {
    if shared.lock.with_untracked(Option::is_none) {
        leave(shared);
        ask(GetLock {}, move |answer| {
            if let Ok(lock) = answer {
                shared.lock.set(Some(lock));
            }
        });
    }
}

/// Takes everything out of sight. Until the core says how the lock stands, nothing is asked for.
fn leave(shared: Shared) {
    let looks = shared.session.with_untracked(|session| session.as_ref().map(|session| session.settings));
    shared.toast.set(None);
    shared.overlay.set(Overlay::None);
    shared.lock.set(Some(Lock { settings: looks, ..Lock::none() }));
    shared.session.set(None);
}

/// Locks. The pages go first and what is typed in them is kept as they go; then the core is told, behind that.
pub fn lock(shared: Shared) {
    leave(shared);
    let tell = move || {
        ask(LockNow {}, move |answer| match answer {
            Ok(lock) => shared.lock.set(Some(lock)),
            Err(fault) => {
                shared.say_fault(&fault);
                shared.lock.set(Some(Lock::of(LockState::Shut)));
            }
        });
    };
    set_timeout(tell, PAGES_GO);
}
