//! How far an ods sheet reaches, found before it is unrolled.
//!
//! An ods file may say "this cell, 16,384 times, in this row, a million times" in forty bytes; calamine
//! would unroll it.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::QName;

use super::{MAX_COLUMNS, MAX_ROWS, SEARCHED_ROWS};
use crate::IntakeFault;

/// Refuses content whose filled cells reach beyond the limits.
pub(super) fn check(content: impl BufRead) -> Result<(), IntakeFault> {
    let mut reader = Reader::from_reader(content);
    let mut buffer = Vec::new();
    let mut extent = Extent::default();
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element) | Event::Empty(element)) => extent.element(&element)?,
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(fault) => return Err(IntakeFault::NotATable(Some(Box::new(fault)))),
        }
        buffer.clear();
    }
}

/// Where the current row begins and how often it repeats; where the current cell begins.
#[derive(Debug, Default)]
struct Extent {
    row: usize,
    row_repeats: usize,
    column: usize,
}

impl Extent {
    fn element(&mut self, element: &BytesStart<'_>) -> Result<(), IntakeFault> {
        match bytes(&element.name()) {
            b"table:table" => *self = Self::default(),
            b"table:table-row" => {
                self.row = self.row.saturating_add(self.row_repeats);
                self.row_repeats = attribute(element, b"table:number-rows-repeated").unwrap_or(1);
                self.column = 0;
            }
            b"table:table-cell" | b"table:covered-table-cell" => {
                let repeats = attribute(element, b"table:number-columns-repeated").unwrap_or(1);
                self.column = self.column.saturating_add(repeats);
                if is_filled(element) {
                    return self.filled();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn filled(&self) -> Result<(), IntakeFault> {
        if self.row.saturating_add(self.row_repeats) > MAX_ROWS + SEARCHED_ROWS {
            return Err(IntakeFault::TooLarge { what: "rows", limit: MAX_ROWS as u64 });
        }
        if self.column > MAX_COLUMNS {
            return Err(IntakeFault::TooLarge { what: "columns", limit: MAX_COLUMNS as u64 });
        }
        Ok(())
    }
}

fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Option<usize> {
    let found = element.attributes().flatten().find(|found| bytes(&found.key) == name)?;
    let value: &[u8] = found.value.as_ref().as_ref();
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

fn is_filled(element: &BytesStart<'_>) -> bool {
    let mut found = element.attributes().flatten();
    found.any(|found| {
        let key = bytes(&found.key);
        key.starts_with(b"office:") || key.starts_with(b"table:formula")
    })
}

fn bytes<'n>(name: &'n QName<'_>) -> &'n [u8] {
    name.as_ref().as_ref()
}
