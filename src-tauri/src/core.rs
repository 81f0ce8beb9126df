//! The core on a thread of its own. Pages go before sync: a step of a first sync is a few
//! milliseconds, and whatever a person asks comes right after it.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::unsent::Mark;
use app::{App, Context};
use records::Fault;
use records::call::{Event, Lock, LockState, SetPin, Settings};
use shell::{Asker, FAILED_INSIDE, STOPPED, Wanted};
use tokio::sync::{mpsc, oneshot};
use vault::Key;

use crate::door::Door;
use crate::key_store::NoKeyStore;
use crate::unsent::Journal;
use crate::{clock, storage};

/// What waits, sealed while the database can be opened, and what was left when it could not any more.
const UNSENT: &str = "unsent";
const LEFT_BEHIND: &str = "left-behind";

type Job = Box<dyn FnOnce(&mut Held) + Send>;
type Events = dyn Fn(&Event) + Send + Sync;

/// A handle on the core's thread.
#[derive(Clone)]
pub struct Core {
    pages: mpsc::UnboundedSender<Job>,
    sync: mpsc::UnboundedSender<Job>,
    events: Arc<Events>,
}

impl Core {
    /// Looks after the folder on the core's thread. With a PIN it is opened at once, or locked with it from now on. What
    /// the pages are to know goes to `events`.
    pub fn start(
        folder: PathBuf,
        pin: Option<String>,
        events: impl Fn(&Event) + Send + Sync + 'static,
    ) -> Self {
        let (pages, from_pages) = mpsc::unbounded_channel();
        let (sync, from_sync) = mpsc::unbounded_channel();
        std::thread::spawn(move || work(Held::of(folder, pin), from_pages, from_sync));
        Self { pages, sync, events: Arc::new(events) }
    }

    /// Runs a piece of work on the core and answers what it answers.
    ///
    /// # Errors
    /// The work's own, or why the database could not be opened.
    pub async fn ask<T: Send + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce(&mut App, &mut Context<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.hold(asker, move |held| held.run(work)).await
    }

    /// Does something about the lock, and answers how it stands then.
    ///
    /// # Errors
    /// `lock.*`, and why the database could not be opened.
    pub async fn lock(&self, wanted: Wanted) -> Result<Lock, Fault> {
        self.hold(Asker::Page, move |held| held.lock(wanted)).await
    }

    /// Remembers how the app looks, for when it is locked.
    pub async fn look(&self, settings: Settings) -> Result<(), Fault> {
        self.hold(Asker::Page, move |held| held.door()?.look(&settings)).await
    }

    /// The first of the commits that another key left behind, sealed.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn left_behind(&self) -> Result<Vec<(Mark, Vec<u8>)>, Fault> {
        self.hold(Asker::Sync, |held| held.left_behind()?.all().map_err(|error| storage::io_fault(&error)))
            .await
    }

    /// One of them has arrived.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn arrived(&self, mark: Mark) -> Result<(), Fault> {
        let leave_out = move |held: &mut Held| {
            held.left_behind()?.leave_out(&mark).map_err(|error| storage::io_fault(&error))
        };
        self.hold(Asker::Sync, leave_out).await
    }

    async fn hold<T: Send + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce(&mut Held) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |held| {
            // Nobody waits any more when a page was left: the work is done all the same.
            let _ = answer.send(work(held));
            held.sync();
        });
        let queue = match asker {
            Asker::Page => &self.pages,
            Asker::Sync => &self.sync,
        };
        queue.send(job).map_err(|_| Fault::new(STOPPED))?;
        answered.await.map_err(|_| Fault::new(STOPPED))?
    }

    /// Tells the pages something.
    pub fn tell(&self, event: &Event) {
        (self.events)(event);
    }
}

/// The folder, as far as it is ours and open.
struct Held {
    folder: PathBuf,
    /// Opens the door once, when the app was started with it.
    pin: Option<String>,
    owner: Option<File>,
    door: Option<Door>,
    opened: Option<Result<Opened, Fault>>,
}

/// An open core, and what of it lies sealed beside it.
struct Opened {
    app: App,
    unsent: Journal,
    /// How much had been written when it was last sealed.
    sealed_at: Option<u64>,
}

impl Held {
    fn of(folder: PathBuf, pin: Option<String>) -> Self {
        Self { folder, pin, owner: None, door: None, opened: None }
    }

    /// The door, once the folder is ours.
    fn door(&mut self) -> Result<&mut Door, Fault> {
        if self.owner.is_none() {
            self.owner = Some(storage::own(&self.folder)?);
        }
        let door = match self.door.take() {
            Some(door) => door,
            None => {
                let mut door = Door::at(&self.folder, Box::new(NoKeyStore))?;
                if let Some(pin) = self.pin.take() {
                    match door.lock().state {
                        LockState::Unset => door.set(&SetPin { pin, before: None })?,
                        _ => door.open(&pin)?,
                    }
                }
                door
            }
        };
        Ok(self.door.insert(door))
    }

