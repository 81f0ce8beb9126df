//! Finds the row of column names below titles, and puts the other rows under it.

use super::SEARCHED_ROWS;
use super::{MAX_ROWS, RawRows, Table, TableRow};
use crate::IntakeFault;
use crate::columns;

/// Splits rows into column names and what stands below them.
pub(super) fn under_names(mut rows: RawRows) -> Result<Table, IntakeFault> {
    rows.retain(|(_, cells)| cells.iter().any(|cell| is_filled(cell)));
    if rows.is_empty() {
        return Err(IntakeFault::Empty);
    }
    let (position, names) = names_of(&rows).ok_or(IntakeFault::NoHeader)?;
    let kept: Vec<usize> = used_columns(&names, &rows[position + 1..]);
    let headers: Vec<String> =
        kept.iter().map(|column| names.get(*column).cloned().unwrap_or_default()).collect();
    let below = rows.into_iter().skip(position + 1);
    let rows: Vec<TableRow> =
        below.map(|row| under(row, &kept, names.len())).filter(|row| !repeats_names(row, &headers)).collect();
    match rows.len() {
        0 => Err(IntakeFault::Empty),
        1..=MAX_ROWS => Ok(Table { headers, rows }),
        _ => Err(IntakeFault::TooLarge { what: "rows", limit: MAX_ROWS as u64 }),
    }
}

fn is_filled(cell: &str) -> bool {
    !cell.trim().is_empty()
}

/// The row with most names we know; without any, the first that reads like names.
fn names_of(rows: &RawRows) -> Option<(usize, Vec<String>)> {
    let searched = &rows[..rows.len().min(SEARCHED_ROWS)];
    let mut best: Option<(usize, usize, Vec<String>)> = None;
    for (position, (_, cells)) in searched.iter().enumerate() {
        let names = with_names_above(cells, position.checked_sub(1).map(|above| &*searched[above].1));
        let known = names.iter().filter(|name| columns::is_known(name)).count();
        if known > best.as_ref().map_or(0, |(known, ..)| *known) {
            best = Some((known, position, names));
        }
    }
    let known = best.map(|(_, position, names)| (position, names));
    known.or_else(|| {
        let position = searched.iter().position(|(_, cells)| reads_like_names(cells))?;
        Some((position, searched[position].1.clone()))
    })
}

/// In a header of two rows, `姓名` may stand in the upper one only, merged over both.
fn with_names_above(cells: &[String], above: Option<&[String]>) -> Vec<String> {
    // A line such as `填表人：陈静` is no row of names.
    let has_names = |row: &&[String]| row.iter().any(|cell| columns::is_known(cell));
    let Some(above) = above.filter(has_names) else { return cells.to_vec() };
    let width = cells.len().max(above.len());
    let name = |column: usize| {
        let own = cells.get(column).filter(|cell| is_filled(cell));
        own.or_else(|| above.get(column)).cloned().unwrap_or_default()
    };
    (0..width).map(name).collect()
}

fn reads_like_names(cells: &[String]) -> bool {
    let filled: Vec<&String> = cells.iter().filter(|cell| is_filled(cell)).collect();
    let worded = filled.iter().filter(|cell| cell.chars().any(char::is_alphabetic)).count();
    filled.len() >= 2 && worded * 2 >= filled.len()
}

/// Columns that have a name, or stand between names and hold something.
fn used_columns(names: &[String], rows: &[(u32, Vec<String>)]) -> Vec<usize> {
    let has_value =
        |column: usize| rows.iter().any(|(_, cells)| cells.get(column).is_some_and(|cell| is_filled(cell)));
    (0..names.len()).filter(|column| is_filled(&names[*column]) || has_value(*column)).collect()
}

fn under((number, cells): (u32, Vec<String>), kept: &[usize], width: usize) -> TableRow {
    let cell = |column: &usize| cells.get(*column).cloned().unwrap_or_default();
    let surplus = cells.iter().skip(width).filter(|cell| is_filled(cell)).cloned().collect();
    TableRow { number, cells: kept.iter().map(cell).collect(), surplus }
}

/// Printed lists repeat the column names on every page.
fn repeats_names(row: &TableRow, headers: &[String]) -> bool {
    let filled = row.cells.iter().zip(headers).filter(|(cell, _)| is_filled(cell));
    filled.clone().count() >= 2 && filled.clone().all(|(cell, header)| cell.trim() == header.trim())
}
