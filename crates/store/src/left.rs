//! What left this device because it was taken away, so that nobody wonders where it went.

use minicbor::{Decode, Encode};
use records::AreaPath;
use rusqlite::Connection;

use crate::tables::area;
use crate::{Result, identity};

/// So many are kept, the newest first.
const KEPT: usize = 8;
/// Scopes of an area go one after the other, within this time, ms.
const TOGETHER_MS: i64 = 3_600_000;
const NAME: &str = "left";

/// Records of an area that are not here any more.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LeftArea {
    /// The area's path.
    #[n(0)]
    pub area: String,
    /// Its name, when it was known here.
    #[n(1)]
    pub name: Option<String>,
    /// Records.
    #[n(2)]
    pub records: u64,
    /// When, ms since 1970 UTC.
    #[n(3)]
    pub at_ms: i64,
}

/// The last areas of which something left, newest first.
pub fn areas(db: &Connection) -> Result<Vec<LeftArea>> {
    let bytes = identity::get(db, NAME)?;
    Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()).unwrap_or_default())
}

/// Notes that the last records of a scope of this area have left.
pub(crate) fn note(db: &Connection, path: &AreaPath, records: u64, now_ms: i64) -> Result<()> {
    let mut areas = areas(db)?;
    let same = areas.iter().position(|left| {
        left.area == path.as_str() && (now_ms - left.at_ms).unsigned_abs() <= TOGETHER_MS.unsigned_abs()
    });
    let before = same.map(|at| areas.remove(at));
    let name = area::name(db, path)?.or(before.as_ref().and_then(|before| before.name.clone()));
    let records = records + before.map_or(0, |before| before.records);
    areas.insert(0, LeftArea { area: path.to_string(), name, records, at_ms: now_ms });
    areas.truncate(KEPT);
    #[expect(clippy::unwrap_used, reason = "writing to a vector cannot fail")]
    identity::set(db, NAME, &minicbor::to_vec(&areas).unwrap())
}