    fn opened(&mut self) -> Result<&mut Opened, Fault> {
        let key = self.door()?.key()?.clone();
        if self.opened.as_ref().is_none_or(|opened| opened.as_ref().is_err_and(may_pass)) {
            self.opened = Some(Opened::of(&self.folder, &key));
        }
        match &mut self.opened {
            Some(Ok(opened)) => Ok(opened),
            Some(Err(fault)) => Err(fault.clone()),
            None => Err(Fault::new(STOPPED)),
        }
    }

    /// One piece of work. A defect in it ends neither the thread nor the app: what was half written is
    /// rolled back, and the next piece finds a core opened anew.
    fn run<T>(
        &mut self,
        work: impl FnOnce(&mut App, &mut Context<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let opened = self.opened()?;
        let mut context = Context { now: clock::now(), random: &mut clock::random };
        let done = catch_unwind(AssertUnwindSafe(|| {
            let done = work(&mut opened.app, &mut context);
            opened.seal(&mut context);
            done
        }));
        done.unwrap_or_else(|_| {
            self.opened = Some(Err(Fault::new(FAILED_INSIDE)));
            Err(Fault::new(FAILED_INSIDE))
        })
    }

    fn lock(&mut self, wanted: Wanted) -> Result<Lock, Fault> {
        match wanted {
            Wanted::Look => {}
            Wanted::Set(chosen) => self.door()?.set(&chosen)?,
            Wanted::Open(typed) => {
                self.door()?.open(&typed.pin)?;
                if !matches!(self.door()?.lock().state, LockState::Open) {
                    self.opened = None;
                }
            }
            Wanted::Shut => {
                // Closing the database takes the key out of SQLite's memory, too.
                self.opened = None;
                self.door()?.shut();
            }
            Wanted::BeginAnew => self.begin_anew()?,
        }
        let mut lock = self.door()?.lock();
        lock.left_behind = u32::try_from(self.left_behind()?.marks().len()).unwrap_or(u32::MAX);
        if matches!(lock.state, LockState::Open) {
            // Whoever opens hears at once what is wrong behind the door.
            self.opened()?;
        }
        Ok(lock)
    }

    /// Gives up the database. What was not sent is put aside, on disk, before anything is destroyed.
    fn begin_anew(&mut self) -> Result<(), Fault> {
        self.opened = None;
        let io = |error: std::io::Error| storage::io_fault(&error);
        let unsent = Journal::open(self.folder.join(UNSENT)).map_err(io)?;
        unsent.hand_over(&mut self.left_behind()?).map_err(io)?;
        self.door()?.destroy()?;
        storage::remove(&self.folder)?;
        self.door()?.clear()
    }

    fn left_behind(&mut self) -> Result<Journal, Fault> {
        self.door()?;
        Journal::open(self.folder.join(LEFT_BEHIND)).map_err(|error| storage::io_fault(&error))
    }

    /// After an answer: what was sealed for it is on disk a moment later.
    fn sync(&mut self) {
        if let Some(Ok(opened)) = &mut self.opened {
            opened.unsent.sync().unwrap_or_else(|_| opened.sealed_at = None);
        }
    }
}

impl Opened {
    fn of(folder: &Path, key: &Key) -> Result<Self, Fault> {
        let app = storage::open(folder, key)?;
        let unsent = Journal::open(folder.join(UNSENT)).map_err(|error| storage::io_fault(&error))?;
        Ok(Self { app, unsent, sealed_at: None })
    }

