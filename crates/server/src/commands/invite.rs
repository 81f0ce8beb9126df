//! `invite`: one more device for a colleague.

use std::error::Error;

use server::database::{self, meta, schema};
use server::invite::{self, Address};
use thiserror::Error;

use super::now_ms;
use crate::command_line::InviteOptions;

#[derive(Debug, Error)]
#[error("nobody knows yet how devices reach this server: give --url, or run it once")]
struct NoUrl;

/// Makes an invitation.
pub fn invite(options: &InviteOptions) -> Result<String, Box<dyn Error>> {
    let mut connection = schema::open_existing(&options.data)?;
    let known = database::read(&mut connection, |snapshot| meta::url(snapshot))?;
    let url = options.url.clone().or(known).ok_or(NoUrl)?;
    let address = Address::checked(&url, options.insecure_http)?;
    let invitation = database::write(&mut connection, |transaction| {
        invite::invite(transaction, &options.guest, &address, options.minutes, now_ms())
    })?;
    Ok(invitation.to_string())
}
