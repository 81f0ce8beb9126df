//! 本人设备: the devices that hold one's work, a lost one shut out, one more let in.

use leptos::prelude::*;
use records::access::AccessAsk;
use records::call::{AccessTold, AskAccess, ShownCode};

use crate::components::code_sheet::{CodeSheet, ask_access};
use crate::components::device_rows::DeviceRows;
use crate::components::{Button, FaultNote, Heading, Icon, Page, Tone};
use crate::live::live;
use crate::route::Route;
use crate::state::Shared;
use crate::t;

/// The page.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let shared = Shared::here();
    let told = live(|| Some(AskAccess { ask: AccessAsk::Devices { of: None } }));
    let code = RwSignal::new(None::<ShownCode>);
    let is_asking = RwSignal::new(false);
    let add = move |()| {
        is_asking.set(true);
        ask_access(AccessAsk::Code { of: None }, move |answer| {
            is_asking.try_set(false);
            match answer {
                Ok(AccessTold::Code(new)) => drop(code.try_set(Some(new))),
                Ok(_) => (),
                Err(fault) => shared.say_fault(&fault),
            }
        });
    };
    let renew = move |()| shared.changed();
    let list = move || match told.get() {
        Some(Ok(AccessTold::Devices(devices))) => {
            Some(view! { <DeviceRows devices changed=renew /> }.into_any())
        }
        Some(Err(fault)) => Some(again(fault, Callback::new(renew))),
        _ => None,
    };
    let can_add = move || {
        told.with(|told| matches!(told, Some(Ok(_)))).then(|| {
        view! {
            <Button act="add-device" tone=Tone::Main icon=Icon::Plus is_off=is_asking on_press=add>{t!("devices.add")}</Button>
        }
    })
    };
    let is_open = Memo::new(move |_| code.with(Option::is_some));
    // Whoever closes it may have let a device in.
    Effect::new(move |before: Option<bool>| {
        let open = is_open.get();
        if before == Some(true) && !open {
            renew(());
        }
        open
    });
    view! {
        <Page name="devices" is_ready=move || told.with(Option::is_some)>
            <Heading title=t!("devices.title") back=Route::Me />
            <div class="stack wide-gap">
                <p>{t!("devices.lead")}</p>
                {list}
                {can_add}
                <p class="small quiet-line">{t!("devices.by_day")}</p>
            </div>
            {move || is_open.get().then(|| {
                view! { <CodeSheet title=t!("devices.add") code of=Signal::stored(None) /> }
            })}
        </Page>
    }
    .into_any()
}

/// Why there is nothing to see, and the way to try again.
pub fn again(fault: records::Fault, renew: Callback<()>) -> AnyView {
    view! {
        <FaultNote fault />
        <Button act="again" on_press=renew>{t!("courier.again")}</Button>
    }
    .into_any()
}
