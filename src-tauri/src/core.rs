//! The core on a thread of its own. Pages go before sync: a step of a first sync is a few
//! milliseconds, and whatever a person asks comes right after it.

use std::path::PathBuf;
use std::sync::Arc;

use app::{App, Context};
use records::Fault;
use records::call::{Event, SyncChip};
use tauri::{AppHandle, Emitter};
use tokio::sync::{mpsc, oneshot};

use crate::{clock, storage};

/// Name of the event stream to the pages.
const EVENTS: &str = "gridwalk";

type Job = Box<dyn FnOnce(&mut Result<storage::Opened, Fault>) + Send>;

/// A handle on the core's thread.
#[derive(Clone)]
pub struct Core {
    pages: mpsc::UnboundedSender<Job>,
    sync: mpsc::UnboundedSender<Job>,
    events: Arc<AppHandle>,
}

/// Who asks: pages are answered first.
#[derive(Clone, Copy)]
pub enum Asker {
    /// A person, through a page.
    Page,
    /// The sync loop.
    Sync,
}

impl Core {
    /// Opens the database on the core's thread.
    pub fn start(folder: PathBuf, events: AppHandle) -> Self {
        let (pages, from_pages) = mpsc::unbounded_channel();
        let (sync, from_sync) = mpsc::unbounded_channel();
        std::thread::spawn(move || work(&folder, from_pages, from_sync));
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
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |opened| {
            let outcome = match opened {
                Ok(opened) => {
                    work(&mut opened.app, &mut Context { now: clock::now(), random: &mut clock::random })
                }
                Err(fault) => Err(fault.clone()),
            };
            // Nobody waits any more when a page was left: the work is done all the same.
            let _ = answer.send(outcome);
        });
        let queue = match asker {
            Asker::Page => &self.pages,
            Asker::Sync => &self.sync,
        };
        queue.send(job).map_err(|_| Fault::new("core.stopped"))?;
        answered.await.map_err(|_| Fault::new("core.stopped"))?
    }

    /// Tells the pages something.
    pub fn tell(&self, event: &Event) {
        // The window may be gone already; then nobody needs to know.
        let _ = self.events.emit(EVENTS, event);
    }

    /// Tells the pages how sync stands.
    pub fn tell_chip(&self, chip: SyncChip) {
        self.tell(&Event::Sync(chip));
    }
}

/// Owns the database until the last handle is gone.
fn work(
    folder: &std::path::Path,
    mut pages: mpsc::UnboundedReceiver<Job>,
    mut sync: mpsc::UnboundedReceiver<Job>,
) {
    let mut opened = storage::open(folder);
    let Ok(waiting) = tokio::runtime::Builder::new_current_thread().build() else { return };
    waiting.block_on(async {
        loop {
            tokio::select! {
                biased;
                Some(job) = pages.recv() => job(&mut opened),
                Some(job) = sync.recv() => job(&mut opened),
                else => break,
            }
        }
    });
}
