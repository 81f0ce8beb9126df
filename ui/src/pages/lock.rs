//! The page before everything else: a PIN is chosen, typed, or given up for good.

use std::time::Duration;

use leptos::prelude::*;
use records::Fault;
use records::call::{BeginAnew, GetLock, GetSession, Lock, LockState, SetPin, Unlock};

use crate::bridge::ask;
use crate::components::{Button, Dialog, FaultNote, Field, Icon, Page, Picture, Tone};
use crate::state::Shared;
use crate::t;

/// Wrong tries after which the way out is shown without being asked for.
const OFTEN: u8 = 3;

/// Begins, or begins again: with the person's own pages where nothing stands before them, else with the lock.
pub fn begin(shared: Shared, fault: RwSignal<Option<Fault>>) {
    ask(GetSession {}, move |answer| match answer {
        Ok(session) => {
            shared.chip.set(session.sync.clone());
            shared.session.set(Some(session));
            shared.lock.set(None);
        }
        Err(why) if why.code.starts_with("lock.") => look(shared),
        Err(why) => fault.set(Some(why)),
    });
}

fn look(shared: Shared) {
    ask(GetLock {}, move |lock| match lock {
        Ok(lock) => shared.lock.set(Some(lock)),
        Err(fault) => shared.say_fault(&fault),
    });
}

/// What stands before the pages.
#[component]
pub fn LockPage() -> impl IntoView {
    let shared = Shared::here();
    let fault = RwSignal::new(None::<Fault>);
    // As soon as it is open, the pages.
    let heard = Callback::new(move |answer: Result<Lock, Fault>| match answer {
        Ok(lock) if lock.state == LockState::Open => begin(shared, fault),
        Ok(lock) => {
            fault.set(None);
            shared.lock.set(Some(lock));
        }
        Err(why) => fault.set(Some(why)),
    });
    // Whoever types is not interrupted by hearing the same again, from another tab or a look at how it stands.
    let seen = Memo::new(move |_| shared.lock.get());
    let shown = move || {
        seen.get().map(|lock| match lock.state {
            LockState::Unset => view! { <Choose heard lock /> }.into_any(),
            LockState::Gone => view! { <Gone heard is_passphrase=lock.is_passphrase /> }.into_any(),
            LockState::None => view! { <h1>{t!("lock.title")}</h1> }.into_any(),
            _ => view! { <Typed lock heard /> }.into_any(),
        })
    };
    view! {
        <Page name="lock" is_ready=true>
            <div class="welcome">
                <span class="welcome-mark" aria-hidden="true"><Picture icon=Icon::Lock /></span>
                {shown}
                {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
            </div>
        </Page>
    }
}

/// The first PIN of this device.
#[component]
fn Choose(heard: Callback<Result<Lock, Fault>>, lock: Lock) -> impl IntoView {
    let is_busy = RwSignal::new(false);
    let is_passphrase = lock.is_passphrase;
    let is_digits = RwSignal::new(!is_passphrase);
    let [pin, again] = [(); 2].map(|()| RwSignal::new(String::new()));
    let choose = move |()| {
        if is_busy.get_untracked() || !is_twice(pin, again) {
            return;
        }
        is_busy.set(true);
        ask(SetPin { pin: pin.get_untracked(), before: None }, move |lock| {
            is_busy.try_set(false);
            if lock.is_err() {
                // Another one is typed from its beginning: nobody sees what stands there.
                for field in [pin, again] {
                    field.try_set(String::new());
                }
            }
            heard.run(lock);
        });
    };
    view! {
        <h1>{t!("lock.choose_title")}</h1>
        <p>{t!("lock.choose_lead")}</p>
        <div class="form">
            {twice(pin, again, is_digits, is_passphrase, Callback::new(choose))}
            <Button act="choose-pin" tone=Tone::Main
                is_off=Signal::derive(move || is_busy.get() || !is_twice(pin, again)) on_press=choose>
                {move || if is_busy.get() { t!("lock.choosing") } else { t!("lock.choose") }}
            </Button>
        </div>
        <p class="small">{if is_passphrase { t!("lock.choose_small_browser") } else { t!("lock.choose_small") }}</p>
        {left(lock.left_behind)}
    }
}

/// Both fields of a new PIN.
fn twice(
    pin: RwSignal<String>,
    again: RwSignal<String>,
    is_digits: RwSignal<bool>,
    is_passphrase: bool,
    on_enter: Callback<()>,
) -> AnyView {
    let differs = move || again.with(|again| !again.is_empty()) && !is_twice(pin, again);
    view! {
        {move || {
            let keyboard = keyboard(is_digits.get());
            view! {
                <Field act="pin" label=t!("lock.pin") value=pin hint=pin_hint(is_passphrase) keyboard is_secret=true is_first=true on_enter />
                <Field act="pin-again" label=t!("lock.again") value=again keyboard is_secret=true on_enter />
            }
        }}
        <p class="small" aria-live="polite" data-differs=move || differs().to_string()>
            {move || differs().then(|| t!("lock.differs"))}
        </p>
        {other_keyboard(is_digits)}
    }
    .into_any()
}

fn pin_hint(is_passphrase: bool) -> &'static str {
    if is_passphrase { t!("lock.passphrase_hint") } else { t!("lock.pin_hint") }
}

