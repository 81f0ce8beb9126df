//! `init`: names who is answerable for a new server, and invites its administrator.

use std::error::Error;

use server::Database;
use server::database::meta;
use server::host;
use server::invite::Address;
use tokio::runtime::Runtime;

use super::now_ms;
use crate::command_line::InitOptions;

/// Begins an empty server; the administrator's invitation.
pub fn init(options: &InitOptions) -> Result<String, Box<dyn Error>> {
    let pin = options.tls.as_ref().map(|certificate| certificate.pin(now_ms())).transpose()?.flatten();
    let address = Address::checked(&options.url, options.insecure_http)?.pinned(pin)?;
    let runtime = Runtime::new()?;
    let database = runtime.block_on(Database::open_at(&options.place, now_ms()))?;
    let invitation = database.write_here(|transaction| {
        meta::set_url(transaction, &address.text())?;
        host::begin(transaction, &options.host, &address, options.minutes, now_ms())
    })?;
    Ok(invitation.to_string())
}
