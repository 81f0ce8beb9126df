//! Photos in the background: a queue of its own, which begins when the rows are through and which no row
//! ever waits for.

use app::{App, Context};
use records::Fault;
use tokio::sync::Notify;

use crate::background::patience_ms;
use crate::news::News;
use crate::{Asker, Platform, STOPPED};

/// Part after part, as long as there is a core.
pub(crate) async fn go_on(platform: &impl Platform, woken: &Notify) {
    let mut troubles = 0;
    loop {
        match move_all(platform).await {
            Ok(true) => {
                troubles = 0;
                woken.notified().await;
            }
            Err(fault) if fault.code == STOPPED => return,
            Ok(false) | Err(_) => {
                // The end of a round wakes it, too: by then the network is back.
                tokio::select! {
                    () = platform.sleep(patience_ms(troubles)) => {}
                    () = woken.notified() => {}
                }
                troubles += 1;
            }
        }
    }
}

/// Sends and fetches until there is nothing to do; false when nobody answered. What is not needed any
/// more goes then.
async fn move_all(platform: &impl Platform) -> Result<bool, Fault> {
    let mut news = News::default();
    let moved = loop {
        match move_one(platform).await {
            Ok(Moved::Part) => news.tell_changes(platform),
            Ok(Moved::Nothing) => break Ok(true),
            Ok(Moved::Unreachable) => break Ok(false),
            Err(fault) => break Err(fault),
        }
    };
    news.tell_rest(platform);
    if matches!(moved, Ok(true)) {
        platform
            .ask(Asker::Sync, |app: &mut App, context: &mut Context<'_>| app.tidy_photos(context))
            .await?;
    }
    moved
}

enum Moved {
    Part,
    Nothing,
    Unreachable,
}

async fn move_one(platform: &impl Platform) -> Result<Moved, Fault> {
    let transfer = platform.ask(Asker::Sync, |app, context| app.begin_transfer(context)).await?;
    let Some(transfer) = transfer else { return Ok(Moved::Nothing) };
    let Ok(incoming) = platform.post(&transfer.server, &transfer.outgoing).await else {
        return Ok(Moved::Unreachable);
    };
    platform.ask(Asker::Sync, move |app, _| app.finish_transfer(&transfer, &incoming)).await?;
    Ok(Moved::Part)
}
