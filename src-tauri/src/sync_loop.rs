//! Sync in the background: on a quiet beat, after every save, when the network returns, by hand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::{Applied, Round, Unapplied};
use records::Fault;
use records::call::Event;
use tokio::sync::Notify;

use crate::clock;
use crate::core::{Asker, Core, FAILED_INSIDE, STOPPED};
use crate::transport::Transport;

/// Wakes the loop.
#[derive(Clone)]
pub struct SyncLoop {
    wake: Arc<Notify>,
    stop: Arc<Notify>,
}

impl SyncLoop {
    /// Starts the loop; it ends with the core.
    pub fn start(core: Core, transport: Transport) -> Self {
        let [wake, stop] = [(); 2].map(|()| Arc::new(Notify::new()));
        let (woken, stopped) = (wake.clone(), stop.clone());
        let road = Road { transport, stopped };
        tauri::async_runtime::spawn(async move { go_on(&core, &road, &woken).await });
        Self { wake, stop }
    }

    /// Something changed: look again when the next round is due.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Gives up the round that is on the road, if one is; the next says what it wants instead.
    pub fn stop_round(&self) {
        self.stop.notify_waiters();
    }
}

/// The network, and the word to give up what is on its way there.
struct Road {
    transport: Transport,
    stopped: Arc<Notify>,
}

/// Round after round, as long as there is a core. Whatever else goes wrong, a full disk or a defect,
/// passes or is worth another look later.
async fn go_on(core: &Core, road: &Road, woken: &Notify) {
    let mut troubles = 0;
    loop {
        let rounds = async {
            wait_until_due(core, woken).await?;
            run_rounds(core, road).await
        };
        match rounds.await {
            Ok(()) => troubles = 0,
            Err(fault) if fault.code == STOPPED => return,
            Err(_) => {
                tokio::select! {
                    () = tokio::time::sleep(patience(troubles)) => {}
                    () = woken.notified() => {}
                }
                troubles += 1;
            }
        }
    }
}

