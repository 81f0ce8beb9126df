//! Days cross the boundary by their numbers, days since 1970-01-01: the pages need no reader of dates for
//! them. Use with `#[serde(with = "super::as_number")]`.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codes::VisitResult;
use crate::time::{day_from_number, day_number};

/// Writes the number of each day.
pub fn serialize<T: WithDays, S: Serializer>(days: &T, serializer: S) -> Result<S::Ok, S::Error> {
    days.numbered().serialize(serializer)
}

/// Reads days by their numbers.
pub fn deserialize<'de, T: WithDays, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::Numbered::deserialize(deserializer).map(T::of_numbers)
}

/// A day, or something with days in it.
pub trait WithDays: Sized {
    /// The same with numbers.
    type Numbered: Serialize + for<'de> Deserialize<'de>;

    /// Numbers for days.
    fn numbered(&self) -> Self::Numbered;

    /// Days for numbers.
    fn of_numbers(numbers: Self::Numbered) -> Self;
}

impl WithDays for NaiveDate {
    type Numbered = i32;

    fn numbered(&self) -> i32 {
        day_number(*self)
    }

    fn of_numbers(number: i32) -> Self {
        day_from_number(number)
    }
}

impl WithDays for VisitResult {
    type Numbered = Self;

    fn numbered(&self) -> Self {
        *self
    }

    fn of_numbers(result: Self) -> Self {
        result
    }
}

impl<T: WithDays> WithDays for Option<T> {
    type Numbered = Option<T::Numbered>;

    fn numbered(&self) -> Self::Numbered {
        self.as_ref().map(T::numbered)
    }

    fn of_numbers(numbers: Self::Numbered) -> Self {
        numbers.map(T::of_numbers)
    }
}

impl<T: WithDays> WithDays for Vec<T> {
    type Numbered = Vec<T::Numbered>;

    fn numbered(&self) -> Self::Numbered {
        self.iter().map(T::numbered).collect()
    }

    fn of_numbers(numbers: Self::Numbered) -> Self {
        numbers.into_iter().map(T::of_numbers).collect()
    }
}

impl<A: WithDays, B: WithDays> WithDays for (A, B) {
    type Numbered = (A::Numbered, B::Numbered);

    fn numbered(&self) -> Self::Numbered {
        (self.0.numbered(), self.1.numbered())
    }

    fn of_numbers((first, second): Self::Numbered) -> Self {
        (A::of_numbers(first), B::of_numbers(second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_cross_as_numbers_wherever_they_stand() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let proposals = vec![(VisitResult::Met, Some(day)), (VisitResult::Met, None)];
        let numbers = serialize(&proposals, serde_json::value::Serializer).unwrap();
        assert_eq!(numbers, serde_json::json!([[1, 20_779], [1, null]]));
        assert_eq!(deserialize::<Vec<(VisitResult, Option<NaiveDate>)>, _>(numbers).unwrap(), proposals);
    }
}
