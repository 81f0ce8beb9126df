//! Percentiles of repeated timings.

use std::time::{Duration, Instant};

/// Timings of one thing.
#[derive(Debug, Default)]
pub struct Figures {
    taken: Vec<Duration>,
}

impl Figures {
    /// Times one run and keeps it.
    pub fn time<T>(&mut self, run: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let answer = run();
        self.taken.push(start.elapsed());
        answer
    }

    /// Keeps a timing taken elsewhere.
    pub fn add(&mut self, taken: Duration) {
        self.taken.push(taken);
    }

    /// How many were kept.
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether nothing was timed.
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// The timing that this share of all runs did not exceed, `share` in percent.
    pub fn percentile(&self, share: usize) -> Duration {
        let mut sorted = self.taken.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * share).div_ceil(100).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(at).copied().unwrap_or_default()
    }

    /// Prints one line of the table; `aim` names what was aimed at.
    pub fn print(&self, name: &str, aim: &str) {
        let ms = |share| format!("{:8.3}", self.percentile(share).as_secs_f64() * 1_000.0);
        println!("{name:<44} {} {} {} {:>7}  {aim}", ms(50), ms(95), ms(99), self.taken.len());
    }
}

/// Prints the head of the table.
pub fn print_head(title: &str) {
    println!("\n{title}");
    println!("{:<44} {:>8} {:>8} {:>8} {:>7}  aim", "", "p50 ms", "p95 ms", "p99 ms", "runs");
}
