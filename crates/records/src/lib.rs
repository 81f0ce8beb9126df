//! Types, rules, merge and wire format shared by device, server and user interface.
//!
//! Nothing here reads a clock, draws randomness or does I/O: both come in as arguments.
//! A record type is declared once, in its own module; `declaration` lists them all.

pub mod access;
pub mod area;
pub mod attachment;
pub mod body;
pub mod call;
pub mod codes;
pub mod command;
pub mod consent;
pub mod declaration;
pub mod duty_report;
pub mod erasure_request;
pub mod fault;
pub mod feedback;
pub mod grid_code;
pub mod handling;
pub mod hex;
pub mod house;
pub mod household;
pub mod ids;
pub mod item;
pub mod links;
pub mod list_entry;
pub mod losing_edit;
pub mod matter;
pub mod matter_flow;
pub mod matter_step;
pub mod matter_view;
mod nfc;
mod outcome;
pub mod permissions;
pub mod person;
pub mod pinyin;
pub mod policy;
pub mod proof;
pub mod rules;
pub mod scope;
pub mod set;
pub mod staff;
pub mod time;
pub mod views;
pub mod visit;
pub mod wire;
pub mod wish;

pub use body::{Body, BodyFault, Patch};
pub use declaration::{Declaration, Family, Field, Kind, Policy, Record, declaration};
pub use fault::Fault;
pub use ids::{AccountId, DeviceId, Incarnation, RecordId};
pub use scope::{AreaPath, Audience, Scope};
pub use time::Moment;
