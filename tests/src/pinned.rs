//! Posting to a server that is known by its authority, by the very transport of the app's own window.

use std::time::Duration;

use shell::NoAnswer;
use sync::ServerAddress;
use sync::device::{Incoming, Outgoing};
use transport::Transport;

/// Posts a request over a connection of its own and reads the answer.
///
/// # Errors
/// When nobody answers in time, or a stranger does.
pub fn post(server: &ServerAddress, outgoing: &Outgoing, patience: Duration) -> Result<Incoming, NoAnswer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|_| NoAnswer::Unreachable)?.block_on(async {
        let transport = Transport::new().map_err(|_| NoAnswer::Unreachable)?;
        let answer = tokio::time::timeout(patience, transport.post(server, outgoing)).await;
        answer.unwrap_or(Err(NoAnswer::Unreachable))
    })
}
