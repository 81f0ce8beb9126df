//! `assign`, `dismiss`, `devices`, `lock-out`, `move`, `quarantine`: what the keeper does about persons, devices
//! and what they sent. Names of residents are not printed: a commit is told by its types and its author.

use std::collections::BTreeMap;
use std::error::Error;

use records::RecordId;
use records::declaration::declaration;
use records::wire::{Commit, Outcome};
use serde_json::{Value, json};
use server::ServerFault;
use server::database::sql::Sql;
use server::database::{Place, account, device, quarantine as kept, receipt};
use server::quarantine::{self, Quarantined};
use server::{moves, posts};

use super::{now_ms, open};
use crate::command_line::{Deed, Person};

/// Does it, and says what there is to say, one JSON object a line.
pub fn manage(place: &Place, deed: &Deed) -> Result<String, Box<dyn Error>> {
    let (_runtime, database) = open(place)?;
    let lines = database.write_here(|transaction| lines(transaction, deed))?;
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

fn lines(connection: &dyn Sql, deed: &Deed) -> Result<Vec<Value>, ServerFault> {
    match deed {
        Deed::Assign(person, post) => {
            posts::assign(connection, &found(connection, person)?, post, now_ms()).map(|()| vec![])
        }
        Deed::Dismiss(person) => {
            posts::dismiss(connection, &found(connection, person)?, now_ms()).map(|()| vec![])
        }
        Deed::Devices => devices(connection),
        Deed::LockOut(id) => posts::lock_out(connection, *id, now_ms()).map(|()| vec![]),
        Deed::Move(record, to) => {
            let moved = moves::relocate(connection, *record, to, now_ms())?;
            Ok(vec![json!({ "moved": moved })])
        }
        Deed::Quarantine => waiting(connection),
        Deed::Accept(id) => quarantine::accept(connection, id, now_ms()).map(|outcome| vec![told(&outcome)]),
        Deed::Reject(id) => quarantine::reject(connection, id, now_ms()).map(|outcome| vec![told(&outcome)]),
    }
}

fn found(connection: &dyn Sql, person: &Person) -> Result<account::Account, ServerFault> {
    account::find(connection, &person.name, person.role, &person.area)?.ok_or(ServerFault::NoSuchPerson)
}

fn devices(connection: &dyn Sql) -> Result<Vec<Value>, ServerFault> {
    let mut lines = vec![];
    for (device, name) in device::all(connection)? {
        let account = account::get(connection, device.account)?;
        let purged = receipt::of_device(connection, device.id)?;
        let purged: Vec<Value> = purged
            .iter()
            .map(|receipt| json!({ "scope": receipt.scope, "records": receipt.records, "at_ms": receipt.at_ms }))
            .collect();
        lines.push(json!({
            "device": device.id, "name": name, "person": account.name, "area": account.area,
            "last_seen_ms": device.last_seen_ms, "locked_out_ms": device.revoked_ms, "purged": purged,
        }));
    }
    Ok(lines)
}

fn waiting(connection: &dyn Sql) -> Result<Vec<Value>, ServerFault> {
    let lines = kept::waiting(connection)?.into_iter().map(|late| {
        let person = account::get(connection, late.account)?.name;
        Ok(json!({
            "id": RecordId::from_bytes(late.id), "person": person, "received_ms": late.received_ms,
            "changes": changes(&late),
        }))
    });
    lines.collect()
}

/// How many changes of which types. A commit that this version cannot read, as one of a newer version
/// that was here before, still waits and is named.
fn changes(late: &Quarantined) -> BTreeMap<&'static str, usize> {
    let Ok(commit) = minicbor::decode::<Commit>(&late.body) else { return [("unreadable", 1)].into() };
    let mut changes = BTreeMap::new();
    for op in commit.ops {
        *changes.entry(declaration(op.kind).map_or("unknown", |d| d.name)).or_default() += 1;
    }
    changes
}

fn told(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Applied => json!({ "outcome": "applied" }),
        Outcome::Merged => json!({ "outcome": "merged" }),
        Outcome::Refused { code } => json!({ "outcome": "refused", "code": code }),
        Outcome::Quarantined => json!({ "outcome": "quarantined" }),
    }
}

#[cfg(test)]
mod tests {
    use records::wire::Awaited;
    use records::{AccountId, Incarnation};

    use super::*;

    #[test]
    fn a_commit_that_cannot_be_read_is_named_all_the_same() {
        let late = Quarantined {
            id: [1; 16],
            account: AccountId::from_bytes([2; 16]),
            commit: Awaited { incarnation: Incarnation::from_bytes([3; 16]), push_seq: 1 },
            body: vec![0xff],
            clock_ms: 0,
            received_ms: 0,
            last_hlc: sync::clock::Hlc::default(),
            outcome: None,
        };
        assert_eq!(changes(&late), BTreeMap::from([("unreadable", 1)]));
        let empty = Quarantined { body: vec![0xa2, 0, 1, 1, 0x80], ..late };
        assert!(changes(&empty).is_empty());
    }
}
