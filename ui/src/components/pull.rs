//! Pulling a page down syncs, as phones have taught everybody; where the hand lets go too early, nothing happens.

use js_sys::Function;
use leptos::prelude::*;
use records::call::SyncNow;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, TouchEvent};

use super::icon::{Icon, Picture};
use crate::bridge::ask;
use crate::haptics;

/// So far the mark comes down before letting go does something, and at most, in px.
const ENOUGH: i32 = 64;
const MOST: i32 = 96;
/// The mark goes one for so many of the finger, so that the page feels held.
const HOLDS: i32 = 2;

const EVENTS: [&str; 4] = ["touchstart", "touchmove", "touchend", "touchcancel"];

/// The mark that follows a pull. It says nothing to screen readers, whose users have 同步.
#[component]
pub fn Pull() -> impl IntoView {
    let pulled = RwSignal::new(0);
    let began = StoredValue::new(None::<(i32, i32)>);
    listen(move |event| {
        let kind = event.type_();
        if kind == "touchstart" {
            began.set_value(finger(event).filter(|_| stands_at_top(event)));
            return;
        }
        let way = began.get_value().zip(finger(event)).filter(|_| kind == "touchmove");
        match way.and_then(|(from, now)| distance(now.0 - from.0, now.1 - from.1)) {
            Some(distance) => {
                if distance >= ENOUGH && pulled.get_untracked() < ENOUGH {
                    haptics::tremble();
                }
                pulled.set(distance);
            }
            None => {
                if kind == "touchend" && pulled.get_untracked() >= ENOUGH {
                    ask(SyncNow {}, |_| ());
                }
                began.set_value(None);
                if pulled.get_untracked() > 0 {
                    pulled.set(0);
                }
            }
        }
    });
    let class = move || if pulled.get() >= ENOUGH { "pull enough" } else { "pull" };
    let style = move || format!("--pulled: {}px", pulled.get());
    view! {
        <div class=class style=style aria-hidden="true">
            <Picture icon=Icon::Sync />
        </div>
    }
    .into_any()
}

/// Hears what fingers do, for as long as the mark is there.
fn listen(hear: impl Fn(&TouchEvent) + 'static) {
    let hear = Closure::<dyn FnMut(TouchEvent)>::new(move |event| hear(&event));
    let function = hear.as_ref().unchecked_ref::<Function>().clone();
    for name in EVENTS {
        drop(window().add_event_listener_with_callback(name, &function));
    }
    let kept = StoredValue::new_local((hear, function));
    on_cleanup(move || {
        kept.try_with_value(|(_, function)| {
            for name in EVENTS {
                drop(window().remove_event_listener_with_callback(name, function));
            }
        });
    });
}

/// How far the mark comes down; nothing once the finger goes sideways or up, which means something else.
fn distance(across: i32, down: i32) -> Option<i32> {
    let is_pull = down >= 0 && down >= across.abs();
    is_pull.then(|| (down / HOLDS).min(MOST))
}

/// Where the only finger is.
fn finger(event: &TouchEvent) -> Option<(i32, i32)> {
    let touches = event.touches();
    let touch = touches.item(0).filter(|_| touches.length() == 1)?;
    Some((touch.client_x(), touch.client_y()))
}

/// Whether nothing under the finger could still be scrolled down, up to the pane it lies in. Dialogs lie in none.
fn stands_at_top(event: &TouchEvent) -> bool {
    let mut element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    while let Some(here) = element {
        if here.scroll_top() > 0 {
            return false;
        }
        if here.class_list().contains("pane") {
            return true;
        }
        element = here.parent_element();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_finger_that_goes_down_pulls() {
        for (across, down, pulled) in [
            (0, 0, Some(0)),
            (5, 40, Some(20)),
            (-30, 130, Some(65)),
            (0, 900, Some(MOST)),
            (41, 40, None),
            (0, -3, None),
        ] {
            assert_eq!(distance(across, down), pulled, "{across} {down}");
        }
    }
}
