//! Data that a page shows: asked for once, and again, quietly, whenever records change.

use leptos::prelude::*;
use records::Fault;
use records::call::Action;

use crate::bridge;
use crate::state::Shared;

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
    let shared = Shared::here();
    let answered = RwSignal::new(None);
    let newest = StoredValue::new(0_u32);
    Effect::new(move |_| {
        shared.changes.track();
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
