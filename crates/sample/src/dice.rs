//! Repeatable chance: the same seed and label always fall the same way.

use chrono::{Days, NaiveDate};
use oorandom::Rand64;
use records::RecordId;

/// A sequence of throws of its own for every label, so that one grid can be made without the others.
pub(crate) struct Dice(Rand64);

impl Dice {
    /// The dice of a label under a seed.
    pub fn of(seed: u64, label: &str) -> Self {
        // FNV-1a: stable across platforms and versions, unlike std's hashers.
        let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(Rand64::new((u128::from(seed) << 64) | u128::from(hash)))
    }

    /// A number below `end`; 0 when there is none.
    pub fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.0.rand_range(0..u64::from(end.max(1)))).unwrap_or(0)
    }

    /// A number from `first` to `last`, both included.
    pub fn between(&mut self, first: u32, last: u32) -> u32 {
        first + self.below(last.saturating_sub(first) + 1)
    }

    /// True in `percent` of a hundred throws.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// True in `count` of a thousand throws.
    pub fn permille(&mut self, count: u32) -> bool {
        self.below(1_000) < count
    }

    /// One of these.
    ///
    /// # Panics
    /// When there is none: the lists are part of this crate and never empty.
    pub fn pick<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(u32::try_from(list.len()).unwrap_or(u32::MAX)) as usize]
    }

    /// One of these, each as often as its weight.
    ///
    /// # Panics
    /// When there is none, as for [`Dice::pick`].
    pub fn weighted<'l, T>(&mut self, list: &'l [(T, u32)]) -> &'l T {
        let mut left = self.below(list.iter().map(|(_, weight)| weight).sum());
        for (value, weight) in list {
            if left < *weight {
                return value;
            }
            left -= weight;
        }
        &list[list.len() - 1].0
    }

    /// A day from `first` to `last`, both included.
    pub fn day(&mut self, first: NaiveDate, last: NaiveDate) -> NaiveDate {
        let span = last.signed_duration_since(first).num_days();
        first + Days::new(u64::from(self.below(u32::try_from(span + 1).unwrap_or(1))))
    }

    /// The id of a record made at this time.
    pub fn id(&mut self, utc_ms: i64) -> RecordId {
        RecordId::new(utc_ms, self.ten_bytes())
    }

    fn ten_bytes(&mut self) -> [u8; 10] {
        let (one, two) = (self.0.rand_u64().to_be_bytes(), self.0.rand_u64().to_be_bytes());
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&one);
        bytes[8..].copy_from_slice(&two[..2]);
        bytes
    }

    /// Shuffles in place.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(u32::try_from(last + 1).unwrap_or(u32::MAX)) as usize;
            list.swap(last, other);
        }
    }

    /// `total` in `parts` shares that differ by about `percent` and add up exactly.
    pub fn shares(&mut self, total: u32, parts: u32, percent: u32) -> Vec<u32> {
        let parts = parts.max(1);
        let mut shares: Vec<u32> =
            (0..parts).map(|part| total / parts + u32::from(part < total % parts)).collect();
        let most = u32::try_from(u64::from(total / parts) * u64::from(percent) / 100).unwrap_or(0);
        let mut order: Vec<usize> = (0..shares.len()).collect();
        self.shuffle(&mut order);
        for pair in order.chunks_exact(2) {
            let moved = self.below(most + 1).min(shares[pair[1]]);
            shares[pair[0]] += moved;
            shares[pair[1]] -= moved;
        }
        shares
    }
}
