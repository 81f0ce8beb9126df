//! A database that was copied or brought back from a backup.

use stories::networked::Device;
use stories::server::{ServerProcess, more};

use crate::common::*;

#[test]
fn a_copied_database_becomes_a_device_of_its_own_and_nothing_is_lost_or_doubled() {
    let server = ServerProcess::demo().unwrap();
    let mut original = Device::enrolled(&server.worker_invitation).unwrap();
    let before = server.count().unwrap();
    let doors = doors(&mut original, 6);

    // Two visits wait when the disk is copied, so both devices bring them.
    visit(&mut original, doors[0], "一");
    visit(&mut original, doors[1], "二");
    let mut copy = original.copied().unwrap();
    visit(&mut original, doors[2], "三，原机");
    visit(&mut copy, doors[3], "三，副本");
    original.sync().unwrap();
    copy.sync().unwrap();
    assert_ne!(original.identity().unwrap().incarnation, copy.identity().unwrap().incarnation);

    // From here on they are two devices.
    visit(&mut original, doors[4], "四，原机");
    visit(&mut copy, doors[5], "四，副本");
    sync_both(&mut original, &mut copy);
    for device in [&mut original, &mut copy] {
        for (door, note) in doors.iter().zip(["一", "二", "三，原机", "三，副本", "四，原机", "四，副本"])
        {
            assert_eq!(visits_noted(device, *door, note).len(), 1, "{note}");
        }
        assert_eq!(waiting(device), (0, 0));
    }
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 6)]));
}

#[test]
fn a_phone_brought_back_from_a_backup_goes_on_working() {
    let server = ServerProcess::demo().unwrap();
    let mut phone = Device::enrolled(&server.worker_invitation).unwrap();
    let before = server.count().unwrap();
    let doors = doors(&mut phone, 3);
    let mut backup = phone.copied().unwrap();
    visit(&mut phone, doors[0], "备份之后");
    visit(&mut phone, doors[1], "备份之后");
    phone.sync().unwrap();
    drop(phone);

    visit(&mut backup, doors[2], "恢复之后");
    backup.sync().unwrap();
    for door in &doors[..2] {
        assert_eq!(visits_noted(&mut backup, *door, "备份之后").len(), 1, "it comes back from the server");
    }
    assert_eq!(visits_noted(&mut backup, doors[2], "恢复之后").len(), 1);
    assert_eq!(waiting(&mut backup), (0, 0));
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 3)]));
}

#[test]
fn what_both_copies_bring_counts_when_the_first_brings_it() {
    let server = ServerProcess::demo().unwrap();
    let mut original = Device::enrolled(&server.worker_invitation).unwrap();
    let mut colleague = colleague(&server);
    let before = server.count().unwrap();
    let doors = doors(&mut original, 2);
    write_note(&mut original, doors[0], "换了门锁");
    let mut copy = original.copied().unwrap();
    original.sync().unwrap();
    colleague.sync().unwrap();
    write_note(&mut colleague, doors[0], "又换回来了");
    colleague.sync().unwrap();

    // The copy sends the same note once more, and a visit that tells it from the original.
    visit(&mut original, doors[1], "原机");
    original.sync().unwrap();
    visit(&mut copy, doors[1], "副本");
    copy.sync().unwrap();
    sync_both(&mut original, &mut colleague);
    for device in [&mut original, &mut copy, &mut colleague] {
        assert_eq!(page(device, doors[0]).note.as_deref(), Some("又换回来了"));
        assert_eq!(waiting(device), (0, 0), "nothing lost against anything");
    }
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));
}

#[test]
fn a_server_brought_back_from_a_backup_gets_everything_again() {
    let mut server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut staff = Device::enrolled(&server.staff_invitation).unwrap();
    let before = server.count().unwrap();
    let doors = doors(&mut worker, 3);
    visit(&mut worker, doors[0], "备份之前");
    sync_both(&mut worker, &mut staff);
    let backup = server.backup().unwrap();
    visit(&mut worker, doors[1], "备份之后");
    sync_both(&mut worker, &mut staff);
    server.go_back_to(&backup).unwrap();

    // A colleague who comes first gets the number that the lost visit had.
    let mut colleague = Device::enrolled(&server.invite("grid-worker", GRID, "新来的").unwrap()).unwrap();
    visit(&mut colleague, doors[2], "恢复之后");
    colleague.sync().unwrap();
    for _ in 0..2 {
        sync_both(&mut worker, &mut staff);
        colleague.sync().unwrap();
    }
    for device in [&mut worker, &mut staff, &mut colleague] {
        for (door, note) in doors.iter().zip(["备份之前", "备份之后", "恢复之后"]) {
            assert_eq!(visits_noted(device, *door, note).len(), 1, "{note}");
        }
        assert_eq!(waiting(device), (0, 0));
    }
    assert_eq!(server.count().unwrap().since(&before).get("visit"), Some(&3));
}
