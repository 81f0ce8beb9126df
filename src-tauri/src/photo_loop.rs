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

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    use records::RecordId;
    use records::attachment::{Attachment, AttachmentHash};
    use records::call::WantPhoto;
    use rusqlite::Connection;
    use store::{Store, attachment};

    use super::*;
    use crate::clock;
    use crate::sync_loop::{SyncLoop, tests::enrolled_at};

    /// The first line of what comes next.
    fn asked(server: &TcpListener) -> String {
        let (stream, _) = server.accept().unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    }

    #[test]
    fn a_photo_somebody_wants_to_see_is_asked_for_beside_the_rounds() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = enrolled_at(format!("http://{}", server.local_addr().unwrap()));
        let hash = AttachmentHash::new([7; 32]);
        let photo = Attachment { hash, size: 9, media: "image/jpeg".to_owned(), name: None };
        let mut store = Store::open(Connection::open(folder.path().join("gridwalk.db")).unwrap()).unwrap();
        let record = RecordId::from_bytes([1; 16]);
        store.write(|tx| attachment::take_over(tx, &[photo], record, clock::now().utc_ms)).unwrap();
        drop(store);

        let core = Core::start(folder.path().to_owned(), |_| ());
        let sync = SyncLoop::start(core.clone(), Transport::new().unwrap());
        assert!(asked(&server).starts_with("POST /sync "), "there is no photo to move yet");
        let want = core.ask(Asker::Page, move |app, context| app.call(WantPhoto { hash }.into(), context));
        tauri::async_runtime::block_on(want).unwrap();
        sync.wake_photos();
        let photos = (0..10).find(|_| asked(&server).starts_with("POST /attachment "));
        assert!(photos.is_some());
    }
}
