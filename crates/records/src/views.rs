//! Views: somebody who may know only part of a record receives a record of their own, which the server
//! keeps as the source changes.

use crate::declaration::{Kind, Record};
use crate::ids::RecordId;
use crate::scope::Scope;
use crate::{Body, matter, matter_view};

/// The record a view is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its id.
    pub id: RecordId,
    /// Where it stands.
    pub scope: &'a Scope,
    /// Its fields.
    pub body: &'a Body,
}

/// How the records of one type are shown to somebody who may not hold them.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Type of the sources.
    pub source: Kind,
    /// Type of the views.
    pub kind: Kind,
    /// What is shown, and to whom; `None` shows nothing to nobody. A pure function of the source.
    pub of: fn(&Source<'_>) -> Option<(Scope, Body)>,
}

/// Every view there is.
pub const VIEWS: &[View] = &[View {
    source: matter::Matter::DECLARATION.kind,
    kind: matter_view::MatterView::DECLARATION.kind,
    of: matter_view::for_department,
}];

/// The views of records of a type.
pub fn views_of(source: Kind) -> impl Iterator<Item = &'static View> {
    VIEWS.iter().filter(move |view| view.source == source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Role;
    use crate::permissions::may_write;

    #[test]
    fn views_are_made_of_sources_and_written_by_nobody() {
        for view in VIEWS {
            assert!(VIEWS.iter().all(|other| other.source != view.kind), "no view of a view");
            assert!(Role::ALL.iter().all(|role| !may_write(*role, view.kind)));
        }
    }
}
