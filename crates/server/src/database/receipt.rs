//! What devices say they have purged.

use records::wire::Purged;
use records::{DeviceId, Scope};

use super::column;
use super::sql::{Sql, Statement};
use crate::fault::ServerFault;
use crate::values;

/// Keeps receipts; one that was kept before stays as it came first.
pub fn add(
    connection: &dyn Sql,
    device: DeviceId,
    receipts: &[Purged],
    now_ms: i64,
) -> Result<(), ServerFault> {
    let sql = "INSERT INTO purge_receipt (device, scope, revoked_ms, records, at_ms, received_ms)
               VALUES {rows} ON CONFLICT (device, scope, revoked_ms) DO NOTHING";
    let row = |receipt: &Purged| {
        values![
            device.as_bytes().to_vec(),
            receipt.scope.to_string(),
            receipt.revoked_ms,
            receipt.records,
            receipt.at_ms,
            now_ms,
        ]
    };
    connection.execute_all(&Statement::of_rows(sql, receipts.iter().map(row).collect()))?;
    Ok(())
}

/// The receipts of a device, by scope.
pub fn of_device(connection: &dyn Sql, device: DeviceId) -> Result<Vec<Purged>, ServerFault> {
    let sql = "SELECT scope, revoked_ms, records, at_ms FROM purge_receipt WHERE device = ?1
               ORDER BY scope, revoked_ms";
    Ok(connection.all(sql, values![device.as_bytes()], |row| {
        let scope: Scope = column::text(row, 0)?;
        Ok(Purged { scope, revoked_ms: row.get(1)?, records: row.get(2)?, at_ms: row.get(3)? })
    })?)
}
