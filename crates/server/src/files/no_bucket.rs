//! In place of a bucket, where the server is built without.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path as Place;

use super::FilesFault;

/// None can be opened.
pub(super) fn open(
    _: &str,
    _: Place,
    _: impl IntoIterator<Item = (String, String)>,
) -> Result<Arc<dyn ObjectStore>, FilesFault> {
    Err(FilesFault::NoBuckets)
}

/// There is no way.
pub(super) fn of_the_way(_: &object_store::Error) -> Option<FilesFault> {
    None
}
