//! What the pages hear while bytes come in: no more than they can show.

use records::call::Event;

use crate::Platform;

/// What is told, and what is still owed.
pub(crate) struct News {
    /// How far a round has come.
    pub of_progress: Pulse,
    of_changes: Pulse,
    /// Something changed and was not told yet.
    is_owed: bool,
}

impl Default for News {
    fn default() -> Self {
        let pulse = |every_ms| Pulse { every_ms, last_ms: None };
        // Every word of changes lets each open page read again what it shows.
        Self { of_progress: pulse(100), of_changes: pulse(1_000), is_owed: false }
    }
}

impl News {
    /// Something changed: says so, now or soon.
    pub fn tell_changes(&mut self, platform: &impl Platform) {
        self.is_owed = true;
        if self.of_changes.is_due(platform.ticks_ms()) {
            self.tell_rest(platform);
        }
    }

    /// Says what was held back.
    pub fn tell_rest(&mut self, platform: &impl Platform) {
        if std::mem::take(&mut self.is_owed) {
            platform.tell(&Event::Changed);
        }
    }
}

/// Something that happens at most so often.
pub(crate) struct Pulse {
    every_ms: u64,
    last_ms: Option<u64>,
}

impl Pulse {
    /// Whether it is time again; if so, it counts from now on.
    pub fn is_due(&mut self, now_ms: u64) -> bool {
        let is_due = self.last_ms.is_none_or(|last| now_ms.saturating_sub(last) >= self.every_ms);
        if is_due {
            self.last_ms = Some(now_ms);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_fast_rounds_are_the_pages_hear_of_it_ten_times_a_second() {
        let mut news = News::default();
        assert_eq!((5_000..7_000).filter(|now_ms| news.of_progress.is_due(*now_ms)).count(), 20);
        assert_eq!((5_000..7_000).filter(|now_ms| news.of_changes.is_due(*now_ms)).count(), 2);
    }
}
