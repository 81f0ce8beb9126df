//! Which versions of the frames are understood.

use records::wire::PROTOCOL;

use crate::fault::ServerFault;

/// Turns away a device that speaks a newer version than this server.
///
/// # Errors
/// [`ServerFault::ServerOlder`].
pub fn understood(protocol: u16) -> Result<(), ServerFault> {
    if protocol > PROTOCOL { Err(ServerFault::ServerOlder) } else { Ok(()) }
}
