//! Commands on the device: the rule that the server will decide by, to show what is to be expected.

use std::collections::BTreeMap;

use records::command::{Event, Situation};
use records::{Body, declaration};
use rusqlite::Connection;

use crate::record::{self, RecordRow};
use crate::{Result, StoreFault, identity};

/// What a command does to a record with this body.
///
/// # Errors
/// [`StoreFault::Refused`] with the reason when it must not happen.
pub(crate) fn decide(
    db: &Connection,
    row: &RecordRow,
    body: &Body,
    (number, args): (u16, &Body),
    at_ms: i64,
) -> Result<Body> {
    let command = declaration(row.kind).and_then(|declaration| declaration.command(number));
    let command = command.ok_or(StoreFault::Refused("command.unknown"))?;
    let me = identity::identity(db)?.ok_or(StoreFault::Refused("record.not_permitted"))?;
    let mut others = BTreeMap::new();
    for id in (command.needs)(args) {
        let known = record::find(db, id)?;
        others.extend(known.and_then(|other| Some((id, (other.kind, other.body()?.clone())))));
    }
    let events = (command.decide)(&Situation {
        command: number,
        args,
        record: row.id,
        body,
        author: record::author(db, row)?.unwrap_or(me.account),
        by: me.account,
        role: me.role,
        at_ms,
        others: &others,
    });
    let events = events.map_err(StoreFault::Refused)?;
    // What appears beside the record, and what goes, is the server's to make, with ids of its own.
    let patches = events.iter().filter_map(|event| match event {
        Event::Patch(patch) => Some(patch),
        Event::Create { .. } | Event::Clear { .. } => None,
    });
    Ok(patches.fold(body.clone(), |body, patch| body.patched(patch)))
}
