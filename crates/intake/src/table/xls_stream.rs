//! An xls file reduced to the stream calamine needs, and checked before calamine trusts it.
//!
//! calamine lays out every sheet as one rectangle and reserves what a record announces. Two damaged
//! bytes can move a cell to column 65,535 or announce four thousand million rows, and the memory for
//! it ends the program. So the workbook stream is taken out, looked through, and packed anew: what
//! was checked is what is read.

use std::io::{Cursor, Read, Write};
use std::ops::Range;

use super::{MAX_COLUMNS, MAX_UNPACKED_BYTES};
use crate::IntakeFault;

/// Cells of all rectangles together; a register of 65,536 rows and 40 columns has 2.6 million.
const MAX_AREA: u64 = 4_000_000;
/// Columns an xls file can have; what lies beyond is damage rather than a large table.
const XLS_COLUMNS: u64 = 256;

const BEGIN: u16 = 0x0809;
const END: u16 = 0x000a;
const SHEET_POSITION: u16 = 0x0085;
const ANNOUNCED_SIZE: u16 = 0x0200;
const SEVERAL_CELLS: [u16; 2] = [0x00bd, 0x00be];
/// Records of a cell: they begin with row and column.
const CELLS: [u16; 10] = [0x0006, 0x00bd, 0x00be, 0x00d6, 0x00fd, 0x0201, 0x0203, 0x0204, 0x0205, 0x027e];

/// A compound file with nothing but the checked workbook stream.
pub(super) fn checked(bytes: &[u8]) -> Result<Vec<u8>, IntakeFault> {
    let mut stream = workbook_stream(bytes)?;
    let sheets = sheet_positions(&stream);
    for start in &sheets {
        forget_announced_sizes(&mut stream, *start);
    }
    let areas = sheets.iter().map(|start| area_of_sheet(&stream, *start));
    let area = areas.sum::<Result<u64, IntakeFault>>()?;
    if area > MAX_AREA {
        return Err(IntakeFault::TooLarge { what: "cells", limit: MAX_AREA });
    }
    packed(&stream).map_err(damaged)
}

fn damaged(fault: std::io::Error) -> IntakeFault {
    IntakeFault::NotATable(Some(Box::new(fault)))
}

fn workbook_stream(bytes: &[u8]) -> Result<Vec<u8>, IntakeFault> {
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(damaged)?;
    let name = ["/Workbook", "/Book"].into_iter().find(|name| file.is_stream(name));
    let book = file.open_stream(name.ok_or(IntakeFault::NotATable(None))?).map_err(damaged)?;
    let mut stream = Vec::new();
    book.take(MAX_UNPACKED_BYTES).read_to_end(&mut stream).map_err(damaged)?;
    Ok(stream)
}

fn packed(stream: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))?;
    file.create_stream("/Workbook")?.write_all(stream)?;
    file.flush()?;
    Ok(file.into_inner().into_inner())
}

/// Records of the part that begins here, parts within it included: type and where the data lies.
fn records(stream: &[u8], start: usize) -> impl Iterator<Item = (u16, Range<usize>)> + '_ {
    let (mut at, mut open, mut ended) = (start, 0_u32, false);
    std::iter::from_fn(move || {
        let head = stream.get(at..at.checked_add(4)?).filter(|_| !ended)?;
        let kind = u16_at(head, 0);
        let data = at + 4..at + 4 + usize::from(u16_at(head, 2));
        stream.get(data.clone())?;
        at = data.end;
        match kind {
            BEGIN => open += 1,
            // A chart within a sheet begins and ends like a sheet.
            END => {
                open = open.saturating_sub(1);
                ended = open == 0;
            }
            _ => {}
        }
        Some((kind, data))
    })
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |pair| u16::from_le_bytes([pair[0], pair[1]]))
}

fn sheet_positions(stream: &[u8]) -> Vec<usize> {
    let sheets = records(stream, 0).filter(|(kind, _)| *kind == SHEET_POSITION);
    let positions = sheets.map(|(_, data)| {
        let bytes = &stream[data];
        usize::from(u16_at(bytes, 0)) | usize::from(u16_at(bytes, 2)) << 16
    });
    positions.collect()
}

/// The announced size only reserves memory; without it the cells are read all the same.
fn forget_announced_sizes(stream: &mut [u8], start: usize) {
    let announced = records(stream, start).filter(|(kind, _)| *kind == ANNOUNCED_SIZE);
    let places: Vec<Range<usize>> = announced.map(|(_, data)| data).collect();
    places.into_iter().for_each(|place| stream[place].fill(0));
}

fn area_of_sheet(stream: &[u8], start: usize) -> Result<u64, IntakeFault> {
    let (mut rows, mut columns) = (0, 0);
    for (kind, data) in records(stream, start) {
        let data = &stream[data];
        if kind == ANNOUNCED_SIZE && data.iter().any(|byte| *byte != 0) {
            return Err(IntakeFault::NotATable(None));
        }
        if CELLS.contains(&kind) && data.len() >= 4 {
            rows = rows.max(u64::from(u16_at(data, 0)) + 1);
            columns = columns.max(last_column(kind, data) + 1);
        }
        check_columns(columns)?;
    }
    Ok(rows * columns)
}

/// A record of several cells ends with its last column.
fn last_column(kind: u16, data: &[u8]) -> u64 {
    let first = u16_at(data, 2);
    let last = if SEVERAL_CELLS.contains(&kind) { u16_at(data, data.len() - 2) } else { first };
    u64::from(first.max(last))
}

fn check_columns(columns: u64) -> Result<(), IntakeFault> {
    match columns {
        _ if columns > XLS_COLUMNS => Err(IntakeFault::NotATable(None)),
        _ if columns > MAX_COLUMNS as u64 => {
            Err(IntakeFault::TooLarge { what: "columns", limit: MAX_COLUMNS as u64 })
        }
        _ => Ok(()),
    }
}
