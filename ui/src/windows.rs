//! The rows of a long list, held in windows that are fetched by key as they come into sight.
//!
//! Keys lead from one window to the next, so a jump to the far end walks there, window by window;
//! the way is remembered, and rows far from the eye are let go.

use std::collections::BTreeMap;
use std::ops::Range;

/// Rows in a window of a list that is looked through.
pub const ROWS: usize = 200;
/// Rows in a window of what was found: few look beyond the first screen, and the next letter brings others.
pub const FOUND: usize = 30;
/// Windows kept; enough for several screens either side.
const KEPT: usize = 6;

/// A long list, as far as it is known.
#[derive(Debug, Clone)]
pub struct Windows<R> {
    /// Rows in a window.
    size: usize,
    /// The size of the list that takes the place of this one.
    next: Option<usize>,
    /// How many lists there were before this one.
    number: u32,
    /// The key each window starts after; a window without one is not reached yet.
    starts: Vec<Option<String>>,
    held: BTreeMap<usize, Held<R>>,
    /// All rows, when the core said so.
    total: Option<usize>,
    /// Rows up to the end, once the end was seen.
    end: Option<usize>,
    fetching: Option<usize>,
}

#[derive(Debug, Clone)]
struct Held<R> {
    rows: Vec<R>,
    is_stale: bool,
}

impl<R> Default for Windows<R> {
    fn default() -> Self {
        Self::of(ROWS, 0)
    }
}

impl<R> Windows<R> {
    fn of(size: usize, number: u32) -> Self {
        let held = BTreeMap::new();
        Self { size, next: None, number, starts: vec![None], held, total: None, end: None, fetching: None }
    }

    /// Another list is wanted in the place of this one, in windows of `size` rows. This one stays on the screen until
    /// the first of the other are there.
    pub fn begin_anew(&mut self, size: usize) {
        self.next = Some(size);
        self.fetching = None;
    }

    /// Rows in each window that is fetched next.
    pub fn window_size(&self) -> usize {
        self.next.unwrap_or(self.size)
    }

    /// Which list this is, counted from 0.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How many rows the list has, as far as is known.
    pub fn len(&self) -> usize {
        let reached = self.starts.len() * self.size;
        self.end.or(self.total).unwrap_or(if self.held.is_empty() { 0 } else { reached })
    }

    /// Whether the first answer is there.
    pub fn is_ready(&self) -> bool {
        !self.held.is_empty()
    }

    /// The row at a place, when it is held.
    pub fn row(&self, at: usize) -> Option<&R> {
        self.held.get(&(at / self.size)).and_then(|held| held.rows.get(at % self.size))
    }

    /// The row above a place, when it is held.
    pub fn before(&self, at: usize) -> Option<&R> {
        self.row(at.checked_sub(1)?)
    }

    /// How many rows around a place belong together with it; `None` while not all of them are held.
    pub fn alike(&self, at: usize, is_alike: impl Fn(&R, &R) -> bool) -> Option<usize> {
        let row = self.row(at)?;
        let belongs = |at: usize| self.row(at).map(|other| is_alike(row, other));
        let (mut first, mut end) = (at, at + 1);
        while first > 0 && belongs(first - 1)? {
            first -= 1;
        }
        while end < self.len() && belongs(end)? {
            end += 1;
        }
        Some(end - first)
    }

    /// The window to fetch next so that `sight` can be shown: its number and the key it starts after.
    pub fn fetch_next(&mut self, sight: &Range<usize>) -> Option<(usize, Option<String>)> {
        if self.fetching.is_some() {
            return None;
        }
        if self.next.is_some() {
            self.fetching = Some(0);
            return Some((0, None));
        }
        let last = sight.end.saturating_sub(1).min(self.len().saturating_sub(1)) / self.size;
        let wanted = (sight.start / self.size..=last).find(|number| self.is_wanted(*number))?;
        let number = wanted.min(self.starts.len() - 1);
        self.fetching = Some(number);
        Some((number, self.starts[number].clone()))
    }

    fn is_wanted(&self, number: usize) -> bool {
        self.held.get(&number).is_none_or(|held| held.is_stale)
    }

    /// Takes a window in.
    pub fn arrived(&mut self, number: usize, rows: Vec<R>, next: Option<String>, total: Option<u32>) {
        if let Some(size) = self.next.take() {
            *self = Self::of(size, self.number + 1);
        }
        self.fetching = None;
        self.total = total.map(|total| total as usize);
        self.follow(number, rows.len(), next);
        self.held.insert(number, Held { rows, is_stale: false });
        self.let_go(number);
    }

    /// A fetch failed; it may be tried again.
    pub fn failed(&mut self) {
        self.fetching = None;
    }

    /// Records changed: what is held stays on the screen until it is fetched again.
    pub fn grow_stale(&mut self) {
        self.held.values_mut().for_each(|held| held.is_stale = true);
    }

