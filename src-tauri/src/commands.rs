//! What the pages can call.

use app::App;
use records::Fault;
use records::call::{Enrol, Event, Kept, PauseSync, Request, Response};
use tauri::State;
use tauri::ipc::{InvokeBody, Request as RawRequest};

use crate::core::{Asker, Core};
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
