//! Who lives behind a door: members of a household that fit together by age and name.

use chrono::{Datelike, Days, NaiveDate};
use records::codes::{KeyCategory, Relation, Residence, Sex};

use crate::dice::Dice;
use crate::names;

/// How a household is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    VeryOldAlone,
    ElderAlone,
    ElderCouple,
    AdultAlone,
    Couple,
    ParentChild,
    CoupleChild,
    CoupleTwoChildren,
    ThreeGenerations,
    GrandparentChild,
    Flatmates,
    Dormitory,
}

use Shape::{
    AdultAlone, Couple, CoupleChild, CoupleTwoChildren, Dormitory, ElderAlone, ElderCouple, Flatmates,
    GrandparentChild, ParentChild, ThreeGenerations, VeryOldAlone,
};

/// One member before ids.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub name: String,
    pub relation: Relation,
    pub sex: Sex,
    pub born_on: NaiveDate,
    pub residence: Residence,
}

impl Member {
    /// Years of age on a day.
    pub fn age(&self, today: NaiveDate) -> u32 {
        today.years_since(self.born_on).unwrap_or(0)
    }
}

/// Shapes of owners' households; 2.25 people on average.
const OWNERS: &[(Shape, u32)] = &[
    (ElderAlone, 11),
    (ElderCouple, 17),
    (AdultAlone, 13),
    (Couple, 17),
    (ParentChild, 5),
    (CoupleChild, 23),
    (CoupleTwoChildren, 8),
    (ThreeGenerations, 5),
    (GrandparentChild, 1),
];
const TENANTS: &[(Shape, u32)] =
    &[(AdultAlone, 38), (Couple, 27), (CoupleChild, 14), (Flatmates, 18), (ParentChild, 3)];

/// A shape by chance.
pub(crate) fn ordinary_shape(dice: &mut Dice, is_tenant: bool) -> Shape {
    *dice.weighted(if is_tenant { TENANTS } else { OWNERS })
}

/// The shape a reason for care implies.
pub(crate) fn shape_for(dice: &mut Dice, category: KeyCategory) -> Shape {
    match category {
        KeyCategory::Aged80Alone => VeryOldAlone,
        KeyCategory::DestituteAtHome => ElderAlone,
        KeyCategory::VeteranInNeed => *dice.pick(&[AdultAlone, ElderCouple]),
        KeyCategory::EmptyNest | KeyCategory::LostOnlyChild => ElderCouple,
        KeyCategory::Orphan
        | KeyCategory::UnsupportedChild
        | KeyCategory::LeftBehindChild
        | KeyCategory::RuralLeftBehindAged => GrandparentChild,
        KeyCategory::ChildInNeed => ParentChild,
        KeyCategory::SpecialCare => *dice.pick(&[ElderAlone, ElderCouple]),
        KeyCategory::Disabled => *dice.pick(&[ElderCouple, ThreeGenerations]),
        _ => *dice.weighted(&[
            (Couple, 3),
            (CoupleChild, 4),
            (ParentChild, 3),
            (AdultAlone, 3),
            (ElderCouple, 2),
        ]),
    }
}

/// The members of a household of this shape, head first; the head has this surname when one is given.
pub(crate) fn members(
    dice: &mut Dice,
    shape: Shape,
    today: NaiveDate,
    surname: Option<&'static str>,
) -> Vec<Member> {
    let ages = roles(dice, shape);
    let head_surname = surname.unwrap_or_else(|| names::surname(dice));
    let spouse_surname = names::surname(dice);
    let head_is_father = ages.first().is_some_and(|(_, sex, _)| *sex == Sex::Male);
    let family_name = if head_is_father || ages.len() < 3 { head_surname } else { spouse_surname };
    let is_shared = matches!(shape, Flatmates | Dormitory);
    let residence = household_residence(dice, is_shared);
    let mut members = Vec::with_capacity(ages.len());
    for (relation, sex, age) in ages {
        let surname = match relation {
            Relation::Head => head_surname,
            Relation::Spouse => spouse_surname,
            Relation::Parent if sex == Sex::Female => names::surname(dice),
            Relation::Other => names::surname(dice),
            Relation::Parent => head_surname,
            _ => family_name,
        };
        let born_on = birthday(dice, today, age);
        let name = names::full(dice, surname, sex, born_on.year());
        let residence = if dice.percent(4) { Residence::Away } else { residence };
        members.push(Member { name, relation, sex, born_on, residence });
    }
    members
}