fn is_twice(pin: RwSignal<String>, again: RwSignal<String>) -> bool {
    pin.with(|pin| !pin.is_empty() && again.with(|again| pin == again))
}

fn keyboard(is_digits: bool) -> &'static str {
    if is_digits { "numeric" } else { "text" }
}

/// Only a phone's keyboard is of one kind at a time.
fn other_keyboard(is_digits: RwSignal<bool>) -> impl IntoView {
    view! {
        <Button act="other-keyboard" tone=Tone::Plain on_press=move |()| is_digits.update(|is| *is = !*is)>
            {move || if is_digits.get() { t!("lock.with_letters") } else { t!("lock.with_digits") }}
        </Button>
    }
}

/// The PIN is typed.
#[component]
fn Typed(lock: Lock, heard: Callback<Result<Lock, Fault>>) -> impl IntoView {
    let is_busy = RwSignal::new(false);
    let is_passphrase = lock.is_passphrase;
    let is_digits = RwSignal::new(!is_passphrase);
    let is_giving_up = RwSignal::new(false);
    let pin = RwSignal::new(String::new());
    let waits = lock.wait_ms > 0;
    if waits {
        wait(lock.wait_ms, heard);
    }
    let open = move |()| {
        if is_busy.get_untracked() || waits || pin.with_untracked(String::is_empty) {
            return;
        }
        is_busy.set(true);
        ask(Unlock { pin: pin.get_untracked() }, move |lock| {
            is_busy.try_set(false);
            heard.run(lock);
        });
    };
    let wrong = (lock.wrong > 0).then(|| t!("lock.wrong", left = lock.tries_left));
    let words = match (waits, wrong) {
        (true, Some(wrong)) => format!("{wrong} {}", waiting(lock.wait_ms)),
        (_, wrong) => wrong.unwrap_or_default(),
    };
    let forgot = if lock.wrong >= OFTEN { Tone::Soft } else { Tone::Plain };
    let sheet = move || {
        is_giving_up
            .get()
            .then(|| view! { <GiveUp heard is_passphrase on_close=move |()| is_giving_up.set(false) /> })
    };
    view! {
        <h1>{t!("lock.title")}</h1>
        <div class="form">
            {move || {
                view! {
                    <Field act="pin" label=t!("lock.pin") value=pin keyboard=keyboard(is_digits.get()) is_secret=true is_first=true on_enter=Callback::new(open) />
                }
            }}
            {(!words.is_empty()).then(|| view! { <p role="alert" data-wrong=lock.wrong>{words}</p> })}
            <Button act="unlock" tone=Tone::Main
                is_off=Signal::derive(move || waits || is_busy.get() || pin.with(String::is_empty)) on_press=open>
                {move || if is_busy.get() { t!("lock.opening") } else { t!("lock.open") }}
            </Button>
            {other_keyboard(is_digits)}
            <Button act="forgot-pin" tone=forgot on_press=move |()| is_giving_up.set(true)>{t!("lock.forgot")}</Button>
        </div>
        {left(lock.left_behind)}
        {sheet}
    }
}

/// Looks again while time passes, so that the page says how long it still is.
fn wait(wait_ms: u64, heard: Callback<Result<Lock, Fault>>) {
    const SECOND_MS: u64 = 1_000;
    const OFTEN_ENOUGH_MS: u64 = 15 * SECOND_MS;
    let next = if wait_ms > 60 * SECOND_MS { OFTEN_ENOUGH_MS } else { wait_ms.min(SECOND_MS) };
    let again = move || {
        ask(GetLock {}, move |lock| {
            heard.try_run(lock);
        })
    };
    if let Ok(handle) = set_timeout_with_handle(again, Duration::from_millis(next)) {
        on_cleanup(move || handle.clear());
    }
}

fn waiting(wait_ms: u64) -> String {
    let seconds = wait_ms.div_ceil(1_000);
    match seconds {
        0..=90 => t!("lock.wait_seconds", count = seconds),
        _ => t!("lock.wait_minutes", count = seconds.div_ceil(60)),
    }
}

