//! Everything continuous integration runs, step by step, with one closing line.

mod contract;
mod outcome;
mod output;
mod parts;
mod steps;

use std::{error::Error, fmt, time::Instant};

use anyhow::{Context, Result};
use pico_args::Arguments;

use outcome::{Count, Outcome};
use steps::EVERYTHING;
pub use steps::{QUICK, Step};

use crate::{none_left, places::Places};

/// What `cargo xtask test` was asked to do.
pub struct Options {
    steps: Vec<Step>,
    extent: Extent,
}

/// How long the tests may look.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Minutes.
    Usual,
    /// With very many cases for each property.
    Full,
}

/// Something failed. The closing line has said so already and stays the last one.
#[derive(Debug)]
pub struct NotAllPassed;

impl fmt::Display for NotAllPassed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not everything passed")
    }
}

impl Error for NotAllPassed {}

impl Options {
    /// Reads `--full` and `--only STEP`.
    pub fn read(mut arguments: Arguments) -> Result<Self> {
        let extent = if arguments.contains("--full") { Extent::Full } else { Extent::Usual };
        let only: Option<String> = arguments.opt_value_from_str("--only")?;
        none_left(arguments)?;
        let steps =
            only.map_or_else(|| Ok(EVERYTHING.to_vec()), |name| Ok::<_, anyhow::Error>(vec![named(&name)?]))?;
        Ok(Self { steps, extent })
    }
}

fn named(name: &str) -> Result<Step> {
    let found = EVERYTHING.iter().copied().find(|step| step.name() == name);
    let known = || EVERYTHING.map(Step::name).join(", ");
    found.with_context(|| format!("there is no step `{name}`; there are: {}", known()))
}

/// `cargo xtask test`.
pub fn run(places: &Places, options: Options) -> Result<()> {
    run_steps(places, &options.steps, options.extent)
}

/// Runs every step, also after a failed one, then prints the table and the closing line.
pub fn run_steps(places: &Places, steps: &[Step], extent: Extent) -> Result<()> {
    let outcomes: Vec<Outcome> = steps.iter().map(|step| run_step(places, *step, extent)).collect();
    outcome::print_table(&outcomes);
    let failed: Vec<&str> =
        outcomes.iter().filter(|outcome| outcome.has_failed()).map(|outcome| outcome.name).collect();
    if !failed.is_empty() {
        println!("Failed: {}", failed.join(", "));
    }
    let sum = outcomes.iter().map(|outcome| outcome.count).fold(Count::default(), Count::plus);
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    if sum.failed > 0 || sum.passed == 0 { Err(NotAllPassed.into()) } else { Ok(()) }
}

fn run_step(places: &Places, step: Step, extent: Extent) -> Outcome {
    println!("\n== {}: {}", step.name(), step.title());
    let start = Instant::now();
    let result = step.run(places, extent);
    let outcome = Outcome::new(step.name(), result, start.elapsed());
    println!("   {}: {} in {:.1} s", outcome.name, outcome.verdict(), outcome.time.as_secs_f32());
    outcome
}
