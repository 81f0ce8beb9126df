//! Shows a test program's output as it comes and counts what its summaries say.

use std::{
    io::{BufRead, BufReader, IsTerminal, pipe, stdout},
    process::Command,
};

use anyhow::{Context, Result};

use super::outcome::{Count, Report};
use crate::process::line;

/// Runs `cargo test` or `cargo nextest run` and counts.
pub fn run_tests(command: &mut Command) -> Result<Report> {
    let (reader, writer) = pipe().context("a pipe for the tests' output")?;
    if stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("could not start {}", line(command)))?;
    // The command still holds the writing end; without this the reading below would never end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());

    let mut count = Count::default();
    for text in BufReader::new(reader).split(b'\n') {
        let text = String::from_utf8_lossy(&text?).into_owned();
        println!("{text}");
        count = count.plus(summary(&without_colours(&text)));
    }
    let status = child.wait().context("waiting for the tests")?;
    Ok(Report::Tests { count, ended_well: status.success() })
}

/// What one line says, if it is the summary of a test program; nothing otherwise.
fn summary(text: &str) -> Count {
    let text = text.trim_start();
    let cargo = text.starts_with("test result: ");
    let nextest = text.starts_with("Summary [") && text.contains("tests run:");
    if !cargo && !nextest {
        return Count::default();
    }
    Count { passed: number_before(text, "passed"), failed: number_before(text, "failed") }
}

fn number_before(text: &str, word: &str) -> usize {
    let words: Vec<&str> = text.split([' ', ';', ',', '(', ')']).filter(|part| !part.is_empty()).collect();
    let place = words.iter().position(|each| *each == word);
    place.and_then(|place| words.get(place.checked_sub(1)?)?.parse().ok()).unwrap_or(0)
}

fn without_colours(text: &str) -> String {
    let mut pieces = text.split('\u{1b}');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |plain, piece| plain + piece.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::{Count, summary, without_colours};

    #[test]
    fn cargo_test_is_counted() {
        let text =
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(summary(text), Count { passed: 12, failed: 0 });
        let text = "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(summary(text), Count { passed: 3, failed: 2 });
    }

    #[test]
    fn nextest_is_counted() {
        let text = "     Summary [   0.103s] 17 tests run: 15 passed (1 slow), 2 failed, 3 skipped";
        assert_eq!(summary(text), Count { passed: 15, failed: 2 });
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(summary("test merge::keeps_both ... ok"), Count::default());
        assert_eq!(summary("3 passed and 4 failed, said the log"), Count::default());
    }

    #[test]
    fn colours_do_not_hide_a_summary() {
        let text = without_colours("test result: \u{1b}[32mok\u{1b}(B\u{1b}[m. 4 passed; 0 failed");
        assert_eq!(summary(&text), Count { passed: 4, failed: 0 });
    }
}
