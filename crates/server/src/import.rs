//! Imports the county's own item list, through the same rules as a device's commits.

use chrono::NaiveDate;
use intake::items::{self, ItemOptions};
use intake::{Plan, PlannedChange, Table};
use records::codes::{Origin, Role};
use records::item::{Item, ItemCategory};
use records::wire::{Change, Commit, MAX_OPS, Op, Outcome};
use records::{AreaPath, Audience, Moment, Record, RecordId, Scope};
use sync::clock::{Clock, Hlc};
use sync::grants::grants_of;
use sync::settle::Author;

use crate::database::record;
use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::load::{THE_SERVER, THE_SERVERS_OWN};
use crate::random;
use crate::writing::Writing;

/// Records of one type, with id and version.
type Existing<T> = Vec<(RecordId, u64, T)>;

/// Brings the rows of a table into the county's list: wholly or not at all, but for rows with a
/// problem, which the plan names.
///
/// # Errors
/// [`ServerFault::Intake`] for a table that is no item list; [`ServerFault::ImportRefused`].
pub fn import_items(
    transaction: &dyn Sql,
    table: &Table,
    county: &AreaPath,
    now_ms: i64,
) -> Result<Plan, ServerFault> {
    let items: Existing<Item> = existing(transaction, county)?;
    let categories: Existing<ItemCategory> = existing(transaction, county)?;
    let known: Vec<(RecordId, Item)> = items.iter().map(|(id, _, item)| (*id, item.clone())).collect();
    let options = options(county, &known, categories, Moment::beijing(now_ms).local_day());
    let plan = items::plan(table, &known, &options, &mut || random::record_id(now_ms))?;
    let ops: Vec<Op> = plan.changes.iter().map(|change| op(change, &items, now_ms)).collect();
    apply(transaction, &ops, county, now_ms)?;
    Ok(plan)
}

fn existing<T: Record>(connection: &dyn Sql, county: &AreaPath) -> Result<Existing<T>, ServerFault> {
    let scope = Scope::new(county.clone(), Audience::Public);
    let bodies = record::of_kind(connection, &scope, T::DECLARATION.kind)?;
    Ok(bodies
        .into_iter()
        .filter_map(|(id, version, body)| Some((id, version, T::from_body(&body).ok()?)))
        .collect())
}

fn options(
    county: &AreaPath,
    known: &[(RecordId, Item)],
    categories: Existing<ItemCategory>,
    day: NaiveDate,
) -> ItemOptions {
    let list_version = known.iter().map(|(_, item)| item.list_version).max().unwrap_or(0) + 1;
    ItemOptions {
        county: county.clone(),
        list_version,
        origin: Origin::County,
        day,
        categories: categories.into_iter().map(|(id, _, category)| (id, category)).collect(),
    }
}

fn op(change: &PlannedChange, items: &Existing<Item>, now_ms: i64) -> Op {
    let (record, kind, change) = match change {
        PlannedChange::Create { id, kind, scope, body } => {
            (*id, *kind, Change::Create { scope: scope.clone(), body: body.clone() })
        }
        PlannedChange::Edit { id, kind, patch } => {
            let base = items.iter().find(|(known, ..)| known == id).map_or(0, |(_, version, _)| *version);
            (*id, *kind, Change::Edit { base, patch: patch.clone() })
        }
    };
    Op { id: random::record_id(now_ms), record, kind, at_ms: now_ms, change }
}

fn apply(transaction: &dyn Sql, ops: &[Op], county: &AreaPath, now_ms: i64) -> Result<(), ServerFault> {
    let author = Author {
        account: THE_SERVER,
        role: Role::County,
        grants: grants_of(Role::County, county),
        former: vec![],
        is_vouched_for: false,
        incarnation: THE_SERVERS_OWN,
    };
    let mut clock = Clock::new(now_ms, now_ms, Hlc::default());
    let mut writing = Writing::default();
    for ops in ops.chunks(MAX_OPS) {
        let commit = Commit { push_seq: 0, ops: ops.to_vec() };
        writing.load(transaction, &[&commit])?;
        let settlement = writing.settle(transaction, &commit, &author, &mut clock)?;
        if let Outcome::Refused { code } = settlement.outcome {
            return Err(ServerFault::ImportRefused(code));
        }
    }
    writing.write(transaction, vec![])
}
