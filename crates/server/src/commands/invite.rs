//! `invite`: one more device for a colleague.

use std::error::Error;

use fast_qr::QRBuilder;
use server::database::meta;
use server::invite::{self, Address};
use sync::invitation::is_https;
use thiserror::Error;

use super::{now_ms, open};
use crate::command_line::InviteOptions;

#[derive(Debug, Error)]
#[error("nobody knows yet how devices reach this server: give --url, or run it once")]
struct NoUrl;

/// Makes an invitation.
pub fn invite(options: &InviteOptions) -> Result<String, Box<dyn Error>> {
    let (_runtime, database) = open(&options.place)?;
    let known = database.read_here(meta::url)?;
    let address = address(options, known)?;
    let invitation = database.write_here(|transaction| {
        invite::invite(transaction, &options.guest, &address, options.minutes, now_ms())
    })?;
    Ok(invitation.to_string())
}

/// The address that was said, or else the one that the server was told. Under whatever name devices reach it, its
/// authority is the same.
fn address(options: &InviteOptions, known: Option<String>) -> Result<Address, Box<dyn Error>> {
    let known = known.map(|known| Address::checked(&known, true)).transpose()?;
    match (&options.url, known) {
        (Some(url), Some(known)) if is_https(url) => {
            let said = Address::checked(url, options.insecure_http)?;
            let pin = said.pin().or(known.pin());
            Ok(said.pinned(pin)?)
        }
        (Some(url), _) => Ok(Address::checked(url, options.insecure_http)?),
        (None, Some(known)) => Ok(Address::checked(&known.text(), options.insecure_http)?),
        (None, None) => Err(NoUrl.into()),
    }
}

/// An invitation as a QR code for the camera of a phone, in characters of a terminal.
pub fn code(invitation: &str) -> Result<String, Box<dyn Error>> {
    let code = QRBuilder::new(invitation).build().map_err(|error| format!("no QR code: {error}"))?;
    Ok(code.to_str())
}
