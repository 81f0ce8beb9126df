//! 网格事项: what may be reported, who handles it, within how long (domain §2.4, §3.2).

use chrono::NaiveDate;
use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::{Admission, Origin, Urgency};
use crate::declaration::{
    Declaration, Family, Field, Kind, NAME_LENGTH, Record, RefusalCode, SENTENCE_LENGTH, list_fits, readable,
    texts_fit,
};
use crate::scope::Audience;

/// One of the twelve categories.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ItemCategory {
    /// Two digits, `01`.
    #[n(0)]
    pub code: String,
    /// Its name, `市容秩序`.
    #[n(1)]
    pub name: String,
}

impl Record for ItemCategory {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(5),
        name: "item_category",
        family: Family::Editable,
        audience: Audience::Public,
        depth: 1,
        fields: &[Field::fixed(0, "code"), Field::last_writer(1, "name")],
        commands: &[],
        check: |body| {
            let category: ItemCategory = readable(body)?;
            texts_fit([&category.code, &category.name], NAME_LENGTH)
        },
    };
}

/// One item of the list, in one version of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Item {
    /// `CCNNN`: category and number.
    #[n(0)]
    pub code: String,
    /// Its name, at most 60 characters.
    #[n(1)]
    pub name: String,
    /// The department that leads.
    #[n(2)]
    pub department: String,
    /// Departments that help.
    #[n(3)]
    pub co_departments: Vec<String>,
    /// 准入类别.
    #[n(4)]
    pub admission: Admission,
    /// Limit in workdays.
    #[n(5)]
    pub limit_workdays: Option<u16>,
    /// Limit in minutes, for emergencies.
    #[n(6)]
    pub limit_minutes: Option<u32>,
    /// How urgent.
    #[n(7)]
    pub urgency: Urgency,
    /// Other words people use for it.
    #[n(8)]
    pub keywords: Vec<String>,
    /// Full pinyin of the name, `ranqiruanguanlaohua`.
    #[n(9)]
    pub pinyin: String,
    /// Initials of the name, `rqrglh`.
    #[n(10)]
    pub initials: String,
    /// First day it applies.
    #[n(11)]
    #[cbor(with = "crate::time::optional_day", has_nil)]
    pub valid_from: Option<NaiveDate>,
    /// Last day it applies.
    #[n(12)]
    #[cbor(with = "crate::time::optional_day", has_nil)]
    pub valid_to: Option<NaiveDate>,
    /// Version of the list it was published in, from 1.
    #[n(13)]
    pub list_version: u32,
    /// Public, from the article, composed, filler, or the county's own.
    #[n(14)]
    pub origin: Origin,
    /// The list it was taken from.
    #[n(15)]
    pub source: String,
}

impl Item {
    /// The two-digit category code.
    pub fn category(&self) -> &str {
        self.code.get(..2).unwrap_or_default()
    }

    /// Whether it applies on this day.
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

impl Record for Item {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(6),
        name: "item",
        family: Family::Editable,
        audience: Audience::Public,
        depth: 1,
        fields: &[
            Field::fixed(0, "code"),
            Field::last_writer(1, "name"),
            Field::last_writer(2, "department"),
            Field::set(3, "co_departments"),
            Field::last_writer(4, "admission"),
            Field::last_writer(5, "limit_workdays"),
            Field::last_writer(6, "limit_minutes"),
            Field::last_writer(7, "urgency"),
            Field::set(8, "keywords"),
            Field::last_writer(9, "pinyin"),
            Field::last_writer(10, "initials"),
            Field::last_writer(11, "valid_from"),
            Field::last_writer(12, "valid_to"),
            Field::max(13, "list_version"),
            Field::fixed(14, "origin"),
            Field::last_writer(15, "source"),
        ],
        commands: &[],
        check,
    };
}

/// Whether a text is an item code: five digits, the first two a category 01–99.
pub fn is_item_code(code: &str) -> bool {
    code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit()) && !code.starts_with("00")
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let item: Item = readable(body)?;
    if !is_item_code(&item.code) {
        return Err("item.code_wrong");
    }
    list_fits(&item.co_departments)?;
    list_fits(&item.keywords)?;
    texts_fit(item.co_departments.iter().chain(&item.keywords).chain([&item.department]), NAME_LENGTH)?;
    texts_fit([&item.pinyin, &item.initials, &item.source], SENTENCE_LENGTH)?;
    match item.name.chars().count() {
        0 => Err("item.name_missing"),
        1..=60 => Ok(()),
        _ => Err("item.name_too_long"),
    }
}
