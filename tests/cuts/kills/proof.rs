//! What must be true once nobody is killed any more.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use records::call::GetSync;
use records::household::Household;
use records::visit::Visit;
use records::{Record, RecordId};
use rusqlite::Connection;
use server::database::FILE_NAME;
use stories::networked::Device;

use super::Story;
use crate::setting::{GRID, said};

/// Everything acknowledged is there once, on the device, the server and a colleague's device.
///
/// # Errors
/// What is not.
pub fn nothing_is_lost(story: &mut Story) -> Result<()> {
    story.device.kill()?;
    story.server.start_again()?;
    let mut device = Device::at(story.device.folder(), u64::MAX / 4)?;
    device.now_ms = story.now_ms;
    device.sync().map_err(said)?;
    let mut colleague = Device::enrolled(&story.server.invite("grid-worker", GRID, "吴迪")?)?;
    // The colleague is new: the device hears of it.
    device.sync().map_err(said)?;
    let page = device.ask(GetSync {}).map_err(said)?;
    ensure!(page.chip.waiting == 0 && page.cards.is_empty(), "something waits: {:?}", page.cards);
    ensure!(page.held == colleague.ask(GetSync {}).map_err(said)?.held, "two devices hold different things");
    let of_server = digests(&Connection::open(story.server.folder().join(FILE_NAME))?, "seq", "count")?;
    for device in [&device, &colleague] {
        let of_device = digests(&Connection::open(device.file())?, "cursor", "held")?;
        ensure!(of_device == of_server, "{of_device:?}, and the server has {of_server:?}");
    }
    visits_are_there_once(story, &mut colleague)?;
    the_last_note_stays(story, &mut colleague)
}

/// Number of the last change, records and digest of each scope that holds something.
fn digests(db: &Connection, seq: &str, count: &str) -> Result<BTreeMap<String, [i64; 3]>> {
    let mut find = db.prepare(&format!("SELECT name, {seq}, {count}, digest FROM scope WHERE {seq} > 0"))?;
    let scopes = find.query_map([], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?])))?;
    Ok(scopes.collect::<rusqlite::Result<_>>()?)
}

/// What was acknowledged is there once; what was not is there once or never.
fn visits_are_there_once(story: &Story, device: &mut Device) -> Result<()> {
    let mut there: BTreeMap<String, usize> = BTreeMap::new();
    for visit in all::<Visit>(device)? {
        *there.entry(visit.note.unwrap_or_default()).or_default() += 1;
    }
    for order in &story.done {
        if let ["visit", _, note] = order.line.split(' ').collect::<Vec<_>>()[..] {
            let times = there.remove(note).unwrap_or(0);
            let is_right = if order.is_saved { times == 1 } else { times <= 1 };
            ensure!(is_right, "{order:?} is there {times} times");
        }
    }
    ensure!(there.is_empty(), "{there:?} was never made");
    Ok(())
}

/// A door says what was acknowledged last, or something that was begun after that.
fn the_last_note_stays(story: &Story, device: &mut Device) -> Result<()> {
    let mut possible: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for order in &story.done {
        if let ["edit", door, note] = order.line.split(' ').collect::<Vec<_>>()[..] {
            let notes = possible.entry(door).or_default();
            if order.is_saved {
                notes.clear();
            }
            notes.push(note);
        }
    }
    for (door, notes) in possible {
        let id: RecordId = door.parse()?;
        let household =
            device.with(|app, _| app.store().read(|db| store::record::typed::<Household>(db, id)))?;
        let note = household.note.context("a note")?;
        ensure!(notes.contains(&note.as_str()), "{door} says {note:?} and not {notes:?}");
    }
    Ok(())
}

/// All records of a type that a device holds.
fn all<T: Record>(device: &mut Device) -> Result<Vec<T>> {
    let find = "SELECT id FROM record WHERE kind = ?1";
    let all = device.with(|app, _| {
        app.store().read(|db| {
            let mut find = db.prepare(find)?;
            let ids: Vec<[u8; 16]> = find
                .query_map([T::DECLARATION.kind.0], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            ids.into_iter().map(|id| store::record::typed::<T>(db, RecordId::from_bytes(id))).collect()
        })
    });
    Ok(all?)
}
