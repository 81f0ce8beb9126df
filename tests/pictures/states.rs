//! A device in each state that 同步 can be in, by the doings of people and servers.

use anyhow::{Context, Result};
use records::call::*;
use records::codes::VisitResult;
use records::visit::{Visit, VisitAmendment};
use records::{Body, Kind, Moment, RecordId, Scope};
use stories::networked::Device;
use stories::server::ServerProcess;
use stories::stranger::Stranger;
use tempfile::TempDir;

const GRID: &str = "230881/001/003/07";
const NEXT_GRID: &str = "230881/001/003/06";
const HOUR_MS: i64 = 3_600_000;

/// A state of the page.
pub struct State {
    /// Its name in the picture's.
    pub name: &'static str,
    /// What is pressed on the page.
    pub presses: &'static [&'static str],
    /// What must be in the picture; it is brought into sight.
    pub shows: &'static str,
    /// Brings a device into it.
    pub prepare: fn() -> Result<Scene>,
}

/// A device's data, and the server that has to live as long as the picture is taken.
pub struct Scene {
    pub device: TempDir,
    _server: ServerProcess,
}

const fn state(name: &'static str, shows: &'static str, prepare: fn() -> Result<Scene>) -> State {
    State { name, presses: &[], shows, prepare }
}

pub const STATES: [State; 11] = [
    state("received", "[data-page=sync] .state.ok", received),
    state("paused", "[data-first=paused]", paused),
    state("waiting", "[data-row=waiting]", waiting),
    state("offline", "[data-standing=OnDevice]", offline),
    state("refused", "[data-card=refused]", refused),
    state("late", "[data-row=quarantined]", late),
    state("conflict", "[data-card=conflict]", conflict),
    state("failed", "[data-page=sync] [data-fault]", failed),
    state("by-hand", "[data-row=courier]", offline),
    State {
        name: "by-hand-written",
        presses: &["[data-act=courier-pack]"],
        shows: "[data-courier=packed]",
        prepare: offline,
    },
    State {
        name: "corrected",
        presses: &["[data-act=correct]"],
        shows: "dialog[data-dialog=matter-form]",
        prepare: refused_matter,
    },
];

fn scene(device: Device, server: ServerProcess) -> Result<Scene> {
    Ok(Scene { device: device.close()?, _server: server })
}

fn enrolled() -> Result<(ServerProcess, Device)> {
    let server = ServerProcess::demo()?;
    let mut device = Device::enrolled(&server.worker_invitation)?;
    let visited = doors(&mut device, 3)?;
    for door in visited {
        visit(&mut device, door, "都好")?;
    }
    device.sync()?;
    Ok((server, device))
}

fn received() -> Result<Scene> {
    let (server, device) = enrolled()?;
    scene(device, server)
}

/// A device with a part of the first sync, from a server that says no more.
fn begun() -> Result<(ServerProcess, Device)> {
    let server = ServerProcess::demo()?;
    let mut device = Device::new()?;
    device.budget = Some(150_000);
    device.enrol(&server.worker_invitation)?;
    for _ in 0..4 {
        device.round()?;
    }
    lead_to(&mut device, Stranger::silent()?)?;
    Ok((server, device))
}

fn paused() -> Result<Scene> {
    let (server, mut device) = begun()?;
    let door = doors(&mut device, 1)?[0];
    visit(&mut device, door, "先停着也照样记")?;
    device.ask(PauseSync { is_paused: true })?;
    scene(device, server)
}

/// A morning's work, on its way to a server that takes its time.
fn waiting() -> Result<Scene> {
    let (server, mut device) = enrolled()?;
    morning(&mut device)?;
    lead_to(&mut device, Stranger::silent()?)?;
    scene(device, server)
}

fn offline() -> Result<Scene> {
    let (mut server, mut device) = enrolled()?;
    morning(&mut device)?;
    server.stop()?;
    scene(device, server)
}

fn failed() -> Result<Scene> {
    let (server, mut device) = enrolled()?;
    morning(&mut device)?;
    lead_to(&mut device, Stranger::answering("200 OK", "text/html", b"<p>WLAN</p>")?)?;
    scene(device, server)
}

