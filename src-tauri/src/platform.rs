//! What this shell stands on: the core on its thread, the network, the system's clock, one window.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::{App, Context};
use lockbox::LockboxFault;
use records::Fault;
use records::call::{Event, Lock, Response, Room};
use shell::{Asker, Background, FAILED_INSIDE, Movable, NoAnswer, Platform, Wanted};
use sync::ServerAddress;
use sync::device::{Incoming, Outgoing};
use tokio::sync::Notify;
use transport::Transport;

use crate::clock;
use crate::core::Core;
use crate::left_behind;
use crate::storage;

/// The core and the network of this device.
#[derive(Clone)]
pub struct Desktop {
    core: Core,
    transport: Transport,
    /// Where the data lies.
    folder: PathBuf,
    started: Instant,
    /// Wakes what brings letters that were left behind.
    letters: Arc<Notify>,
}

impl Desktop {
    /// Puts them together, and lets rounds and photos begin; these end with the core.
    pub fn start(core: Core, transport: Transport, folder: PathBuf) -> (Self, Background) {
        let letters = Arc::<Notify>::default();
        let bringing = (core.clone(), letters.clone());
        let desktop = Self { core, transport, folder, started: Instant::now(), letters };
        let background = Background::default();
        tauri::async_runtime::spawn(left_behind::go_on(desktop.clone(), bringing.0, bringing.1));
        tauri::async_runtime::spawn(background.clone().rounds(desktop.clone()));
        tauri::async_runtime::spawn(background.clone().photos(desktop.clone()));
        (desktop, background)
    }

    /// A page was answered: what follows from that outside of the core.
    pub async fn answered(&self, response: &Response, is_settings: bool) -> Result<(), Fault> {
        match response {
            // What was saved is saved, whether or not the lock can remember how it looks.
            Response::Session(session) if is_settings => {
                drop(self.core.look(session.settings).await);
                Ok(())
            }
            Response::Session(_) | Response::Lock(_) => {
                self.letters.notify_one();
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Platform for Desktop {
    async fn ask<T: Movable + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce(&mut App, &mut Context<'_>) -> Result<T, Fault> + Movable + 'static,
    ) -> Result<T, Fault> {
        self.core.ask(asker, work).await
    }

    async fn post(&self, server: &ServerAddress, outgoing: &Outgoing) -> Result<Incoming, NoAnswer> {
        self.transport.post(server, outgoing).await
    }

    async fn sleep(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    fn ticks_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn now_ms(&self) -> i64 {
        clock::now().utc_ms
    }

    async fn room(&self) -> Room {
        storage::room(&self.folder)
    }

    async fn close(&self, plain: Vec<u8>, code: String) -> Result<Vec<u8>, Fault> {
        let mut random = [0; lockbox::RANDOM_BYTES];
        clock::random(&mut random);
        beside(move || lockbox::close(&plain, &code, &random)).await
    }

    async fn open(&self, closed: Vec<u8>, code: String) -> Result<Vec<u8>, Fault> {
        beside(move || lockbox::open(&closed, &code)).await
    }

    async fn lock(&self, wanted: Wanted) -> Result<Lock, Fault> {
        self.core.lock(wanted).await
    }

    fn tell(&self, event: &Event) {
        self.core.tell(event);
    }
}

/// On a thread of its own.
async fn beside(
    work: impl FnOnce() -> Result<Vec<u8>, LockboxFault> + Send + 'static,
) -> Result<Vec<u8>, Fault> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| Fault::new(FAILED_INSIDE))?;
    done.map_err(|fault| Fault::new(fault.code()))
}

#[cfg(test)]
pub mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    use records::attachment::{Attachment, AttachmentHash};
    use records::call::WantPhoto;
    use records::codes::Role;
    use records::{AccountId, DeviceId, Incarnation, RecordId};
    use rusqlite::Connection;
    use store::identity::{self, Identity};
    use store::{Store, attachment};
    use tempfile::TempDir;

    use super::*;
    use crate::key_store::Place;

    fn started(folder: &TempDir) -> (Desktop, Background) {
        let place = folder.path().to_owned();
        Desktop::start(
            Core::start(Place::named(place.clone()), Some("135790".to_owned()), |_| ()),
            Transport::new().unwrap(),
            place,
        )
    }

    /// Somebody who is enrolled at this address.
    pub fn identity(server: &str) -> Identity {
        Identity {
            device: DeviceId::from_bytes([1; 16]),
            incarnation: Incarnation::from_bytes([2; 16]),
            token: vec![0; 32].into(),
            server_key: vec![0; 32].into(),
            server: server.to_owned(),
            account: AccountId::from_bytes([3; 16]),
            name: "周燕".to_owned(),
            role: Role::GridWorker,
            area: "230881/001/003/07".parse().unwrap(),
        }
    }

    /// A device that is enrolled at this address.
    fn enrolled_at(server: String) -> TempDir {
        let folder = TempDir::new().unwrap();
        let identity = identity(&server);
        let file = rusqlite::Connection::open(folder.path().join("gridwalk.db")).unwrap();
        Store::open(file).unwrap().write(|tx| identity::set_identity(tx, &identity)).unwrap();
        folder
    }

    #[test]
    fn a_loop_that_found_the_data_in_use_syncs_once_it_is_free() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = enrolled_at(format!("http://{}", server.local_addr().unwrap()));
        let other_window = storage::own(folder.path()).unwrap();
        let (desktop, background) = started(&folder);
        let asked = desktop.ask(Asker::Page, |app, _| app.sync_chip());
        let fault = tauri::async_runtime::block_on(asked).unwrap_err();
        assert_eq!(fault.code, "store.in_use");
        drop(other_window);
        background.wake();
        assert!(server.accept().is_ok(), "it asks the server");
    }

    #[test]
    fn what_is_brought_by_hand_waits_for_no_round_on_the_road() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = enrolled_at(format!("http://{}", server.local_addr().unwrap()));
        let (desktop, background) = started(&folder);
        let _asked_and_never_answered = server.accept().unwrap();
        let upload = desktop.ask(Asker::Page, |app, _| Ok(app.upload(b"no courier file".to_vec())));
        let taken = async { background.take_in_courier(&desktop, upload.await?).await };
        let fault = tauri::async_runtime::block_on(taken).unwrap_err();
        assert_eq!(fault.code, "courier.not_a_file");
    }

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

        let (desktop, background) = started(&folder);
        assert!(asked(&server).starts_with("POST /sync "), "there is no photo to move yet");
        let want = desktop.ask(Asker::Page, move |app, context| app.call(WantPhoto { hash }.into(), context));
        tauri::async_runtime::block_on(want).unwrap();
        background.wake_photos();
        let photos = (0..10).find(|_| asked(&server).starts_with("POST /attachment "));
        assert!(photos.is_some());
    }
}