    /// Seals what waits and is not sealed yet. What a person saved is on disk already: a disk that has no room for this
    /// is no reason to say otherwise, and it is tried again with the next piece of work.
    fn seal(&mut self, context: &mut Context<'_>) {
        let Ok(writes) = self.app.writes() else { return };
        if self.sealed_at == Some(writes) {
            return;
        }
        let unsent = self.app.unsent(self.unsent.marks(), context);
        let followed = unsent.is_ok_and(|unsent| self.unsent.follow(&unsent).is_ok());
        self.sealed_at = followed.then_some(writes);
    }
}

/// Whether opening again may go better: disks are cleared and other windows closed.
fn may_pass(fault: &Fault) -> bool {
    !matches!(fault.code.as_str(), "store.newer" | "store.damaged")
}

/// Owns the database until the last handle is gone.
fn work(mut held: Held, mut pages: mpsc::UnboundedReceiver<Job>, mut sync: mpsc::UnboundedReceiver<Job>) {
    // Opening takes its time: it begins before somebody asks.
    let _ = held.opened();
    let Ok(waiting) = tokio::runtime::Builder::new_current_thread().build() else { return };
    waiting.block_on(async {
        loop {
            tokio::select! {
                biased;
                Some(job) = pages.recv() => job(&mut held),
                Some(job) = sync.recv() => job(&mut held),
                else => break,
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::fs;

    use records::household::Household;
    use records::wire::Commit;
    use store::{Origin, identity};
    use sync::seal::KeyPair;
    use tempfile::TempDir;

    use super::*;
    use crate::platform;

    fn code<T>(answer: Result<T, Fault>) -> Result<(), String> {
        answer.map(drop).map_err(|fault| fault.code)
    }

    #[test]
    fn a_defect_ends_one_piece_of_work_and_no_other() {
        let folder = TempDir::new().unwrap();
        let mut held = Held::of(folder.path().to_owned(), Some("135790".to_owned()));
        let defect = held.run(|_, _| -> Result<(), Fault> { panic!("one bad record") });
        assert_eq!(code(defect), Err(FAILED_INSIDE.to_owned()));
        assert_eq!(code(held.run(|app, _| app.sync_chip())), Ok(()));
    }

    #[test]
    fn what_could_not_be_opened_is_tried_again() {
        let folder = TempDir::new().unwrap();
        let other_window = storage::own(folder.path()).unwrap();
        let mut held = Held::of(folder.path().to_owned(), Some("135790".to_owned()));
        assert_eq!(code(held.run(|app, _| app.sync_chip())), Err("store.in_use".to_owned()));
        drop(other_window);
        assert_eq!(code(held.run(|app, _| app.sync_chip())), Ok(()));
    }

    /// The device of somebody enrolled at a server with these keys, with one thing kept that is not sent.
    fn enrolled(folder: &TempDir, server: &KeyPair) -> Held {
        let mut held = Held::of(folder.path().to_owned(), Some("135790".to_owned()));
        let key = server.public;
        held.run(|app, _| {
            let enrol = app.store().write(|tx| {
                identity::set_identity(tx, &platform::tests::identity("http://127.0.0.1:9"))?;
                identity::set_sealing_key(tx, &key)
            });
            enrol.map_err(Fault::from)
        })
        .unwrap();
        held
    }

    fn save(held: &mut Held) {
        let saved = held.run(|app, context| {
            let (now_ms, scope) = (context.now.utc_ms, "230881/001/003/07#work".parse().unwrap());
            let mut new_id = || context.new_id();
            let id = new_id();
            let household = Household { residents: 2, ..Household::blank(id) };
            let origin = Origin { now_ms, hold_ms: 8_000, new_id: &mut new_id };
            app.store().act(origin, |action| action.create(id, &scope, &household)).map_err(Fault::from)
        });
        saved.unwrap();
    }

    /// What a server reads of a sealed commit: its number, and how much it does.
    fn read(sealed: &[u8], server: &KeyPair) -> (u64, usize) {
        let (_, letter) = sync::courier::read_question(sealed, server).unwrap();
        let request = letter.request(0).unwrap();
        let commit: Commit = minicbor::decode(&request.commits[0]).unwrap();
        (commit.push_seq, commit.ops.len())
    }

    #[test]
    fn what_waits_lies_sealed_beside_the_database_and_outlives_its_key() {
        let (folder, server) = (TempDir::new().unwrap(), KeyPair::of(&[7; 32]));
        let mut held = enrolled(&folder, &server);
        (0..3).for_each(|_| save(&mut held));
        held.sync();
        let sealed = |name| {
            let all = Journal::open(folder.path().join(name)).unwrap().all().unwrap();
            all.iter().map(|(_, sealed)| read(sealed, &server)).collect::<Vec<_>>()
        };
        assert_eq!(sealed(UNSENT), [(1, 1), (2, 1), (3, 1)]);

        // What is taken back is not in it, and what a crash kept from being sealed is sealed when it is opened again.
        let undone = held.run(|app, context| {
            let now_ms = context.now.utc_ms;
            app.store().write(|tx| store::outbox::undo(tx, 3, now_ms)).map_err(Fault::from)
        });
        assert_eq!(undone.unwrap().push_seq, 3);
        assert_eq!(sealed(UNSENT), [(1, 1), (2, 1), (3, 0)]);
        drop(held);
        fs::remove_file(folder.path().join(UNSENT)).unwrap();
        let mut held = Held::of(folder.path().to_owned(), Some("135790".to_owned()));
        held.run(|app, _| app.sync_chip()).unwrap();
        assert_eq!(sealed(UNSENT), [(1, 1), (2, 1), (3, 0)]);

        // The key goes: the letters stay, and can be read by nobody but the server.
        let lock = held.lock(Wanted::BeginAnew).unwrap();
        assert_eq!((lock.state, lock.left_behind as usize), (LockState::Unset, 3));
        assert!(!folder.path().join("gridwalk.db").exists() && !folder.path().join(UNSENT).exists());
        assert_eq!(sealed(LEFT_BEHIND), [(1, 1), (2, 1), (3, 0)]);
        let left = held.left_behind().unwrap().all().unwrap();
        assert!(sync::courier::read_question(&left[0].1, &KeyPair::of(&[8; 32])).is_err());
    }
}
