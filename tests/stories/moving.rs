//! A household moves to the next grid: whole, and with what still comes from the old one.

use stories::networked::Device;
use stories::server::{ServerProcess, more};

use crate::common::*;

const NEXT_GRID: &str = "230881/001/003/06";
const HOUR_MS: i64 = 3_600_000;

#[test]
fn a_household_that_moves_takes_everything_along_and_late_work_follows() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut leaving = colleague(&server);
    let invitation = server.invite("grid-worker", NEXT_GRID, "孙丽").unwrap();
    let mut neighbour = Device::enrolled(&invitation).unwrap();
    [&mut worker, &mut leaving, &mut neighbour].into_iter().for_each(|device| device.sync().unwrap());
    let door = doors(&mut worker, 1)[0];
    let people = page(&mut worker, door).people.len();
    let before = server.count().unwrap();
    visit(&mut worker, door, "搬前走的");
    visit(&mut leaving, door, "离岗前走的");
    [&mut worker, &mut leaving].into_iter().for_each(|device| device.pass(HOUR_MS));

    let moved = server.relocate(door, NEXT_GRID).unwrap();
    assert!(moved > people, "with the people who live there");
    let elsewhere = ["--area", GRID, "--to", "230881/001/003/05"];
    let leaves = [&["--name", "吴迪", "--role", "grid-worker"][..], &elsewhere].concat();
    server.keeper("assign", &leaves).unwrap();
    worker.sync().unwrap();
    leaving.sync().unwrap();
    assert!(!worker.holds(door).unwrap() && !leaving.holds(door).unwrap());
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]), "the other one waits");

    neighbour.sync().unwrap();
    assert_eq!(page(&mut neighbour, door).people.len(), people);
    assert_eq!(visits_noted(&mut neighbour, door, "搬前走的").len(), 1);
    let [late] = &server.quarantined().unwrap()[..] else { panic!("one waits") };
    assert_eq!((late.person.as_str(), late.changes.get("visit")), ("吴迪", Some(&1)));
    assert_eq!(server.accept(late).unwrap(), "applied");

    neighbour.sync().unwrap();
    leaving.sync().unwrap();
    assert_eq!(
        visits_noted(&mut neighbour, door, "离岗前走的").len(),
        1,
        "it stands where the household does"
    );
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));
    assert!(cards(&mut leaving).is_empty() && server.quarantined().unwrap().is_empty());
}
