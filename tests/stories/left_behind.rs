//! Commits that were sealed while they were saved, and whose device cannot be opened any more: whoever is enrolled there
//! next brings them.

use std::collections::BTreeSet;

use app::unsent::Mark;
use stories::networked::Device;
use stories::server::{ServerProcess, more};

use super::common::*;

/// Everything that waits on a device, sealed, as a shell keeps it beside the database.
fn sealed(device: &mut Device) -> Vec<(Mark, Vec<u8>)> {
    device.with(|app, context| app.unsent(&BTreeSet::new(), context)).unwrap().new
}

#[test]
fn a_letter_is_settled_once_however_often_it_is_brought_and_beside_a_device_that_lives_on() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let door = doors(&mut worker, 1)[0];
    let before = server.count().unwrap();
    visit(&mut worker, door, "第一次");
    visit(&mut worker, door, "第二次");
    let letters = sealed(&mut worker);
    let mut next = Device::enrolled(&server.invite("grid-worker", GRID, "周燕").unwrap()).unwrap();
    for _ in 0..2 {
        for (_, letter) in &letters {
            assert!(next.bring(letter).unwrap());
        }
        assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));
    }
    worker.sync().unwrap();
    assert_eq!(waiting(&mut worker), (0, 0));
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));
    next.sync().unwrap();
    assert_eq!(visits_noted(&mut next, door, "第二次").len(), 1);
}

#[test]
fn a_letter_that_the_server_does_not_hear_is_not_settled() {
    let mut server = ServerProcess::demo().unwrap();
    drop(Device::enrolled(&server.worker_invitation).unwrap());
    let backup = server.backup().unwrap();
    let mut worker = Device::enrolled(&server.invite("grid-worker", GRID, "孙梅").unwrap()).unwrap();
    let door = doors(&mut worker, 1)[0];
    visit(&mut worker, door, "谁也没听见");
    let letter = sealed(&mut worker).remove(0).1;

    // The server went back to before this device was let in, and knows its token no more.
    server.go_back_to(&backup).unwrap();
    let mut next = Device::enrolled(&server.invite("grid-worker", GRID, "周燕").unwrap()).unwrap();
    let before = server.count().unwrap();
    assert!(!next.bring(&letter).unwrap());
    assert!(!next.bring(&letter[..letter.len() - 1]).unwrap_or(false), "a letter that is cut is none");
    assert_eq!(server.count().unwrap().since(&before), more([]));
}
