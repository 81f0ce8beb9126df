//! How much of an answer is applied in one step, so that a person never waits for it.

/// Records applied in one step: at first, at least and at most.
const SLICE: usize = 500;
const SLICES: (usize, usize) = (200, MOST_A_STEP);
/// The most that a step takes at once, except in a first sync.
pub(crate) const MOST_A_STEP: usize = 2_000;
/// How long a step should take, ms: between its bounds it is well.
const STEP_MS: (i64, i64) = (6, 14);
/// The same in a first sync: an answer may take a moment, and every step writes the indexes' pages anew.
const FIRST_SLICES: (usize, usize) = (200, 10_000);
const FIRST_STEP_MS: (i64, i64) = (30, 60);

/// How many records make one step on this device.
#[derive(Debug)]
pub(crate) struct Pace {
    slice: usize,
    /// When the step before this one began.
    began_ms: Option<i64>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { slice: SLICE, began_ms: None }
    }
}

impl Pace {
    /// A step begins; what the one before it took decides its size.
    pub fn next(&mut self, now_ms: i64, is_first_sync: bool) -> usize {
        let (slices, step_ms) = if is_first_sync { (FIRST_SLICES, FIRST_STEP_MS) } else { (SLICES, STEP_MS) };
        let took_ms = self.began_ms.replace(now_ms).map(|began| now_ms.saturating_sub(began));
        self.slice = match took_ms {
            Some(quick) if quick < step_ms.0 => self.slice * 2,
            Some(slow) if slow > step_ms.1 => self.slice / 2,
            _ => self.slice,
        }
        .clamp(slices.0, slices.1);
        self.slice
    }

    /// The next step follows after something else.
    pub fn pause(&mut self) {
        self.began_ms = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use contract::test;

    #[test]
    fn steps_grow_while_they_are_quick_and_shrink_when_they_are_slow() {
        let mut pace = Pace::default();
        let steps = [0, 3, 13, 113, 213, 313, 413].map(|now_ms| pace.next(now_ms, false));
        assert_eq!(steps, [500, 1_000, 1_000, 500, 250, 200, 200]);
        pace.pause();
        assert_eq!(pace.next(9_000, false), 200, "a pause says nothing");
        assert!((9_000..9_020).all(|now_ms| pace.next(now_ms, false) <= 2_000));
    }

    #[test]
    fn steps_of_a_first_sync_are_longer() {
        let mut pace = Pace::default();
        let steps = [0, 13, 33, 53, 73, 93, 143, 243].map(|now_ms| pace.next(now_ms, true));
        assert_eq!(steps, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 5_000]);
        assert_eq!(pace.next(253, false), 2_000, "and not those that follow it");
    }
}
