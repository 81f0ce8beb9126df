//! Households and, for those in need, their care level and the three 有 (domain §2.2, §3.9, §5.6).

use chrono::NaiveDate;
use minicbor::{Decode, Encode};

use crate::Body;
use crate::codes::{CareLevel, HouseholdKind, KeyCategory};
use crate::declaration::{
    Declaration, Family, Field, Kind, NAME_LENGTH, Record, RefusalCode, list_fits, readable, texts_fit,
};
use crate::ids::RecordId;
use crate::scope::Audience;

/// Number of the field [`Household::care`].
pub const CARE: u32 = 4;
/// Number of the field [`Household::categories`].
pub const CATEGORIES: u32 = 6;
/// Number of the field [`Household::care_reason`].
pub const CARE_REASON: u32 = 7;

/// One household.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Household {
    /// The door it lives behind.
    #[n(0)]
    pub house: RecordId,
    /// 户主, when known.
    #[n(1)]
    pub head: Option<RecordId>,
    /// Family, collective or tenant.
    #[n(2)]
    pub kind: HouseholdKind,
    /// People living here, 0–30.
    #[n(3)]
    pub residents: u8,
    /// Sets the visit rhythm.
    #[n(4)]
    pub care: CareLevel,
    /// Day it was placed at this level; the rhythm counts from here until the first visit.
    #[n(5)]
    #[cbor(with = "crate::time::optional_day", has_nil)]
    pub care_since: Option<NaiveDate>,
    /// Why it is a 重点户; empty for others.
    #[n(6)]
    pub categories: Vec<KeyCategory>,
    /// The reason in words, at most 200 characters; shown only on the household's own page.
    #[n(7)]
    pub care_reason: Option<String>,
    /// Day the level is looked at again.
    #[n(8)]
    #[cbor(with = "crate::time::optional_day", has_nil)]
    pub review_on: Option<NaiveDate>,
    /// 有党员包联.
    #[n(9)]
    pub has_partner: bool,
    /// 有渠道对接: the phone or neighbour who can be asked, at most 200 characters.
    #[n(10)]
    pub channel: Option<String>,
    /// 有菜单服务, each at most 60 characters.
    #[n(11)]
    pub services: Vec<String>,
    /// A note for colleagues, at most 500 characters.
    #[n(12)]
    pub note: Option<String>,
    /// Day it moved away, as far as anybody has confirmed; such a household has no due date.
    #[n(13)]
    #[cbor(with = "crate::time::optional_day", has_nil)]
    pub left_on: Option<NaiveDate>,
}

impl Household {
    /// An ordinary family behind this door of which nothing else is known.
    pub fn blank(house: RecordId) -> Self {
        Self {
            house,
            head: None,
            kind: HouseholdKind::Family,
            residents: 0,
            care: CareLevel::Ordinary,
            care_since: None,
            categories: Vec::new(),
            care_reason: None,
            review_on: None,
            has_partner: false,
            channel: None,
            services: Vec::new(),
            note: None,
            left_on: None,
        }
    }

    /// 三有 all present (§5.6): partner, channel and at least one service.
    pub fn has_all_three(&self) -> bool {
        self.has_partner && self.channel.is_some() && !self.services.is_empty()
    }
}

impl Record for Household {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(11),
        name: "household",
        family: Family::Editable,
        audience: Audience::Work,
        depth: 4,
        fields: &[
            Field::last_writer(0, "house"),
            Field::last_writer(1, "head"),
            Field::last_writer(2, "kind"),
            Field::last_writer(3, "residents"),
            Field::review(CARE, "care"),
            Field::follows(5, "care_since", CARE),
            Field::review(CATEGORIES, "categories"),
            Field::last_writer(CARE_REASON, "care_reason"),
            Field::last_writer(8, "review_on"),
            Field::last_writer(9, "has_partner"),
            Field::last_writer(10, "channel"),
            Field::set(11, "services"),
            Field::last_writer(12, "note"),
            Field::last_writer(13, "left_on"),
        ],
        commands: &[],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let household: Household = readable(body)?;
    list_fits(&household.categories)?;
    list_fits(&household.services)?;
    texts_fit(&household.services, NAME_LENGTH)?;
    texts_fit(&household.channel, 200)?;
    let longer = |text: &Option<String>, limit| text.as_ref().is_some_and(|t| t.chars().count() > limit);
    match household {
        h if h.residents > 30 => Err("household.too_many_residents"),
        h if longer(&h.care_reason, 200) => Err("household.reason_too_long"),
        h if longer(&h.note, 500) => Err("household.note_too_long"),
        _ => Ok(()),
    }
}
