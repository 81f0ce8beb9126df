//! Data that a page shows: asked for once, and again, quietly, whenever records change.

use leptos::prelude::*;
use leptos::task::spawn_local;
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
        spawn_local(async move {
            let answer = bridge::call(action).await;
            // An answer that was overtaken, or whose page is gone, is nobody's.
            let is_newest = newest.try_get_value() == Some(number);
            let is_news = || answered.with_untracked(|old| old.as_ref() != Some(&answer));
            if is_newest && is_news() {
                answered.set(Some(answer));
            }
        });
    });
    answered
}

/// Asks once, and tells what came of it.
pub fn ask<A>(action: A, then: impl FnOnce(Result<A::Answer, Fault>) + 'static)
where
    A: Action + 'static,
{
    spawn_local(async move { then(bridge::call(action).await) });
}
