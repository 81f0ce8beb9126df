//! 欢迎: the one time somebody joins, with an invitation or an address and a code.

use leptos::prelude::*;
use records::Fault;
use records::call::{Enrol, Session};

use crate::bridge::ask;
use crate::components::device_file::TakeSheet;
use crate::components::scan::{ScanSheet, has_camera};
use crate::components::{Button, FaultNote, Field, Icon, Page, Picture, Tone};
use crate::route::Route;
use crate::state::Shared;
use crate::t;

/// How an invitation begins.
const INVITATION: &str = "gridwalk://";

/// The page before enrolment.
#[component]
pub fn EnrolPage() -> impl IntoView {
    let shared = Shared::here();
    let server = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let device = RwSignal::new(device_name().to_owned());
    let fault = RwSignal::new(None::<Fault>);
    let is_asking = RwSignal::new(false);
    let is_invitation = Memo::new(move |_| server.with(|server| server.trim().starts_with(INVITATION)));
    let joined = move |session: Session| {
        shared.session.set(Some(session));
        shared.router.replace(Route::Today);
    };
    let join = move |()| {
        if is_asking.get_untracked() {
            return;
        }
        is_asking.set(true);
        fault.set(None);
        let code = if is_invitation.get_untracked() { String::new() } else { code.get_untracked() };
        let request = Enrol {
            server: server.with_untracked(|server| server.trim().to_owned()),
            code: code.trim().to_owned(),
            device_name: device.get_untracked(),
        };
        ask(request, move |answer| {
            is_asking.try_set(false);
            match answer {
                Ok(session) => joined(session),
                Err(why) => drop(fault.try_set(Some(why))),
            }
        });
    };
    let is_taking = RwSignal::new(false);
    let is_scanning = RwSignal::new(false);
    let scanned = move |text: String| {
        is_scanning.set(false);
        if text.trim().starts_with(INVITATION) {
            server.set(text);
            join(());
        } else {
            fault.set(Some(Fault::new("scan.no_invitation")));
        }
    };
    let scan_sheet = move || {
        is_scanning.get().then(|| {
            view! { <ScanSheet words=t!("enrol.scan_words") on_text=scanned on_close=move |()| is_scanning.set(false) /> }
        })
    };
    let take_sheet = move || {
        is_taking.get().then(|| {
            view! { <TakeSheet on_taken=joined on_close=move |()| is_taking.set(false) /> }
        })
    };
    let code_field = move || {
        (!is_invitation.get()).then(|| {
            view! {
                <Field act="enrol-code" label=t!("enrol.code") value=code hint=t!("enrol.code_hint") on_enter=Callback::new(join) />
            }
        })
    };
    let is_incomplete = move || {
        let needs_code = !is_invitation.get() && code.with(|code| code.trim().is_empty());
        is_asking.get() || needs_code || server.with(|server| server.trim().is_empty())
    };
    view! {
        <Page name="enrol" is_ready=true>
            <div class="welcome">
                <span class="welcome-mark" aria-hidden="true"><Picture icon=Icon::Stairs /></span>
                <h1>{t!("enrol.title")}</h1>
                <p>{t!("enrol.lead")}</p>
                <div class="form">
                    {has_camera()
                        .then(|| {
                            view! {
                                <Button act="scan" tone=Tone::Plain icon=Icon::Scan on_press=move |()| is_scanning.set(true)>
                                    {t!("enrol.scan")}
                                </Button>
                            }
                        })}
                    <Field act="enrol-server" label=t!("enrol.server") value=server hint=t!("enrol.server_hint") keyboard="url" is_first=true on_enter=Callback::new(join) />
                    {code_field}
                    <Field act="enrol-device" label=t!("enrol.device") value=device hint=t!("enrol.device_hint") />
                    {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
                    <Button act="enrol" tone=Tone::Main is_off=Signal::derive(is_incomplete) on_press=join>
                        {move || if is_asking.get() { t!("enrol.asking") } else { t!("enrol.join") }}
                    </Button>
                </div>
                <p class="small">{t!("enrol.once")}</p>
                <Button act="from-file" tone=Tone::Plain on_press=move |()| is_taking.set(true)>{t!("device_file.from")}</Button>
            </div>
            {scan_sheet}
            {take_sheet}
        </Page>
    }
}

/// What a person would call the device; it can be changed.
fn device_name() -> &'static str {
    let agent = window().navigator().user_agent().unwrap_or_default();
    if ["Android", "iPhone", "Mobile"].iter().any(|word| agent.contains(word)) {
        t!("enrol.my_phone")
    } else {
        t!("enrol.my_computer")
    }
}
