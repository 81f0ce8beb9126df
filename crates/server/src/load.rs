//! Records that come in by another way than a device: starter lists, samples, imports, accounts.

use records::{AccountId, Body, Incarnation, Kind, RecordId, Scope};
use sync::clock::Hlc;
use sync::settle::Stored;
use sync::stamps::{Stamp, Stamps, UNNUMBERED};
use uuid::Uuid;

use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::writing::Writing;

/// The account in whose name the server itself writes.
pub const THE_SERVER: AccountId = AccountId(Uuid::nil());
/// The database in whose name it does.
pub const THE_SERVERS_OWN: Incarnation = Incarnation(Uuid::nil());

/// Records held in memory before they are written.
const AT_ONCE: usize = 2_000;

/// A record to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// Its id.
    pub id: RecordId,
    /// Its type.
    pub kind: Kind,
    /// Where it belongs.
    pub scope: Scope,
    /// Its fields.
    pub body: Body,
    /// Who made it.
    pub author: AccountId,
    /// When it came, ms since 1970 UTC.
    pub received_ms: i64,
}

/// Adds records, thousands a second, inside the caller's transaction. Returns how many.
///
/// # Errors
/// A failure of the database, also when a record with such an id exists.
pub fn load(connection: &dyn Sql, records: impl IntoIterator<Item = NewRecord>) -> Result<u64, ServerFault> {
    let mut records = records.into_iter().peekable();
    let mut added = 0;
    while records.peek().is_some() {
        let mut writing = Writing::default();
        for record in records.by_ref().take(AT_ONCE) {
            writing.add(stored(record))?;
            added += 1;
        }
        writing.write(connection, vec![])?;
    }
    Ok(added)
}

/// What the server itself writes now, in somebody's name or its own.
pub(crate) fn the_servers(author: AccountId, now_ms: i64) -> Stamp {
    let hlc = Hlc::of_ms(now_ms);
    Stamp { version: UNNUMBERED, hlc, incarnation: THE_SERVERS_OWN, push_seq: 0, author }
}

fn stored(new: NewRecord) -> Stored {
    let made = the_servers(new.author, new.received_ms);
    Stored {
        id: new.id,
        kind: new.kind,
        scope: new.scope,
        version: UNNUMBERED,
        body: new.body,
        stamps: Stamps::of_new(made),
        author: new.author,
        received_ms: new.received_ms,
        is_deleted: false,
    }
}
