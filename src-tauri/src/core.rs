//! The core on a thread of its own. Pages go before sync: a step of a first sync is a few
//! milliseconds, and whatever a person asks comes right after it.

use std::sync::Arc;

use app::unsent::Mark;
use app::{App, Context};
use records::Fault;
use records::call::{Event, Lock, Settings};
use shell::{Asker, STOPPED, Wanted};
use tokio::sync::{mpsc, oneshot};

use crate::held::Held;
use crate::key_store::Place;
use crate::storage;

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
    pub fn start(place: Place, pin: Option<String>, events: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        let (pages, from_pages) = mpsc::unbounded_channel();
        let (sync, from_sync) = mpsc::unbounded_channel();
        std::thread::spawn(move || work(Held::of(place, pin), from_pages, from_sync));
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