/// The key is no more.
#[component]
fn Gone(heard: Callback<Result<Lock, Fault>>, is_passphrase: bool) -> impl IntoView {
    view! {
        <h1>{t!("lock.gone_title")}</h1>
        <p>{if is_passphrase { t!("lock.gone_words_browser") } else { t!("lock.gone_words") }}</p>
        <div class="form">
            <Button act="begin-anew" tone=Tone::Main on_press=move |()| begin_anew(heard)>{t!("lock.begin_anew")}</Button>
        </div>
    }
}

/// Asks once more before the data of this device is given up.
#[component]
fn GiveUp(
    heard: Callback<Result<Lock, Fault>>,
    is_passphrase: bool,
    #[prop(into)] on_close: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog title=t!("lock.forgot_title") name="give-up" on_close>
            <p>{if is_passphrase { t!("lock.forgot_words_browser") } else { t!("lock.forgot_words") }}</p>
            <Button act="begin-anew" tone=Tone::Main on_press=move |()| begin_anew(heard)>{t!("lock.begin_anew")}</Button>
            <Button act="keep-trying" tone=Tone::Plain on_press=on_close>{t!("lock.keep_trying")}</Button>
        </Dialog>
    }
}

fn begin_anew(heard: Callback<Result<Lock, Fault>>) {
    ask(BeginAnew {}, move |lock| heard.run(lock));
}

fn left(count: u32) -> Option<impl IntoView> {
    (count > 0).then(|| view! { <p class="small" data-left=count>{t!("lock.left", count = count)}</p> })
}

/// In 我的: locking at once, how soon it locks by itself, another PIN. Nothing where the device has no lock.
#[component]
pub fn LockRows(
    /// Minutes after which it locks by itself, and what choosing others does.
    #[prop(into)]
    soon: AnyView,
) -> impl IntoView {
    let shared = Shared::here();
    let has_lock = RwSignal::new(false);
    let is_passphrase = RwSignal::new(false);
    let is_changing = RwSignal::new(false);
    ask(GetLock {}, move |lock| {
        let Ok(lock) = lock else { return };
        is_passphrase.try_set(lock.is_passphrase);
        has_lock.try_set(lock.state == LockState::Open);
    });
    let soon = StoredValue::new_local(Some(soon));
    let rows = move || {
        view! {
            <div class="card">
                <div class="row setting">
                    <Picture icon=Icon::Lock />
                    <div class="grow"><strong>{t!("lock.soon")}</strong><p>{t!("lock.soon_words")}</p></div>
                    {soon.try_update_value(Option::take).flatten()}
                </div>
                <div class="row" data-row="lock">
                    <Picture icon=Icon::Door />
                    <div class="grow"><strong>{t!("lock.row")}</strong></div>
                    <Button act="change-pin" on_press=move |()| is_changing.set(true)>{t!("lock.change")}</Button>
                    <Button act="lock-now" on_press=move |()| crate::idle::lock(shared)>{t!("lock.now")}</Button>
                </div>
            </div>
        }
    };
    view! {
        {move || has_lock.get().then(rows)}
        {move || is_changing.get().then(|| view! { <Change is_passphrase=is_passphrase.get() on_close=move |()| is_changing.set(false) /> })}
    }
}

/// Another PIN.
#[component]
fn Change(is_passphrase: bool, #[prop(into)] on_close: Callback<()>) -> impl IntoView {
    let shared = Shared::here();
    let fault = RwSignal::new(None::<Fault>);
    let is_digits = RwSignal::new(!is_passphrase);
    let [before, pin, again] = [(); 3].map(|()| RwSignal::new(String::new()));
    let change = move |()| {
        if !is_twice(pin, again) {
            return;
        }
        let request = SetPin { pin: pin.get_untracked(), before: Some(before.get_untracked()) };
        ask(request, move |answer| match answer {
            Ok(_) => {
                shared.say(t!("lock.changed"));
                on_close.run(());
            }
            Err(why) => drop(fault.try_set(Some(why))),
        });
    };
    view! {
        <Dialog title=t!("lock.change_title") name="change-pin" on_close>
            <Field act="pin-before" label=t!("lock.before") value=before is_secret=true is_first=true />
            {twice(pin, again, is_digits, is_passphrase, Callback::new(change))}
            {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
            <Button act="choose-pin" tone=Tone::Main
                is_off=Signal::derive(move || !is_twice(pin, again)) on_press=change>{t!("lock.change_it")}</Button>
        </Dialog>
    }
}
