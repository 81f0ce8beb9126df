//! Values of the domain in columns: ids as 16 bytes, scopes and areas as text, outcomes as CBOR.

use std::array::TryFromSliceError;
use std::error::Error;
use std::str::FromStr;

use super::sql::{Row, SqlFault, damaged};

/// An id.
pub(super) fn id<T>(row: &Row<'_>, index: usize) -> Result<T, SqlFault>
where
    T: for<'b> TryFrom<&'b [u8], Error = TryFromSliceError>,
{
    optional_id(row, index)?.ok_or(SqlFault::Damaged(index, None))
}

/// An id that may be absent.
pub(super) fn optional_id<T>(row: &Row<'_>, index: usize) -> Result<Option<T>, SqlFault>
where
    T: for<'b> TryFrom<&'b [u8], Error = TryFromSliceError>,
{
    let bytes = row.bytes(index)?;
    bytes.map(|bytes| T::try_from(bytes).map_err(|error| damaged(index, error))).transpose()
}

/// A value kept as text.
pub(super) fn text<T>(row: &Row<'_>, index: usize) -> Result<T, SqlFault>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    optional_text(row, index)?.ok_or(SqlFault::Damaged(index, None))
}

/// A value kept as text that may be absent.
pub(super) fn optional_text<T>(row: &Row<'_>, index: usize) -> Result<Option<T>, SqlFault>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let text = row.text(index)?;
    text.map(|text| text.parse().map_err(|error| damaged(index, error))).transpose()
}

/// A hash or key.
pub(super) fn bytes32(row: &Row<'_>, index: usize) -> Result<[u8; 32], SqlFault> {
    bytes(row, index)?.try_into().map_err(|error| damaged(index, error))
}

/// Bytes, where they lie.
pub(super) fn bytes<'r>(row: &'r Row<'_>, index: usize) -> Result<&'r [u8], SqlFault> {
    row.bytes(index)?.ok_or(SqlFault::Damaged(index, None))
}
