//! Values of the domain in columns: ids as 16 bytes, scopes and areas as text, outcomes as CBOR.

use std::error::Error;
use std::str::FromStr;

use rusqlite::types::Type;
use rusqlite::{Error as SqlError, Row};

/// An id.
pub(super) fn id<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    T: for<'b> TryFrom<&'b [u8], Error = std::array::TryFromSliceError>,
{
    T::try_from(row.get_ref(index)?.as_blob()?).map_err(|error| damaged(index, Type::Blob, error))
}

/// An id that may be absent.
pub(super) fn optional_id<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>>
where
    T: for<'b> TryFrom<&'b [u8], Error = std::array::TryFromSliceError>,
{
    let bytes = row.get_ref(index)?.as_blob_or_null()?;
    bytes.map(|bytes| T::try_from(bytes).map_err(|error| damaged(index, Type::Blob, error))).transpose()
}

/// A value kept as text.
pub(super) fn text<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    row.get_ref(index)?.as_str()?.parse().map_err(|error| damaged(index, Type::Text, error))
}

/// A hash or key.
pub(super) fn bytes32(row: &Row<'_>, index: usize) -> rusqlite::Result<[u8; 32]> {
    row.get_ref(index)?.as_blob()?.try_into().map_err(|error| damaged(index, Type::Blob, error))
}

/// The fault of a column whose value this program did not write.
pub(super) fn damaged(index: usize, kind: Type, error: impl Error + Send + Sync + 'static) -> SqlError {
    SqlError::FromSqlConversionFailure(index, kind, Box::new(error))
}
