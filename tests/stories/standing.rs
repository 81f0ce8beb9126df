//! People take up another post, devices are lost: what leaves a device, and what becomes of the work.

use records::RecordId;
use records::call::{CardWhat, GetSession, GetSync};
use serde_json::Value;
use stories::networked::Device;
use stories::server::ServerProcess;

use crate::common::*;

const HOUR_MS: i64 = 3_600_000;
const NEXT_GRID: &str = "230881/001/003/06";

/// The demo worker with everything, and a visit that was never sent.
fn worker_with_unsent_visit(server: &ServerProcess) -> (Device, RecordId) {
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    worker.sync().unwrap();
    let door = doors(&mut worker, 1)[0];
    visit(&mut worker, door, "交接前走的");
    worker.pass(HOUR_MS);
    (worker, door)
}

fn move_on(server: &ServerProcess, device: &Device) {
    let identity = device.identity().unwrap();
    let to = ["--name", &identity.name, "--role", "grid-worker", "--area", GRID, "--to", NEXT_GRID];
    server.keeper("assign", &to).unwrap();
}

/// Scopes held, by name.
fn places(device: &Device) -> Vec<String> {
    device.scopes().unwrap().iter().map(ToString::to_string).collect()
}

fn quarantined(device: &mut Device) -> Vec<String> {
    let cards = cards(device).into_iter();
    cards.filter(|card| matches!(card.what, CardWhat::Quarantined { .. })).map(|card| card.title).collect()
}

fn lines(said: &str) -> Vec<Value> {
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_worker_who_moves_to_another_grid_leaves_the_old_one_behind() {
    let server = ServerProcess::demo().unwrap();
    let (mut worker, door) = worker_with_unsent_visit(&server);
    assert!(places(&worker).contains(&format!("{GRID}#sensitive")));
    move_on(&server, &worker);
    worker.sync().unwrap();

    let held = places(&worker);
    assert!(held.iter().all(|scope| !scope.starts_with(GRID)), "{held:?}");
    assert!(held.contains(&format!("{NEXT_GRID}#sensitive")), "{held:?}");
    assert!(!worker.holds(door).unwrap());
    let [left] = &worker.ask(GetSync {}).unwrap().left[..] else { panic!("one area, and told") };
    assert!(left.area.contains("07") && left.records > 1_000, "{left:?}");
    let session = worker.ask(GetSession {}).unwrap();
    assert_eq!(session.worker.unwrap().area.as_str(), NEXT_GRID);
    let devices = lines(&server.keeper("devices", &[]).unwrap());
    let purged: Vec<&str> =
        devices[0]["purged"].as_array().unwrap().iter().map(|line| line["scope"].as_str().unwrap()).collect();
    assert_eq!(purged, [format!("{GRID}#sensitive"), format!("{GRID}#work")], "its receipts have come");
    // A household of the new grid, which it now walks to.
    let new_door = doors(&mut worker, 1)[0];
    visit(&mut worker, new_door, "在新网格");
    worker.sync().unwrap();
    assert_eq!(visits_noted(&mut worker, new_door, "在新网格").len(), 1);
}

#[test]
fn an_answer_that_was_carried_too_long_brings_nothing_back_that_was_taken_away() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::new().unwrap();
    worker.enrol(&server.worker_invitation).unwrap();
    // Asked before anything was here, it tells of every scope from its beginning.
    let question = worker.pack_courier().unwrap();
    let answer = server.courier(&question).unwrap();
    worker.sync().unwrap();
    move_on(&server, &worker);
    worker.sync().unwrap();
    let (held_before, places_before) = (held(&mut worker), places(&worker));
    worker.apply_courier(&answer).unwrap();
    assert_eq!(places(&worker), places_before);
    assert_eq!(held(&mut worker), held_before);
}

