//! Somebody's devices, each with the way to shut a lost one out.

use leptos::prelude::*;
use records::access::{AccessAsk, KnownDevice};

use super::code_sheet::ask_access;
use super::{Button, Dialog, Icon, Picture, Tone};
use crate::state::Shared;
use crate::{days, t};

/// The rows, and the sentence that is read before one is shut out. `changed` hears when one was.
#[component]
pub fn DeviceRows(
    /// The devices.
    devices: Vec<KnownDevice>,
    /// Hears that one was shut out.
    #[prop(into)]
    changed: Callback<()>,
) -> impl IntoView {
    let shared = Shared::here();
    let lost = RwSignal::new(None::<KnownDevice>);
    let close = move |()| lost.set(None);
    let lock_out = move |()| {
        let Some(device) = lost.get_untracked() else { return };
        ask_access(AccessAsk::LockOut { device: device.device }, move |told| match told {
            Ok(_) => {
                lost.try_set(None);
                shared.say(t!("devices.locked_out"));
                changed.try_run(());
            }
            Err(fault) => {
                lost.try_set(None);
                shared.say_fault(&fault);
            }
        });
    };
    let sheet = move || {
        lost.get().map(|device| {
            view! {
                <Dialog title=t!("devices.lock_title", name = device.name) name="lock-out" on_close=close>
                    <p>{t!("devices.lock_words")}</p>
                    <p>{t!("devices.lock_back")}</p>
                    <Button act="lock-out-yes" tone=Tone::Main on_press=lock_out>{t!("devices.lock_yes")}</Button>
                    <Button act="lock-out-no" on_press=close>{t!("devices.lock_no")}</Button>
                </Dialog>
            }
        })
    };
    view! {
        <div class="card">{devices.into_iter().map(|device| row(device, lost)).collect_view()}</div>
        {sheet}
    }
    .into_any()
}

fn row(device: KnownDevice, lost: RwSignal<Option<KnownDevice>>) -> AnyView {
    let is_open = device.locked_out_ms.is_none() && !device.is_this;
    let (name, words, id) = (device.name.clone(), words(&device), device.device.to_string());
    let press = move |()| lost.set(Some(device.clone()));
    view! {
        <div class="row" data-row="device" data-id=id>
            <Picture icon=Icon::Device />
            <div class="grow"><strong>{name}</strong><p>{words}</p></div>
            {is_open.then(|| view! { <Button act="lock-out" on_press=press>{t!("devices.lock_out")}</Button> })}
        </div>
    }
    .into_any()
}

fn words(device: &KnownDevice) -> String {
    let today = days::today();
    let day = |ms| days::day(days::day_of(ms), today);
    match (device.locked_out_ms, device.seen_on_ms) {
        (Some(ms), _) => t!("devices.locked_on", day = day(ms)),
        _ if device.is_this => t!("devices.this").to_owned(),
        (None, Some(ms)) => t!("devices.seen_on", day = day(ms)),
        (None, None) => t!("devices.made_on", day = day(device.made_ms)),
    }
}
