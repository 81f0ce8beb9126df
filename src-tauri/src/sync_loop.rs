//! Sync in the background: on a quiet beat, after every save, when the network returns, by hand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::{Applied, Round, Unapplied};
use records::Fault;
use records::call::CourierTaken;
use tokio::sync::{Mutex, Notify};

use crate::clock;
use crate::core::{Asker, Core, FAILED_INSIDE, STOPPED};
use crate::news::News;
use crate::photo_loop;
use crate::transport::Transport;

/// Wakes the loop.
#[derive(Clone)]
pub struct SyncLoop {
    wake: Arc<Notify>,
    stop: Arc<Notify>,
    photos: Arc<Notify>,
    turn: Turn,
}

/// Held from question to the last step of the answer: of two answers taken in at once, one would set back
/// how far the other has read.
type Turn = Arc<Mutex<()>>;

impl SyncLoop {
    /// Starts the loop; it ends with the core.
    pub fn start(core: Core, transport: Transport) -> Self {
        let [wake, stop, photos] = [(); 3].map(|()| Arc::new(Notify::new()));
        let turn = Turn::default();
        tauri::async_runtime::spawn({
            let (core, transport, woken) = (core.clone(), transport.clone(), photos.clone());
            async move { photo_loop::go_on(&core, &transport, &woken).await }
        });
        let road = Road { transport, stopped: stop.clone(), photos: photos.clone(), turn: turn.clone() };
        let woken = wake.clone();
        tauri::async_runtime::spawn(async move { go_on(&core, &road, &woken).await });
        Self { wake, stop, photos, turn }
    }

    /// Something changed: look again when the next round is due.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Somebody wants to see a photo.
    pub fn wake_photos(&self) {
        self.photos.notify_one();
    }

    /// Takes in an answer that was brought by hand. A round that is on the road is given up for it.
    ///
    /// # Errors
    /// `courier.*` when it is not such an answer, `sync.*` for what the server said instead of one.
    pub async fn take_in_courier(&self, core: &Core, upload: u64) -> Result<CourierTaken, Fault> {
        self.stop_round();
        let _turn = self.turn.lock().await;
        let unapplied = core.ask(Asker::Page, move |app, context| app.read_courier(upload, context)).await?;
        let brought = unapplied.brings();
        let mut news = News::default();
        let taken = take_in(core, unapplied, &mut news).await;
        tell_all(core, &mut news).await;
        self.wake();
        taken.map(|_| brought)
    }

    /// Gives up the round that is on the road, if one is; the next says what it wants instead.
    pub fn stop_round(&self) {
        self.stop.notify_waiters();
    }
}

/// The network, the word to give up what is on its way there, and what comes after it.
struct Road {
    transport: Transport,
    stopped: Arc<Notify>,
    photos: Arc<Notify>,
    turn: Turn,
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
pub fn patience(troubles: u32) -> Duration {
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
        match &again {
            // Rows are through: now photos may go.
            Ok(_) => road.photos.notify_one(),
            Err(fault) => back_off(core, fault.clone()).await,
        }
        tell_all(core, &mut news).await;
        return again.map(|_| ());
    }
}

/// Tells the pages what they have not heard yet, and how sync stands now.
async fn tell_all(core: &Core, news: &mut News) {
    news.tell_rest(core);
    if let Ok(chip) = core.ask(Asker::Sync, |app, _| app.sync_chip()).await {
        core.tell_chip(chip);
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
    let _turn = road.turn.lock().await;
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

async fn apply(core: &Core, round: Arc<Round>, unapplied: Unapplied, news: &mut News) -> Result<bool, Fault> {
    match take_in(core, unapplied, news).await {
        Ok(again) => Ok(again),
        Err(fault) => {
            fail(core, round, Some(fault)).await?;
            Ok(false)
        }
    }
}

/// Applies an answer step by step; whether more waits on either side.
async fn take_in(core: &Core, mut unapplied: Unapplied, news: &mut News) -> Result<bool, Fault> {
    loop {
        let is_told = news.of_progress.is_due(Instant::now());
        let step = move |app: &mut app::App, context: &mut app::Context<'_>| {
            let applied = app.apply_step(&mut unapplied, context.now.utc_ms)?;
            let chip = is_told.then(|| app.sync_chip()).transpose()?;
            Ok((applied, unapplied, chip))
        };
        let (applied, rest, chip) = core.ask(Asker::Sync, step).await?;
        chip.into_iter().for_each(|chip| core.tell_chip(chip));
        if let Applied::Done { again } = applied {
            news.tell_changes(core);
            return Ok(again);
        }
        unapplied = rest;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::net::TcpListener;

    use records::codes::Role;
    use records::{AccountId, DeviceId, Incarnation};
    use store::Store;
    use store::identity::{self, Identity};
    use tempfile::TempDir;

    use super::*;
    use crate::storage;

    /// A device that is enrolled at this address.
    pub(crate) fn enrolled_at(server: String) -> TempDir {
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
    fn what_is_brought_by_hand_waits_for_no_round_on_the_road() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = enrolled_at(format!("http://{}", server.local_addr().unwrap()));
        let core = Core::start(folder.path().to_owned(), |_| ());
        let sync = SyncLoop::start(core.clone(), Transport::new().unwrap());
        let _asked_and_never_answered = server.accept().unwrap();
        let upload = core.ask(Asker::Page, |app, _| Ok(app.upload(b"no courier file".to_vec())));
        let taken = async { sync.take_in_courier(&core, upload.await?).await };
        let fault = tauri::async_runtime::block_on(taken).unwrap_err();
        assert_eq!(fault.code, "courier.not_a_file");
    }

    #[test]
    fn trouble_is_looked_at_again_within_minutes() {
        let waits = [0, 1, 7, 8, u32::MAX].map(|troubles| patience(troubles).as_secs());
        assert_eq!(waits, [2, 4, 256, 256, 256]);
    }
}
