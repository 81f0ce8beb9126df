//! What a step came to, and the table of all of them.

use std::time::Duration;

use anyhow::Result;

/// How many tests passed and failed; a step without tests counts as one.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Count {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
}

impl Count {
    /// The sum of both.
    pub fn plus(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// What a step that ran to its end reports.
pub enum Report {
    /// A step that is one check by itself.
    Check,
    /// A step that ran tests, and whether their program ended well.
    Tests {
        /// What the tests' summaries say.
        count: Count,
        /// Whether the program's exit status was success.
        ended_well: bool,
    },
}

/// A finished step.
pub struct Outcome {
    /// The step's name.
    pub name: &'static str,
    /// What it adds to the closing line.
    pub count: Count,
    /// How long it took.
    pub time: Duration,
}

impl Outcome {
    /// Judges a step; the reason of a fault is printed at once.
    pub fn new(name: &'static str, result: Result<Report>, time: Duration) -> Self {
        let count = match result {
            Ok(Report::Check) => Count { passed: 1, failed: 0 },
            Ok(Report::Tests { count, ended_well }) => judge(count, ended_well),
            Err(error) => {
                println!("   {error:#}");
                Count { passed: 0, failed: 1 }
            }
        };
        Self { name, count, time }
    }

    /// Whether anything in it failed.
    pub fn has_failed(&self) -> bool {
        self.count.failed > 0
    }

    /// The step in a word.
    pub fn verdict(&self) -> &'static str {
        if self.has_failed() { "FAILED" } else { "ok" }
    }
}

/// A program that ended badly failed at least once, and so did one that ran no test at all.
fn judge(count: Count, ended_well: bool) -> Count {
    let silent_failure = !ended_well && count.failed == 0;
    let nothing_ran = count == Count::default();
    if silent_failure || nothing_ran { count.plus(Count { passed: 0, failed: 1 }) } else { count }
}

/// One line for each step.
pub fn print_table(outcomes: &[Outcome]) {
    println!("\n{:<10} {:>6} {:>8} {:>8} {:>10}", "step", "", "passed", "failed", "time");
    for outcome in outcomes {
        let Count { passed, failed } = outcome.count;
        let seconds = outcome.time.as_secs_f32();
        println!("{:<10} {:>6} {passed:>8} {failed:>8} {seconds:>8.1} s", outcome.name, outcome.verdict());
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, judge};

    #[test]
    fn a_step_that_ended_badly_or_ran_nothing_has_failed() {
        let five = Count { passed: 5, failed: 0 };
        assert_eq!(judge(five, true), five);
        assert_eq!(judge(five, false), Count { passed: 5, failed: 1 });
        assert_eq!(judge(Count { passed: 5, failed: 2 }, false), Count { passed: 5, failed: 2 });
        assert_eq!(judge(Count::default(), true), Count { passed: 0, failed: 1 });
    }
}
