//! The sample for trying out: starter lists, a community or a city, and accounts to sign in with.

use std::collections::HashMap;

use records::codes::Role;
use records::staff::Staff;
use records::{AccountId, AreaPath, Moment, Record};
use sample::{Sample, SampleRecord, demo_staff};
use sync::Invitation;

use crate::database::account::{self, Account};
use crate::database::record;
use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::invite::{Address, Guest, invite};
use crate::load::{NewRecord, THE_SERVER, load};

/// How long an invitation to the demo counts.
const MINUTES: u32 = 24 * 60;

/// How much there is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    /// One community.
    #[default]
    Community,
    /// The whole city.
    City,
}

/// Fills an empty database; returns how many records were added.
///
/// # Errors
/// A failure of the database.
pub fn fill(connection: &dyn Sql, size: Size, seed: u64, now_ms: i64) -> Result<u64, ServerFault> {
    if !record::is_empty(connection)? {
        return Ok(0);
    }
    for person in demo_staff() {
        let (name, role, area) = (person.name.to_owned(), person.role, person.area);
        let account = Account { id: person.account, name, role, area, own: None, moved_ms: None };
        account::add(connection, &account, now_ms)?;
    }
    let today = Moment::beijing(now_ms).local_day();
    let sample = match size {
        Size::Community => sample::community(seed, today),
        Size::City => sample::city(seed, today),
    };
    let workers = workers(&sample);
    load(connection, sample.records().map(|record| new_record(record, &workers, now_ms)))
}

/// Invites one more device of the first demo account with this role.
///
/// # Errors
/// As of [`invite`]; [`ServerFault::NoDemoAccount`] for a role without one.
pub fn invite_as(
    connection: &dyn Sql,
    role: Role,
    address: &Address,
    now_ms: i64,
) -> Result<Invitation, ServerFault> {
    let person = demo_staff().into_iter().find(|person| person.role == role);
    let person = person.ok_or(ServerFault::NoDemoAccount)?;
    let guest = Guest { name: person.name.to_owned(), role, area: person.area, own: None };
    invite(connection, &guest, address, MINUTES, now_ms)
}

/// Who made the records of a grid.
fn workers(sample: &Sample) -> HashMap<AreaPath, AccountId> {
    let staff = sample.reference().iter().filter(|(_, kind, ..)| *kind == Staff::DECLARATION.kind);
    let staff = staff.filter_map(|(id, _, _, body)| Some((AccountId(id.0), Staff::from_body(body).ok()?)));
    let workers = staff.filter(|(_, person)| person.role == Role::GridWorker);
    workers.map(|(account, person)| (person.area, account)).collect()
}

/// The time of a record is the one in its id.
fn new_record(
    (id, kind, scope, body): SampleRecord,
    workers: &HashMap<AreaPath, AccountId>,
    now_ms: i64,
) -> NewRecord {
    let author = workers.get(&scope.area).copied().unwrap_or(THE_SERVER);
    let made = id.0.as_bytes()[..6].iter().fold(0_i64, |ms, byte| ms << 8 | i64::from(*byte));
    NewRecord { id, kind, scope, body, author, received_ms: made.min(now_ms) }
}
