//! What encryption costs: a device under a key beside one without, by turns in one process.

use anyhow::Result;
use device::{Key, LocalDevice, sunday};
use records::RecordId;
use records::call::*;
use records::codes::VisitResult;
use records::pinyin::spell_name;

use crate::figures::Figures;

const KEY: Key = [7; 32];
const STARTS: usize = 60;
const SEARCHED: usize = 100;
const SAVES: usize = 300;

/// The two devices, and what was taken of each.
struct Pair {
    devices: [LocalDevice; 2],
    taken: [Figures; 2],
}

/// Runs and prints everything.
pub fn run() -> Result<()> {
    let sample = sample::city(7, sunday());
    let devices = [LocalDevice::with_all_of(&sample)?, LocalDevice::encrypted_with_all_of(&sample, KEY)?];
    let mut pair = Pair { devices, taken: Default::default() };
    println!("a city of 45,000 households, by turns, ms");
    println!("{:<30} {:>17} {:>17} {:>9} {:>9}", "", "plain p50 / p95", "under a key", "p50", "p95");
    for _ in 0..STARTS {
        pair.both(|device| {
            device.restart()?;
            device.ask(GetSession {})?;
            device.ask(GetToday {})?;
            Ok(())
        })?;
    }
    pair.print("start of the core to 今日");
    let rows = pair.devices[0].ask(ListHouseholds { limit: 200, ..Default::default() })?.rows;
    for row in rows.iter().take(SEARCHED) {
        for search in spellings(&mut pair.devices[0], row)? {
            let request = ListHouseholds { search, limit: 30, ..Default::default() };
            pair.both(|device| Ok(device.ask(request.clone()).map(drop)?))?;
        }
    }
    pair.print("household search, a keystroke");
    let households: Vec<RecordId> = rows.iter().map(|row| row.id).collect();
    for household in households.into_iter().cycle().take(SAVES) {
        pair.apart(
            |device| {
                device.now_ms += 60_000;
                let mut draft = device.ask(OpenVisitSheet { household })?.draft;
                draft.result = Some(VisitResult::Met);
                draft.note = "都好，说好了下周再来".to_owned();
                Ok(draft)
            },
            |device, draft| Ok(device.ask(SaveVisit { draft }).map(drop)?),
        )?;
    }
    pair.print("save a visit, durable");
    Ok(())
}

/// What somebody types who looks for this household by its name's initials.
fn spellings(device: &mut LocalDevice, row: &HouseholdRow) -> Result<Vec<String>> {
    let page = device.ask(GetHousehold { id: row.id })?;
    let Some(person) = page.people.first() else { return Ok(vec![]) };
    let name = device.ask(Reveal::of(person.id, Masked::Name))?.value;
    let initials = spell_name(&name).initials;
    Ok(initials.char_indices().map(|(at, letter)| initials[..at + letter.len_utf8()].to_owned()).collect())
}

impl Pair {
    fn both(&mut self, run: impl Fn(&mut LocalDevice) -> Result<()>) -> Result<()> {
        self.apart(|_| Ok(()), |device, ()| run(device))
    }

    /// Times what comes after a preparation, on one and then on the other; who is first changes each time.
    fn apart<T>(
        &mut self,
        prepare: impl Fn(&mut LocalDevice) -> Result<T>,
        run: impl Fn(&mut LocalDevice, T) -> Result<()>,
    ) -> Result<()> {
        let first = self.taken[0].len() % 2;
        for at in [first, 1 - first] {
            let prepared = prepare(&mut self.devices[at])?;
            self.taken[at].time(|| run(&mut self.devices[at], prepared))?;
        }
        Ok(())
    }

    fn print(&mut self, name: &str) {
        let [plain, sealed] = std::mem::take(&mut self.taken);
        let ms = |figures: &Figures, share| figures.percentile(share).as_secs_f64() * 1_000.0;
        let two = |figures: &Figures| format!("{:.2} / {:.2}", ms(figures, 50), ms(figures, 95));
        let more = |share| format!("{:+.1} %", (ms(&sealed, share) / ms(&plain, share) - 1.0) * 100.0);
        println!("{name:<30} {:>17} {:>17} {:>9} {:>9}", two(&plain), two(&sealed), more(50), more(95));
    }
}
