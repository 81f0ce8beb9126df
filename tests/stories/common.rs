//! What people do in most stories.

use records::RecordId;
use records::call::*;
use records::codes::VisitResult;
use stories::networked::Device;
use stories::server::ServerProcess;

/// The demo worker's grid.
pub const GRID: &str = "230881/001/003/07";

/// A colleague of the demo worker in the same grid, with a device that has everything.
pub fn colleague(server: &ServerProcess) -> Device {
    Device::enrolled(&server.invite("grid-worker", GRID, "吴迪").unwrap()).unwrap()
}

/// Both sync until each has what the other sent.
pub fn sync_both(one: &mut Device, other: &mut Device) {
    one.sync().unwrap();
    other.sync().unwrap();
    one.sync().unwrap();
}

/// So many households, as they stand in the list.
pub fn doors(device: &mut Device, how_many: u16) -> Vec<RecordId> {
    let list = ListHouseholds { limit: how_many, ..Default::default() };
    let rows = device.ask(list).unwrap().rows;
    assert_eq!(rows.len(), usize::from(how_many));
    rows.iter().map(|row| row.id).collect()
}

/// Opens the sheet, says that somebody was met and what was said, and saves.
pub fn visit(device: &mut Device, household: RecordId, note: &str) -> Saved {
    let mut draft = device.ask(OpenVisitSheet { household }).unwrap().draft;
    draft.result = Some(VisitResult::Met);
    draft.note = note.to_owned();
    device.ask(SaveVisit { draft }).unwrap()
}

/// Writes a note for colleagues on the household's page.
pub fn write_note(device: &mut Device, household: RecordId, note: &str) {
    device.ask(EditHousehold { note: Some(note.to_owned()), ..EditHousehold::nothing(household) }).unwrap();
}

/// The household's page.
pub fn page(device: &mut Device, id: RecordId) -> HouseholdPage {
    device.ask(GetHousehold { id }).unwrap()
}

/// Visits with this note in the household's timeline: who made them, and where they stand.
pub fn visits_noted(device: &mut Device, household: RecordId, words: &str) -> Vec<(String, Standing)> {
    let entries = page(device, household).timeline.entries;
    let noted = entries.into_iter().filter(|entry| match &entry.what {
        TimelineWhat::Visit { note, .. } => note.as_deref() == Some(words),
        TimelineWhat::Matter { .. } => false,
    });
    noted.map(|entry| (entry.by.unwrap_or_default(), entry.standing)).collect()
}

/// Changes that wait, and cards that need the person.
pub fn waiting(device: &mut Device) -> (u32, u32) {
    let chip = device.ask(GetSync {}).unwrap().chip;
    (chip.waiting, chip.needs_you)
}

/// What needs the person.
pub fn cards(device: &mut Device) -> Vec<Card> {
    device.ask(GetSync {}).unwrap().cards
}

/// The records held, scope by scope.
pub fn held(device: &mut Device) -> Vec<HeldRow> {
    device.ask(GetSync {}).unwrap().held
}