fn refused() -> Result<Scene> {
    let (server, mut device) = enrolled()?;
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪")?)?;
    let doors = doors(&mut device, 3)?;
    let theirs = visit(&mut colleague, doors[2], "水管修好了")?.id;
    colleague.sync()?;
    device.sync()?;
    let amendment = VisitAmendment {
        visit: theirs,
        at: Moment::beijing(device.now_ms),
        reason: "其实没修好".to_owned(),
        result: None,
        note: None,
        withdrawn: false,
    };
    let own: Scope = format!("{GRID}#work").parse()?;
    let elsewhere: Scope = "230881/001/003/06#work".parse()?;
    let seen = met(doors[0], device.now_ms, "搬到隔壁楼了，人都好");
    device.forge(|action, id| action.create_body(id, Kind(9_999), &own, Body::trusted(vec![0xa0])))?;
    device.forge(|action, id| action.create(id, &own, &amendment))?;
    device.forge(|action, id| action.create(id, &elsewhere, &seen))?;
    device.sync()?;
    scene(device, server)
}

/// A matter under a number that the server has for another: of two devices with one memory, say.
fn refused_matter() -> Result<Scene> {
    let (server, mut device) = enrolled()?;
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "吴迪")?)?;
    let id = Some(RecordId::from_bytes([6; 16]));
    for (who, subject) in [(&mut colleague, "下水井盖松动"), (&mut device, "三楼楼道灯不亮")] {
        let draft = MatterDraft {
            id,
            item: None,
            subject: subject.to_owned(),
            place: "一号楼二单元".to_owned(),
            content: String::new(),
            off_list_reason: "清单里没有合适的".to_owned(),
        };
        who.ask(SaveMatter { draft, household: None })?;
        who.sync()?;
    }
    scene(device, server)
}

/// Somebody took up another grid with a morning's work still here.
fn late() -> Result<Scene> {
    let (server, mut device) = enrolled()?;
    morning(&mut device)?;
    let name = device.identity()?.name;
    let to = ["--name", &name, "--role", "grid-worker", "--area", GRID, "--to", NEXT_GRID];
    server.keeper("assign", &to)?;
    device.sync()?;
    scene(device, server)
}

/// Two facts of one household and one of another, changed by two people while one was without network.
fn conflict() -> Result<Scene> {
    let (server, mut device) = enrolled()?;
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "陈静")?)?;
    let doors = doors(&mut device, 2)?;
    device.pass(-2 * HOUR_MS);
    colleague.pass(-2 * HOUR_MS);
    change(&mut device, doors[0], "晚上七点后在家，先打电话", 2)?;
    change(&mut colleague, doors[1], "敲门要重一些", 4)?;
    device.pass(HOUR_MS);
    colleague.pass(HOUR_MS);
    change(&mut colleague, doors[0], "白天在女儿家，傍晚回来", 3)?;
    change(&mut device, doors[1], "按门铃没用，敲门", 4)?;
    device.sync()?;
    colleague.sync()?;
    device.sync()?;
    scene(device, server)
}

/// Three visits and a fact, saved and held here.
fn morning(device: &mut Device) -> Result<()> {
    let doors = doors(device, 4)?;
    for (door, note) in doors.iter().zip(["门口说了几句", "在做饭，都好", "约好周三换软管"])
    {
        visit(device, *door, note)?;
        device.pass(-20 * 60_000);
    }
    change(device, doors[3], "晚上七点后在家", 3)?;
    device.pass(HOUR_MS);
    Ok(())
}

fn lead_to(device: &mut Device, stranger: Stranger) -> Result<()> {
    device.forge_identity(|identity| identity.server = stranger.address())
}

fn doors(device: &mut Device, how_many: u16) -> Result<Vec<RecordId>> {
    let rows = device.ask(ListHouseholds { limit: how_many, ..Default::default() })?.rows;
    anyhow::ensure!(rows.len() == usize::from(how_many), "so many households are here");
    Ok(rows.iter().map(|row| row.id).collect())
}

fn visit(device: &mut Device, household: RecordId, note: &str) -> Result<Saved> {
    let mut draft = device.ask(OpenVisitSheet { household })?.draft;
    draft.result = Some(VisitResult::Met);
    draft.note = note.to_owned();
    device.ask(SaveVisit { draft }).context("the visit is saved")
}

fn change(device: &mut Device, id: RecordId, note: &str, residents: u8) -> Result<()> {
    let edit = EditHousehold {
        residents: Some(residents),
        note: Some(note.to_owned()),
        ..EditHousehold::nothing(id)
    };
    device.ask(edit).map(drop).context("the fact is saved")
}

fn met(household: RecordId, now_ms: i64, note: &str) -> Visit {
    Visit { note: Some(note.to_owned()), ..Visit::met(household, Moment::beijing(now_ms)) }
}
