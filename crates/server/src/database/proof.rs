//! The digests of scopes, counted from what is stored instead of kept up with every change.

use std::collections::BTreeMap;

use records::proof::Proof;
use records::{Body, RecordId};
use rusqlite::{Connection, params};

use super::column;
use crate::fault::ServerFault;

/// Counts every proof and digest anew, as after a migration.
///
/// # Errors
/// A failure of the database.
pub fn count_anew(connection: &Connection) -> Result<(), ServerFault> {
    let mut digests: BTreeMap<String, i64> = BTreeMap::new();
    let mut proofs: Vec<(RecordId, Proof)> = vec![];
    let mut query = connection.prepare("SELECT id, scope, version, body, is_deleted FROM record")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let id = column::id(row, 0)?;
        let is_deleted: bool = row.get(4)?;
        let body = if is_deleted { None } else { Some(Body::trusted(row.get(3)?)) };
        let proof = Proof::of(id, row.get(2)?, body.as_ref());
        let digest = digests.entry(row.get(1)?).or_default();
        *digest = proof.added_to(*digest);
        proofs.push((id, proof));
    }
    for (id, proof) in proofs {
        let mut update = connection.prepare_cached("UPDATE record SET proof = ?2 WHERE id = ?1")?;
        update.execute(params![id.as_bytes(), proof.0])?;
    }
    for (scope, digest) in digests {
        let mut update = connection.prepare_cached("UPDATE scope SET digest = ?2 WHERE name = ?1")?;
        update.execute(params![scope, digest])?;
    }
    Ok(())
}