    fn follow(&mut self, number: usize, rows: usize, next: Option<String>) {
        match next {
            Some(key) if self.starts.len() == number + 1 => {
                self.starts.push(Some(key));
                self.end = None;
            }
            Some(key) => self.starts[number + 1] = Some(key),
            None => {
                self.starts.truncate(number + 1);
                self.held.retain(|other, _| *other <= number);
                self.end = Some(number * self.size + rows);
            }
        }
    }

    fn let_go(&mut self, near: usize) {
        while self.held.len() > KEPT {
            let Some(farthest) = self.held.keys().copied().max_by_key(|number| number.abs_diff(near)) else {
                return;
            };
            self.held.remove(&farthest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers like the core would, for a list of `total` numbers.
    fn serve(windows: &mut Windows<usize>, total: usize, sight: Range<usize>) -> usize {
        let mut fetched = 0;
        while let Some((number, after)) = windows.fetch_next(&sight) {
            let start = after.map_or(0, |key| key.parse().unwrap());
            let rows: Vec<usize> = (start..total.min(start + ROWS)).collect();
            let next = (start + ROWS < total).then(|| (start + ROWS).to_string());
            windows.arrived(number, rows, next, u32::try_from(total).ok());
            fetched += 1;
        }
        fetched
    }

    #[test]
    fn a_jump_to_the_far_end_walks_there_and_keeps_little() {
        let mut windows = Windows::default();
        serve(&mut windows, 45_000, 0..20);
        assert_eq!(windows.len(), 45_000);
        assert_eq!(serve(&mut windows, 45_000, 44_990..45_000), 224);
        assert_eq!(windows.row(44_999), Some(&44_999));
        assert!(windows.held.len() <= KEPT);
        // The way back is known: one fetch.
        assert_eq!(serve(&mut windows, 45_000, 20_000..20_010), 1);
        assert_eq!(windows.row(20_005), Some(&20_005));
    }

    #[test]
    fn another_list_takes_the_place_of_this_one_once_it_is_there() {
        let mut windows = Windows::default();
        serve(&mut windows, 500, 0..20);
        windows.begin_anew(FOUND);
        assert_eq!((windows.row(150), windows.len(), windows.number()), (Some(&150), 500, 0));
        assert_eq!(windows.fetch_next(&(0..20)), Some((0, None)));
        assert_eq!(windows.fetch_next(&(0..20)), None);
        // Another letter was typed before the answer came.
        windows.begin_anew(FOUND);
        assert_eq!(windows.fetch_next(&(100..120)), Some((0, None)));
        windows.arrived(0, (900..930).collect(), Some("30".into()), None);
        assert_eq!((windows.row(29), windows.row(30), windows.number()), (Some(&929), None, 1));
        assert_eq!(windows.fetch_next(&(25..45)), Some((1, Some("30".into()))));
        windows.arrived(1, vec![930], None, None);
        assert_eq!((windows.row(30), windows.len()), (Some(&930), 31));
    }

    #[test]
    fn a_short_list_is_one_window() {
        let mut windows = Windows::default();
        assert_eq!(windows.len(), 0);
        assert_eq!(serve(&mut windows, 3, 0..20), 1);
        assert_eq!(windows.len(), 3);
        assert_eq!(windows.row(3), None);
    }

    #[test]
    fn stale_rows_stay_until_they_are_fetched_again() {
        let mut windows = Windows::default();
        serve(&mut windows, 500, 0..500);
        windows.grow_stale();
        assert_eq!(windows.row(450), Some(&450));
        assert_eq!(serve(&mut windows, 250, 0..10), 1);
        assert_eq!(serve(&mut windows, 250, 200..250), 1);
        assert_eq!(windows.len(), 250);
        assert_eq!(windows.row(450), None);
    }

    #[test]
    fn rows_that_belong_together_are_counted_once_all_of_them_are_known() {
        let mut windows = Windows::default();
        serve(&mut windows, 500, 0..10);
        let same_group = |a: &usize, b: &usize| a / 30 == b / 30;
        assert_eq!(windows.alike(0, same_group), Some(30));
        assert_eq!(windows.alike(45, same_group), Some(30));
        assert_eq!(windows.alike(199, same_group), None);
        serve(&mut windows, 500, 0..500);
        assert_eq!(windows.alike(199, same_group), Some(30));
        assert_eq!(windows.alike(499, same_group), Some(20));
    }

    #[test]
    fn an_empty_list_is_ready_and_empty() {
        let mut windows = Windows::default();
        assert!(!windows.is_ready());
        serve(&mut windows, 0, 0..20);
        assert!(windows.is_ready());
        assert_eq!(windows.len(), 0);
        assert_eq!(windows.fetch_next(&(0..20)), None);
    }
}
