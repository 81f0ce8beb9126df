//! Who works where: a person takes up another post, or gives theirs up. What goes with the old one is
//! taken away in the same transaction, and kept as what they might hold until then.

use records::codes::Role;
use records::staff::Staff;
use records::{AccountId, AreaPath, Audience, Body, DeviceId, Patch, Record, RecordId};
use sync::grants;

use crate::audit::{self, Entry, deed};
use crate::database::account::{self, Account};
use crate::database::sql::Sql;
use crate::database::{device, enrolment};
use crate::fault::ServerFault;
use crate::writing::Writing;

/// What somebody does, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPost {
    /// What.
    pub role: Role,
    /// Where.
    pub area: AreaPath,
    /// The department or unit, for roles that have one.
    pub own: Option<Audience>,
}

/// Gives a person another post. Their colleagues see it in the staff record, which stays where it is:
/// those who worked with them go on reading whose visit was whose.
///
/// # Errors
/// [`ServerFault::AreaWrong`] for a place at which the role has nothing to do; a failure of the database.
pub fn assign(
    connection: &dyn Sql,
    person: &Account,
    post: &NewPost,
    now_ms: i64,
) -> Result<(), ServerFault> {
    assign_by(connection, None, person, post, now_ms)
}

/// As [`assign`], by somebody who may.
///
/// # Errors
/// As [`assign`].
pub fn assign_by(
    connection: &dyn Sql,
    by: Option<AccountId>,
    person: &Account,
    post: &NewPost,
    now_ms: i64,
) -> Result<(), ServerFault> {
    if !grants::fits(post.role, &post.area) {
        return Err(ServerFault::AreaWrong { role: post.role, area: post.area.clone() });
    }
    let (role, area) = (post.role, post.area.clone());
    let after = Account { role, area, own: post.own, ..person.clone() };
    account::change(connection, person, &after, &after.entitled(), now_ms)?;
    let moved = |body: &Body| match Staff::from_body(body) {
        Ok(staff) => staff.moved_to(after.role, &after.area),
        // Written by a newer version.
        Err(_) => Patch::of_fields(&[]),
    };
    let mut writing = Writing::default();
    writing.patch(connection, RecordId(person.id.0), moved, now_ms)?;
    writing.write(connection, vec![])?;
    let post = format!("{} {}", after.role.code(), after.area);
    audit::note(connection, &Entry::new(deed::ACCOUNT_ASSIGNED, now_ms).of(person.id).by(by).about(post))
}

/// Takes everything away that a person may hold. Their devices purge it when they next ask; what they
/// did before waits for somebody to decide.
///
/// # Errors
/// A failure of the database.
pub fn dismiss(connection: &dyn Sql, person: &Account, now_ms: i64) -> Result<(), ServerFault> {
    dismiss_by(connection, None, person, now_ms)
}

/// As [`dismiss`], by somebody who may.
///
/// # Errors
/// As [`dismiss`].
pub fn dismiss_by(
    connection: &dyn Sql,
    by: Option<AccountId>,
    person: &Account,
    now_ms: i64,
) -> Result<(), ServerFault> {
    account::change(connection, person, person, &[], now_ms)?;
    enrolment::void_open(connection, person.id)?;
    audit::note(connection, &Entry::new(deed::ACCOUNT_DISMISSED, now_ms).of(person.id).by(by))
}

/// Shuts a lost device out and takes from it everything it holds, when it next asks.
///
/// # Errors
/// [`ServerFault::NoSuchDevice`]; a failure of the database.
pub fn lock_out(connection: &dyn Sql, id: DeviceId, now_ms: i64) -> Result<(), ServerFault> {
    lock_out_by(connection, None, id, now_ms)
}

/// As [`lock_out`], by somebody who may. Codes of its person that were not used count no longer: whoever has the
/// device may have asked for one.
///
/// # Errors
/// As [`lock_out`].
pub fn lock_out_by(
    connection: &dyn Sql,
    by: Option<AccountId>,
    id: DeviceId,
    now_ms: i64,
) -> Result<(), ServerFault> {
    let known = device::find(connection, id)?.ok_or(ServerFault::NoSuchDevice)?;
    device::revoke(connection, id, now_ms)?;
    enrolment::void_open(connection, known.account)?;
    audit::note(connection, &Entry::new(deed::LOCKED_OUT, now_ms).of(known.account).on(id).by(by))
}
