//! Moves: a record goes to another area with everything that belongs to it.

use std::collections::BTreeSet;

use records::links::parents;
use records::{AreaPath, RecordId};

use crate::audit::{self, Entry, deed};
use crate::database::record;
use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::writing::Writing;

/// Moves a record and all that belongs to it, deleted or not. Returns how many records moved.
///
/// # Errors
/// [`ServerFault::NoSuchRecord`]; [`ServerFault::NotAPlaceToMove`] for the area it is in, one of another
/// depth, or one in another county; a failure of the database.
pub fn relocate(
    connection: &dyn Sql,
    root: RecordId,
    to: &AreaPath,
    now_ms: i64,
) -> Result<usize, ServerFault> {
    let locked = record::lock(connection, &[root].into(), &BTreeSet::new())?;
    let from =
        locked.records.first().map(|root| root.record.scope.area.clone()).ok_or(ServerFault::NoSuchRecord)?;
    let is_fit = from != *to && from.depth() == to.depth() && from.at_depth(1) == to.at_depth(1);
    if !is_fit {
        return Err(ServerFault::NotAPlaceToMove(to.clone()));
    }
    let mut all = BTreeSet::from([root]);
    // What came to belong to one of them before that was locked is found the next time.
    loop {
        let known = all.len();
        gather(connection, &from, &mut all)?;
        if all.len() == known {
            break;
        }
        record::lock(connection, &all, &BTreeSet::new())?;
    }
    let mut writing = Writing::default();
    writing.relocate(connection, all.clone(), to, now_ms)?;
    writing.write(connection, vec![])?;
    audit::note(connection, &Entry::new(deed::MOVED, now_ms).about(format_args!("{root} {to}")))?;
    Ok(all.len())
}

/// Adds what belongs to any of these, and to that.
fn gather(connection: &dyn Sql, area: &AreaPath, all: &mut BTreeSet<RecordId>) -> Result<(), ServerFault> {
    let standing = record::in_area(connection, area)?;
    let belonging: Vec<(RecordId, Vec<RecordId>)> =
        standing.iter().map(|(id, kind, body)| (*id, parents(*kind, body))).collect();
    loop {
        let known = all.len();
        let of_them =
            belonging.iter().filter(|(_, parents)| parents.iter().any(|parent| all.contains(parent)));
        let found: Vec<RecordId> = of_them.map(|(id, _)| *id).collect();
        all.extend(found);
        if all.len() == known {
            return Ok(());
        }
    }
}
