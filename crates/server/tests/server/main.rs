//! The real router on a port of its own, over real HTTP, on both databases.
//!
//! `GRIDWALK_TEST_POSTGRES` names the cluster of the tests on PostgreSQL; `cargo xtask test` makes one. Where
//! nothing is named each process makes its own, which takes a second and wants the Debian package
//! `postgresql`; without it those tests fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod access;
mod audit;
mod backup;
#[cfg(feature = "s3")]
mod bucket;
mod common;
mod contention;
mod corpus;
mod courier;
mod crash;
mod data;
mod enrolment;
mod erasures;
mod handed_in;
mod headers;
mod hostile;
mod merging;
mod moves;
mod paging;
mod photos;
#[cfg(feature = "s3")]
mod photos_away;
mod rounds;
mod schema;
mod standing;
mod sweeps;
mod tokens;
