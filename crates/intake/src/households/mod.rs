//! 住户台账: rows to houses, households and persons of one grid.

mod columns;

pub(crate) use columns::COLUMNS;
