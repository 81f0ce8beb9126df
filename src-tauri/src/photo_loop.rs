//! Photos in the background: a queue of its own, which begins when the rows are through and which no row
//! ever waits for.

use app::{App, Context};
use records::Fault;
use tokio::sync::Notify;

use crate::core::{Asker, Core, STOPPED};
use crate::news::News;
use crate::sync_loop::patience;
use crate::transport::Transport;

/// Part after part, as long as there is a core.
pub async fn go_on(core: &Core, transport: &Transport, woken: &Notify) {
    let mut troubles = 0;
    loop {
        match move_all(core, transport).await {
            Ok(true) => {
                troubles = 0;
                woken.notified().await;
            }
            Err(fault) if fault.code == STOPPED => return,
            Ok(false) | Err(_) => {
                // The end of a round wakes it, too: by then the network is back.
                tokio::select! {
                    () = tokio::time::sleep(patience(troubles)) => {}
                    () = woken.notified() => {}
                }
                troubles += 1;
            }
        }
    }
}

/// Sends and fetches until there is nothing to do; false when nobody answered. What is not needed any
/// more goes then.
async fn move_all(core: &Core, transport: &Transport) -> Result<bool, Fault> {
    let mut news = News::default();
    let moved = loop {
        match move_one(core, transport).await {
            Ok(Moved::Part) => news.tell_changes(core),
            Ok(Moved::Nothing) => break Ok(true),
            Ok(Moved::Unreachable) => break Ok(false),
            Err(fault) => break Err(fault),
        }
    };
    news.tell_rest(core);
    if matches!(moved, Ok(true)) {
        core.ask(Asker::Sync, |app: &mut App, context: &mut Context<'_>| app.tidy_photos(context)).await?;
    }
    moved
}

enum Moved {
    Part,
    Nothing,
    Unreachable,
}

async fn move_one(core: &Core, transport: &Transport) -> Result<Moved, Fault> {
    let transfer = core.ask(Asker::Sync, |app, context| app.begin_transfer(context)).await?;
    let Some(transfer) = transfer else { return Ok(Moved::Nothing) };
    let Ok(incoming) = transport.post(&transfer.server, &transfer.outgoing).await else {
        return Ok(Moved::Unreachable);
    };
    core.ask(Asker::Sync, move |app, _| app.finish_transfer(&transfer, &incoming)).await?;
    Ok(Moved::Part)
}
