//! Spreadsheets as counties hand them over: bytes in, a plan of checked changes out.
//!
//! Nothing here opens a file or reads a clock. [`table::read`] turns bytes into rows of text,
//! [`items::plan`] and [`households::plan`] turn rows into changes and named problems, and
//! [`lists`] reads the starter lists the same way.

mod columns;
pub mod fault;
pub mod households;
pub mod items;
pub mod lists;
pub mod plan;
mod row;
pub mod table;

pub use fault::IntakeFault;
pub use plan::{Plan, PlannedChange};
pub use table::Table;
