//! How a server is told to end: SIGTERM or Ctrl-C.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// Hears it from when it was made, whether or not anybody waits for it by then.
pub(super) struct Ending {
    #[cfg(unix)]
    terminated: Signal,
    #[cfg(unix)]
    interrupted: Signal,
    #[cfg(windows)]
    interrupted: CtrlC,
}

impl Ending {
    /// Begins to hear. From now on the system ends the process no more by itself.
    ///
    /// # Errors
    /// When the system does not let us.
    #[cfg(unix)]
    pub(super) fn heard_from_now_on() -> io::Result<Self> {
        Ok(Self {
            terminated: signal(SignalKind::terminate())?,
            interrupted: signal(SignalKind::interrupt())?,
        })
    }

    /// Begins to hear. There is Ctrl-C alone.
    ///
    /// # Errors
    /// When the system does not let us.
    #[cfg(windows)]
    pub(super) fn heard_from_now_on() -> io::Result<Self> {
        Ok(Self { interrupted: ctrl_c()? })
    }

    /// Resolves once the server was told to end.
    pub(super) async fn told(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminated.recv() => {}
            _ = self.interrupted.recv() => {}
        }
        #[cfg(windows)]
        self.interrupted.recv().await;
        tracing::info!("stopping");
    }
}
