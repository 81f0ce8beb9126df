//! From the start of the process to a usable 今日, beside an empty Tauri window.
//!
//! Both moments are absolute: the system says when the process began, the page when its mark was set
//! and when it first painted something; the later of the two counts.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use device::LocalDevice;
use serde_json::Value;
use stories::window::Window;

use crate::figures::{Figures, print_head};

const RUNS: usize = 15;

/// Runs both alternately and prints the ratio of their medians.
pub fn run() -> Result<()> {
    let (ours, empty) = (program("GRIDWALK_APP")?, program("GRIDWALK_EMPTY_WINDOW")?);
    let device = LocalDevice::with_demo_grid()?;
    let file = device.close();
    let data = file.path().parent().context("a folder")?.to_owned();
    let (mut app, mut blank) = (Figures::default(), Figures::default());
    for _ in 0..RUNS {
        blank.add(start_to_mark(&empty, &data, &[], "empty-ready")?);
        let arguments = ["--data".as_ref(), data.as_os_str()];
        app.add(start_to_mark(&ours, &data, &arguments, "gridwalk-today-ready")?);
    }
    print_head("window, process start to usable and painted");
    blank.print("an empty Tauri window", "");
    app.print("今日 of the demo grid", "≤ 1.3 × the empty window");
    let ratio = app.percentile(50).as_secs_f64() / blank.percentile(50).as_secs_f64();
    println!("ratio of the medians: {ratio:.2}");
    Ok(())
}

fn program(variable: &str) -> Result<PathBuf> {
    let named = std::env::var_os(variable).with_context(|| format!("{variable} names no program"))?;
    Ok(named.into())
}

fn start_to_mark(program: &Path, data: &Path, arguments: &[&OsStr], mark: &str) -> Result<Duration> {
    let window = Window::open_program(program, data, arguments, "1180x780")?;
    let script = "performance.getEntriesByName(given).map(e => performance.timeOrigin + e.startTime)[0]";
    let marked = window.wait_until(script, &Value::from(mark))?.as_f64().context("a moment")?;
    let usable = marked.max(window.first_paint_ms()?);
    let started = started_ms(program)?;
    window.close()?;
    ensure!(marked > started, "the mark is older than the process");
    Ok(Duration::from_secs_f64((usable - started) / 1_000.0))
}

/// When the newest process of this program began, ms since 1970 UTC.
fn started_ms(program: &Path) -> Result<f64> {
    let is_ours =
        |entry: &fs::DirEntry| fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == program);
    let processes = fs::read_dir("/proc")?.flatten().filter(is_ours);
    let ticks = processes.filter_map(|entry| start_ticks(&entry.path())).max();
    let ticks = ticks.context("the program does not run")?;
    // Linux counts process starts in hundredths of a second since boot.
    Ok(boot_ms()? + ticks as f64 * 10.0)
}

/// Field 22 of `/proc/<pid>/stat`, counted after the name, which may hold spaces.
fn start_ticks(process: &Path) -> Option<u64> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}

fn boot_ms() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let boot = stat.lines().find_map(|line| line.strip_prefix("btime ")).context("no boot time")?;
    let seconds: f64 = boot.trim().parse()?;
    // btime is whole seconds; the uptime clock tells the rest.
    let uptime: f64 = fs::read_to_string("/proc/uptime")?.split(' ').next().context("uptime")?.parse()?;
    #[expect(clippy::disallowed_methods, reason = "the one comparison of two clocks this needs")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs_f64();
    let precise = now - uptime;
    ensure!((precise - seconds).abs() < 2.0, "the clocks disagree");
    Ok(precise * 1_000.0)
}
