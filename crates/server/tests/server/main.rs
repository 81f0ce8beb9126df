//! The real router on a port of its own, over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod common;
mod crash;
mod enrolment;
mod hostile;
mod merging;
mod paging;
mod rounds;
mod schema;
