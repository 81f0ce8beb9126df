//! CSV as it comes out of Excel, WPS and old business systems.

use csv::{ReaderBuilder, StringRecord};

use super::{RawRows, check_limits};
use crate::IntakeFault;

/// The rows of a text table.
pub(super) fn rows(text: &str, file_name: &str) -> Result<RawRows, IntakeFault> {
    let text = with_plain_line_ends(text);
    let (text, declared) = without_separator_line(&text);
    let delimiter = declared.unwrap_or_else(|| delimiter_of(text, file_name));
    // An odd number of quotes means one was never closed; it would swallow the rest of the file.
    let quoting = text.bytes().filter(|b| *b == b'"').count() % 2 == 0;
    let first_row = if declared.is_some() { 2 } else { 1 };
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(quoting)
        .from_reader(text.as_bytes());
    let mut rows = RawRows::new();
    let mut broken_lines = 0;
    for record in reader.records() {
        let record = record.map_err(|fault| IntakeFault::NotATable(Some(Box::new(fault))))?;
        let line = record.position().map_or(0, |position| line_of(position, text));
        check_limits(rows.len(), filled_width(&record))?;
        rows.push((row_number(first_row + line - 1, broken_lines), cells_of(&record, quoting)));
        broken_lines += record.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
    }
    Ok(rows)
}

/// The line a row begins on. The reader passes over blank lines without a word, and its position is before them.
fn line_of(position: &csv::Position, text: &str) -> u64 {
    let ahead = usize::try_from(position.byte()).ok().and_then(|at| text.as_bytes().get(at..));
    let blank = ahead.unwrap_or_default().iter().take_while(|byte| **byte == b'\n').count();
    position.line() + blank as u64
}

/// A cell with line breaks is one row in a spreadsheet, but several lines of the file.
fn row_number(line: u64, broken_lines: u64) -> u32 {
    u32::try_from(line.saturating_sub(broken_lines)).unwrap_or(u32::MAX)
}

fn with_plain_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace(['\r', '\u{b}', '\u{c}'], "\n").replace('\u{1a}', "")
}

/// Excel writes `sep=;` as a first line to tell itself the delimiter.
fn without_separator_line(text: &str) -> (&str, Option<u8>) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first.trim_matches('"').strip_prefix("sep=").map(str::as_bytes) {
        Some([delimiter]) if delimiter.is_ascii() && *delimiter != b'"' => (rest, Some(*delimiter)),
        _ => (text, None),
    }
}

fn delimiter_of(text: &str, file_name: &str) -> u8 {
    let head: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(30).collect();
    let lines_with = |delimiter: u8| {
        let counts = head.iter().map(|line| line.bytes().filter(|b| *b == delimiter).count());
        (counts.clone().filter(|count| *count > 0).count(), counts.sum::<usize>())
    };
    let preferred: &[u8] = if file_name.to_ascii_lowercase().ends_with(".tsv") { b"\t,;" } else { b",\t;" };
    // The last of equal candidates wins, so the preferred one is asked last.
    preferred.iter().rev().copied().max_by_key(|delimiter| lines_with(*delimiter)).unwrap_or(b',')
}

fn filled_width(record: &StringRecord) -> usize {
    (0..record.len()).rev().find(|cell| !record[*cell].trim().is_empty()).map_or(0, |last| last + 1)
}

fn cells_of(record: &StringRecord, quoting: bool) -> Vec<String> {
    let width = filled_width(record);
    record.iter().take(width).map(|cell| plain_cell(cell, quoting)).collect()
}

/// `="00123"` is how Excel is told to keep leading zeros.
fn plain_cell(cell: &str, quoting: bool) -> String {
    let cell = cell.trim();
    let kept = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell);
    let kept = if quoting { kept } else { kept.trim_matches('"') };
    kept.to_owned()
}
