//! Data that a page shows: asked for once, and again, quietly, whenever records change.

use std::time::Duration;

use leptos::prelude::*;
use records::Fault;
use records::call::Action;

use crate::bridge;
use crate::state::Shared;

/// Whether another page covers those that find this as context.
#[derive(Clone, Copy)]
pub struct Covered(pub Signal<bool>);

/// Tracks changes of records wherever it is called, as far as this page needs to know. Under another page it hears of
/// them a little later: whoever just saved something does not wait for what cannot be seen.
pub fn changes() -> impl Fn() + Copy {
    let shared = Shared::here();
    let covered = use_context::<Covered>();
    let changes = Memo::new(move |_| match covered {
        Some(Covered(is_covered)) if is_covered.get() => shared.settled_changes.get(),
        _ => shared.changes.get(),
    });
    // Read, not only tracked: a memo that nobody reads never looks at what it depends on.
    move || {
        changes.get();
    }
}

/// The newest answer; `None` before the first.
pub type Answered<T> = RwSignal<Option<Result<T, Fault>>>;

/// Asks whenever something that `ask` reads changes, and whenever records change.
///
/// The old answer stays on the screen until the new one is there, so that nothing flashes.
pub fn live<A>(ask: impl Fn() -> Option<A> + 'static) -> Answered<A::Answer>
where
    A: Action + 'static,
    A::Answer: Send + Sync + PartialEq + 'static,
{
    let changes = changes();
    let answered = RwSignal::new(None);
    let newest = StoredValue::new(0_u32);
    Effect::new(move |_| {
        changes();
        let Some(action) = ask() else { return };
        newest.update_value(|number| *number += 1);
        let number = newest.get_value();
        bridge::ask(action, move |answer| {
            // An answer that was overtaken, or whose page is gone, is nobody's.
            let is_newest = newest.try_get_value() == Some(number);
            if is_newest && answered.with_untracked(|old| old.as_ref() != Some(&answer)) {
                answered.set(Some(answer));
            }
        });
    });
    answered
}

/// Does it once what is to be seen now was painted.
pub fn after_painting(then: impl FnOnce() + 'static) {
    request_animation_frame(move || set_timeout(then, Duration::ZERO));
}