fn household_residence(dice: &mut Dice, is_shared: bool) -> Residence {
    if is_shared {
        return Residence::Floating;
    }
    *dice.weighted(&[(Residence::Registered, 74), (Residence::Resident, 18), (Residence::Floating, 8)])
}

fn birthday(dice: &mut Dice, today: NaiveDate, age: u32) -> NaiveDate {
    let days = u64::from(age) * 365 + u64::from(age / 4) + u64::from(dice.between(1, 364));
    today.checked_sub_days(Days::new(days)).unwrap_or(today)
}

type RoleAndAge = (Relation, Sex, u32);

fn roles(dice: &mut Dice, shape: Shape) -> Vec<RoleAndAge> {
    match shape {
        VeryOldAlone => vec![(Relation::Head, sex(dice, 35), dice.between(80, 95))],
        ElderAlone => vec![(Relation::Head, sex(dice, 35), dice.between(68, 93))],
        AdultAlone => vec![(Relation::Head, sex(dice, 55), dice.between(22, 63))],
        ElderCouple => {
            let age = dice.between(64, 86);
            couple(dice, age)
        }
        Couple => {
            let age = dice.between(25, 62);
            couple(dice, age)
        }
        ParentChild => {
            let age = dice.between(27, 55);
            let mut people = vec![(Relation::Head, sex(dice, 35), age)];
            people.push(child(dice, age));
            people
        }
        CoupleChild | CoupleTwoChildren => {
            let age = dice.between(27, 55);
            let mut people = couple(dice, age);
            let children = if shape == CoupleChild { 1 } else { 2 };
            people.extend((0..children).map(|_| child(dice, age.min(48))));
            people
        }
        ThreeGenerations => {
            let age = dice.between(30, 50);
            let mut people = couple(dice, age);
            people.push(child(dice, age));
            people.push((Relation::Parent, sex(dice, 35), age + dice.between(22, 34)));
            people
        }
        GrandparentChild => {
            let age = dice.between(58, 76);
            let grandchild = (Relation::Grandchild, sex(dice, 52), dice.between(4, 16));
            vec![(Relation::Head, sex(dice, 40), age), grandchild]
        }
        Flatmates => flatmates(dice, 2, 3),
        Dormitory => flatmates(dice, 3, 6),
    }
}

fn flatmates(dice: &mut Dice, fewest: u32, most: u32) -> Vec<RoleAndAge> {
    let count = dice.between(fewest, most);
    let relation = |index| if index == 0 { Relation::Head } else { Relation::Other };
    (0..count).map(|index| (relation(index), sex(dice, 55), dice.between(19, 38))).collect()
}

fn couple(dice: &mut Dice, age: u32) -> Vec<RoleAndAge> {
    let head = sex(dice, 72);
    let spouse = if head == Sex::Male { Sex::Female } else { Sex::Male };
    let spouse_age = (age + dice.below(7)).saturating_sub(4).max(22);
    vec![(Relation::Head, head, age), (Relation::Spouse, spouse, spouse_age)]
}

fn child(dice: &mut Dice, parent_age: u32) -> RoleAndAge {
    let sex = sex(dice, 52);
    let oldest = parent_age.saturating_sub(22).min(26);
    let relation = if sex == Sex::Male { Relation::Son } else { Relation::Daughter };
    (relation, sex, dice.between(0, oldest))
}

fn sex(dice: &mut Dice, percent_male: u32) -> Sex {
    if dice.percent(percent_male) { Sex::Male } else { Sex::Female }
}
