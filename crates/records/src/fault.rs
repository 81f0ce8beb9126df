//! The error that crosses the boundary: a stable code and the values its sentence needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What went wrong, for a person. The user interface turns `code` into a sentence that says what
/// happened, what was kept and what to do; nobody matches on anything but the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Stable, dotted: `store.full`, `visit.future`, `sync.unreachable`.
    pub code: String,
    /// Values for the sentence, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

impl Fault {
    /// A fault with this code.
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), values: BTreeMap::new() }
    }

    /// The same fault with one more value for its sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.code)?;
        self.values.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

impl std::error::Error for Fault {}