/// How long to wait after so many troubles in a row: seconds at first, minutes later.
fn patience(troubles: u32) -> Duration {
    Duration::from_secs(2 << troubles.min(7))
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

async fn run_rounds(core: &Core, road: &Road) -> Result<(), Fault> {
    let mut news = News::default();
    loop {
        let again = one_round(core, road, &mut news).await;
        if matches!(again, Ok(true)) {
            continue;
        }
        if let Err(fault) = &again {
            back_off(core, fault.clone()).await;
        }
        news.tell_rest(core);
        if let Ok(chip) = core.ask(Asker::Sync, |app, _| app.sync_chip()).await {
            core.tell_chip(chip);
        }
        return again.map(|_| ());
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
async fn one_round(core: &Core, road: &Road, news: &mut News) -> Result<bool, Fault> {
    let round = core.ask(Asker::Sync, |app, context| app.begin_round(context)).await?;
    let Some(round) = round.map(Arc::new) else { return Ok(false) };
    let posted = tokio::select! {
        posted = road.transport.post(&round.server, &round.outgoing) => posted,
        () = road.stopped.notified() => {
            core.ask(Asker::Sync, move |app, _| app.round_given_up(&round)).await?;
            return Ok(true);
        }
    };
    let Ok(incoming) = posted else {
        fail(core, round, None).await?;
        return Ok(false);
    };
    let asked = round.clone();
    let read = core.ask(Asker::Sync, move |app, context| app.read_answer(&asked, &incoming, context)).await;
    match read {
        Ok(unapplied) => apply(core, round, unapplied, news).await,
        Err(fault) => {
            fail(core, round, Some(fault)).await?;
            Ok(false)
        }
    }
}

async fn fail(core: &Core, round: Arc<Round>, fault: Option<Fault>) -> Result<(), Fault> {
    let noted = fault.clone();
    let job = move |app: &mut app::App, context: &mut app::Context<'_>| {
        app.round_failed(&round, noted, context.now.utc_ms)
    };
    core.ask(Asker::Sync, job).await?;
    // A core opened anew has forgotten how often it failed before.
    fault.filter(|fault| fault.code == FAILED_INSIDE).map_or(Ok(()), Err)
}

async fn apply(
    core: &Core,
    round: Arc<Round>,
    mut unapplied: Unapplied,
    news: &mut News,
) -> Result<bool, Fault> {
    loop {
        let is_told = news.of_progress.is_due(Instant::now());
        let step = core
            .ask(Asker::Sync, move |app, context| {
                let applied = app.apply_step(&mut unapplied, context.now.utc_ms)?;
                let chip = is_told.then(|| app.sync_chip()).transpose()?;
                Ok((applied, unapplied, chip))
            })
            .await;
        match step {
            Ok((Applied::More, rest, chip)) => {
                chip.into_iter().for_each(|chip| core.tell_chip(chip));
                unapplied = rest;
            }
            Ok((Applied::Done { again }, ..)) => {
                news.tell_changes(core);
                return Ok(again);
            }
            Err(fault) => {
                fail(core, round, Some(fault)).await?;
                return Ok(false);
            }
        }
    }
}

/// What the pages hear while rounds go on: no more than they can show.
struct News {
    of_progress: Pulse,
    of_changes: Pulse,
    /// Something changed and was not told yet.
    is_owed: bool,
}

impl Default for News {
    fn default() -> Self {
        let pulse = |every_ms| Pulse { every: Duration::from_millis(every_ms), last: None };
        // Every word of changes lets each open page read again what it shows.
        Self { of_progress: pulse(100), of_changes: pulse(1_000), is_owed: false }
    }
}

impl News {
    fn tell_changes(&mut self, core: &Core) {
        self.is_owed = true;
        if self.of_changes.is_due(Instant::now()) {
            self.tell_rest(core);
        }
    }

    /// Says what was held back.
    fn tell_rest(&mut self, core: &Core) {
        if std::mem::take(&mut self.is_owed) {
            core.tell(&Event::Changed);
        }
    }
}

/// Something that happens at most so often.
struct Pulse {
    every: Duration,
    last: Option<Instant>,
}

impl Pulse {
    /// Whether it is time again; if so, it counts from now on.
    fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.last.is_none_or(|last| now.duration_since(last) >= self.every);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use records::codes::Role;
    use records::{AccountId, DeviceId, Incarnation};
    use store::Store;
    use store::identity::{self, Identity};
    use tempfile::TempDir;

    use super::*;
    use crate::storage;

    /// A device that is enrolled at this address.
    fn enrolled_at(server: String) -> TempDir {
        let folder = TempDir::new().unwrap();
        let identity = Identity {
            device: DeviceId::from_bytes([1; 16]),
            incarnation: Incarnation::from_bytes([2; 16]),
            token: vec![0; 32].into(),
            server_key: vec![0; 32].into(),
            server,
            account: AccountId::from_bytes([3; 16]),
            name: "周燕".to_owned(),
            role: Role::GridWorker,
            area: "230881/001/003/07".parse().unwrap(),
        };
        let file = rusqlite::Connection::open(folder.path().join("gridwalk.db")).unwrap();
        Store::open(file).unwrap().write(|tx| identity::set_identity(tx, &identity)).unwrap();
        folder
    }

    #[test]
    fn a_loop_that_found_the_data_in_use_syncs_once_it_is_free() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = enrolled_at(format!("http://{}", server.local_addr().unwrap()));
        let other_window = storage::open(folder.path()).unwrap();
        let core = Core::start(folder.path().to_owned(), |_| ());
        let sync = SyncLoop::start(core.clone(), Transport::new().unwrap());
        let asked = core.ask(Asker::Page, |app, _| app.sync_chip());
        let fault = tauri::async_runtime::block_on(asked).unwrap_err();
        assert_eq!(fault.code, "store.in_use");
        drop(other_window);
        sync.wake();
        assert!(server.accept().is_ok(), "it asks the server");
    }

    #[test]
    fn however_fast_rounds_are_the_pages_hear_of_it_ten_times_a_second() {
        let (mut news, start) = (News::default(), Instant::now());
        let moments = || (0..2_000).map(|ms| start + Duration::from_millis(ms));
        assert_eq!(moments().filter(|now| news.of_progress.is_due(*now)).count(), 20);
        assert_eq!(moments().filter(|now| news.of_changes.is_due(*now)).count(), 2);
    }

    #[test]
    fn trouble_is_looked_at_again_within_minutes() {
        let waits = [0, 1, 7, 8, u32::MAX].map(|troubles| patience(troubles).as_secs());
        assert_eq!(waits, [2, 4, 256, 256, 256]);
    }
}
