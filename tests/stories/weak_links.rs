//! No network, cut connections, dead servers and flat batteries: nothing is lost, nothing comes twice.

use records::call::{GetSync, GetToday, Standing, SyncState};
use rustix::process::{Signal, kill_process};
use stories::networked::{Device, UNREACHABLE};
use stories::server::{ServerProcess, more};
use stories::weak_link::{Cut, WeakLink};

use crate::common::*;

/// From the first byte of the request to the middle of the answer's body.
const CUTS: [Cut; 9] = [
    Cut::Request(0),
    Cut::Request(40),
    Cut::Request(400),
    Cut::Answer(0),
    Cut::Answer(1),
    Cut::Answer(30),
    Cut::Answer(200),
    Cut::Answer(300),
    Cut::Answer(330),
];

fn worker_behind(link: &WeakLink, server: &ServerProcess) -> Device {
    let invitation = server.invite_to(&link.address(), "grid-worker", GRID, "周燕").unwrap();
    Device::enrolled(&invitation).unwrap()
}

#[test]
fn a_visit_saved_offline_arrives_at_a_colleagues_device_once() {
    let mut server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut colleague = colleague(&server);
    let before = server.count().unwrap();
    let door = doors(&mut worker, 1)[0];

    server.stop().unwrap();
    visit(&mut worker, door, "门口说了几句，都好");
    assert_eq!(worker.sync().unwrap_err().code, UNREACHABLE);
    let chip = worker.ask(GetSync {}).unwrap().chip;
    assert_eq!((chip.waiting, chip.state), (1, SyncState::Offline));
    let here = visits_noted(&mut worker, door, "门口说了几句，都好");
    assert_eq!(here, [("周燕".to_owned(), Standing::OnDevice)]);

    server.start_again().unwrap();
    worker.sync().unwrap();
    colleague.sync().unwrap();
    for device in [&mut worker, &mut colleague] {
        let there = visits_noted(device, door, "门口说了几句，都好");
        assert_eq!(there, [("周燕".to_owned(), Standing::Accepted)]);
        assert_eq!(waiting(device), (0, 0));
    }
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}

#[test]
fn a_connection_that_breaks_anywhere_loses_and_doubles_nothing() {
    let server = ServerProcess::demo().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let mut worker = worker_behind(&link, &server);
    let (before, incarnation) = (server.count().unwrap(), worker.identity().unwrap().incarnation);
    let doors = doors(&mut worker, 9);
    for (cut, door) in CUTS.into_iter().zip(&doors) {
        visit(&mut worker, *door, "趁着有信号");
        link.cut(cut);
        assert_eq!(worker.sync().unwrap_err().code, UNREACHABLE, "{cut:?}");
        worker.restart().unwrap();
        assert_eq!(visits_noted(&mut worker, *door, "趁着有信号").len(), 1, "{cut:?}");
        // Now and then the network is back, and then not for several doors.
        if cut == Cut::Answer(0) {
            link.mend();
            worker.sync().unwrap();
        }
    }
    link.mend();
    worker.sync().unwrap();
    let mut colleague = colleague(&server);
    for door in doors {
        let accepted = [("周燕".to_owned(), Standing::Accepted)];
        assert_eq!(visits_noted(&mut worker, door, "趁着有信号"), accepted);
        assert_eq!(visits_noted(&mut colleague, door, "趁着有信号"), accepted);
    }
    assert_eq!(waiting(&mut worker), (0, 0));
    assert_eq!(worker.identity().unwrap().incarnation, incarnation, "asking again is no copy");
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 9), ("staff", 1)]));
}

#[test]
fn a_server_that_dies_in_the_middle_of_a_round_loses_and_doubles_nothing() {
    let mut server = ServerProcess::demo().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let mut worker = worker_behind(&link, &server);
    let (before, incarnation) = (server.count().unwrap(), worker.identity().unwrap().incarnation);
    let doors = doors(&mut worker, 9);
    for (cut, door) in CUTS.into_iter().zip(&doors) {
        visit(&mut worker, *door, "停电之前");
        let process = server.process().unwrap();
        link.cut_and(cut, move || kill_process(process, Signal::KILL).unwrap());
        assert_eq!(worker.sync().unwrap_err().code, UNREACHABLE, "{cut:?}");
        link.mend();
        server.start_again().unwrap();
    }
    worker.sync().unwrap();
    assert_eq!(waiting(&mut worker), (0, 0));
    for door in doors {
        let accepted = [("周燕".to_owned(), Standing::Accepted)];
        assert_eq!(visits_noted(&mut worker, door, "停电之前"), accepted);
    }
    assert_eq!(worker.identity().unwrap().incarnation, incarnation, "asking again is no copy");
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 9)]));
}

#[test]
fn a_first_sync_in_small_pieces_brings_everything() {
    let server = ServerProcess::demo().unwrap();
    let mut at_once = Device::enrolled(&server.worker_invitation).unwrap();
    let mut bit_by_bit = Device::new().unwrap();
    bit_by_bit.budget = Some(5_000);
    bit_by_bit.enrol(&server.invite("grid-worker", GRID, "周燕").unwrap()).unwrap();
    let mut rounds = 1;
    while bit_by_bit.round().unwrap() {
        rounds += 1;
    }
    assert!(rounds > 50, "{rounds} rounds");
    assert_same(&mut bit_by_bit, &mut at_once);
}

#[test]
fn a_battery_that_dies_again_and_again_in_the_first_sync_only_delays_it() {
    let server = ServerProcess::demo().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let mut unlucky = Device::new().unwrap();
    unlucky.budget = Some(60_000);
    unlucky.enrol(&server.invite_to(&link.address(), "grid-worker", GRID, "周燕").unwrap()).unwrap();
    for steps in [0, 1, 2, 5, 0, 1, 3] {
        let is_done = unlucky.round_dying_after(steps).unwrap();
        assert!(!is_done || steps > 1);
        link.cut(Cut::Answer(4_000));
        assert_eq!(unlucky.round().unwrap_err().code, UNREACHABLE);
        link.mend();
    }
    unlucky.sync().unwrap();
    assert_same(&mut unlucky, &mut Device::enrolled(&server.worker_invitation).unwrap());
}

#[test]
fn after_a_failure_amid_the_first_sync_the_chip_counts_on() {
    let server = ServerProcess::demo().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let mut device = Device::new().unwrap();
    device.budget = Some(100_000);
    device.enrol(&server.invite_to(&link.address(), "grid-worker", GRID, "周燕").unwrap()).unwrap();
    assert!(device.round().unwrap(), "more is to come");
    link.cut(Cut::Request(0));
    assert_eq!(device.round().unwrap_err().code, UNREACHABLE);
    assert_eq!(device.ask(GetSync {}).unwrap().chip.state, SyncState::Offline);

    device.restart().unwrap();
    link.mend();
    assert!(device.round().unwrap(), "more is to come");
    let SyncState::First { received, total } = device.ask(GetSync {}).unwrap().chip.state else {
        panic!("the first sync is under way")
    };
    assert!(received < total);
    device.sync().unwrap();
    assert_eq!(device.ask(GetSync {}).unwrap().chip.state, SyncState::Idle);
}

/// Both devices hold the same and say the same.
fn assert_same(one: &mut Device, other: &mut Device) {
    assert_eq!(held(one), held(other));
    other.now_ms = one.now_ms;
    assert_eq!(one.ask(GetToday {}).unwrap(), other.ask(GetToday {}).unwrap());
    for door in doors(other, 40) {
        assert_eq!(page(one, door), page(other, door));
    }
}
