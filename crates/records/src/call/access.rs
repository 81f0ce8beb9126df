//! 本人设备 and 人员: one's own devices, and the people one is in charge of. All of it needs the network.

use serde::{Deserialize, Serialize};

use crate::access::{AccessAsk, Colleague, KnownDevice};
use crate::codes::Role;
use crate::ids::AccountId;
use crate::scope::AreaPath;

/// Asks the server who may come in, or changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskAccess {
    /// What.
    pub ask: AccessAsk,
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessTold {
    /// It is done.
    Done,
    /// Somebody's devices, those in use first.
    Devices(Vec<KnownDevice>),
    /// People, by where they work.
    People {
        /// They.
        people: Vec<ShownColleague>,
        /// There are more than are told.
        is_cut: bool,
        /// The posts one may give: of each role the places of one's own area that are known here.
        posts: Vec<KnownPosts>,
    },
    /// A way in.
    Code(ShownCode),
}

/// Somebody one is in charge of, as a list shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownColleague {
    /// Who.
    pub who: Colleague,
    /// Name of the area, when it is known here.
    pub place: Option<String>,
}

/// Posts of one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPosts {
    /// The role.
    pub role: Role,
    /// Where it may be, as far as that is known here, with the name of the area.
    pub places: Vec<(AreaPath, String)>,
}

/// A one-time code to hand over. Not for logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownCode {
    /// Whose device it lets in.
    pub account: AccountId,
    /// The invitation as words, `gridwalk://enrol?…`.
    pub invitation: String,
    /// Until when it counts by this device's clock, ms since 1970 UTC.
    pub until_ms: i64,
    /// The same as a QR code: squares on each side, …
    pub side: usize,
    /// … and the dark ones as the path of an SVG, one unit each.
    pub squares: String,
}

impl std::fmt::Debug for ShownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownCode").field("until_ms", &self.until_ms).finish_non_exhaustive()
    }
}
