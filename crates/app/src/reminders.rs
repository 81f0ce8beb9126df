//! Reminders in the morning: how many households are due, and nothing else.

use chrono::NaiveDate;
use records::Moment;
use records::call::Language;
use store::tables::household::{self, Filter};

use crate::session::settings;
use crate::{Answer, App, Context};

/// Mornings that are planned ahead. Who does not open the app for so long hears nothing more.
const MORNINGS: usize = 7;

/// What a phone is to say in the mornings to come, in place of all it was given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminders {
    /// The language to say it in.
    pub language: Language,
    /// One for each morning on which somebody is due, the next one first.
    pub mornings: Vec<Reminder>,
}

/// One morning's reminder; it knows neither who is due nor why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminder {
    /// When to say it, ms since 1970 UTC.
    pub at_ms: i64,
    /// Households due that day or before, as 今日 will count them if nothing happens until then.
    pub due: u32,
}

impl App {
    /// What to remind of, as things stand: nothing, unless somebody chose a time for it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reminders(&self, context: &Context<'_>) -> Answer<Reminders> {
        Ok(self.store.read(|db| {
            let settings = settings(db)?;
            let mut reminders = Vec::new();
            for (day, at_ms) in mornings(context.now, settings.reminds_at) {
                let due = household::count(db, Filter::Due(day))?;
                reminders.extend((due > 0).then_some(Reminder { at_ms, due }));
            }
            Ok(Reminders { language: settings.language, mornings: reminders })
        })?)
    }

    /// When somebody wants to be reminded, minutes after midnight.
    ///
    /// # Errors
    /// As [`App::reminders`].
    pub fn reminds_at(&self) -> Answer<Option<u16>> {
        Ok(self.store.read(settings)?.reminds_at)
    }
}

/// The days whose time to remind comes next, with that time. A time no clock shows never comes.
fn mornings(now: Moment, reminds_at: Option<u16>) -> impl Iterator<Item = (NaiveDate, i64)> {
    let days = now.local_day().iter_days().take(MORNINGS + 1);
    let timed = days.filter_map(move |day| {
        let minute = u32::from(reminds_at?);
        let at = Moment::beijing_at(day, minute / 60, minute % 60)?;
        Some((day, at.utc_ms))
    });
    timed.filter(move |(_, at_ms)| *at_ms > now.utc_ms).take(MORNINGS)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use contract::test;

    /// A Sunday in November at this time of day.
    fn sunday_at(hour: u32, minute: u32) -> Moment {
        Moment::beijing_at("2026-11-22".parse().unwrap(), hour, minute).unwrap()
    }

    #[test]
    fn the_next_seven_mornings_are_planned() {
        let half_past_seven = Some(450);
        for (now, reminds_at, days) in [
            (sunday_at(7, 29), half_past_seven, Some(("2026-11-22", "2026-11-28"))),
            // It was said already, or is being said.
            (sunday_at(7, 30), half_past_seven, Some(("2026-11-23", "2026-11-29"))),
            (sunday_at(23, 59), half_past_seven, Some(("2026-11-23", "2026-11-29"))),
            (sunday_at(0, 0), Some(0), Some(("2026-11-23", "2026-11-29"))),
            (sunday_at(9, 0), Some(1_439), Some(("2026-11-22", "2026-11-28"))),
            (sunday_at(9, 0), Some(1_440), None),
            (sunday_at(9, 0), Some(u16::MAX), None),
            (sunday_at(9, 0), None, None),
        ] {
            let planned: Vec<_> = mornings(now, reminds_at).collect();
            let ends = planned.first().zip(planned.last()).map(|((first, _), (last, _))| (*first, *last));
            let expected = days.map(|(first, last)| (first.parse().unwrap(), last.parse().unwrap()));
            assert_eq!(ends, expected, "{now:?} {reminds_at:?}");
            assert_eq!(planned.len(), if days.is_some() { MORNINGS } else { 0 });
            for (day, at_ms) in planned {
                let minute = u32::from(reminds_at.unwrap());
                assert_eq!(Some(Moment::beijing(at_ms)), Moment::beijing_at(day, minute / 60, minute % 60));
            }
        }
    }
}
