//! What the pages can call.

use records::Fault;
use records::attachment::AttachmentHash;
use records::call::{Request, Response};
use shell::{Asker, Background, Platform, calls};
use tauri::ipc::{InvokeBody, Request as RawRequest, Response as RawResponse};
use tauri::{AppHandle, State};

use crate::downloads;
use crate::platform::Desktop;
use crate::reminders::{self, Reminding};

/// The one typed call.
#[tauri::command]
pub async fn call(
    request: Request,
    desktop: State<'_, Desktop>,
    background: State<'_, Background>,
    reminding: State<'_, Reminding>,
    app: AppHandle,
) -> Result<Response, Fault> {
    if let Request::SaveSettings(request) = &request {
        reminders::allow(&app, &desktop, request.settings.reminds_at).await?;
    }
    let is_settings = matches!(request, Request::SaveSettings(_));
    let response = calls::call(&*desktop, &background, request).await?;
    desktop.answered(&response, is_settings).await?;
    // Somebody began to use the app, or likes it otherwise than before.
    if matches!(response, Response::Session(_)) {
        reminding.plan_anew();
    }
    Ok(response)
}

/// Takes the bytes of a file the person chose.
#[tauri::command]
pub async fn upload(request: RawRequest<'_>, desktop: State<'_, Desktop>) -> Result<u64, Fault> {
    let InvokeBody::Raw(bytes) = request.body() else { return Err(Fault::new("import.not_a_table")) };
    let bytes = bytes.clone();
    desktop.ask(Asker::Page, move |app, _| Ok(app.upload(bytes))).await
}

/// Writes a file the core offers where the person finds it; answers where that is.
#[tauri::command]
pub async fn download(number: u64, app: AppHandle, desktop: State<'_, Desktop>) -> Result<String, Fault> {
    let offered = desktop.ask(Asker::Page, move |app, _| Ok(app.download(number).cloned())).await?;
    let offered = offered.ok_or_else(|| Fault::new("shell.download_missing"))?;
    downloads::keep(&app, offered).await
}

/// The bytes of a photo that is on this device.
#[tauri::command]
pub async fn photo(hash: AttachmentHash, desktop: State<'_, Desktop>) -> Result<RawResponse, Fault> {
    let bytes = desktop.ask(Asker::Page, move |app, _| app.photo(hash)).await?;
    bytes.map(RawResponse::new).ok_or_else(|| Fault::new("attachment.missing"))
}