#[test]
fn work_from_before_waits_for_a_supervisor_and_reaches_the_successor() {
    let server = ServerProcess::demo().unwrap();
    let (mut worker, door) = worker_with_unsent_visit(&server);
    move_on(&server, &worker);
    worker.sync().unwrap();
    assert_eq!(quarantined(&mut worker), ["交接前走的"], "kept in sight");
    assert_eq!(waiting(&mut worker), (0, 0), "there is nothing for the person to do");

    let [late] = &lines(&server.keeper("quarantine", &["list"]).unwrap())[..] else { panic!() };
    assert_eq!(late["changes"]["visit"], 1);
    let mut successor = colleague(&server);
    assert!(visits_noted(&mut successor, door, "交接前走的").is_empty());
    let accepted = server.keeper("quarantine", &["accept", late["id"].as_str().unwrap()]).unwrap();
    assert_eq!(lines(&accepted)[0]["outcome"], "applied");

    successor.sync().unwrap();
    let name = worker.identity().unwrap().name;
    assert_eq!(visits_noted(&mut successor, door, "交接前走的")[0].0, name);
    worker.sync().unwrap();
    assert!(quarantined(&mut worker).is_empty(), "decided");
    assert!(!worker.holds(door).unwrap(), "and still not theirs");
}

#[test]
fn what_a_supervisor_rejects_stays_with_its_author() {
    let server = ServerProcess::demo().unwrap();
    let (mut worker, _) = worker_with_unsent_visit(&server);
    move_on(&server, &worker);
    worker.sync().unwrap();
    let [late] = &lines(&server.keeper("quarantine", &["list"]).unwrap())[..] else { panic!() };
    server.keeper("quarantine", &["reject", late["id"].as_str().unwrap()]).unwrap();
    worker.sync().unwrap();
    let [card] = &cards(&mut worker)[..] else { panic!() };
    let CardWhat::Refused { fault, .. } = &card.what else { panic!("{card:?}") };
    assert_eq!((fault.code.as_str(), card.title.as_str()), ("quarantine.rejected", "交接前走的"));
}

#[test]
fn a_lost_device_forgets_everything_when_it_next_asks() {
    let server = ServerProcess::demo().unwrap();
    let (mut worker, door) = worker_with_unsent_visit(&server);
    let id = worker.identity().unwrap().device.to_string();
    server.keeper("lock-out", &[&id]).unwrap();
    worker.sync().unwrap();
    assert!(places(&worker).is_empty() && !worker.holds(door).unwrap());
    let devices = lines(&server.keeper("devices", &[]).unwrap());
    assert_eq!(devices[0]["purged"].as_array().unwrap().len(), 4);
    let [late] = &lines(&server.keeper("quarantine", &["list"]).unwrap())[..] else { panic!() };
    server.keeper("quarantine", &["accept", late["id"].as_str().unwrap()]).unwrap();
    worker.sync().unwrap();
    assert_eq!(worker.sync().unwrap_err().code, "sync.token_refused", "it has nothing and waits for nothing");
    let mut successor = colleague(&server);
    assert_eq!(visits_noted(&mut successor, door, "交接前走的").len(), 1, "its work has come");

    let audit = lines(&server.keeper("audit", &["list"]).unwrap());
    let of_it = audit.iter().filter(|entry| entry["device"] == id.as_str());
    let deeds: Vec<_> = of_it.map(|entry| entry["deed"].as_str().unwrap()).collect();
    assert_eq!(deeds[..3], ["device.enrolled", "device.locked_out", "commit.quarantined"]);
    let end = server.keeper("audit", &["verify"]).unwrap();
    assert_eq!(end.split(':').next().unwrap(), audit.len().to_string());
    let others = format!("1:{}", "00".repeat(32));
    assert!(server.keeper("audit", &["verify", "--noted", &others]).is_err());
}

#[test]
fn a_server_that_fails_takes_nothing_from_anybody() {
    let mut server = ServerProcess::demo().unwrap();
    let (mut worker, door) = worker_with_unsent_visit(&server);
    let before = places(&worker);
    server.stop().unwrap();
    assert!(worker.sync().is_err());
    assert_eq!((places(&worker), worker.holds(door).unwrap()), (before, true));
}
