//! Syncing, beside two other systems in the same run. Each server and each device is a process of its
//! own; the runs of the systems alternate, so that a busy machine slows all of them.
//!
//! Bytes and requests are counted in a run of their own, since the road that counts costs time.

mod counted;
pub mod device;
pub mod rows;
mod system;

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};

use counted::Passed;
use rows::Size;
use system::{Device, Done, Server, System, copied, exported};

use crate::figures::Figures;
use crate::usage;

/// Rounds with nothing new in each run.
const QUIET_ROUNDS: usize = 30;
/// What is written into each field that is edited; `#` is the number of its household.
const NOTE: &str = "#号门铃坏了，敲门要久一点，女儿周末回来";
const CHANNEL: &str = "#户由社区医生每月联系一次";

/// What is measured, and how often.
struct Options {
    runs: usize,
    systems: Vec<System>,
    sizes: Vec<Size>,
}

/// Runs and prints everything.
pub fn run(words: &[String]) -> Result<()> {
    let options = options(words)?;
    for size in &options.sizes {
        let stage = Stage::set(&options, *size)?;
        println!("\nfirst sync of {} rows and what follows, {} runs", size.rows, options.runs);
        stage.print_floor();
        stage.laps(options.runs)?;
    }
    two_devices(&options)
}

fn options(words: &[String]) -> Result<Options> {
    let all = vec![System::Ours, System::Anki, System::PouchDb];
    let mut options = Options { runs: 7, systems: all, sizes: vec![Size::SMALL, Size::LARGE] };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--runs" => options.runs = value()?.parse()?,
            "--systems" => {
                let names = value()?.to_lowercase();
                options.systems.retain(|system| names.contains(&system.name().to_lowercase()));
            }
            "--rows" => {
                let rows: usize = value()?.parse()?;
                options.sizes.retain(|size| size.rows == rows);
            }
            other => bail!("unknown: {other}. Known are --runs N, --systems A,B, --rows 10000|100000"),
        }
    }
    Ok(options)
}

/// Seeded folders of all systems with the same rows.
struct Stage {
    seeded: Vec<(System, tempfile::TempDir)>,
    json_bytes: usize,
    zstd_bytes: usize,
}

impl Stage {
    fn set(options: &Options, size: Size) -> Result<Self> {
        let ours = System::Ours.seeded(size, Path::new(""))?;
        let (rows, json_bytes) = exported(ours.path())?;
        let zstd_bytes = zstd::encode_all(std::fs::File::open(rows.path())?, 3)?.len();
        let mut seeded = vec![];
        for system in options.systems.iter().filter(|system| **system != System::Ours) {
            seeded.push((*system, system.seeded(size, rows.path())?));
        }
        if options.systems.contains(&System::Ours) {
            seeded.insert(0, (System::Ours, ours));
        }
        Ok(Self { seeded, json_bytes, zstd_bytes })
    }

    fn print_floor(&self) {
        println!("the rows as compact JSON: {} bytes, by zstd -3: {}", self.json_bytes, self.zstd_bytes);
    }

    fn laps(&self, runs: usize) -> Result<()> {
        let mut columns: Vec<Column> =
            self.seeded.iter().map(|(system, _)| Column { system: *system, ..Column::default() }).collect();
        for run in 0..=runs {
            for ((system, seeded), column) in self.seeded.iter().zip(&mut columns) {
                // The first run warms everything up, and counts.
                lap(*system, seeded.path(), run == 0, column)?;
            }
        }
        print(&columns);
        Ok(())
    }
}

/// The figures of one system.
#[derive(Default)]
struct Column {
    system: System,
    first: Row,
    quiet: Row,
    push: Row,
    text_bytes: usize,
    peaks: [u64; 2],
}

/// The figures of one order.
#[derive(Default)]
struct Row {
    wall: Figures,
    cpu: Figures,
    passed: Passed,
    bodies: Option<[usize; 2]>,
}

impl Row {
    fn add(&mut self, done: &Done, counts: bool) {
        if counts {
            (self.passed, self.bodies) = (done.passed, done.said.bodies);
        } else {
            self.wall.add(Duration::from_secs_f64(done.said.ms / 1_000.0));
            self.cpu.add(done.cpu);
        }
    }
}

