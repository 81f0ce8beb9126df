//! What the pages can call.

use app::App;
use records::Fault;
use records::attachment::AttachmentHash;
use records::call::{Enrol, Event, Kept, PauseSync, Request, Response};
use tauri::ipc::{InvokeBody, Request as RawRequest, Response as RawResponse};
use tauri::{AppHandle, Manager, State};

use crate::core::{Asker, Core};
use crate::downloads;
use crate::sync_loop::SyncLoop;
use crate::transport::Transport;

/// The one typed call.
#[tauri::command]
pub async fn call(
    request: Request,
    core: State<'_, Core>,
    transport: State<'_, Transport>,
    sync: State<'_, SyncLoop>,
) -> Result<Response, Fault> {
    match request {
        Request::Enrol(typed) => enrol(&core, &transport, &sync, typed).await,
        Request::SyncNow(_) => {
            let hurry = |app: &mut App, _: &mut app::Context<'_>| {
                app.hurry();
                Ok(())
            };
            core.ask(Asker::Page, hurry).await?;
            sync.wake();
            Ok(Kept {}.into())
        }
        Request::PauseSync(request) => pause(&core, &sync, request).await,
        Request::CarryCourier(request) => carry(&core, &transport, request.upload).await,
        Request::ApplyCourier(request) => Ok(sync.take_in_courier(&core, request.upload).await?.into()),
        Request::WantPhoto(request) => {
            let kept = core.ask(Asker::Page, move |app, context| app.call(request.into(), context)).await?;
            sync.wake_photos();
            Ok(kept)
        }
        request => {
            let (response, chip) = core
                .ask(Asker::Page, move |app, context| {
                    let chip = app.sync_chip()?;
                    let response = app.call(request, context)?;
                    let after = app.sync_chip()?;
                    Ok((response, (after != chip).then_some(after)))
                })
                .await?;
            if let Some(chip) = chip {
                core.tell_chip(chip);
                core.tell(&Event::Changed);
                sync.wake();
            }
            Ok(response)
        }
    }
}

/// Puts the first sync off at once: what is on the road for it is given up. Or lets it go on.
async fn pause(core: &Core, sync: &SyncLoop, request: PauseSync) -> Result<Response, Fault> {
    let job = move |app: &mut App, context: &mut app::Context<'_>| {
        let response = app.call(request.into(), context)?;
        Ok((response, app.sync_chip()?))
    };
    let (response, chip) = core.ask(Asker::Page, job).await?;
    core.tell_chip(chip);
    if request.is_paused {
        sync.stop_round();
    }
    sync.wake();
    Ok(response)
}

/// Brings a colleague's file to the server; answers the file that goes back.
async fn carry(core: &Core, transport: &Transport, upload: u64) -> Result<Response, Fault> {
    let carrying = core.ask(Asker::Page, move |app, _| app.begin_carrying(upload)).await?;
    let posted = transport.post(&carrying.server, &carrying.outgoing).await;
    let incoming = posted.map_err(|_| Fault::new("courier.needs_network"))?;
    let finish = move |app: &mut App, _: &mut app::Context<'_>| {
        let packed = app.finish_carrying(&carrying, &incoming)?;
        Ok(app.offer(packed))
    };
    Ok(core.ask(Asker::Page, finish).await?.into())
}

/// Redeems an invitation.
pub async fn enrol(
    core: &Core,
    transport: &Transport,
    sync: &SyncLoop,
    typed: Enrol,
) -> Result<Response, Fault> {
    let enrolment = core.ask(Asker::Page, move |app, context| app.begin_enrolment(&typed, context)).await?;
    let incoming = transport
        .post(&enrolment.server, &enrolment.outgoing)
        .await
        .map_err(|_| Fault::new("enrol.server_unreachable").with("server", &enrolment.server))?;
    let finish = move |app: &mut App, context: &mut app::Context<'_>| {
        app.finish_enrolment(&enrolment, &incoming, context)
    };
    let session = core.ask(Asker::Page, finish).await?;
    sync.wake();
    Ok(session.into())
}

/// Takes the bytes of a file the person chose.
#[tauri::command]
pub async fn upload(request: RawRequest<'_>, core: State<'_, Core>) -> Result<u64, Fault> {
    let InvokeBody::Raw(bytes) = request.body() else { return Err(Fault::new("import.not_a_table")) };
    let bytes = bytes.clone();
    core.ask(Asker::Page, move |app, _| Ok(app.upload(bytes))).await
}

/// Writes a file the core offers into the person's folder for downloads; answers where it lies.
#[tauri::command]
pub async fn download(number: u64, app: AppHandle, core: State<'_, Core>) -> Result<String, Fault> {
    let places = app.path();
    let folder = places.download_dir().or_else(|_| places.home_dir()).unwrap_or_default();
    let offered = core.ask(Asker::Page, move |app, _| Ok(app.download(number).cloned())).await?;
    let offered = offered.ok_or_else(|| Fault::new("shell.download_missing"))?;
    let not_written = Fault::new("shell.not_written").with("folder", folder.display());
    let written = tauri::async_runtime::spawn_blocking(move || downloads::keep(&folder, &offered)).await;
    match written {
        Ok(Ok(path)) => Ok(path.display().to_string()),
        Ok(Err(why)) if downloads::is_full(&why) => Err(Fault::new("shell.no_space")),
        _ => Err(not_written),
    }
}

/// The bytes of a photo that is on this device.
#[tauri::command]
pub async fn photo(hash: AttachmentHash, core: State<'_, Core>) -> Result<RawResponse, Fault> {
    let bytes = core.ask(Asker::Page, move |app, _| app.photo(hash)).await?;
    bytes.map(RawResponse::new).ok_or_else(|| Fault::new("attachment.missing"))
}
