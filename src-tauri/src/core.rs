//! The core on a thread of its own. Pages go before sync: a step of a first sync is a few
//! milliseconds, and whatever a person asks comes right after it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use app::{App, Context};
use records::Fault;
use records::call::Event;
use shell::{Asker, FAILED_INSIDE, STOPPED};
use tokio::sync::{mpsc, oneshot};

use crate::{clock, storage};

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
    /// Opens the database on the core's thread. What the pages are to know goes to `events`.
    pub fn start(folder: PathBuf, events: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        let (pages, from_pages) = mpsc::unbounded_channel();
        let (sync, from_sync) = mpsc::unbounded_channel();
        std::thread::spawn(move || work(folder, from_pages, from_sync));
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
        let job: Job = Box::new(move |held| {
            // Nobody waits any more when a page was left: the work is done all the same.
            let _ = answer.send(held.run(work));
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

/// The open core, or why there is none.
struct Held {
    folder: PathBuf,
    opened: Result<storage::Opened, Fault>,
}

impl Held {
    fn open(folder: PathBuf) -> Self {
        Self { opened: storage::open(&folder), folder }
    }

    /// One piece of work. A defect in it ends neither the thread nor the app: what was half written is
    /// rolled back, and the next piece finds a core opened anew.
    fn run<T>(
        &mut self,
        work: impl FnOnce(&mut App, &mut Context<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.opened.as_ref().is_err_and(may_pass) {
            self.opened = storage::open(&self.folder);
        }
        let opened = self.opened.as_mut().map_err(|fault| fault.clone())?;
        let mut context = Context { now: clock::now(), random: &mut clock::random };
        let done = catch_unwind(AssertUnwindSafe(|| work(&mut opened.app, &mut context)));
        done.unwrap_or_else(|_| {
            self.opened = Err(Fault::new(FAILED_INSIDE));
            Err(Fault::new(FAILED_INSIDE))
        })
    }
}

/// Whether opening again may go better: disks are cleared and other windows closed.
fn may_pass(fault: &Fault) -> bool {
    !matches!(fault.code.as_str(), "store.newer" | "store.damaged")
}

/// Owns the database until the last handle is gone.
fn work(folder: PathBuf, mut pages: mpsc::UnboundedReceiver<Job>, mut sync: mpsc::UnboundedReceiver<Job>) {
    let mut held = Held::open(folder);
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
    use tempfile::TempDir;

    use super::*;

    fn code<T>(answer: Result<T, Fault>) -> Result<(), String> {
        answer.map(drop).map_err(|fault| fault.code)
    }

    #[test]
    fn a_defect_ends_one_piece_of_work_and_no_other() {
        let folder = TempDir::new().unwrap();
        let mut held = Held::open(folder.path().to_owned());
        let defect = held.run(|_, _| -> Result<(), Fault> { panic!("one bad record") });
        assert_eq!(code(defect), Err(FAILED_INSIDE.to_owned()));
        assert_eq!(code(held.run(|app, _| app.sync_chip())), Ok(()));
    }

    #[test]
    fn what_could_not_be_opened_is_tried_again() {
        let folder = TempDir::new().unwrap();
        let other_window = storage::open(folder.path()).unwrap();
        let mut held = Held::open(folder.path().to_owned());
        assert_eq!(code(held.run(|app, _| app.sync_chip())), Err("store.in_use".to_owned()));
        drop(other_window);
        assert_eq!(code(held.run(|app, _| app.sync_chip())), Ok(()));
    }
}
