//! The effective time of a change, fixed once by the server and never computed again.

use minicbor::{Decode, Encode};

/// A hybrid logical time: 48 bits of ms since 1970 UTC and a counter of 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Hlc(#[n(0)] pub u64);

const COUNTER_BITS: u32 = 16;

impl Hlc {
    /// The first moment of this millisecond.
    pub fn of_ms(ms: i64) -> Self {
        Self(u64::try_from(ms).unwrap_or(0).min(u64::MAX >> COUNTER_BITS) << COUNTER_BITS)
    }

    /// ms since 1970 UTC.
    pub fn ms(self) -> i64 {
        i64::try_from(self.0 >> COUNTER_BITS).unwrap_or(i64::MAX)
    }

    fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Turns a device's times into effective ones.
///
/// Each is corrected by the offset measured at this contact, never beyond the time of receipt and
/// strictly later than the one before of the same incarnation. So a phone a year ahead wins
/// nothing, a slow one loses nothing, and the edits of one device keep their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    offset_ms: i64,
    received_ms: i64,
    last: Hlc,
}

impl Clock {
    /// From both clocks at this contact and the incarnation's last effective time.
    pub fn new(device_ms: i64, received_ms: i64, last: Hlc) -> Self {
        Self { offset_ms: received_ms.saturating_sub(device_ms), received_ms, last }
    }

    /// The effective time of a change made at `at_ms` by the device's clock.
    pub fn tick(&mut self, at_ms: i64) -> Hlc {
        let corrected = at_ms.saturating_add(self.offset_ms).min(self.received_ms);
        self.last = Hlc::of_ms(corrected).max(self.last.next());
        self.last
    }

    /// The last effective time given, to be kept for the incarnation.
    pub fn last(&self) -> Hlc {
        self.last
    }

    /// When the server received this round, ms since 1970 UTC.
    pub fn received_ms(&self) -> i64 {
        self.received_ms
    }
}

/// What a device's clock reads now, where only a file tells that was sealed when it read `sealed_ms`.
///
/// How long the file was on its way is known to nobody, so the device is taken at its word: unless its
/// clock would have been sealed after it came, or before the device last asked (`seen_ms`), neither of
/// which can be. A clock that is wrong within these bounds stays wrong.
pub fn carried(sealed_ms: i64, seen_ms: Option<i64>, now_ms: i64) -> i64 {
    let earliest = seen_ms.unwrap_or(i64::MIN).min(now_ms);
    let was_sealed_ms = sealed_ms.clamp(earliest, now_ms);
    sealed_ms.saturating_add(now_ms.saturating_sub(was_sealed_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_763_000_000_000;
    const YEAR: i64 = 365 * 24 * 3_600_000;

    #[test]
    fn wrong_clocks_are_set_right() {
        for offset in [-YEAR, -1, 0, 1, YEAR] {
            let mut clock = Clock::new(NOW + offset, NOW, Hlc::default());
            assert_eq!(clock.tick(NOW + offset - 5_000).ms(), NOW - 5_000);
        }
    }

    #[test]
    fn nothing_lies_beyond_the_time_of_receipt() {
        let mut clock = Clock::new(NOW, NOW, Hlc::default());
        assert_eq!(clock.tick(NOW + YEAR).ms(), NOW);
        assert_eq!(clock.tick(i64::MAX).ms(), NOW);
        assert_eq!(clock.tick(i64::MIN).ms(), NOW, "and later ones stay later");
    }

    /// A change of a minute before the file was sealed, which was a week on its way.
    ///
    /// | how wrong the clock is | last seen | when it counts as made |
    #[test]
    fn what_was_carried_counts_as_of_when_it_was_made() {
        const WEEK: i64 = 7 * 24 * 3_600_000;
        const MINUTE: i64 = 60_000;
        let sealed = NOW - WEEK;
        for (wrong, seen, expected) in [
            (0, Some(sealed - WEEK), sealed - MINUTE),
            (0, None, sealed - MINUTE),
            (YEAR, Some(sealed - WEEK), NOW - MINUTE),
            (-YEAR, Some(sealed - WEEK), sealed - WEEK - MINUTE),
            (-YEAR, None, sealed - YEAR - MINUTE),
            (0, Some(NOW + YEAR), NOW - MINUTE),
        ] {
            let mut clock = Clock::new(carried(sealed + wrong, seen, NOW), NOW, Hlc::default());
            let made = clock.tick(sealed + wrong - MINUTE).ms();
            assert_eq!(made, expected, "{wrong} {seen:?}");
        }
        assert_eq!(carried(i64::MIN, Some(i64::MIN), i64::MAX), -1, "whatever is said");
    }

    #[test]
    fn changes_of_one_incarnation_keep_their_order() {
        let mut clock = Clock::new(NOW, NOW, Hlc::of_ms(NOW - 10));
        let times: Vec<Hlc> = [-20, -5, -5, -9, 0].iter().map(|before| clock.tick(NOW + before)).collect();
        assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
        assert_eq!(clock.last(), times[4]);
    }
}
