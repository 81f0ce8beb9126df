//! What the pages can call.

use app::{App, Context, DeviceImage};
use records::Fault;
use records::access::AccessAsk;
use records::call::{DeviceFile, Enrol, Event, Kept, OpenCopy, PauseSync, Request, Response, TakeDevice};

use crate::platform::Movable;
use crate::{Asker, Background, Platform, Wanted};

/// Answers a page.
///
/// # Errors
/// The core's own; `enrol.server_unreachable` and `courier.needs_network` when nobody answered,
/// [`CERTIFICATE_WRONG`](crate::CERTIFICATE_WRONG) when a stranger did.
pub async fn call(
    platform: &impl Platform,
    background: &Background,
    request: Request,
) -> Result<Response, Fault> {
    match request {
        Request::Enrol(typed) => enrol(platform, background, typed).await,
        Request::SyncNow(_) => {
            let hurry = |app: &mut App, _: &mut Context<'_>| {
                app.hurry();
                Ok(())
            };
            platform.ask(Asker::Page, hurry).await?;
            background.wake();
            Ok(Kept {}.into())
        }
        Request::PauseSync(request) => pause(platform, background, request).await,
        Request::CarryCourier(request) => carry(platform, request.upload).await,
        Request::ApplyCourier(request) => {
            Ok(background.take_in_courier(platform, request.upload).await?.into())
        }
        Request::GetRoom(_) => Ok(platform.room().await.into()),
        Request::PackDevice(_) => pack(platform, background, |app, context| app.device_image(context)).await,
        Request::PackCopy(request) => {
            pack(platform, background, move |app, context| app.copy_image(request, context)).await
        }
        Request::OpenCopy(OpenCopy { upload, code }) => {
            let closed = platform.ask(Asker::Page, move |app, _| Ok(app.uploaded(upload)?.to_vec())).await?;
            Ok(app::read_copy(&platform.open(closed, code).await?)?.into())
        }
        Request::TakeDevice(request) => take_device(platform, background, request).await,
        Request::GetLock(_) => lock(platform, background, Wanted::Look).await,
        Request::SetPin(request) => lock(platform, background, Wanted::Set(request)).await,
        Request::Unlock(request) => lock(platform, background, Wanted::Open(request)).await,
        Request::LockNow(_) => lock(platform, background, Wanted::Shut).await,
        Request::BeginAnew(_) => lock(platform, background, Wanted::BeginAnew).await,
        Request::AskAccess(request) => access(platform, background, request.ask).await,
        Request::WantPhoto(request) => {
            let kept =
                platform.ask(Asker::Page, move |app, context| app.call(request.into(), context)).await?;
            background.wake_photos();
            Ok(kept)
        }
        request => {
            let (response, chip) = platform
                .ask(Asker::Page, move |app, context| {
                    let chip = app.sync_chip()?;
                    let response = app.call(request, context)?;
                    let after = app.sync_chip()?;
                    Ok((response, (after != chip).then_some(after)))
                })
                .await?;
            if let Some(chip) = chip {
                platform.tell(&Event::Sync(chip));
                platform.tell(&Event::Changed);
                background.wake();
            }
            Ok(response)
        }
    }
}

/// Whatever was done about the lock, rounds look again whether they can go on.
async fn lock(platform: &impl Platform, background: &Background, wanted: Wanted) -> Result<Response, Fault> {
    let is_look = matches!(wanted, Wanted::Look);
    let lock = platform.lock(wanted).await?;
    if !is_look {
        background.wake();
        background.wake_photos();
    }
    Ok(lock.into())
}

/// Puts the first sync off at once: what is on the road for it is given up. Or lets it go on.
async fn pause(
    platform: &impl Platform,
    background: &Background,
    request: PauseSync,
) -> Result<Response, Fault> {
    let job = move |app: &mut App, context: &mut Context<'_>| {
        let response = app.call(request.into(), context)?;
        Ok((response, app.sync_chip()?))
    };
    let (response, chip) = platform.ask(Asker::Page, job).await?;
    platform.tell(&Event::Sync(chip));
    if request.is_paused {
        background.stop_round();
    }
    background.wake();
    Ok(response)
}

