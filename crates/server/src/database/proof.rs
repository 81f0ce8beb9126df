//! The digests of scopes, counted from what is stored instead of kept up with every change.

use std::collections::BTreeMap;

use records::proof::Proof;
use records::{Body, RecordId};

use super::column;
use super::sql::{Sql, Statement};
use crate::fault::ServerFault;
use crate::values;

/// Counts every proof and digest anew, as after a migration.
///
/// # Errors
/// A failure of the database.
pub fn count_anew(connection: &dyn Sql) -> Result<(), ServerFault> {
    let mut digests: BTreeMap<String, i64> = BTreeMap::new();
    let sql = "SELECT id, scope, version, body, is_deleted FROM record";
    let proofs: Vec<(RecordId, String, Proof)> = connection.all(sql, vec![], |row| {
        let id = column::id(row, 0)?;
        let is_deleted: bool = row.get(4)?;
        let body = if is_deleted { None } else { Some(Body::trusted(row.get(3)?)) };
        Ok((id, row.get(1)?, Proof::of(id, row.get(2)?, body.as_ref())))
    })?;
    for (_, scope, proof) in &proofs {
        let digest = digests.entry(scope.clone()).or_default();
        *digest = proof.added_to(*digest);
    }
    let of_record = |(id, _, proof): &(RecordId, String, Proof)| Statement {
        sql: "UPDATE record SET proof = ?1 WHERE id = ?2".into(),
        values: values![proof.0, id.as_bytes().to_vec()],
    };
    let of_scope = |(scope, digest)| Statement {
        sql: "UPDATE scope SET digest = ?1 WHERE name = ?2".into(),
        values: values![digest, scope],
    };
    connection.execute_all(&proofs.iter().map(of_record).collect::<Vec<_>>())?;
    connection.execute_all(&digests.into_iter().map(of_scope).collect::<Vec<_>>())?;
    Ok(())
}
