//! Long work, done where short work does not wait for it: on threads that step back when both want the
//! processor.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

use crate::fault::ServerFault;

/// Long works at the same moment. Each takes a reader of the database from everybody else and some megabytes
/// for its answer, and a thousand first syncs ask at once.
const AT_ONCE: usize = 3;
/// How far their threads step back: they get a tenth of a processor that somebody else wants too. Linux has
/// such a figure for each thread; elsewhere they are threads like all others.
#[cfg(target_os = "linux")]
const BACK: i32 = 10;

/// The threads of long work.
pub(super) struct Aside {
    /// There until this is dropped.
    threads: Option<Runtime>,
    turns: Semaphore,
}

impl Aside {
    /// Starts them.
    ///
    /// # Errors
    /// [`ServerFault::Threads`] when the system gives none.
    pub fn start() -> Result<Self, ServerFault> {
        let mut threads = Builder::new_multi_thread();
        let threads = threads.worker_threads(AT_ONCE).max_blocking_threads(AT_ONCE).thread_name("aside");
        let threads = threads.enable_all().on_thread_start(step_back()).build();
        let threads = Some(threads.map_err(ServerFault::Threads)?);
        Ok(Self { threads, turns: Semaphore::new(AT_ONCE) })
    }

    /// Does a work when it is its turn, with everything it hands to other threads in turn.
    ///
    /// # Errors
    /// The work's, and when it panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, ServerFault>> + Send + 'static,
    ) -> Result<T, ServerFault> {
        let _turn = self.turns.acquire().await.map_err(|_| ServerFault::Stopping)?;
        let threads = self.threads.as_ref().ok_or(ServerFault::Stopping)?;
        threads.spawn(work).await.map_err(ServerFault::Panicked)?
    }
}

impl Drop for Aside {
    /// Threads of the runtime may not wait for others to end.
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

/// What each of the threads does first. A thread begins where the one that made it stands, which may have
/// stepped back already: so all go to the same place. Whether they may makes no difference to what they do.
#[cfg(target_os = "linux")]
fn step_back() -> impl Fn() + Send + Sync + 'static {
    let here = rustix::process::getpriority_process(None).unwrap_or(0);
    move || {
        let _ = rustix::process::setpriority_process(None, here.saturating_add(BACK));
    }
}

#[cfg(not(target_os = "linux"))]
fn step_back() -> impl Fn() + Send + Sync + 'static {
    || ()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    fn niceness() -> Result<i32, ServerFault> {
        getpriority_process(None).map_err(|fault| ServerFault::Threads(fault.into()))
    }

    #[tokio::test]
    async fn long_work_and_what_it_hands_on_step_back_and_nobody_else_does() {
        let aside = Aside::start().unwrap();
        let before = niceness().unwrap();
        let work = async { Ok((niceness()?, tokio::task::spawn_blocking(niceness).await.unwrap()?)) };
        let (work, handed_on) = aside.run(work).await.unwrap();
        assert_eq!((work, handed_on), (before + BACK, before + BACK));
        assert_eq!(niceness().unwrap(), before);
    }
}
