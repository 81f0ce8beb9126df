//! Sync in the background: on a quiet beat, after every save, when the network returns, by hand.

use std::sync::Arc;
use std::time::Duration;

use app::{Applied, Round, Unapplied};
use records::Fault;
use records::call::Event;
use tokio::sync::Notify;

use crate::clock;
use crate::core::{Asker, Core};
use crate::transport::Transport;

/// Wakes the loop.
#[derive(Clone)]
pub struct SyncLoop {
    wake: Arc<Notify>,
}

impl SyncLoop {
    /// Starts the loop; it ends with the core.
    pub fn start(core: Core, transport: Transport) -> Self {
        let wake = Arc::new(Notify::new());
        let woken = wake.clone();
        tauri::async_runtime::spawn(async move {
            while wait_until_due(&core, &woken).await.is_ok() {
                run_rounds(&core, &transport).await;
            }
        });
        Self { wake }
    }

    /// Something changed: look again when the next round is due.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Waits for the time of the next round. Every wake asks the core anew, so that nothing here must
/// know why it was woken.
async fn wait_until_due(core: &Core, woken: &Notify) -> Result<(), Fault> {
    loop {
        let due = core.ask(Asker::Sync, |app, context| app.next_round_ms(context.now.utc_ms)).await?;
        let Some(due) = due else {
            woken.notified().await;
            continue;
        };
        let wait = u64::try_from(due.saturating_sub(clock::now().utc_ms)).unwrap_or(0);
        if wait == 0 {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(wait)) => {}
            () = woken.notified() => {}
        }
    }
}

async fn run_rounds(core: &Core, transport: &Transport) {
    loop {
        let again = one_round(core, transport).await;
        if let Err(fault) = &again {
            back_off(core, fault.clone()).await;
        }
        if let Ok(chip) = core.ask(Asker::Sync, |app, _| app.sync_chip()).await {
            core.tell_chip(chip);
        }
        if !matches!(again, Ok(true)) {
            return;
        }
    }
}

/// Without this, a round that cannot begin would be tried again at once, for ever.
async fn back_off(core: &Core, fault: Fault) {
    let note = move |app: &mut app::App, context: &mut app::Context<'_>| {
        app.note_failure(Some(fault), context.now.utc_ms);
        Ok(())
    };
    // A core that has stopped needs no patience.
    let _ = core.ask(Asker::Sync, note).await;
}

/// Whether more waits on either side.
async fn one_round(core: &Core, transport: &Transport) -> Result<bool, Fault> {
    let round = core.ask(Asker::Sync, |app, context| app.begin_round(context)).await?;
    let Some(round) = round.map(Arc::new) else { return Ok(false) };
    let Ok(incoming) = transport.post(&round.server, &round.outgoing).await else {
        fail(core, round, None).await?;
        return Ok(false);
    };
    let asked = round.clone();
    let read = core.ask(Asker::Sync, move |app, context| app.read_answer(&asked, &incoming, context)).await;
    match read {
        Ok(unapplied) => apply(core, round, unapplied).await,
        Err(fault) => {
            fail(core, round, Some(fault)).await?;
            Ok(false)
        }
    }
}

async fn fail(core: &Core, round: Arc<Round>, fault: Option<Fault>) -> Result<(), Fault> {
    let job = move |app: &mut app::App, context: &mut app::Context<'_>| {
        app.round_failed(&round, fault, context.now.utc_ms)
    };
    core.ask(Asker::Sync, job).await
}

async fn apply(core: &Core, round: Arc<Round>, mut unapplied: Unapplied) -> Result<bool, Fault> {
    loop {
        let step = core
            .ask(Asker::Sync, move |app, context| {
                let applied = app.apply_step(&mut unapplied, context.now.utc_ms)?;
                Ok((applied, unapplied, app.sync_chip()?))
            })
            .await;
        match step {
            Ok((Applied::More, rest, chip)) => {
                core.tell_chip(chip);
                unapplied = rest;
            }
            Ok((Applied::Done { again }, ..)) => {
                core.tell(&Event::Changed);
                return Ok(again);
            }
            Err(fault) => {
                fail(core, round, Some(fault)).await?;
                return Ok(false);
            }
        }
    }
}
