//! What a shell stands on.

use app::{App, Context};
use records::Fault;
use records::call::{Event, Lock, Room, SetPin, Unlock};
use sync::ServerAddress;
use sync::device::{Incoming, Outgoing};

/// What goes from one thread to another; in a browser there is only one.
#[cfg(not(target_family = "wasm"))]
pub trait Movable: Send {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send> Movable for T {}
/// What goes from one thread to another; in a browser there is only one.
#[cfg(target_family = "wasm")]
pub trait Movable {}
#[cfg(target_family = "wasm")]
impl<T> Movable for T {}

/// What several threads look at; in a browser there is only one.
#[cfg(not(target_family = "wasm"))]
pub trait Shared: Send + Sync {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send + Sync> Shared for T {}
/// What several threads look at; in a browser there is only one.
#[cfg(target_family = "wasm")]
pub trait Shared {}
#[cfg(target_family = "wasm")]
impl<T> Shared for T {}

/// Who asks: pages are answered first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A person, through a page.
    Page,
    /// What goes on in the background.
    Sync,
}

/// Why there is no answer. Everything is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// Nobody answered: no network, no server, or silence.
    Unreachable,
    /// Somebody did whose certificate is not signed by the authority that the invitation named, or is not for this
    /// address or this day. Nothing was sent there.
    Stranger,
}

impl NoAnswer {
    /// What to tell the person beside that there is no network; `None` when there is nothing to add.
    pub fn fault(self) -> Option<Fault> {
        (self == Self::Stranger).then(|| Fault::new(CERTIFICATE_WRONG))
    }
}

/// The server's certificate is not the one of the invitation.
pub const CERTIFICATE_WRONG: &str = "sync.certificate_wrong";

/// What a page wants of the lock.
#[derive(Debug)]
pub enum Wanted {
    /// To know how it stands.
    Look,
    /// A PIN, or another one.
    Set(SetPin),
    /// To get in.
    Open(Unlock),
    /// To close it.
    Shut,
    /// To give up what is behind it.
    BeginAnew,
}

/// So long nothing may come from the server, ms.
pub const SILENCE_MS: u64 = 30_000;
/// The slowest road there is, in bytes a second.
const SLOWEST: u64 = 2_000;

/// How long an answer may take to begin, ms: nobody can see from here how much of the request is still on the
/// road, so that the time goes by its size.
pub fn patience_with(request: &Outgoing) -> u64 {
    SILENCE_MS + request.body.len() as u64 * 1_000 / SLOWEST
}

/// The core, the network and the time, as a shell has them.
pub trait Platform: Clone + Shared + 'static {
    /// Runs a piece of work on the core and answers what it answers. Work for a page goes first.
    ///
    /// # Errors
    /// The work's own, or why the database could not be opened.
    fn ask<T: Movable + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce(&mut App, &mut Context<'_>) -> Result<T, Fault> + Movable + 'static,
    ) -> impl Future<Output = Result<T, Fault>> + Movable;

    /// Posts a request and reads the answer, at most one byte more than is allowed. Where the address has a pin,
    /// nothing is sent before the server has shown a certificate of that authority; in a browser, the browser decides.
    ///
    /// # Errors
    /// When nobody answered, or a stranger.
    fn post(
        &self,
        server: &ServerAddress,
        outgoing: &Outgoing,
    ) -> impl Future<Output = Result<Incoming, NoAnswer>> + Movable;

    /// Waits so long, ms.
    fn sleep(&self, ms: u64) -> impl Future<Output = ()> + Movable;

    /// Now, ms since any moment; it never goes back.
    fn ticks_ms(&self) -> u64;

    /// Now, ms since 1970 UTC.
    fn now_ms(&self) -> i64;

    /// The room for the data on this device.
    fn room(&self) -> impl Future<Output = Room> + Movable;

    /// Closes bytes with a code, beside everything else: it takes as long as a guess is to take.
    ///
    /// # Errors
    /// `device_file.no_memory`.
    fn close(&self, plain: Vec<u8>, code: String) -> impl Future<Output = Result<Vec<u8>, Fault>> + Movable;

    /// Opens what was closed with that code, beside everything else.
    ///
    /// # Errors
    /// `device_file.*`: why not.
    fn open(&self, closed: Vec<u8>, code: String) -> impl Future<Output = Result<Vec<u8>, Fault>> + Movable;

    /// Does something about the lock, and answers how it stands then.
    ///
    /// # Errors
    /// `lock.*` for a PIN that is none to choose or not the one before; what opening the database says.
    fn lock(&self, wanted: Wanted) -> impl Future<Output = Result<Lock, Fault>> + Movable;

    /// Tells the pages something.
    fn tell(&self, event: &Event);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_answer_goes_by_what_is_sent() {
        for (bytes, seconds) in [(0, 30), (2_000, 31), (200_000, 130), (512 * 1024, 292)] {
            let body = vec![0; bytes];
            let request = Outgoing {
                path: "/sync",
                content_encoding: None,
                accept_encoding: "gzip",
                token: None,
                body,
            };
            assert_eq!(patience_with(&request) / 1_000, seconds, "{bytes} bytes");
        }
    }
}
