//! The quick look before a commit: format, lints, unit tests.

use anyhow::Result;

use crate::{places::Places, test};

/// `cargo xtask check`.
pub fn run(places: &Places) -> Result<()> {
    test::run_steps(places, &test::QUICK, test::Extent::Usual)
}
