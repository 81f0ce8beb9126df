//! The central server: axum, SQLite, enrolment and sync.
//!
//! A round is one transaction that settles the device's commits ([`push`]) and one snapshot that is
//! read for what it has not seen ([`pull`]). What is decided stands in `sync`, SQL in [`database`],
//! HTTP in [`http`]; the time comes in as an argument.

pub mod access;
pub mod attachments;
pub mod audit;
pub mod backup;
mod clearing;
pub mod courier;
pub mod database;
pub mod demo;
pub mod enrol;
pub mod fault;
pub mod files;
pub mod host;
pub mod http;
pub mod import;
pub mod invite;
pub mod load;
pub mod moves;
pub mod posts;
pub mod protocol;
pub mod pull;
pub mod push;
pub mod quarantine;
pub mod random;
pub mod round;
pub mod session;
pub mod sweep;
pub mod tls;
pub mod tokens;
mod unplaced;
pub mod writing;

pub use database::Database;
pub use fault::ServerFault;
pub use http::Server;
