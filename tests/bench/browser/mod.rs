//! The app in a browser as on a slow phone: all of the browser in a quarter of a core, behind slow 4G. Beside it, in
//! the same run, the same without slowing, the app's own window, and the core on its own in this process.

mod road;
mod slice;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use records::call::*;
use records::codes::VisitResult;
use records::pinyin::spell_name;
use serde::Deserialize;
use serde_json::{Value, json};
use stories::networked::Device;
use stories::server::ServerProcess;
use stories::window::{Browsing, Window};
use tempfile::TempDir;

use crate::figures::{Figures, print_head};
use crate::sync::now_ms;
use crate::sync::rows::{Size, fill};
use road::SlowRoad;
use slice::Slice;

const PHONE: &str = "390x844";
/// A page that costs nothing, for a browser to begin with.
const NOWHERE: &str = "about:blank";
/// What a phone of some years ago has of this machine.
const SHARE_OF_A_CORE: u64 = 25;
/// Households whose name and door are typed.
const TYPED: usize = 12;
/// Visits saved in each run.
const SAVED: usize = 20;
/// Once this holds, the next start needs no network.
const IS_KEPT: &str = "return navigator.serviceWorker.ready.then(() => true)";
const MEASURE: &str = include_str!("measure.js");

/// Runs and prints everything: `--runs N`.
pub fn run(words: &[String]) -> Result<()> {
    let runs = match words {
        [] => 5,
        [option, runs] if option == "--runs" => runs.parse()?,
        [option] if option == "--timeline" => return timeline(),
        other => bail!("unknown: {other:?}. Known are --runs N and --timeline"),
    };
    let folder = TempDir::new()?;
    fill(folder.path(), Size::GRID, now_ms())?;
    let server = ServerProcess::over(folder)?;
    let grid = Size::GRID.first_grid()?;
    let invite = |address: &str| server.invite_to(address, "grid-worker", &grid, "丙");
    let [mut slowed, mut free, mut window, mut native] = [(); 4].map(|()| Column::default());
    for _ in 0..runs {
        let asked = alone(&invite(&server.address())?, &mut native)?;
        in_a_window(&invite(&server.address())?, &asked, &mut window)?;
        in_a_browser(&server, None, &invite, &asked, &mut free)?;
        let slice = Slice::of_core(SHARE_OF_A_CORE)?;
        in_a_browser(&server, Some(&slice), &invite, &asked, &mut slowed)?;
    }
    slowed.print("a quarter of a core behind slow 4G, 10,000 rows", true);
    free.print("the same browser, not slowed", false);
    window.print("the app's own window", false);
    native.print("the core in this process, over HTTP on loopback", false);
    free.print_beside(&window);
    Ok(())
}

/// Prints what is fetched and done when in a first start and a later one, slowed.
fn timeline() -> Result<()> {
    let folder = TempDir::new()?;
    fill(folder.path(), Size::GRID, now_ms())?;
    let server = ServerProcess::over(folder)?;
    let road = SlowRoad::to(&server.address())?;
    let slice = Slice::of_core(SHARE_OF_A_CORE)?;
    let (data, door) = (TempDir::new()?, slice.door());
    let invitation = server.invite_to(&road.address(), "grid-worker", &Size::GRID.first_grid()?, "丙")?;
    let print = |browser: &Window, title: &str| -> Result<()> {
        println!("\n{title}");
        let lines = browser.script("return measured.timeline()", &Value::Null)?;
        lines.as_array().into_iter().flatten().filter_map(Value::as_str).for_each(|line| println!("{line}"));
        Ok(())
    };
    let usual = Browsing::new(data.path(), NOWHERE, PHONE);
    let open = || Window::browse_as(&Browsing { door: Some(&door), script: MEASURE, ..usual });
    let browser = open()?;
    browser.go_to(&road.address())?;
    let shown = moment(&browser, "return measured.enrol")?;
    print(&browser, &format!("first visit, enrolment page after {} ms", shown.as_millis()))?;
    moment(&browser, "return measured.core()")?;
    browser.fill("[data-act=enrol-server]", &invitation)?;
    browser.script("return measured.firstSync()", &Value::Null)?;
    print(&browser, "first sync")?;
    browser.script(IS_KEPT, &Value::Null)?;
    browser.close()?;
    let browser = open()?;
    let before: BTreeMap<_, _> = slice.spent()?.into_iter().collect();
    browser.go_to(&road.address())?;
    let shown = moment(&browser, "return measured.today")?;
    let spent = slice.spent()?;
    print(&browser, &format!("later start, 今日 after {} ms", shown.as_millis()))?;
    let mut taken = vec![];
    for (thread, time) in spent {
        taken.push((time.saturating_sub(before.get(&thread).copied().unwrap_or_default()), thread));
    }
    taken.sort_by_key(|(time, _)| Reverse(*time));
    let all: Duration = taken.iter().map(|(time, _)| *time).sum();
    println!("\nprocessor time of the page's start: {} ms", all.as_millis());
    taken.iter().take(20).for_each(|(time, thread)| println!("{:>6} {thread}", time.as_millis()));
    browser.close()
}

