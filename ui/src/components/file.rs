//! Files that a person chooses, and their way to the core.

use js_sys::Uint8Array;
use leptos::prelude::*;
use records::Fault;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement};

use super::button::Tone;
use super::icon::{Icon, Picture};
use crate::bridge;

/// A button that opens the system's file chooser.
#[component]
pub fn ChooseFile(
    /// Names the field for tests, as `data-act`.
    act: &'static str,
    /// The words on the button.
    words: &'static str,
    /// How much it asks for attention.
    #[prop(optional)]
    tone: Tone,
    /// Endings and types the chooser offers; all of them when empty.
    #[prop(optional)]
    accept: &'static str,
    /// What happens with the file.
    #[prop(into)]
    on_choose: UnsyncCallback<File>,
) -> impl IntoView {
    let changed = move |event: leptos::ev::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(input) = input else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            on_choose.run(file);
        }
        // The same file may be chosen again after it was corrected.
        input.set_value("");
    };
    view! {
        <label class=format!("{} file-button", tone.class())>
            <Picture icon=Icon::File is_small=true />
            {words}
            <input type="file" class="out-of-sight" data-act=act accept=accept on:change=changed />
        </label>
    }
    .into_any()
}

/// Hands a chosen file to the core and gets the number it goes by.
///
/// # Errors
/// `import.unreadable` when the system does not give its bytes; as [`bridge::upload`].
pub async fn upload(file: File) -> Result<u64, Fault> {
    let unreadable = |_| Fault::new("import.unreadable");
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(unreadable)?;
    bridge::upload(Uint8Array::new(&buffer)).await
}

/// The name of a file over the folder it lies in.
pub fn place(path: &str) -> AnyView {
    let (folder, name) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    view! { <p class="selectable"><strong>{name.to_owned()}</strong><br /><small>{folder.to_owned()}</small></p> }
        .into_any()
}
