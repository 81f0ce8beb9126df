//! A one-time code to hand over: to scan, or to send as words, for as long as it counts.

use std::time::Duration;

use leptos::prelude::*;
use records::access::AccessAsk;
use records::call::{AccessTold, AskAccess, ShownCode};
use records::{AccountId, Fault};

use super::{Button, Dialog, FaultNote, Tone};
use crate::bridge::ask;
use crate::pages::me::copy_words;
use crate::state::Shared;
use crate::{days, t};

/// Asks the server who may come in, or changes it.
pub fn ask_access(what: AccessAsk, then: impl FnOnce(Result<AccessTold, Fault>) + 'static) {
    ask_boxed(what, Box::new(then));
}

/// One way to the core for all of them: each of its own would weigh as much again.
fn ask_boxed(what: AccessAsk, then: Box<dyn FnOnce(Result<AccessTold, Fault>)>) {
    ask(AskAccess { ask: what }, then);
}

/// The sheet, open while there is a code. Of oneself `of` is `None`.
#[component]
pub fn CodeSheet(
    /// Whom it lets in, as the heading says.
    #[prop(into)]
    title: Signal<String>,
    /// The code.
    code: RwSignal<Option<ShownCode>>,
    /// Whose device it lets in.
    of: Signal<Option<AccountId>>,
) -> impl IntoView {
    let shared = Shared::here();
    let fault = RwSignal::new(None::<Fault>);
    let now_ms = RwSignal::new(days::now_ms());
    if let Ok(ticking) = set_interval_with_handle(move || now_ms.set(days::now_ms()), Duration::from_secs(1))
    {
        on_cleanup(move || ticking.clear());
    }
    let left_s = Memo::new(move |_| {
        let until_ms = code.with(|code| code.as_ref().map_or(0, |code| code.until_ms));
        (until_ms - now_ms.get()).max(0) / 1_000
    });
    let renew = move |()| {
        fault.set(None);
        ask_access(AccessAsk::Code { of: of.get_untracked() }, move |told| match told {
            Ok(AccessTold::Code(new)) => drop(code.try_set(Some(new))),
            Ok(_) => (),
            Err(why) => drop(fault.try_set(Some(why))),
        });
    };
    let words = move || code.with_untracked(|code| code.as_ref().map(|code| code.invitation.clone()));
    let copy = move |()| copy_words(shared, &words().unwrap_or_default());
    let close = move |()| code.set(None);
    let is_over = Memo::new(move |_| left_s.get() == 0);
    let square = move || {
        code.with(|code| {
            let code = code.as_ref()?;
            // Four squares of quiet on each side, as readers want them.
            let (edge, side) = (-4, code.side + 8);
            let view_box = format!("{edge} {edge} {side} {side}");
            Some(view! {
                <svg class="square" viewBox=view_box role="img" aria-label=t!("code.picture") shape-rendering="crispEdges">
                    <path d=code.squares.clone() />
                </svg>
            })
        })
    };
    let still = move || {
        let seconds = left_s.get();
        t!("code.left", time = format!("{}:{:02}", seconds / 60, seconds % 60))
    };
    let open = move || {
        let again = view! {
            <p>{t!("code.over")}</p>
            <Button act="code-renew" tone=Tone::Main on_press=renew>{t!("code.renew")}</Button>
        };
        if is_over.get() {
            return again.into_any();
        }
        view! {
            <p>{t!("code.words")}</p>
            {square}
            <p class="number code-left" role="timer">{still}</p>
            <Button act="code-copy" tone=Tone::Main on_press=copy>{t!("code.copy")}</Button>
            <p class="small">{t!("code.once")}</p>
        }
        .into_any()
    };
    view! {
        <Dialog title name="code" on_close=close>
            {open}
            {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
        </Dialog>
    }
    .into_any()
}
