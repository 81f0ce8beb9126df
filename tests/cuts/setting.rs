//! What every run begins with: a server, a worker's device, and a few doors to knock at.

use anyhow::{Context, Result};
use device::sunday;
use records::call::EditHousehold;
use records::house::House;
use records::household::Household;
use records::person::Person;
use records::{Fault, Record, RecordId};
use sample::{Plan, Sample, SampleRecord};
use store::Origin;
use stories::networked::Device;
use stories::server::ServerProcess;

/// Where everybody works.
pub const GRID: &str = "230881/001/003/07";
/// Whose device it is.
pub const WORKER: &str = "周燕";

/// After this long nothing can be undone any more, and it is sent.
pub const UNDO_IS_OVER_MS: i64 = 10_000;

/// A server that holds nothing but one grid's doors, and the doors.
///
/// # Errors
/// When server or device do not come up.
pub fn set() -> Result<(ServerProcess, Vec<RecordId>)> {
    let server = ServerProcess::empty()?;
    let mut first = Device::enrolled(&server.invite("grid-worker", GRID, WORKER)?).context("enrolled")?;
    let doors = fill(&mut first)?;
    first.sync().map_err(said)?;
    Ok((server, doors))
}

/// Writes houses, households and their people as a worker would who begins.
fn fill(device: &mut Device) -> Result<Vec<RecordId>> {
    let kinds = [House::DECLARATION.kind, Household::DECLARATION.kind, Person::DECLARATION.kind];
    let records: Vec<SampleRecord> =
        sample().grid(&GRID.parse()?).into_iter().filter(|record| kinds.contains(&record.1)).collect();
    device.with(|app, context| {
        let now_ms = context.now.utc_ms;
        let mut new_id = || context.new_id();
        app.store().act(Origin { now_ms, hold_ms: 0, new_id: &mut new_id }, |action| {
            let mut all = records.iter();
            all.try_for_each(|(id, kind, scope, body)| action.create_body(*id, *kind, scope, body.clone()))
        })
    })?;
    let households = records.iter().filter(|record| record.1 == Household::DECLARATION.kind);
    Ok(households.map(|record| record.0).collect())
}

fn sample() -> Sample {
    let few = Plan {
        grids: 7,
        households: 280,
        key_households: 14,
        visits: 0,
        matters: 0,
        items: 0,
        ..Plan::community(7, sunday())
    };
    Sample::of(few)
}

/// A correction of the note for colleagues on a household's page.
pub fn edit(id: RecordId, note: &str) -> EditHousehold {
    EditHousehold { note: Some(note.to_owned()), ..EditHousehold::nothing(id) }
}

/// A core's fault as an error of this program.
pub fn said(fault: Fault) -> anyhow::Error {
    anyhow::anyhow!("{fault:?}")
}