/// What is typed and where somebody is visited.
struct Asked {
    texts: Vec<String>,
    households: Vec<String>,
}

/// The figures of one setting.
#[derive(Default)]
struct Column {
    enrolment: Figures,
    core: Figures,
    first_sync: Figures,
    today: Figures,
    after_page: Figures,
    start: Figures,
    keystroke: Figures,
    save: Figures,
    search_call: Figures,
    save_call: Figures,
    longest_task: Figures,
    long_tasks: usize,
}

impl Column {
    fn print(&self, title: &str, has_aims: bool) {
        print_head(title);
        let rows = [
            ("address typed to enrolment page", &self.enrolment, "≤ 6,000"),
            ("address typed to the core there", &self.core, ""),
            ("enrol pressed to all rows there", &self.first_sync, "≤ 5,000"),
            ("enrol pressed to 今日 usable", &self.today, ""),
            ("first page of rows kept to 今日 usable", &self.after_page, "≤ 2,000"),
            ("later start, offline, to 今日 usable", &self.start, "≤ 1,500"),
            ("a keystroke in 住户 to its result painted", &self.keystroke, "p95 ≤ 50"),
            ("保存 pressed to kept and said", &self.save, "p95 ≤ 50"),
            ("search, the call alone", &self.search_call, ""),
            ("save, the call alone, durable", &self.save_call, ""),
            ("longest task of the page in a first sync", &self.longest_task, "≤ 50"),
        ];
        for (name, figures, aim) in rows {
            if !figures.is_empty() {
                figures.print(name, if has_aims { aim } else { "" });
            }
        }
        if !self.longest_task.is_empty() {
            println!("tasks over 50 ms: {}", self.long_tasks);
        }
    }

    fn print_beside(&self, window: &Self) {
        let pairs = [
            ("first sync", &self.first_sync, &window.first_sync),
            ("enrolled to 今日 usable", &self.today, &window.today),
            ("start, without painting in the window", &self.start, &window.start),
            ("keystroke", &self.keystroke, &window.keystroke),
            ("save", &self.save, &window.save),
            ("search, the call alone", &self.search_call, &window.search_call),
            ("save, the call alone", &self.save_call, &window.save_call),
        ];
        for (name, here, there) in pairs {
            let ratio = here.percentile(50).as_secs_f64() / there.percentile(50).as_secs_f64();
            println!("{name}: the browser takes {ratio:.2} × the app's own window (medians; aim ≤ 2)");
        }
    }
}

/// The core alone, and what to ask the others.
fn alone(invitation: &str, column: &mut Column) -> Result<Asked> {
    let mut device = Device::new()?;
    device.enrol(invitation)?;
    column.first_sync.time(|| device.sync())?;
    column.start.time(|| {
        device.restart()?;
        device.ask(GetSession {})?;
        device.ask(GetToday {})?;
        anyhow::Ok(())
    })?;
    let rows = device.ask(ListHouseholds { limit: 200, ..Default::default() })?.rows;
    let mut asked = Asked { texts: vec![], households: vec![] };
    for row in rows.iter().step_by(rows.len() / TYPED) {
        let page = device.ask(GetHousehold { id: row.id })?;
        let Some(person) = page.people.first() else { continue };
        let name = device.ask(Reveal::of(person.id, Masked::Name))?.value;
        asked.texts.extend([spell_name(&name).initials, name]);
    }
    for search in prefixes(&asked.texts) {
        let request = ListHouseholds { search, limit: 30, ..Default::default() };
        column.search_call.time(|| device.ask(request))?;
    }
    for row in rows.iter().take(SAVED) {
        asked.households.push(row.id.to_string());
        device.now_ms += 60_000;
        let mut draft = device.ask(OpenVisitSheet { household: row.id })?.draft;
        draft.result = Some(VisitResult::Met);
        column.save_call.time(|| device.ask(SaveVisit { draft }))?;
    }
    Ok(asked)
}

/// Each text letter by letter.
fn prefixes(texts: &[String]) -> impl Iterator<Item = String> {
    texts
        .iter()
        .flat_map(|text| text.char_indices().map(|(at, letter)| text[..at + letter.len_utf8()].to_owned()))
}

