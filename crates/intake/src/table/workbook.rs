//! Workbooks by calamine, guarded: an unpacked size and a cell count are known before memory is spent.

use std::io::{BufReader, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Cell, Data, DataRef, DataType, Ods, Reader, Xls, XlsError, Xlsb, Xlsx, XlsxError};

use super::{MAX_COLUMNS, MAX_UNPACKED_BYTES, RawRows, check_limits, ods_extent, xls_stream};
use crate::IntakeFault;

/// How a workbook is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packaging {
    /// Zip: xlsx, xlsb or ods.
    Zip,
    /// Compound file: xls, or any of them locked with a password.
    Compound,
}

/// Tells a workbook by its first bytes.
pub(super) fn packaging_of(bytes: &[u8]) -> Option<Packaging> {
    match bytes {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Packaging::Zip),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => Some(Packaging::Compound),
        _ => None,
    }
}

/// The rows of the first sheet that holds anything.
pub(super) fn rows(bytes: &[u8], packaging: Packaging) -> Result<RawRows, IntakeFault> {
    // calamine reads damaged compound files at offsets it trusts; a panic there must stay there.
    let guarded = catch_unwind(AssertUnwindSafe(|| match packaging {
        Packaging::Zip => rows_of_zip(bytes),
        Packaging::Compound => rows_of_compound(bytes),
    }));
    guarded.unwrap_or(Err(IntakeFault::NotATable(None)))
}

fn damaged(fault: impl std::error::Error + Send + Sync + 'static) -> IntakeFault {
    IntakeFault::NotATable(Some(Box::new(fault)))
}

fn rows_of_zip(bytes: &[u8]) -> Result<RawRows, IntakeFault> {
    let parts = measured_parts(bytes)?;
    let has = |name: &str| parts.iter().any(|part| part.eq_ignore_ascii_case(name));
    if has("content.xml") {
        return rows_of_ods(bytes);
    }
    if has("xl/workbook.bin") { rows_of_xlsb(bytes) } else { rows_of_xlsx(bytes) }
}

fn rows_of_ods(bytes: &[u8]) -> Result<RawRows, IntakeFault> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let content = archive.by_name("content.xml").map_err(damaged)?;
    ods_extent::check(BufReader::new(content))?;
    let book: Ods<_> = Ods::new(Cursor::new(bytes)).map_err(damaged)?;
    first_filled(book)
}

fn rows_of_compound(bytes: &[u8]) -> Result<RawRows, IntakeFault> {
    let locked: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(locked.len()).any(|window| window == locked) {
        return Err(IntakeFault::Locked);
    }
    let checked = xls_stream::checked(bytes)?;
    match Xls::new(Cursor::new(checked.as_slice())) {
        Ok(book) => first_filled(book),
        Err(XlsError::Password) => Err(IntakeFault::Locked),
        Err(fault) => Err(damaged(fault)),
    }
}

/// The names of the parts, each unpacked once and counted: the sizes a zip claims may be lies.
fn measured_parts(bytes: &[u8]) -> Result<Vec<String>, IntakeFault> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut left = MAX_UNPACKED_BYTES;
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(damaged)?;
        names.push(part.name().map_err(damaged)?.into_owned());
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(damaged)?;
        left = left
            .checked_sub(read)
            .ok_or(IntakeFault::TooLarge { what: "bytes", limit: MAX_UNPACKED_BYTES })?;
    }
    Ok(names)
}

fn rows_of_xlsx(bytes: &[u8]) -> Result<RawRows, IntakeFault> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    for name in book.sheet_names() {
        let mut cells = match book.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            // A sheet of charts has no cells.
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(fault) => return Err(damaged(fault)),
        };
        let rows = placed(|| cells.next_cell().map_err(damaged))?;
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Err(IntakeFault::Empty)
}

fn rows_of_xlsb(bytes: &[u8]) -> Result<RawRows, IntakeFault> {
    let mut book: Xlsb<_> = Xlsb::new(Cursor::new(bytes)).map_err(damaged)?;
    for name in book.sheet_names() {
        let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
        let rows = placed(|| cells.next_cell().map_err(damaged))?;
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Err(IntakeFault::Empty)
}

/// Cell by cell: one cell at the far corner of a sheet must not reserve the whole sheet.
fn placed<'c>(
    mut next: impl FnMut() -> Result<Option<Cell<DataRef<'c>>>, IntakeFault>,
) -> Result<RawRows, IntakeFault> {
    let mut rows = RawRows::new();
    while let Some(cell) = next()? {
        place(&mut rows, cell.get_position(), text_of_ref(cell.get_value()))?;
    }
    Ok(rows)
}

fn first_filled<'b, R: Reader<Cursor<&'b [u8]>>>(mut book: R) -> Result<RawRows, IntakeFault> {
    for name in book.sheet_names() {
        let Ok(range) = book.worksheet_range(&name) else { continue };
        let (first_row, first_column) = range.start().unwrap_or_default();
        let mut rows = RawRows::new();
        for (row, column, value) in range.used_cells() {
            let position = (first_row + to_u32(row), first_column + to_u32(column));
            place(&mut rows, position, text_of(value))?;
        }
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Err(IntakeFault::Empty)
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn place(rows: &mut RawRows, (row, column): (u32, u32), text: String) -> Result<(), IntakeFault> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let column = column as usize;
    if column >= MAX_COLUMNS {
        return Err(IntakeFault::TooLarge { what: "columns", limit: MAX_COLUMNS as u64 });
    }
    let number = row.saturating_add(1);
    // A file may list its rows in any order.
    let index = match rows.last() {
        Some((last, _)) if *last == number => rows.len() - 1,
        Some((last, _)) if *last > number => rows.partition_point(|(known, _)| *known < number),
        _ => rows.len(),
    };
    if rows.get(index).is_none_or(|(known, _)| *known != number) {
        check_limits(rows.len(), 0)?;
        rows.insert(index, (number, Vec::new()));
    }
    let cells = &mut rows[index].1;
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    cells[column] = text;
    Ok(())
}

fn text_of_ref(value: &DataRef<'_>) -> String {
    match value {
        DataRef::SharedString(text) => text.trim().to_owned(),
        other => text_of(&Data::from(other.clone())),
    }
}

/// The text somebody sees, as near as it can be: `201` for 201.0, `2026-11-22` for a day.
fn text_of(value: &Data) -> String {
    match value {
        Data::String(text) => text.trim().to_owned(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(*number),
        Data::Bool(true) => "是".to_owned(),
        Data::Bool(false) => "否".to_owned(),
        Data::DateTime(_) => value.as_date().map(|day| day.to_string()).unwrap_or_default(),
        Data::DateTimeIso(text) => text.split('T').next().unwrap_or_default().to_owned(),
        Data::DurationIso(text) => text.clone(),
        Data::Error(fault) => fault.to_string(),
        _ => String::new(),
    }
}

fn number_text(number: f64) -> String {
    // Phone and ID numbers stored as numbers must not become 1.38E10.
    if number.fract() == 0.0 && number.abs() < 1e19 { format!("{number:.0}") } else { number.to_string() }
}
