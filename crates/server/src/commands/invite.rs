//! `invite`: one more device for a colleague.

use std::error::Error;

use fast_qr::QRBuilder;
use server::database::meta;
use server::invite::{self, Address};
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
    let url = options.url.clone().or(known).ok_or(NoUrl)?;
    let address = Address::checked(&url, options.insecure_http)?;
    let invitation = database.write_here(|transaction| {
        invite::invite(transaction, &options.guest, &address, options.minutes, now_ms())
    })?;
    Ok(invitation.to_string())
}

/// An invitation as a QR code for the camera of a phone, in characters of a terminal.
pub fn code(invitation: &str) -> Result<String, Box<dyn Error>> {
    let code = QRBuilder::new(invitation).build().map_err(|error| format!("no QR code: {error}"))?;
    Ok(code.to_str())
}
