//! This device as a closed file: made here before a phone is changed or a browser cleared, taken back on the welcome
//! page of another.

use leptos::prelude::*;
use leptos::task::spawn_local;
use records::Fault;
use records::call::{PackDevice, Session, TakeDevice};
use web_sys::File;

use super::file::{ChooseFile, place, upload};
use super::{Button, Dialog, FaultNote, Field, Icon, Picture, Tone};
use crate::bridge::{self, ask};
use crate::state::Shared;
use crate::t;

/// Digits of a code.
const DIGITS: usize = 16;

/// Offers to put everything into a file.
#[component]
pub fn KeepRow() -> impl IntoView {
    let shared = Shared::here();
    let path = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let is_busy = RwSignal::new(false);
    let failed = move |fault: Fault| {
        is_busy.try_set(false);
        shared.say_fault(&fault);
    };
    let keep = move |()| {
        is_busy.set(true);
        ask(PackDevice {}, move |packed| match packed {
            Ok(file) => bridge::download(file.download, move |written| match written {
                Ok(written) => {
                    is_busy.try_set(false);
                    path.try_set(written);
                    code.try_set(file.code);
                }
                Err(fault) => failed(fault),
            }),
            Err(fault) => failed(fault),
        });
    };
    view! {
        <div class="row" data-row="keep">
            <Picture icon=Icon::File />
            <div class="grow"><strong>{t!("device_file.title")}</strong><p>{t!("device_file.words")}</p></div>
            <Button act="keep-device" is_off=is_busy on_press=keep>
                {move || if is_busy.get() { t!("device_file.keeping") } else { t!("device_file.keep") }}
            </Button>
        </div>
        {move || code.with(|code| !code.is_empty()).then(|| told(path, code))}
    }
}

/// The code, once: nothing keeps it.
fn told(path: RwSignal<String>, code: RwSignal<String>) -> AnyView {
    let close = move |()| code.set(String::new());
    let path = path.get_untracked();
    let lies = place(&path);
    view! {
        <Dialog title=t!("device_file.kept") name="device-file" on_close=close>
            <div class="told" data-path=path>{lies}</div>
            <p>{t!("device_file.write_down")}</p>
            <p class="opening-code selectable" data-code=true>{code.get_untracked()}</p>
            <p class="small">{t!("device_file.apart")}</p>
            <p class="small">{t!("device_file.then")}</p>
            <Button act="code-written" tone=Tone::Main on_press=close>{t!("device_file.written")}</Button>
        </Dialog>
    }
    .into_any()
}

/// Asks for a file and its code, and begins from it.
#[component]
pub fn TakeSheet(
    /// Hears whose device it is now.
    #[prop(into)]
    on_taken: Callback<Session>,
    /// Closes it without.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let number = StoredValue::new(0_u64);
    let code = RwSignal::new(String::new());
    let fault = RwSignal::new(None::<Fault>);
    let is_busy = RwSignal::new(false);
    let choose = move |file: File| {
        fault.set(None);
        let chosen = file.name();
        spawn_local(async move {
            match upload(file).await {
                Ok(upload) => {
                    number.try_set_value(upload);
                    name.try_set(chosen);
                }
                Err(why) => drop(fault.try_set(Some(why))),
            }
        });
    };
    let is_incomplete =
        move || is_busy.get() || name.with(String::is_empty) || code.with(|code| !is_whole(code));
    let take = move |()| {
        if untrack(is_incomplete) {
            return;
        }
        let upload = number.get_value();
        is_busy.set(true);
        fault.set(None);
        ask(TakeDevice { upload, code: code.get_untracked() }, move |taken| {
            is_busy.try_set(false);
            match taken {
                Ok(session) => drop(on_taken.try_run(session)),
                Err(why) => drop(fault.try_set(Some(why))),
            }
        });
    };
    view! {
        <Dialog title=t!("device_file.take_title") name="take-device" on_close>
            <p>{t!("device_file.take_words")}</p>
            <div class="form">
                <div>
                    <ChooseFile act="device-file" words=t!("device_file.choose") on_choose=choose />
                    <p class="selectable"><strong>{name}</strong></p>
                </div>
                <Field act="device-code" label=t!("device_file.code") value=code hint=t!("device_file.code_hint") keyboard="numeric" on_enter=Callback::new(take) />
                {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
                <Button act="take-device" tone=Tone::Main is_off=Signal::derive(is_incomplete) on_press=take>
                    {move || if is_busy.get() { t!("device_file.taking") } else { t!("device_file.take") }}
                </Button>
            </div>
        </Dialog>
    }
    .into_any()
}

/// Whether somebody typed all of a code, with whatever between its digits.
fn is_whole(code: &str) -> bool {
    code.chars().filter(|typed| typed.is_ascii_digit() || ('０'..='９').contains(typed)).count() == DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_whole_with_all_its_digits_however_they_are_typed() {
        for code in ["0482 1190 3377 5064", "0482119033775064", "０４８２-1190-3377-5064 "] {
            assert!(is_whole(code), "{code}");
        }
        for code in ["", "0482 1190 3377 506", "0482 1190 3377 5064 1"] {
            assert!(!is_whole(code), "{code}");
        }
    }
}
