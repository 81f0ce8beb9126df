//! 个人信息处理台账: what was done with personal data.

use serde::{Deserialize, Serialize};

use super::Standing;
use crate::codes::{Deed, Purpose};
use crate::ids::RecordId;
use crate::time::Moment;

/// Asks for a window of deeds, newest first. The lead of a community sees those of everybody there, everybody else
/// their own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListHandling {
    /// Continues after this key.
    pub after: Option<String>,
    /// Rows wanted, at most 200.
    pub limit: u16,
}

/// Deeds, one by one: no sums of any kind, and none by person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HandlingWindow {
    /// The deeds.
    pub rows: Vec<HandlingRow>,
    /// Key to continue with; `None` at the end.
    pub next: Option<String>,
    /// Whether these are the deeds of everybody, or only one's own.
    pub is_of_all: bool,
}

/// One deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandlingRow {
    /// Its record.
    pub id: RecordId,
    /// When.
    pub at: Moment,
    /// Who did it.
    pub by: Option<String>,
    /// What.
    pub deed: Deed,
    /// Whose data: door and masked name; empty where it concerns many, or is no longer here.
    pub whose: String,
    /// The field that was shown, `person.phone`.
    pub field: Option<String>,
    /// Why, from the list.
    pub purpose: Option<Purpose>,
    /// Why, in words.
    pub reason: Option<String>,
    /// How many people it concerns.
    pub people: Option<u32>,
    /// Where the record of it stands.
    pub standing: Standing,
}

/// Puts the ledger into a table, as CSV, in the words of the page: of whom it was names nobody, so that it can be handed
/// to an auditor. That it was taken out stands in the ledger too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportHandling {
    /// The first line.
    pub heads: Vec<String>,
    /// Names of deeds, by their code.
    pub deeds: Vec<(u16, String)>,
    /// Names of purposes, by their code.
    pub purposes: Vec<(u16, String)>,
    /// Names of fields, as [`HandlingRow::field`] calls them.
    pub fields: Vec<(String, String)>,
    /// Why, 1–500 characters.
    pub reason: String,
}

/// A table that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFile {
    /// Number under which its bytes are fetched.
    pub download: u64,
    /// A name for it.
    pub name: String,
    /// Rows in it.
    pub rows: u32,
}
