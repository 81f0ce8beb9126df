//! A device as a process of its own, which does as it is told and tells what it did.
//!
//! It reads one order a line: `visit DOOR NOTE`, `edit DOOR NOTE` or `sync`. It says `saved` when the core
//! has, a word at each step of a round, and `end` when an order is over.

use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;

use anyhow::{Context, Result, bail};
use records::call::{OpenVisitSheet, SaveVisit};
use records::codes::VisitResult;
use records::{Fault, RecordId};
use stories::networked::Device;

use crate::setting;

/// Does what the lines say, until there are no more.
///
/// # Errors
/// When the device does not open, or a line is no order.
pub fn run(folder: &Path, drawn: u64, now_ms: i64) -> Result<()> {
    let mut device = Device::at(folder, drawn)?;
    device.now_ms = now_ms;
    say("open");
    for line in stdin().lock().lines() {
        let line = line?;
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["visit", door, note] => saved(visit(&mut device, door.parse()?, note))?,
            ["edit", door, note] => saved(edit(&mut device, door.parse()?, note))?,
            ["sync"] => sync(&mut device),
            _ => bail!("no order: {line}"),
        }
        say("end");
    }
    Ok(())
}

fn visit(device: &mut Device, household: RecordId, note: &str) -> Result<(), Fault> {
    let mut draft = device.ask(OpenVisitSheet { household })?.draft;
    (draft.result, draft.note) = (Some(VisitResult::Met), note.to_owned());
    device.ask(SaveVisit { draft }).map(drop)
}

fn edit(device: &mut Device, household: RecordId, note: &str) -> Result<(), Fault> {
    device.ask(setting::edit(household, note)).map(drop)
}

fn saved(done: Result<(), Fault>) -> Result<()> {
    done.map_err(|fault| anyhow::anyhow!("{fault:?}")).context("the core did not save")?;
    say("saved");
    Ok(())
}

/// Rounds until nothing waits, or until one comes to nothing.
fn sync(device: &mut Device) {
    device.pass(setting::UNDO_IS_OVER_MS);
    while device.round_telling(&mut say) == Ok(true) {}
}

/// Whoever listens may have had enough.
fn say(word: &str) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{word}").and_then(|()| out.flush());
}
