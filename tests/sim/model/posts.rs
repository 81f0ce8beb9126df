//! Who works where, and who worked where before: what they may know, without asking the table.

use records::codes::Role;
use records::{AreaPath, Audience, Kind, Scope};

use records::permissions::may_write;

/// A person: the present post and the former ones. All of them are posts of grid workers or of the desk of a
/// community, who write the same.
#[derive(Debug, Clone)]
pub struct Person {
    /// What they do, or did last.
    pub role: Role,
    area: Option<AreaPath>,
    /// Until when they worked there, ms since 1970 UTC, and as what.
    former: Vec<(AreaPath, i64, Role)>,
}

/// What somebody may do about a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing, now or then.
    Stranger,
    /// Nothing more, but when it was done it was theirs to do, in this role.
    Late(Role),
    /// It is theirs.
    Entitled,
}

impl Standing {
    /// The better of two; of two that are late, the last.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Entitled, _) | (_, Self::Stranger) => self,
            _ => other,
        }
    }
}

impl Person {
    /// Somebody in their first post.
    pub fn new(role: Role, area: AreaPath) -> Self {
        Self { role, area: Some(area), former: vec![] }
    }

    /// Whether they hold the scope now.
    pub fn may_know(&self, scope: &Scope) -> bool {
        self.area.as_ref().is_some_and(|area| covers(area, scope))
    }

    /// Whether they hold it now or held it once.
    pub fn might_know(&self, scope: &Scope) -> bool {
        self.may_know(scope) || self.former.iter().any(|(area, ..)| covers(area, scope))
    }

    /// Whether the scope was taken from them at that moment.
    pub fn lost(&self, scope: &Scope, at_ms: i64) -> bool {
        self.former.iter().any(|(area, until_ms, _)| *until_ms == at_ms && covers(area, scope))
    }

    /// Whether they work somewhere.
    pub fn is_at_work(&self) -> bool {
        self.area.is_some()
    }

    /// Whether they work there.
    pub fn works_in(&self, area: &AreaPath) -> bool {
        self.area.as_ref() == Some(area)
    }

    /// They take up a post, or none.
    pub fn assign(&mut self, post: Option<(Role, AreaPath)>, now_ms: i64) {
        self.former.extend(self.area.take().map(|area| (area, now_ms, self.role)));
        if let Some((role, area)) = post {
            (self.role, self.area) = (role, Some(area));
        }
    }

    /// What they may do about records of a kind, or of any, in a scope: something done at `at_ms`.
    pub fn standing(&self, kind: Option<Kind>, scope: &Scope, at_ms: i64) -> Standing {
        if !kind.is_none_or(|kind| may_write(self.role, kind)) {
            return Standing::Stranger;
        }
        let of_then =
            self.former.iter().filter(|(area, until_ms, _)| at_ms <= *until_ms && covers(area, scope));
        match of_then.min_by_key(|(_, until_ms, _)| *until_ms) {
            _ if self.may_know(scope) => Standing::Entitled,
            Some((.., role)) => Standing::Late(*role),
            None => Standing::Stranger,
        }
    }
}

fn covers(area: &AreaPath, scope: &Scope) -> bool {
    match scope.audience {
        Audience::Public => scope.area.depth() == 1 && scope.area.contains(area),
        Audience::Work if scope.area.depth() == 3 => scope.area.contains(area),
        Audience::Work | Audience::Sensitive => scope.area.depth() == 4 && area.contains(&scope.area),
        _ => false,
    }
}
