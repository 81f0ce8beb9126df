//! Why a file as a whole cannot be read. Problems of single cells are part of a plan.

use records::Fault;
use thiserror::Error;

/// Why a file is refused before any row of it counts.
#[derive(Debug, Error)]
pub enum IntakeFault {
    /// More bytes, rows or columns than accepted, packed or unpacked.
    #[error("more than {limit} {what}")]
    TooLarge {
        /// What there is too much of: `bytes`, `rows`, `columns` or `cells`.
        what: &'static str,
        /// How much is accepted.
        limit: u64,
    },
    /// Neither a text table nor a workbook, or damaged.
    #[error("not a table")]
    NotATable(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// A workbook locked with a password.
    #[error("locked with a password")]
    Locked,
    /// The text is in no encoding known here.
    #[error("neither UTF-8, UTF-16 nor GB 18030")]
    Encoding,
    /// No row reads like column names.
    #[error("no row of column names")]
    NoHeader,
    /// A column that cannot be done without is absent.
    #[error("column {column} is missing")]
    ColumnMissing {
        /// The field it fills, `item.code`.
        field: &'static str,
        /// The name it usually has, `事项编码`.
        column: &'static str,
    },
    /// No row below the column names.
    #[error("no rows")]
    Empty,
}

impl IntakeFault {
    /// The stable code the user interface translates.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "import.too_large",
            Self::NotATable(_) => "import.not_a_table",
            Self::Locked => "import.locked",
            Self::Encoding => "import.encoding",
            Self::NoHeader => "import.no_header",
            Self::ColumnMissing { .. } => "import.column_missing",
            Self::Empty => "import.empty",
        }
    }
}

impl From<&IntakeFault> for Fault {
    fn from(fault: &IntakeFault) -> Fault {
        let crossing = Fault::new(fault.code());
        match fault {
            IntakeFault::TooLarge { what, limit } => crossing.with("what", what).with("limit", limit),
            IntakeFault::ColumnMissing { field, column } => {
                crossing.with("field", field).with("column", column)
            }
            _ => crossing,
        }
    }
}

impl From<IntakeFault> for Fault {
    fn from(fault: IntakeFault) -> Fault {
        Fault::from(&fault)
    }
}
