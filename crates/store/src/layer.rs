//! A record under its layers: what the server said or took, and over it the changes that wait.

use records::policy::laid_over;
use records::wire::Change;
use records::{Body, Kind, declaration};

use crate::record::RecordRow;

/// A record as some of its layers make it. The body stays beneath a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layered {
    pub body: Option<Body>,
    pub is_deleted: bool,
}

impl Layered {
    /// What the server has, as far as it was heard.
    pub fn settled(row: &RecordRow) -> Self {
        let body = row.promised.as_ref().or(row.confirmed.as_ref());
        Self { body: body.cloned(), is_deleted: row.promised_deleted }
    }

    /// What pages show.
    pub fn shown(&self) -> Option<&Body> {
        self.body.as_ref().filter(|_| !self.is_deleted)
    }

    /// With one change more. One that makes no sense here changes nothing: the server refuses it.
    pub fn with(mut self, kind: Kind, change: &Change) -> Self {
        match (change, &self.body) {
            (Change::Create { body, .. }, None) => self.body = Some(body.clone()),
            (Change::Edit { patch, .. }, Some(body)) if !self.is_deleted => {
                self.body = Some(laid_over(declaration(kind), body, patch));
            }
            (Change::Delete { .. }, _) => self.is_deleted = true,
            (Change::Restore { .. }, _) => self.is_deleted = false,
            _ => {}
        }
        self
    }
}
