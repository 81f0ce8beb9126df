//! The visit rhythm and due dates (domain §3.9, §5.3).
//!
//! H once a week, M once a month, N once a quarter, O without rhythm. A visit counts with results
//! 1, 2, 7 and 8; a refusal is respected and counts as contact; who moved away is not due, except that
//! H stays due until the community has confirmed it (it sets the day the household left, or another
//! level), so that nobody is dropped silently.

use chrono::{Days, Months, NaiveDate};

use crate::codes::{CareLevel, VisitResult};

/// What the rhythm needs to know of a household's visits so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VisitsSoFar {
    /// The latest visit of any result.
    pub last: Option<(NaiveDate, VisitResult)>,
    /// The latest day with an effective visit.
    pub last_effective: Option<NaiveDate>,
    /// The latest day somebody was met in person.
    pub last_met: Option<NaiveDate>,
    /// The day agreed at the latest visit.
    pub next_on: Option<NaiveDate>,
}

impl VisitsSoFar {
    /// These visits with one more; visits may be added in any order.
    #[must_use]
    pub fn and(self, on: NaiveDate, result: VisitResult, next_on: Option<NaiveDate>) -> Self {
        let is_latest = self.last.is_none_or(|(last, _)| on >= last);
        Self {
            last: if is_latest { Some((on, result)) } else { self.last },
            last_effective: self.last_effective.max(result.is_effective().then_some(on)),
            last_met: self.last_met.max((result == VisitResult::Met).then_some(on)),
            next_on: if is_latest { next_on } else { self.next_on },
        }
    }
}

/// The day one period after `day`; `None` for a level without rhythm.
pub fn one_period_after(care: CareLevel, day: NaiveDate) -> Option<NaiveDate> {
    match care {
        CareLevel::High => day.checked_add_days(Days::new(7)),
        CareLevel::Key => day.checked_add_months(Months::new(1)),
        CareLevel::General => day.checked_add_months(Months::new(3)),
        CareLevel::Ordinary | CareLevel::Newer(_) => None,
    }
}

/// The day a household is due.
///
/// The day agreed at the last visit goes first. Otherwise one period after the last effective visit
/// or refusal; without any, one period after the level was set. For H, somebody must be met in person
/// at least once in two periods. Without rhythm and agreement: `None`. After moving away `None` as well,
/// except for H: a visit that says so moves nothing.
pub fn due_on(care: CareLevel, care_since: NaiveDate, visits: &VisitsSoFar) -> Option<NaiveDate> {
    if matches!(visits.last, Some((_, VisitResult::MovedAway))) && care != CareLevel::High {
        return None;
    }
    if let Some(agreed) = visits.next_on {
        return Some(agreed);
    }
    let refused = visits.last.filter(|(_, result)| *result == VisitResult::Refused).map(|(on, _)| on);
    let Some(contact) = visits.last_effective.max(refused) else {
        return one_period_after(care, care_since);
    };
    let by_rhythm = one_period_after(care, contact)?;
    let in_person = (care == CareLevel::High && refused.is_none())
        .then(|| visits.last_met.unwrap_or(care_since).checked_add_days(Days::new(14)))
        .flatten();
    Some(in_person.map_or(by_rhythm, |day| day.min(by_rhythm)))
}

/// The next day to propose on the visit sheet once a result is chosen; `None` proposes nothing.
pub fn propose_next(care: CareLevel, today: NaiveDate, result: VisitResult) -> Option<NaiveDate> {
    match result {
        VisitResult::NobodyHome | VisitResult::Later => {
            let days = if care == CareLevel::High { 1 } else { 3 };
            today.checked_add_days(Days::new(days))
        }
        VisitResult::MovedAway | VisitResult::Newer(_) => None,
        _ => one_period_after(care, today),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CareLevel::{General, High, Key, Ordinary};
    use VisitResult::{Later, Met, MovedAway, Neighbour, NobodyHome, Phone, Refused};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn visited(visits: &[(&str, VisitResult)]) -> VisitsSoFar {
        visits.iter().fold(VisitsSoFar::default(), |so_far, (on, result)| so_far.and(day(on), *result, None))
    }

    #[test]
    fn due_dates_as_the_rhythm_says() {
        let since = day("2026-01-01");
        for (care, visits, due) in [
            (Ordinary, visited(&[]), None),
            (Ordinary, visited(&[("2026-03-01", Met)]), None),
            (High, visited(&[]), Some("2026-01-08")),
            (High, visited(&[("2026-03-01", Met)]), Some("2026-03-08")),
            (Key, visited(&[("2026-01-31", Met)]), Some("2026-02-28")),
            (General, visited(&[("2026-11-30", Phone)]), Some("2027-02-28")),
            // Nobody home moves nothing.
            (Key, visited(&[("2026-03-01", Met), ("2026-03-20", NobodyHome)]), Some("2026-04-01")),
            (Key, visited(&[("2026-03-20", Later)]), Some("2026-02-01")),
            // A refusal is contact; nobody is pressed before the next period.
            (Key, visited(&[("2026-03-01", Refused)]), Some("2026-04-01")),
            (Key, visited(&[("2026-03-01", MovedAway)]), None),
            // Somebody at risk is not dropped on one word: still due, as if nobody had been home.
            (High, visited(&[("2026-03-01", MovedAway)]), Some("2026-01-08")),
            (High, visited(&[("2026-03-01", Met), ("2026-03-07", MovedAway)]), Some("2026-03-08")),
            // H by phone only: met in person within two periods.
            (High, visited(&[("2026-03-01", Met), ("2026-03-08", Phone)]), Some("2026-03-15")),
            (High, visited(&[("2026-03-01", Met), ("2026-03-13", Neighbour)]), Some("2026-03-15")),
        ] {
            assert_eq!(due_on(care, since, &visits), due.map(day), "{care:?} {visits:?}");
        }
    }

    #[test]
    fn an_agreed_day_goes_before_the_rhythm() {
        let visits = VisitsSoFar::default().and(day("2026-03-01"), Met, Some(day("2026-03-04")));
        assert_eq!(due_on(Key, day("2026-01-01"), &visits), Some(day("2026-03-04")));
        assert_eq!(due_on(Ordinary, day("2026-01-01"), &visits), Some(day("2026-03-04")));
    }

    proptest::proptest! {
        /// Visits arrive from several devices in any order; the due date must not depend on it.
        #[test]
        fn order_of_arrival_changes_nothing(
            mut visits in proptest::collection::vec((0u64..400, 1u16..9), 0..8),
            care in 0u16..4,
        ) {
            let base = day("2026-01-01");
            visits.sort();
            visits.dedup_by_key(|(on, _)| *on);
            let fold = |visits: &[(u64, u16)]| visits.iter().fold(VisitsSoFar::default(), |so_far, (on, result)| {
                so_far.and(base + Days::new(*on), VisitResult::from(*result), None)
            });
            let forward = fold(&visits);
            visits.reverse();
            proptest::prop_assert_eq!(forward, fold(&visits));
            let care = CareLevel::from(care);
            if let Some(due) = due_on(care, base, &forward) {
                let latest = forward.last_effective.unwrap_or(base).max(forward.last.map_or(base, |(on, _)| on));
                proptest::prop_assert!(due <= one_period_after(care, latest).unwrap());
            }
        }
    }
}