fn lap(system: System, seeded: &Path, counts: bool, column: &mut Column) -> Result<()> {
    let folder = copied(seeded)?;
    let mut server = Server::start(system, folder.path())?;
    if counts {
        server.count()?;
    }
    let mut device = Device::start(system, &server, 0)?;
    let first = device.measure(&server, "first")?;
    ensure!(first.said.found > 0, "{system:?} finds nothing after its first sync");
    column.first.add(&first, counts);
    let peaks = [usage::peak(server.process()), usage::peak(device.process())];
    for (peak, seen) in column.peaks.iter_mut().zip(peaks) {
        *peak = (*peak).max(seen);
    }
    // Whatever the first round after it still has to say.
    device.tell("round")?;
    for _ in 0..if counts { 1 } else { QUIET_ROUNDS } {
        column.quiet.add(&device.measure(&server, "round")?, counts);
    }
    column.text_bytes = device.tell(&format!("edit note {NOTE}"))?.bytes;
    column.push.add(&device.measure(&server, "round")?, counts);
    Ok(())
}

fn print(columns: &[Column]) {
    print_case("first sync", columns, |column| &column.first);
    print_case("a round with nothing new", columns, |column| &column.quiet);
    print_case("1,000 field edits pushed", columns, |column| &column.push);
    println!();
    for Column { system, peaks: [server, device], text_bytes, .. } in columns {
        let (server, device) = (server / 1_000_000, device / 1_000_000);
        let name = system.name();
        println!(
            "{name:<10} peak memory: server {server} MB, device {device} MB; new text {text_bytes} bytes"
        );
    }
}

fn print_case(case: &str, columns: &[Column], row: fn(&Column) -> &Row) {
    println!("\n{case}");
    println!(
        "{:<10} {:>9} {:>9} {:>9} {:>11} {:>11} {:>9} {:>8} {:>9}",
        "", "p50 ms", "min ms", "p90 ms", "sent", "received", "requests", "CPU ms", "× ours"
    );
    let ours = columns.first().map(|column| row(column).wall.percentile(50).as_secs_f64());
    for column in columns {
        let Row { wall, cpu, passed, bodies } = row(column);
        let ms = |figures: &Figures, share| figures.percentile(share).as_secs_f64() * 1_000.0;
        println!(
            "{:<10} {:>9.2} {:>9.2} {:>9.2} {:>11} {:>11} {:>9} {:>8.1} {:>9.2}",
            column.system.name(),
            ms(wall, 50),
            ms(wall, 0),
            ms(wall, 90),
            passed.sent,
            passed.received,
            passed.requests,
            ms(cpu, 50),
            wall.percentile(50).as_secs_f64() / ours.unwrap_or(1.0)
        );
        if let Some([sent, received]) = bodies {
            println!("{:<10} {:>29} {sent:>11} {received:>11}", "", "without the heads of HTTP");
        }
    }
}

/// Two devices edit another field each of the same 1,000 rows; how many of the 2,000 edits both have.
fn two_devices(options: &Options) -> Result<()> {
    let stage = Stage::set(options, Size::SMALL)?;
    println!("\n1,000 rows edited by two devices, another field each: edits that both have in the end");
    for (system, seeded) in &stage.seeded {
        let folder = copied(seeded.path())?;
        let server = Server::start(*system, folder.path())?;
        let mut devices = [Device::start(*system, &server, 0)?, Device::start(*system, &server, 1)?];
        let edits = [("note", NOTE), ("channel", CHANNEL)];
        for (device, (field, mark)) in devices.iter_mut().zip(edits) {
            device.tell("first")?;
            device.tell(&format!("edit {field} {mark}"))?;
        }
        for turn in [0, 1, 0] {
            devices[turn].tell("round")?;
        }
        let mut survived = 0;
        for (field, mark) in edits {
            let order = format!("count {field} {mark}");
            let [one, other] = &mut devices;
            survived += one.tell(&order)?.found.min(other.tell(&order)?.found);
        }
        println!("{:<10} {survived} of 2000", system.name());
    }
    Ok(())
}

/// The server goes by the real time.
pub(crate) fn now_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "here the measurement is the shell")]
    let since_epoch = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
