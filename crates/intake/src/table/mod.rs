//! Any spreadsheet as rows of text under column names.

mod delimited;
mod header;
mod ods_extent;
mod text;
mod workbook;
mod xls_stream;

use crate::IntakeFault;

/// Bytes accepted, packed.
pub const MAX_BYTES: usize = 64 << 20;
/// Bytes accepted once a workbook is unpacked; a register of 200,000 rows takes about 120 MB.
pub const MAX_UNPACKED_BYTES: u64 = 256 << 20;
/// Rows accepted below the column names.
pub const MAX_ROWS: usize = 200_000;
/// Columns accepted.
pub const MAX_COLUMNS: usize = 200;

/// A sheet: column names and the rows below them. Empty rows and columns are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Column names as they stand in the file.
    pub headers: Vec<String>,
    /// Rows with at least one filled cell.
    pub rows: Vec<TableRow>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableRow {
    /// Its number in the file, from 1, titles and column names included.
    pub number: u32,
    /// Cells under the column names, as many as there are names.
    pub cells: Vec<String>,
    /// Filled cells beyond the last column name: usually a comma too many.
    pub surplus: Vec<String>,
}

/// Rows as they stand in the file, before the column names are found.
pub(crate) type RawRows = Vec<(u32, Vec<String>)>;

/// Reads CSV, xlsx, xlsb, xls or ods. What it is, the bytes decide; the file name only helps.
///
/// # Errors
/// `import.too_large`, `import.not_a_table`, `import.locked`, `import.encoding`,
/// `import.no_header` and `import.empty`.
pub fn read(bytes: &[u8], file_name: &str) -> Result<Table, IntakeFault> {
    if bytes.len() > MAX_BYTES {
        return Err(IntakeFault::TooLarge { what: "bytes", limit: MAX_BYTES as u64 });
    }
    if bytes.is_empty() {
        return Err(IntakeFault::Empty);
    }
    let rows = match workbook::packaging_of(bytes) {
        Some(packaging) => workbook::rows(bytes, packaging)?,
        None => delimited::rows(&text::decode(bytes)?, file_name)?,
    };
    header::under_names(rows)
}

/// Checks a row against the limits before it is kept.
pub(crate) fn check_limits(rows: usize, columns: usize) -> Result<(), IntakeFault> {
    // Titles above the column names are not counted as rows.
    if rows > MAX_ROWS + header::SEARCHED_ROWS {
        return Err(IntakeFault::TooLarge { what: "rows", limit: MAX_ROWS as u64 });
    }
    if columns > MAX_COLUMNS {
        return Err(IntakeFault::TooLarge { what: "columns", limit: MAX_COLUMNS as u64 });
    }
    Ok(())
}
