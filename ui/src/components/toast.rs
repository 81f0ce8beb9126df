//! A short message at the bottom, with the way back while there is one.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use records::Fault;
use records::call::{Undo, Undone};

use super::button::{Button, IconButton, Tone};
use super::icon::{Icon, Picture};
use crate::bridge::ask;
use crate::route::Route;
use crate::state::{Shared, Toast, WayBack};
use crate::{days, haptics, t};

const SECONDS_WITHOUT_WAY_BACK: u64 = 4;
const SECONDS_TO_TAKE_BACK: u64 = 8;
const SECONDS_OF_A_FAULT: u64 = 12;

/// The place for messages; always there, so that screen readers hear what appears in it.
#[component]
pub fn ToastPlace() -> impl IntoView {
    let shared = Shared::here();
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |_| {
        let Some(toast) = shared.toast.get() else { return };
        if let Some(timer) = timer.get_value() {
            timer.clear();
        }
        let gone = move || shared.toast.set(None);
        timer.set_value(set_timeout_with_handle(gone, shown_for(&toast)).ok());
    });
    view! {
        <div class="toast-place" role="status" aria-live="polite">
            {move || shared.toast.get().map(|toast| view! { <ToastView toast /> })}
        </div>
    }
    .into_any()
}

fn shown_for(toast: &Toast) -> Duration {
    match toast.way_back {
        _ if toast.is_fault => Duration::from_secs(SECONDS_OF_A_FAULT),
        WayBack::Core(_, until_ms) => {
            Duration::from_millis(u64::try_from(until_ms - days::now_ms()).unwrap_or(0))
        }
        WayBack::Here(_) => Duration::from_secs(SECONDS_TO_TAKE_BACK),
        WayBack::None => Duration::from_secs(SECONDS_WITHOUT_WAY_BACK),
    }
}

#[component]
fn ToastView(toast: Toast) -> impl IntoView {
    let shared = Shared::here();
    let way_back = toast.way_back;
    view! {
        <div class="toast" data-toast="true">
            <Picture icon=if toast.is_fault { Icon::Alert } else { Icon::Check } />
            <p>{toast.words}</p>
            {(!matches!(way_back, WayBack::None))
                .then(|| {
                    view! {
                        <Button act="undo" tone=Tone::Quiet on_press=move |()| take_back(shared, way_back)>
                            {t!("undo")}
                        </Button>
                    }
                })}
            <IconButton icon=Icon::Close name=t!("close") on_press=move |()| shared.toast.set(None) />
        </div>
    }
    .into_any()
}

fn take_back(shared: Shared, way_back: WayBack) {
    shared.toast.set(None);
    haptics::tremble();
    match way_back {
        WayBack::None => {}
        WayBack::Core(undo, _) => ask(Undo { undo }, move |answer| taken_back(shared, answer)),
        WayBack::Here(way_back) => way_back.run(()),
    }
}

/// A visit goes on where it was left; anything else is simply as before.
fn taken_back(shared: Shared, answer: Result<Undone, Fault>) {
    match answer {
        Ok(Undone { draft: Some(draft) }) => {
            let household = draft.household;
            shared.walk.update(|walk| walk.taken_back(household));
            shared.reopened.set(Some(draft));
            shared.router.go(Route::Visit(household));
            shared.say(t!("undone.visit"));
        }
        Ok(Undone { draft: None }) => shared.say(t!("undone.other")),
        Err(fault) => shared.say_fault(&fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_stays_long_enough_to_be_read() {
        let toast = |is_fault| Toast { words: String::new(), way_back: WayBack::None, is_fault };
        assert!(shown_for(&toast(true)) >= Duration::from_secs(10));
        assert!(shown_for(&toast(false)) < Duration::from_secs(10));
    }
}
