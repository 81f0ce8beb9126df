//! What must be true of everybody once every fault is over.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use records::proof::Proof;
use records::{RecordId, Scope};

use crate::device::Device;
use crate::model::{Entry, Model};
use crate::server::Server;

/// Number of the last change and digest of each scope.
pub type Digests = BTreeMap<Scope, (u64, i64)>;

/// What the server says of its scopes, which must be what its records add up to.
pub fn digests(server: &Server) -> Result<Digests> {
    let mut find = server.connection()?.prepare("SELECT name, seq, count, digest FROM scope")?;
    type Row = (String, u64, i64, i64);
    let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let rows: Vec<Row> = rows.collect::<rusqlite::Result<_>>()?;
    let mut digests = Digests::new();
    for (name, seq, count, digest) in rows {
        let scope: Scope = name.parse()?;
        let held: Vec<_> = held(&server.model, &scope).collect();
        let sum = held
            .iter()
            .fold(0, |sum, (id, entry)| Proof::of(**id, entry.version, Some(&entry.body)).added_to(sum));
        ensure!(sum == digest, "the server's digest of {scope} is not that of its records");
        ensure!(held.len() as i64 == count, "the server counts {count} in {scope}, not {}", held.len());
        digests.insert(scope, (seq, digest));
    }
    Ok(digests)
}

fn held<'m>(model: &'m Model, scope: &Scope) -> impl Iterator<Item = (&'m RecordId, &'m Entry)> {
    let scope = scope.clone();
    let records = model.records.iter().map(|(id, entry)| (id, entry.as_ref()));
    records.filter(move |(_, entry)| entry.scope == scope && !entry.is_deleted)
}

/// The device holds what it may know of the model, and nothing else.
pub fn all_hold_the_same(model: &Model, digests: &Digests, device: &mut Device) -> Result<()> {
    let mut here = BTreeMap::new();
    for (scope, id, version, body) in device.confirmed()? {
        here.insert(id, (scope, version, body.unwrap_or_default()));
    }
    let person = model.people.get(&device.owner).context("a device belongs to nobody")?;
    for (scope, (seq, digest)) in digests.iter().filter(|(scope, _)| person.may_know(scope)) {
        let place = device.place(scope)?.with_context(|| format!("the device does not know {scope}"))?;
        ensure!(place == (*seq, *digest), "in {scope} the device stands at {place:?}, not {seq}, {digest}");
        for (id, entry) in held(model, scope) {
            let (scope, version, body) = here.remove(id).with_context(|| format!("{id} is not here"))?;
            ensure!(scope == entry.scope && version == entry.version, "{id} is version {version} here");
            ensure!(body == entry.body.as_bytes(), "{id} has another body at version {version}");
        }
    }
    let extra = here.keys().next();
    ensure!(extra.is_none(), "{extra:?} is on the device alone");
    Ok(())
}