/// What the page says of its first sync, ms.
#[derive(Deserialize)]
struct FirstSync {
    today: f64,
    after_page: f64,
    whole: f64,
    tasks: Vec<f64>,
}

/// One life of a browser that has never been here. With a slice it is in it, and behind a slow road.
fn in_a_browser(
    server: &ServerProcess,
    slice: Option<&Slice>,
    invite: &impl Fn(&str) -> Result<String>,
    asked: &Asked,
    column: &mut Column,
) -> Result<()> {
    let road = slice.map(|_| SlowRoad::to(&server.address())).transpose()?;
    let address = road.as_ref().map_or_else(|| server.address(), SlowRoad::address);
    let door = slice.map(Slice::door);
    let data = TempDir::new()?;
    let usual = Browsing::new(data.path(), NOWHERE, PHONE);
    let open = || Window::browse_as(&Browsing { door: door.as_deref(), script: MEASURE, ..usual });
    let browser = open()?;
    browser.go_to(&address)?;
    column.enrolment.add(moment(&browser, "return measured.enrol")?);
    column.core.add(moment(&browser, "return measured.core()")?);
    enrol_and_use(&browser, &invite(&address)?, asked, column)?;
    browser.script(IS_KEPT, &Value::Null)?;
    browser.close()?;

    let browser = open()?;
    browser.go_to(&address)?;
    column.start.add(moment(&browser, "return measured.today")?);
    browser.close()
}

/// One life of the app's own window.
fn in_a_window(invitation: &str, asked: &Asked, column: &mut Column) -> Result<()> {
    let data = TempDir::new()?;
    let window = Window::open(data.path(), PHONE)?;
    window.wait_for("[data-page=enrol][data-ready=true]")?;
    window.script(MEASURE, &Value::Null)?;
    enrol_and_use(&window, invitation, asked, column)?;
    window.close()?;

    let window = Window::open(data.path(), PHONE)?;
    window.wait_for("[data-page=today][data-ready=true] [data-row=due]")?;
    // Nothing can be told to watch before the page does: this is when the page had drawn it, not yet painted.
    column
        .start
        .add(moment(&window, "return performance.getEntriesByName('gridwalk-today-ready')[0].startTime")?);
    window.close()
}

/// Everything that is measured from the welcome page on.
fn enrol_and_use(browser: &Window, invitation: &str, asked: &Asked, column: &mut Column) -> Result<()> {
    browser.fill("[data-act=enrol-server]", invitation)?;
    let first: FirstSync =
        serde_json::from_value(browser.script("return measured.firstSync()", &Value::Null)?)?;
    column.first_sync.add(ms(first.whole));
    column.today.add(ms(first.today));
    column.after_page.add(ms(first.after_page));
    column.longest_task.add(ms(first.tasks.iter().copied().fold(0.0, f64::max)));
    column.long_tasks += first.tasks.len();

    browser.script("location.hash = '#/households'", &Value::Null)?;
    browser.wait_for("[data-page=households][data-ready=true]")?;
    // The driver waits for no script longer than half a minute.
    for text in &asked.texts {
        add_all(&mut column.keystroke, browser, "keystrokes", &json!([text]))?;
    }
    let calls: Vec<Request> = prefixes(&asked.texts)
        .map(|search| ListHouseholds { search, limit: 30, ..Default::default() }.into())
        .collect();
    add_all(&mut column.search_call, browser, "calls", &serde_json::to_value(calls)?)?;
    add_all(&mut column.save_call, browser, "saveCalls", &json!(asked.households))?;
    for household in &asked.households {
        add_all(&mut column.save, browser, "saves", &json!([household]))?;
    }
    let errors = browser.errors()?;
    ensure!(errors.is_empty(), "the page says {errors:?}");
    Ok(())
}

fn moment(browser: &Window, script: &str) -> Result<Duration> {
    Ok(ms(browser.script(script, &Value::Null)?.as_f64().context("a moment")?))
}

fn add_all(figures: &mut Figures, browser: &Window, what: &str, given: &Value) -> Result<()> {
    let took = browser.script(&format!("return measured.{what}(arguments[0])"), given)?;
    let took: Vec<f64> = serde_json::from_value(took)?;
    ensure!(!took.is_empty(), "{what} measured nothing");
    took.into_iter().for_each(|took| figures.add(ms(took)));
    Ok(())
}

fn ms(ms: f64) -> Duration {
    Duration::from_secs_f64(ms.max(0.0) / 1_000.0)
}
