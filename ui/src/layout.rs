//! How the pages are laid out, by the room that the window and the size of the words leave. The styles ask for it by
//! `data-layout` at the root.

use leptos::ev;
use leptos::prelude::*;
use records::call::Session;

use crate::keyboard;
use crate::state::Shared;

/// From this width on, in px at 100 % text, list and detail stand side by side.
const WIDE_FROM: i32 = 900;
/// Below this width, in px at 100 % text, a row's parts stand below one another.
const TIGHT_BELOW: i32 = 300;
/// Below this height, in px at 100 % text, height is dear.
const LOW_BELOW: i32 = 500;
/// From this width on, in px, the tabs of a low window stand at the left.
const SIDE_FROM: i32 = 560;
/// What the tabs at the left take, in px.
const TABS: i32 = 72;
/// A keyboard on the screen takes at least so much of its height, in px.
const KEYBOARD: i32 = 100;

/// Keeps the layout true to the window and the size of the words.
pub fn follow_window(shared: Shared) {
    measure(shared);
    let handle = window_event_listener(ev::resize, move |_| measure(shared));
    on_cleanup(move || handle.remove());
}

/// Looks at the window and lays the pages out anew.
pub fn measure(shared: Shared) {
    let Some(root) = document().document_element() else { return };
    let percent = shared.session.with_untracked(|session| {
        session.as_ref().map_or(100, |session: &Session| session.settings.text_percent)
    });
    let room = |(width, height)| Room { width, height, percent: i32::from(percent) };
    let now = (root.client_width(), root.client_height());
    let free = shared.free_window.get_value().unwrap_or(now);
    let is_typing = keyboard::is_typing() && room(now).is_beside_keyboard(room(free));
    // The keyboard is there for a moment: what stood where stays there.
    let free = if is_typing { free } else { now };
    shared.free_window.set_value(Some(free));
    let layout = room(free).layout();
    let layout = Layout { is_typing, is_low: layout.is_low || is_typing, ..layout };
    set_if_new(shared.is_wide, layout.is_wide);
    set_if_new(shared.is_tight, layout.is_tight);
    set_root("data-layout", &layout.words());
    if is_typing {
        keyboard::show_field();
    }
}

/// Tells the styles something of the whole page.
pub fn set_root(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        drop(root.set_attribute(name, value));
    }
}

fn set_if_new(signal: RwSignal<bool>, value: bool) {
    if signal.get_untracked() != value {
        signal.set(value);
    }
}

/// What there is to lay out in: a window in px, and the size of the words.
#[derive(Debug, Clone, Copy)]
struct Room {
    width: i32,
    height: i32,
    percent: i32,
}

/// How the pages are laid out.
#[derive(Debug, Clone, Copy)]
struct Layout {
    /// List and detail stand side by side.
    is_wide: bool,
    /// A row's parts stand below one another.
    is_tight: bool,
    /// Height is dear.
    is_low: bool,
    /// The tabs stand at the left.
    is_side: bool,
    /// The keyboard has taken height, for as long as something is typed.
    is_typing: bool,
}

impl Room {
    fn layout(self) -> Layout {
        let reaches = |length: i32, at_100_percent: i32| length * 100 >= at_100_percent * self.percent;
        let is_low = !reaches(self.height, LOW_BELOW);
        let is_side = is_low && self.width > self.height && self.width >= SIDE_FROM;
        let tabs = if is_side { TABS } else { 0 };
        Layout {
            is_wide: reaches(self.width, WIDE_FROM),
            is_tight: !reaches(self.width - tabs, TIGHT_BELOW),
            is_low,
            is_side,
            is_typing: false,
        }
    }

    /// Whether this is what a keyboard on the screen leaves of that room.
    fn is_beside_keyboard(self, free: Self) -> bool {
        self.width == free.width && self.height + KEYBOARD <= free.height && self.layout().is_low
    }
}

impl Layout {
    /// Names for the styles.
    fn words(self) -> String {
        let mut words = String::from(if self.is_wide { "wide" } else { "narrow" });
        for (holds, word) in [
            (self.is_tight, " tight"),
            (self.is_low, " low"),
            (self.is_side, " side"),
            (self.is_typing, " typing"),
        ] {
            if holds {
                words += word;
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(width: i32, height: i32, percent: i32) -> Room {
        Room { width, height, percent }
    }

    #[test]
    fn the_room_says_how_the_pages_are_laid_out() {
        for (width, height, percent, words) in [
            (360, 640, 100, "narrow"),
            (360, 640, 200, "narrow tight low"),
            // Parts of a screen that is split.
            (320, 480, 100, "narrow low"),
            (412, 400, 100, "narrow low"),
            (640, 360, 100, "narrow low side"),
            (640, 360, 200, "narrow tight low side"),
            (568, 320, 100, "narrow low side"),
            (844, 390, 100, "narrow low side"),
            (932, 430, 100, "wide low side"),
            (768, 1024, 100, "narrow"),
            (1280, 800, 100, "wide"),
            (1280, 800, 150, "narrow"),
            (1280, 800, 200, "narrow low side"),
        ] {
            assert_eq!(room(width, height, percent).layout().words(), words, "{width} {height} {percent}");
        }
    }

    #[test]
    fn a_keyboard_takes_height_and_only_that() {
        let phone = room(360, 640, 100);
        for (now, is_keyboard) in [
            (room(360, 300, 100), true),
            // The browser's own bar came out.
            (room(360, 584, 100), false),
            (room(640, 360, 100), false),
            (phone, false),
        ] {
            assert_eq!(now.is_beside_keyboard(phone), is_keyboard, "{now:?}");
        }
        // There is room for both.
        assert!(!room(1024, 700, 100).is_beside_keyboard(room(1024, 1366, 100)));
    }
}