/// Brings a colleague's file to the server; answers the file that goes back.
async fn carry(platform: &impl Platform, upload: u64) -> Result<Response, Fault> {
    let carrying = platform.ask(Asker::Page, move |app, _| app.begin_carrying(upload)).await?;
    let posted = platform.post(&carrying.server, &carrying.outgoing).await;
    let incoming =
        posted.map_err(|none| none.fault().unwrap_or_else(|| Fault::new("courier.needs_network")))?;
    let finish = move |app: &mut App, _: &mut Context<'_>| {
        let packed = app.finish_carrying(&carrying, &incoming)?;
        Ok(app.offer(packed))
    };
    Ok(platform.ask(Asker::Page, finish).await?.into())
}

/// Asks the server who may come in.
async fn access(
    platform: &impl Platform,
    background: &Background,
    ask: AccessAsk,
) -> Result<Response, Fault> {
    let only_asks =
        matches!(ask, AccessAsk::Devices { .. } | AccessAsk::People { .. } | AccessAsk::Code { .. });
    let asking = platform.ask(Asker::Page, move |app, context| app.begin_access(ask, context)).await?;
    let posted = platform.post(&asking.server, &asking.outgoing).await;
    let incoming =
        posted.map_err(|none| none.fault().unwrap_or_else(|| Fault::new("access.needs_network")))?;
    let finish =
        move |app: &mut App, context: &mut Context<'_>| app.finish_access(&asking, &incoming, context);
    let told = platform.ask(Asker::Page, finish).await?;
    if !only_asks {
        // Somebody who came, went or moved shows in what a round brings.
        background.wake();
    }
    Ok(told.into())
}

/// Closes an image into a file. What was noted of that goes out with the next round.
async fn pack(
    platform: &impl Platform,
    background: &Background,
    image: impl FnOnce(&mut App, &mut Context<'_>) -> Result<DeviceImage, Fault> + Movable + 'static,
) -> Result<Response, Fault> {
    let image = platform.ask(Asker::Page, image).await?;
    let closed = platform.close(image.bytes, image.code.clone()).await?;
    let offer = move |app: &mut App, _: &mut Context<'_>| {
        let (name, bytes) = (image.name.clone(), closed.len() as u64);
        let download = app.offer_file(image.name, closed);
        Ok(DeviceFile { download, name, bytes, code: image.code })
    };
    let answer = platform.ask(Asker::Page, offer).await?.into();
    background.wake();
    Ok(answer)
}

/// Begins from such a file.
async fn take_device(
    platform: &impl Platform,
    background: &Background,
    TakeDevice { upload, code }: TakeDevice,
) -> Result<Response, Fault> {
    let closed = platform.ask(Asker::Page, move |app, _| Ok(app.uploaded(upload)?.to_vec())).await?;
    let image = platform.open(closed, code).await?;
    let take = move |app: &mut App, context: &mut Context<'_>| app.take_device(&image, context);
    let session = platform.ask(Asker::Page, take).await?;
    background.wake();
    Ok(session.into())
}

/// Redeems an invitation.
pub async fn enrol(
    platform: &impl Platform,
    background: &Background,
    typed: Enrol,
) -> Result<Response, Fault> {
    let enrolment =
        platform.ask(Asker::Page, move |app, context| app.begin_enrolment(&typed, context)).await?;
    let unreachable = || Fault::new("enrol.server_unreachable").with("server", &enrolment.server.url);
    let posted = platform.post(&enrolment.server, &enrolment.outgoing).await;
    let incoming = posted.map_err(|none| none.fault().unwrap_or_else(unreachable))?;
    let finish =
        move |app: &mut App, context: &mut Context<'_>| app.finish_enrolment(&enrolment, &incoming, context);
    let session = platform.ask(Asker::Page, finish).await?;
    background.wake();
    Ok(session.into())
}
