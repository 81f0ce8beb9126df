//! Brings to the server what another key of this device left behind, once somebody is enrolled here again.

use std::sync::Arc;
use std::time::Duration;

use records::Fault;
use records::call::Event;
use shell::{Asker, Platform, STOPPED};
use tokio::sync::Notify;

use crate::core::Core;
use crate::platform::Desktop;

/// So long until the next try, where nobody could be reached.
const PATIENCE: Duration = Duration::from_secs(120);

/// Letter after letter, until the core ends. Looks again when it is woken.
pub async fn go_on(desktop: Desktop, core: Core, woken: Arc<Notify>) {
    loop {
        let wait = match send(&desktop, &core).await {
            Ok(Sent::Everything) => None,
            Ok(Sent::Interrupted) => Some(PATIENCE),
            Err(fault) if fault.code == STOPPED => return,
            // Locked, or nobody is enrolled: whoever changes that wakes this.
            Err(_) => None,
        };
        match wait {
            Some(wait) => drop(tokio::time::timeout(wait, woken.notified()).await),
            None => woken.notified().await,
        }
    }
}

enum Sent {
    /// Nothing is left that this server could open.
    Everything,
    /// Nobody answered, or something was not settled.
    Interrupted,
}

async fn send(desktop: &Desktop, core: &Core) -> Result<Sent, Fault> {
    let mut sent = Sent::Everything;
    for (mark, sealed) in core.left_behind().await? {
        let asked = sealed.clone();
        let letter = desktop.ask(Asker::Sync, move |app, _| app.letter(&asked)).await?;
        let Some((server, outgoing)) = letter else { continue };
        match desktop.post(&server, &outgoing).await {
            Ok(incoming) if incoming.status < 500 => {
                let is_settled =
                    desktop.ask(Asker::Sync, move |app, _| app.is_settled(&sealed, &incoming)).await?;
                if !is_settled {
                    // Whoever cannot take one may take the next; this one is brought again.
                    sent = Sent::Interrupted;
                    continue;
                }
                core.arrived(mark).await?;
            }
            _ => return Ok(Sent::Interrupted),
        }
        desktop.tell(&Event::Changed);
    }
    Ok(sent)
}
