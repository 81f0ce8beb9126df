//! A sheet with what the camera sees, open until it has seen a QR code.

use leptos::html;
use leptos::prelude::*;
use records::Fault;

use super::dialog::Dialog;
use super::note::FaultNote;
use crate::{bridge, t};

/// Whether this device lets the pages have a camera; on an insecure address, none does.
pub fn has_camera() -> bool {
    let devices = js_sys::Reflect::get(&window().navigator(), &"mediaDevices".into());
    devices.is_ok_and(|devices| devices.is_object())
}

/// The sheet. Pictures stay in the page and are not kept.
#[component]
pub fn ScanSheet(
    /// What to hold before the camera.
    words: &'static str,
    /// Hears what the code says.
    #[prop(into)]
    on_text: Callback<String>,
    /// Closes it without.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let video = NodeRef::<html::Video>::new();
    let fault = RwSignal::new(None::<Fault>);
    Effect::new(move |_| {
        let Some(video) = video.get() else { return };
        bridge::scan(&video, move |read| match read {
            // The sheet may be closed by now.
            Ok(Some(text)) => drop(on_text.try_run(text)),
            Ok(None) => {}
            Err(why) => drop(fault.try_set(Some(why))),
        });
    });
    view! {
        <Dialog title=t!("scan.title") name="scan" on_close>
            <Show when=move || fault.with(Option::is_none)>
                <div class="viewfinder">
                    <video node_ref=video muted playsinline aria-label=t!("scan.picture")></video>
                </div>
                <p class="small">{words}</p>
            </Show>
            {move || fault.get().map(|fault| view! { <FaultNote fault /> })}
        </Dialog>
    }
    .into_any()
}
