//! What must be true once every fault is over.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use records::{RecordId, Scope};
use server::database::{account, record, scope};
use sync::grants::scopes_of;

use crate::device::Device;
use crate::server::Server;

/// Confirmed records of a scope: id, version, body.
type Held = BTreeMap<RecordId, (u64, Vec<u8>)>;

/// Nothing that was saved is gone: the server has applied it, or its device shows why not.
pub fn nothing_is_lost(
    saved: &BTreeSet<RecordId>,
    server: &Server,
    refused: &BTreeSet<RecordId>,
) -> Result<()> {
    let connection = server.connection()?;
    for op in saved {
        let is_there = record::is_applied(connection, *op)? || refused.contains(op);
        ensure!(is_there, "what was saved as {op} is lost");
    }
    Ok(())
}

/// Every device holds what the server has in its scopes, and nothing else.
pub fn all_hold_the_same(server: &Server, account: records::AccountId, device: &mut Device) -> Result<()> {
    let connection = server.connection()?;
    let grants = account::grants(connection, account)?;
    let mut existing = vec![];
    for grant in &grants {
        existing.extend(scope::covered(connection, grant)?);
    }
    let granted = scopes_of(&grants, existing.iter().map(|state| state.scope.clone()));
    let mut held: BTreeMap<Scope, Held> = BTreeMap::new();
    for (scope, id, version, body) in device.confirmed()? {
        ensure!(granted.contains(&scope), "a device holds {id} of {scope}, which it may not");
        held.entry(scope).or_default().insert(id, (version, body));
    }
    for scope in &granted {
        let mut there = Held::new();
        record::changes_after(connection, scope, 0, |change| {
            if let Some(body) = change.body {
                there.insert(change.id, (change.version, body.as_bytes().to_vec()));
            }
            true
        })?;
        let here = held.remove(scope).unwrap_or_default();
        differ(&there, &here).with_context(|| format!("in {scope}"))?;
    }
    Ok(())
}

fn differ(there: &Held, here: &Held) -> Result<()> {
    for (id, of_server) in there {
        let of_device = here.get(id).with_context(|| format!("{id} is not on the device"))?;
        ensure!(
            of_server.0 == of_device.0,
            "{id}: version {} at the server, {} here",
            of_server.0,
            of_device.0
        );
        ensure!(of_server.1 == of_device.1, "{id}: another body at version {}", of_server.0);
    }
    let extra = here.keys().find(|id| !there.contains_key(id));
    ensure!(extra.is_none(), "{extra:?} is on the device alone");
    Ok(())
}

/// Tells what both sides think of a scope; for whoever looks into a broken seed.
pub fn told(server: &Server, device: &mut Device) -> Result<String> {
    let connection = server.connection()?;
    let mut text = String::new();
    let mut find = connection.prepare("SELECT name, seq, count, digest FROM scope")?;
    let rows = find.query_map([], |row| {
        Ok(format!(
            "server {} seq {} count {} digest {}\n",
            row.get::<_, String>(0)?,
            row.get::<_, i64>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, i64>(3)?
        ))
    })?;
    for row in rows {
        text += &row?;
    }
    text += &device.told()?;
    Ok(text)
}
