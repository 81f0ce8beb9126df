//! A record under its layers: what the server said or took, and over it the changes that wait.

use records::policy::laid_over;
use records::wire::{Change, Op};
use records::{Body, declaration};
use rusqlite::Connection;

use crate::record::RecordRow;
use crate::{Result, StoreFault, command};

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

    /// With one change more of this record. One that makes no sense here changes nothing: the server
    /// refuses it.
    pub fn with(mut self, db: &Connection, row: &RecordRow, op: &Op) -> Result<Self> {
        match (&op.change, &self.body) {
            (Change::Create { body, .. }, None) => self.body = Some(body.clone()),
            (Change::Edit { patch, .. }, Some(body)) if !self.is_deleted => {
                self.body = Some(laid_over(declaration(row.kind), body, patch));
            }
            (Change::Command { command: number, args }, Some(body)) if !self.is_deleted => {
                match command::decide(db, row, body, (*number, args), op.at_ms) {
                    Err(StoreFault::Refused(_)) => {}
                    decided => self.body = Some(decided?),
                }
            }
            (Change::Delete { .. }, _) => self.is_deleted = true,
            (Change::Restore { .. }, _) => self.is_deleted = false,
            _ => {}
        }
        Ok(self)
    }
}
