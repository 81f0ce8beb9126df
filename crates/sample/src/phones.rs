//! Numbers that pass the rules and reach nobody.

use chrono::{Datelike, NaiveDate};
use records::codes::Sex;
use records::rules::id_number::check_digit;

use crate::dice::Dice;

/// A mobile number in a range no operator is known to hand out.
pub(crate) fn mobile(dice: &mut Dice) -> String {
    let range = dice.pick(&["154", "161", "163", "164", "168", "169"]);
    format!("{range}{:08}", dice.below(100_000_000))
}

/// A landline; subscriber numbers never begin with 0.
pub(crate) fn landline(dice: &mut Dice) -> String {
    format!("0454-0{:06}", dice.below(1_000_000))
}

/// An ID number of a region that does not exist below a province that does.
pub(crate) fn id_number(dice: &mut Dice, born_on: NaiveDate, sex: Sex) -> Option<String> {
    let order = dice.below(499) * 2 + u32::from(sex == Sex::Male);
    let day = format!("{:04}{:02}{:02}", born_on.year(), born_on.month(), born_on.day());
    let first17 = format!("230899{day}{order:03}");
    check_digit(&first17).map(|check| format!("{first17}{check}"))
}
