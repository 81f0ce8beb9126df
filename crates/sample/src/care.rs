//! Which households are looked after, how often, and what they already have.

use chrono::{Days, NaiveDate};
use records::codes::{CareLevel, KeyCategory};

use crate::dice::Dice;
use crate::texts;

/// How one household is looked after.
#[derive(Debug, Clone)]
pub(crate) struct Care {
    pub level: CareLevel,
    pub since: Option<NaiveDate>,
    pub categories: Vec<KeyCategory>,
    pub reason: Option<String>,
    pub review_on: Option<NaiveDate>,
    pub has_partner: bool,
    pub channel: Option<String>,
    pub services: Vec<String>,
}

/// Reasons with how often they occur, and how many of a hundred such households are H and M.
const CATEGORIES: &[(KeyCategory, u32, u32, u32)] = &[
    (KeyCategory::Aged80Alone, 22, 30, 60),
    (KeyCategory::EmptyNest, 18, 0, 45),
    (KeyCategory::Disabled, 8, 30, 65),
    (KeyCategory::DestituteAtHome, 2, 20, 70),
    (KeyCategory::Orphan, 1, 10, 90),
    (KeyCategory::UnsupportedChild, 1, 20, 80),
    (KeyCategory::ChildInNeed, 3, 10, 80),
    (KeyCategory::LeftBehindChild, 4, 0, 70),
    (KeyCategory::SevereDisability, 10, 10, 60),
    (KeyCategory::MinimumLiving, 13, 0, 35),
    (KeyCategory::LowIncome, 6, 0, 20),
    (KeyCategory::HighExpense, 2, 0, 50),
    (KeyCategory::SeriousIllness, 5, 20, 60),
    (KeyCategory::LostOnlyChild, 1, 0, 80),
    (KeyCategory::SpecialCare, 3, 0, 50),
    (KeyCategory::VeteranInNeed, 2, 0, 40),
    (KeyCategory::Temporary, 2, 20, 60),
];

/// No rhythm, as most households have it.
pub(crate) fn none() -> Care {
    Care {
        level: CareLevel::Ordinary,
        since: None,
        categories: Vec::new(),
        reason: None,
        review_on: None,
        has_partner: false,
        channel: None,
        services: Vec::new(),
    }
}

/// Once a quarter, without being a 重点户: older couples, people newly on their own.
pub(crate) fn general(dice: &mut Dice, today: NaiveDate) -> Care {
    Care { level: CareLevel::General, since: Some(long_ago(dice, today)), ..none() }
}

/// A 重点户 of this category, at a level by chance.
pub(crate) fn key(dice: &mut Dice, category: KeyCategory, today: NaiveDate) -> Care {
    let (high, key) = CATEGORIES
        .iter()
        .find(|(known, ..)| *known == category)
        .map_or((0, 50), |(_, _, high, key)| (*high, *key));
    let level = *dice.weighted(&[
        (CareLevel::High, high),
        (CareLevel::Key, key),
        (CareLevel::General, 100 - high - key),
    ]);
    let mut categories = vec![category];
    if category != KeyCategory::MinimumLiving && dice.percent(12) {
        categories.push(KeyCategory::MinimumLiving);
    }
    Care {
        level,
        since: Some(long_ago(dice, today)),
        categories,
        reason: Some((*dice.pick(texts::reason(category))).to_owned()),
        review_on: Some(today + Days::new(u64::from(dice.between(5, 360)))),
        has_partner: dice.percent(85),
        channel: dice.percent(90).then(|| (*dice.pick(texts::CHANNELS)).to_owned()),
        services: services(dice),
    }
}

/// A category by chance.
pub(crate) fn category(dice: &mut Dice) -> KeyCategory {
    let weights: Vec<(KeyCategory, u32)> = CATEGORIES.iter().map(|(c, weight, ..)| (*c, *weight)).collect();
    *dice.weighted(&weights)
}

/// Far enough back that a quarter's rhythm has begun.
fn long_ago(dice: &mut Dice, today: NaiveDate) -> NaiveDate {
    today - Days::new(u64::from(dice.between(120, 900)))
}

fn services(dice: &mut Dice) -> Vec<String> {
    let count = if dice.percent(10) { 0 } else { dice.between(1, 3) };
    let mut services: Vec<String> = (0..count).map(|_| (*dice.pick(texts::SERVICES)).to_owned()).collect();
    services.sort();
    services.dedup();
    services
}
