//! What the pages hear while bytes come in: no more than they can show.

use std::time::{Duration, Instant};

use records::call::Event;

use crate::core::Core;

/// What is told, and what is still owed.
pub struct News {
    /// How far a round has come.
    pub of_progress: Pulse,
    of_changes: Pulse,
    /// Something changed and was not told yet.
    is_owed: bool,
}

impl Default for News {
    fn default() -> Self {
        let pulse = |every_ms| Pulse { every: Duration::from_millis(every_ms), last: None };
        // Every word of changes lets each open page read again what it shows.
        Self { of_progress: pulse(100), of_changes: pulse(1_000), is_owed: false }
    }
}

impl News {
    /// Something changed: says so, now or soon.
    pub fn tell_changes(&mut self, core: &Core) {
        self.is_owed = true;
        if self.of_changes.is_due(Instant::now()) {
            self.tell_rest(core);
        }
    }

    /// Says what was held back.
    pub fn tell_rest(&mut self, core: &Core) {
        if std::mem::take(&mut self.is_owed) {
            core.tell(&Event::Changed);
        }
    }
}

/// Something that happens at most so often.
pub struct Pulse {
    every: Duration,
    last: Option<Instant>,
}

impl Pulse {
    /// Whether it is time again; if so, it counts from now on.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.last.is_none_or(|last| now.duration_since(last) >= self.every);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_fast_rounds_are_the_pages_hear_of_it_ten_times_a_second() {
        let (mut news, start) = (News::default(), Instant::now());
        let moments = || (0..2_000).map(|ms| start + Duration::from_millis(ms));
        assert_eq!(moments().filter(|now| news.of_progress.is_due(*now)).count(), 20);
        assert_eq!(moments().filter(|now| news.of_changes.is_due(*now)).count(), 2);
    }
}
