//! Any spreadsheet as rows of text under column names.

#[cfg(feature = "spreadsheets")]
mod delimited;
#[cfg(feature = "spreadsheets")]
mod header;
#[cfg(feature = "spreadsheets")]
mod ods_extent;
#[cfg(feature = "spreadsheets")]
mod text;
#[cfg(feature = "spreadsheets")]
mod workbook;
#[cfg(feature = "spreadsheets")]
mod xls_stream;

use minicbor::{Decode, Encode};

use crate::IntakeFault;

/// Bytes accepted, packed.
pub const MAX_BYTES: usize = 64 << 20;
/// Bytes accepted once a workbook is unpacked; a register of 200,000 rows takes about 120 MB.
pub const MAX_UNPACKED_BYTES: u64 = 256 << 20;
/// Rows accepted below the column names.
pub const MAX_ROWS: usize = 200_000;
/// Rows from the top in which column names are looked for.
const SEARCHED_ROWS: usize = 20;
/// Columns accepted.
pub const MAX_COLUMNS: usize = 200;

/// A sheet: column names and the rows below them. Empty rows and columns are gone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Table {
    /// Column names as they stand in the file.
    #[n(0)]
    pub headers: Vec<String>,
    /// Rows with at least one filled cell.
    #[n(1)]
    pub rows: Vec<TableRow>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(array)]
pub struct TableRow {
    /// Its number in the file, from 1, titles and column names included.
    #[n(0)]
    pub number: u32,
    /// Cells under the column names, as many as there are names.
    #[n(1)]
    pub cells: Vec<String>,
    /// Filled cells beyond the last column name: usually a comma too many.
    #[n(2)]
    pub surplus: Vec<String>,
}

/// How a table that was read before begins.
const READ_BEFORE: &[u8] = b"GWTABLE1";

impl Table {
    /// As bytes that [`read`] takes again, where files themselves cannot be read.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = READ_BEFORE.to_vec();
        #[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
        minicbor::encode(self, &mut bytes).unwrap();
        bytes
    }
}

/// Rows as they stand in the file, before the column names are found.
#[cfg(feature = "spreadsheets")]
pub(crate) type RawRows = Vec<(u32, Vec<String>)>;

/// Reads CSV, xlsx, xlsb, xls or ods, or a table that was read before. What it is, the bytes decide; the
/// file name only helps.
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
    match bytes.strip_prefix(READ_BEFORE) {
        Some(table) => read_before(table),
        None => read_file(bytes, file_name),
    }
}

fn read_before(bytes: &[u8]) -> Result<Table, IntakeFault> {
    let table: Table =
        minicbor::decode(bytes).map_err(|error| IntakeFault::NotATable(Some(Box::new(error))))?;
    let columns = table.headers.len();
    check_limits(table.rows.len(), columns)?;
    let is_even = table.rows.iter().all(|row| row.cells.len() == columns);
    if is_even { Ok(table) } else { Err(IntakeFault::NotATable(None)) }
}

#[cfg(feature = "spreadsheets")]
fn read_file(bytes: &[u8], file_name: &str) -> Result<Table, IntakeFault> {
    let rows = match workbook::packaging_of(bytes) {
        Some(packaging) => workbook::rows(bytes, packaging)?,
        None => delimited::rows(&text::decode(bytes)?, file_name)?,
    };
    header::under_names(rows)
}

#[cfg(not(feature = "spreadsheets"))]
fn read_file(_: &[u8], _: &str) -> Result<Table, IntakeFault> {
    Err(IntakeFault::NotATable(None))
}

/// Checks a row against the limits before it is kept.
pub(crate) fn check_limits(rows: usize, columns: usize) -> Result<(), IntakeFault> {
    // Titles above the column names are not counted as rows.
    if rows > MAX_ROWS + SEARCHED_ROWS {
        return Err(IntakeFault::TooLarge { what: "rows", limit: MAX_ROWS as u64 });
    }
    if columns > MAX_COLUMNS {
        return Err(IntakeFault::TooLarge { what: "columns", limit: MAX_COLUMNS as u64 });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_was_read_before_is_the_same_table() {
        let table = read("户主,电话\n张伟,123,多\n".as_bytes(), "住户.csv").unwrap();
        assert_eq!((table.rows[0].number, table.rows[0].surplus.len()), (2, 1));
        assert_eq!(read(&table.to_bytes(), "").unwrap(), table);
    }

    #[test]
    fn what_only_looks_like_one_is_refused() {
        let row = TableRow { number: 2, cells: vec!["张伟".into()], surplus: vec![] };
        let uneven = Table { headers: vec!["户主".into(), "电话".into()], rows: vec![row] };
        for bytes in [uneven.to_bytes(), b"GWTABLE1".to_vec(), b"GWTABLE1\xff".to_vec()] {
            assert_eq!(read(&bytes, "").unwrap_err().code(), "import.not_a_table");
        }
    }
}
