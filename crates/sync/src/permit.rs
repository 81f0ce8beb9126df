//! Whether an author may do what an op asks, by where the record is, never by what the op says.
//!
//! Who has lost a grant, or edits what has moved away, may have worked while that was still right and
//! only come late. Such work is neither taken nor thrown away: somebody looks at it.

use records::codes::Role;
use records::permissions::may_write;
use records::{Kind, Scope};

use crate::grants::is_granted;
use crate::refusal::Refusal;
use crate::settle::Author;

/// Where a record was before it moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The scope.
    pub scope: Scope,
    /// When it left, ms since 1970 UTC.
    pub until_ms: i64,
}

/// The role by which the author may write a record of this kind that is in `scope` and was in `homes`
/// before; of no kind, the role by which the scope is theirs. Whoever has lost it since had the role of
/// that time.
/// `at_ms` is the effective time of the change.
///
/// # Errors
/// [`Refusal::ForSomebodyToSee`] where the author might have, then or there; [`Refusal::NotPermitted`]
/// where it never might.
pub(crate) fn permit(
    author: &Author,
    kind: Option<Kind>,
    scope: &Scope,
    homes: &[Home],
    at_ms: i64,
) -> Result<Role, Refusal> {
    let places = homes.iter().map(|home| (&home.scope, home.until_ms));
    let standings = std::iter::once((scope, i64::MAX))
        .chain(places)
        .map(|(scope, until_ms)| standing(author, kind, scope, at_ms, at_ms <= until_ms));
    match standings.max_by_key(Standing::weight).unwrap_or(Standing::Stranger) {
        Standing::Entitled => Ok(author.role),
        Standing::Late(role) if author.is_vouched_for => Ok(role),
        Standing::Late(_) => Err(Refusal::ForSomebodyToSee),
        Standing::Stranger => Err(Refusal::NotPermitted),
    }
}

/// Whether the author might write records of this kind anywhere, now or before.
pub(crate) fn might_write(author: &Author, kind: Kind) -> bool {
    may_write(author.role, kind) || author.former.iter().any(|former| may_write(former.role, kind))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Stranger,
    /// As somebody of this role, but too late, or no longer there.
    Late(Role),
    Entitled,
}

impl Standing {
    fn weight(&self) -> u8 {
        match self {
            Self::Stranger => 0,
            Self::Late(_) => 1,
            Self::Entitled => 2,
        }
    }
}

fn standing(author: &Author, kind: Option<Kind>, scope: &Scope, at_ms: i64, is_there: bool) -> Standing {
    let may = |role| kind.is_none_or(|kind| may_write(role, kind));
    let is_entitled = may(author.role) && is_granted(&author.grants, scope);
    let of_then = author
        .former
        .iter()
        .filter(|former| may(former.role) && former.grant.covers(scope) && at_ms <= former.until_ms);
    // Of several, the one that ended first after it was in force.
    let was_entitled = of_then.min_by_key(|former| former.until_ms).map(|former| former.role);
    match (is_entitled, was_entitled) {
        (true, _) if is_there => Standing::Entitled,
        (true, _) => Standing::Late(author.role),
        (false, Some(role)) => Standing::Late(role),
        (false, None) => Standing::Stranger,
    }
}
