//! What an import would do. Nothing is written until somebody accepts it.

use records::call::{ImportPreview, ImportProblem};
use records::{Body, Kind, Patch, RecordId, Scope};

use crate::Table;
use crate::columns::Columns;
use crate::row::{prose, shown};
use crate::table::TableRow;

/// Problems a preview carries.
const SHOWN_PROBLEMS: usize = 200;
/// Rows a preview shows as they were understood.
const SAMPLE_ROWS: usize = 10;

/// One change to one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannedChange {
    /// A record that is new.
    Create {
        /// Its id.
        id: RecordId,
        /// Its type.
        kind: Kind,
        /// Where it belongs.
        scope: Scope,
        /// Its fields.
        body: Body,
    },
    /// A record that changes.
    Edit {
        /// Its id.
        id: RecordId,
        /// Its type.
        kind: Kind,
        /// The fields that change.
        patch: Patch,
    },
}

/// What the rows of a table would change. A row with a problem is left out, nothing else is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Columns recognised: name in the file and the field it fills, `household.care`.
    pub columns: Vec<(String, String)>,
    /// Names not understood; these columns are left out.
    pub unknown_columns: Vec<String>,
    /// Rows in the file: the sum of new, changed, same and those with a problem.
    pub rows: u32,
    /// Rows that bring something new.
    pub new: u32,
    /// Rows that only change what is here.
    pub changed: u32,
    /// Rows already here as they are.
    pub same: u32,
    /// Every problem, in the order of the file.
    pub problems: Vec<ImportProblem>,
    /// Changes in an order in which they can be written: what is referred to comes first.
    pub changes: Vec<PlannedChange>,
    /// The first rows as they were understood, one text for each entry of `columns`; personal values
    /// are masked.
    pub sample: Vec<Vec<String>>,
}

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowOutcome {
    New,
    Changed,
    Same,
}

impl Plan {
    /// A plan without changes, for a table whose columns are matched.
    pub(crate) fn begin(table: &Table, columns: &Columns) -> Self {
        let texts = |row: &TableRow| {
            let cell = |index: usize| row.cells.get(index).map_or("", String::as_str);
            columns.indices().map(|(index, field)| shown(field, &prose(cell(index)))).collect()
        };
        Self {
            columns: columns.recognised(),
            unknown_columns: columns.unknown(),
            rows: u32::try_from(table.rows.len()).unwrap_or(u32::MAX),
            sample: table.rows.iter().take(SAMPLE_ROWS).map(texts).collect(),
            ..Self::default()
        }
    }

    /// The preview for the user interface.
    pub fn preview(&self, upload: u64) -> ImportPreview {
        ImportPreview {
            upload,
            columns: self.columns.clone(),
            unknown_columns: self.unknown_columns.clone(),
            rows: self.rows,
            new: self.new,
            changed: self.changed,
            same: self.same,
            problems: self.problems.iter().take(SHOWN_PROBLEMS).cloned().collect(),
            problem_count: u32::try_from(self.problems.len()).unwrap_or(u32::MAX),
            sample: self.sample.clone(),
        }
    }

    /// Records that would be created and changed.
    pub fn record_counts(&self) -> (u32, u32) {
        let is_new = |change: &&PlannedChange| matches!(change, PlannedChange::Create { .. });
        let new = self.changes.iter().filter(is_new).count();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (count(new), count(self.changes.len() - new))
    }

    pub(crate) fn count(&mut self, outcome: RowOutcome) {
        match outcome {
            RowOutcome::New => self.new += 1,
            RowOutcome::Changed => self.changed += 1,
            RowOutcome::Same => self.same += 1,
        }
    }
}
