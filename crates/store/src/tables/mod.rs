//! One module per record type: its table, and the queries of the pages that show it.

pub mod area;
pub mod consent;
pub mod draft;
pub mod duty_report;
pub mod erasure_request;
pub mod feedback;
pub mod handling;
pub mod house;
pub mod household;
pub mod item;
pub mod list_entry;
pub mod losing_edit;
pub mod matter;
pub mod person;
pub mod staff;
pub mod visit;
