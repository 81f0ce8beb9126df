//! Who works where: a person takes up another post, or gives theirs up. What goes with the old one is
//! taken away in the same transaction, and kept as what they might hold until then.

use records::codes::Role;
use records::{AreaPath, Audience};
use sync::grants;

use crate::database::account::{self, Account};
use crate::database::sql::Sql;
use crate::fault::ServerFault;

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

/// Gives a person another post.
///
/// # Errors
/// [`ServerFault::AreaWrong`] for a place at which the role has nothing to do; a failure of the database.
pub fn assign(
    connection: &dyn Sql,
    person: &Account,
    post: &NewPost,
    now_ms: i64,
) -> Result<(), ServerFault> {
    if !grants::fits(post.role, &post.area) {
        return Err(ServerFault::AreaWrong { role: post.role, area: post.area.clone() });
    }
    let (role, area) = (post.role, post.area.clone());
    let after = Account { role, area, own: post.own, ..person.clone() };
    account::change(connection, person, &after, &after.entitled(), now_ms)
}

/// Takes everything away that a person may hold. Their devices purge it when they next ask; what they
/// did before waits for somebody to decide.
///
/// # Errors
/// A failure of the database.
pub fn dismiss(connection: &dyn Sql, person: &Account, now_ms: i64) -> Result<(), ServerFault> {
    account::change(connection, person, person, &[], now_ms)
}
