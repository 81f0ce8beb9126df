//! 事项清单: the picker.

use serde::{Deserialize, Serialize};

use crate::codes::{Admission, Origin, Urgency};

/// Asks for the categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListItemCategories {}

/// The categories, by code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemCategories {
    /// The rows.
    pub rows: Vec<CategoryRow>,
    /// Items in all that apply today.
    pub total: u32,
}

/// One category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryRow {
    /// Two digits.
    pub code: String,
    /// Name.
    pub name: String,
    /// Items in it that apply today.
    pub items: u32,
}

/// Searches the item list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SearchItems {
    /// 汉字, pinyin, initials or code; empty gives recent and frequent ones first.
    pub search: String,
    /// Only this category.
    pub category: Option<String>,
    /// Skips this many hits.
    pub skip: u16,
    /// Rows wanted, at most 100.
    pub limit: u16,
}

/// Items found, best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemHits {
    /// The rows.
    pub rows: Vec<ItemRow>,
    /// All that match.
    pub found: u32,
    /// All that apply today.
    pub total: u32,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRow {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Character positions of the name that match the search: start and length.
    pub marks: Vec<(u16, u16)>,
    /// Lead department.
    pub department: String,
    /// 准入类别.
    pub admission: Admission,
    /// Limit in workdays.
    pub limit_workdays: Option<u16>,
    /// Limit in minutes.
    pub limit_minutes: Option<u32>,
    /// Urgency; at [`Urgency::CallFirst`] the first button is the call.
    pub urgency: Urgency,
    /// Number to call first: 110, 119, 120, 122.
    pub call: Option<String>,
    /// Where the row comes from.
    pub origin: Origin,
}
