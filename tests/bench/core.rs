//! The core on a device that holds the whole city.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use device::{LocalDevice, sunday};
use records::RecordId;
use records::call::*;
use records::codes::VisitResult;
use records::pinyin::{spell, spell_name};

use crate::figures::{Figures, print_head};

const RUNS: usize = 300;

/// Runs and prints everything.
pub fn run() -> Result<()> {
    let made = Instant::now();
    let mut device = LocalDevice::with_all_of(&sample::city(7, sunday()))?;
    let held = held_by(&device)?;
    println!("city sample in the store after {:.1} s: {held}", made.elapsed().as_secs_f64());
    print_head("core, in this process");
    start(&mut device)?;
    today(&mut device)?;
    household_search(&mut device)?;
    item_search(&mut device)?;
    save(&mut device)
}

fn held_by(device: &LocalDevice) -> Result<String> {
    let db = device.file().open();
    let count = |table: &str| -> Result<i64> {
        Ok(db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?)
    };
    let bytes = std::fs::metadata(device.file().path())?.len();
    Ok(format!(
        "{} households, {} people, {} visits, {} items, {} records, {} MB",
        count("household")?,
        count("person")?,
        count("visit")?,
        count("item")?,
        count("record")?,
        bytes / 1_000_000
    ))
}

fn start(device: &mut LocalDevice) -> Result<()> {
    let mut figures = Figures::default();
    for _ in 0..50 {
        figures.time(|| {
            device.restart()?;
            device.ask(GetSession {})?;
            device.ask(GetToday {})?;
            anyhow::Ok(())
        })?;
    }
    figures.print("start of the core to 今日 ready", "");
    Ok(())
}

fn today(device: &mut LocalDevice) -> Result<()> {
    let mut figures = Figures::default();
    for _ in 0..RUNS {
        figures.time(|| device.ask(GetToday {}))?;
    }
    figures.print("今日", "≤ 20 ms");
    Ok(())
}

/// Every keystroke of a query is a search of its own.
fn household_search(device: &mut LocalDevice) -> Result<()> {
    let (mut by_name, mut by_initials, mut by_door, mut among_due) =
        (Figures::default(), Figures::default(), Figures::default(), Figures::default());
    for row in spread(device, 100)? {
        let page = device.ask(GetHousehold { id: row.id })?;
        let Some(person) = page.people.first() else { continue };
        let name = device.ask(Reveal::of(person.id, Masked::Name))?.value;
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let door = format!("{}-{}-{}", digits(&row.building), digits(&row.unit), row.room);
        let initials = spell_name(&name).initials;
        type_in(device, &name, HouseholdFilter::All, &mut by_name)?;
        type_in(device, &initials, HouseholdFilter::All, &mut by_initials)?;
        type_in(device, &door, HouseholdFilter::All, &mut by_door)?;
        type_in(device, &initials, HouseholdFilter::Due, &mut among_due)?;
    }
    by_name.print("household search, a keystroke: name", "p95 ≤ 10 ms");
    by_initials.print("household search, a keystroke: initials", "p95 ≤ 10 ms");
    by_door.print("household search, a keystroke: door", "p95 ≤ 10 ms");
    among_due.print("household search, a keystroke: initials, among those due", "p95 ≤ 10 ms");
    Ok(())
}

fn type_in(
    device: &mut LocalDevice,
    query: &str,
    filter: HouseholdFilter,
    figures: &mut Figures,
) -> Result<()> {
    for (end, character) in query.char_indices() {
        let search = query[..end + character.len_utf8()].to_owned();
        let request = ListHouseholds { search, filter, limit: 30, ..Default::default() };
        figures.time(|| device.ask(request))?;
    }
    Ok(())
}

/// Households spread evenly over the city.
fn spread(device: &mut LocalDevice, wanted: usize) -> Result<Vec<HouseholdRow>> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let window = device.ask(ListHouseholds { after, limit: 200, ..Default::default() })?;
        rows.extend(window.rows);
        after = window.next;
        if after.is_none() {
            break;
        }
    }
    let step = (rows.len() / wanted).max(1);
    Ok(rows.into_iter().step_by(step).take(wanted).collect())
}

fn item_search(device: &mut LocalDevice) -> Result<()> {
    let hits = device.ask(SearchItems { limit: 100, ..Default::default() })?;
    let mut figures = Figures::default();
    for item in &hits.rows {
        for query in [item.name.clone(), spell(&item.name).initials] {
            for (end, character) in query.char_indices().take(6) {
                let search = query[..end + character.len_utf8()].to_owned();
                let request = SearchItems { search, limit: 30, ..Default::default() };
                figures.time(|| device.ask(request))?;
            }
        }
    }
    figures.print(&format!("item search, a keystroke, {} items", hits.total), "p95 ≤ 10 ms");
    Ok(())
}

/// Saving a visit, and beside it what the disk itself takes to make as much durable.
fn save(device: &mut LocalDevice) -> Result<()> {
    let households: Vec<RecordId> = spread(device, RUNS)?.into_iter().map(|row| row.id).collect();
    let (mut saves, mut syncs) = (Figures::default(), Figures::default());
    let mut probe = Probe::beside(&device.file().path())?;
    for household in households {
        device.now_ms += 60_000;
        let mut draft = device.ask(OpenVisitSheet { household })?.draft;
        draft.result = Some(VisitResult::Met);
        draft.note = "都好，说好了下周再来".to_owned();
        syncs.time(|| probe.write_through())?;
        saves.time(|| device.ask(SaveVisit { draft }))?;
    }
    syncs.print("the disk's own fsync of 16 KiB", "");
    saves.print("save a visit, durable", "p95 ≤ fsync p95 + 5 ms");
    let over = saves.percentile(95).saturating_sub(syncs.percentile(95));
    println!("save over fsync, p95: {:.3} ms", over.as_secs_f64() * 1_000.0);
    Ok(())
}

struct Probe {
    file: File,
}

impl Probe {
    fn beside(database: &Path) -> Result<Self> {
        Ok(Self { file: File::create(database.with_extension("probe"))? })
    }

    fn write_through(&mut self) -> Result<()> {
        self.file.write_all(&[7; 16 * 1024])?;
        self.file.sync_data()?;
        Ok(())
    }
}
