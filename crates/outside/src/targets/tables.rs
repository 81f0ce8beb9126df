//! Tables as counties hand them over: text in any encoding, workbooks, and tables that were read before.

use super::plans;

/// How a table begins that a browser's module has read.
const READ_BEFORE: &[u8] = b"GWTABLE1";

pub(crate) fn holds(bytes: &[u8]) {
    plans::of_file(bytes, "a.csv");
    plans::of_file(&[READ_BEFORE, bytes].concat(), "");
}
