//! Work carried by hand: on a stick, by a colleague, by two of them, late, twice.

use records::RecordId;
use records::call::{
    AcceptImport, CardWhat, GetSync, ImportKind, ListHouseholds, OpenCourier, PreviewImport, Standing,
    SyncState,
};
use stories::networked::{Device, UNREACHABLE};
use stories::server::{ServerProcess, more};
use stories::weak_link::{Cut, WeakLink};

use crate::common::*;

/// A worker whose road to the server can be cut, and a colleague in the same grid.
fn cut_off() -> (ServerProcess, WeakLink, Device, Device) {
    let server = ServerProcess::demo().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let invitation = server.invite_to(&link.address(), "grid-worker", GRID, "周燕").unwrap();
    let mut worker = Device::enrolled(&invitation).unwrap();
    let colleague = colleague(&server);
    worker.sync().unwrap();
    (server, link, worker, colleague)
}

/// The device has one visit with these words, and it stands so.
fn assert_visit(device: &mut Device, door: RecordId, words: &str, standing: Standing) {
    let found = visits_noted(device, door, words);
    assert_eq!(found.iter().map(|(_, standing)| *standing).collect::<Vec<_>>(), [standing], "{words}");
}

#[test]
fn a_stick_carries_work_there_and_news_back() {
    let (server, _link, mut worker, mut colleague) = cut_off();
    let doors = doors(&mut worker, 2);
    let before = server.count().unwrap();
    visit(&mut worker, doors[0], "山里走访");
    visit(&mut colleague, doors[1], "镇上走访");
    colleague.sync().unwrap();

    // A save can be undone for some seconds, but not once it went into a file.
    let file = worker.pack_courier().unwrap();
    assert_eq!(waiting(&mut worker), (1, 0), "it stays until the server answers");
    assert_visit(&mut worker, doors[0], "山里走访", Standing::OnDevice);
    let answer = server.courier(&file).unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));

    worker.apply_courier(&answer).unwrap();
    assert_eq!(waiting(&mut worker), (0, 0));
    assert_visit(&mut worker, doors[0], "山里走访", Standing::Accepted);
    assert_visit(&mut worker, doors[1], "镇上走访", Standing::Accepted);
    colleague.sync().unwrap();
    assert_visit(&mut colleague, doors[0], "山里走访", Standing::Accepted);
    worker.sync().unwrap();
    assert_eq!(held(&mut worker), held(&mut colleague));
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));
}

#[test]
fn two_carriers_and_a_stick_bring_it_once() {
    let (server, link, mut worker, mut colleague) = cut_off();
    let mut staff = Device::enrolled(&server.staff_invitation).unwrap();
    let doors = doors(&mut worker, 3);
    let before = server.count().unwrap();
    link.cut(Cut::Request(0));

    visit(&mut worker, doors[0], "第一天");
    let first = worker.pack_courier().unwrap();
    visit(&mut worker, doors[1], "第二天");
    let second = worker.pack_courier().unwrap();

    // The second file is there first; then both come again, by other roads.
    let answers = [
        colleague.carry(&second).unwrap(),
        staff.carry(&first).unwrap(),
        staff.carry(&second).unwrap(),
        server.courier(&first).unwrap(),
    ];
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));
    for answer in answers.iter().rev().chain(&answers) {
        worker.apply_courier(answer).unwrap();
    }
    assert_eq!(waiting(&mut worker), (0, 0));
    for (door, words) in doors.iter().zip(["第一天", "第二天"]) {
        assert_visit(&mut worker, *door, words, Standing::Accepted);
    }

    // Afterwards the network is as good as any other road.
    link.mend();
    visit(&mut worker, doors[2], "第三天");
    worker.sync().unwrap();
    colleague.sync().unwrap();
    assert_eq!(held(&mut worker), held(&mut colleague));
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 3)]));
}

#[test]
fn an_answer_that_comes_after_a_round_tells_nothing_new_and_harms_nothing() {
    let (server, link, mut worker, mut colleague) = cut_off();
    let doors = doors(&mut worker, 3);
    let before = server.count().unwrap();
    visit(&mut worker, doors[0], "先装进文件");
    let file = worker.pack_courier().unwrap();
    let early = colleague.carry(&file).unwrap();

    // Meanwhile the network is back, and the work of both goes on.
    visit(&mut worker, doors[1], "再走网络");
    worker.sync().unwrap();
    visit(&mut colleague, doors[2], "同事的");
    sync_both(&mut colleague, &mut worker);
    let (held_before, incarnation) = (held(&mut worker), worker.identity().unwrap().incarnation);
    let last = worker.ask(GetSync {}).unwrap().last;

    link.cut(Cut::Request(0));
    worker.apply_courier(&early).unwrap();
    worker.apply_courier(&colleague.carry(&file).unwrap()).unwrap();
    assert_eq!((held(&mut worker), waiting(&mut worker)), (held_before, (0, 0)));
    assert_eq!(worker.ask(GetSync {}).unwrap().last, last, "no later word than that of the last round");
    assert_eq!(worker.sync().unwrap_err().code, UNREACHABLE);
    assert_eq!(worker.ask(GetSync {}).unwrap().chip.state, SyncState::Offline);

    link.mend();
    worker.sync().unwrap();
    assert_eq!(worker.identity().unwrap().incarnation, incarnation, "nobody took it for a copy");
    assert_eq!(held(&mut worker), held(&mut colleague));
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 3)]));
}

#[test]
fn a_file_is_opened_by_its_own_server_alone() {
    let (server, _link, mut worker, mut colleague) = cut_off();
    let other = ServerProcess::demo().unwrap();
    let mut stranger = Device::enrolled(&other.worker_invitation).unwrap();
    let door = doors(&mut worker, 1)[0];
    let before = other.count().unwrap();
    visit(&mut worker, door, "给自己的服务器");
    let file = worker.pack_courier().unwrap();

    let said = other.courier(&file).unwrap_err().to_string();
    assert!(said.contains("another server"), "{said}");
    assert_eq!(stranger.carry(&file).unwrap_err().code, "courier.other_server");
    assert_eq!(other.count().unwrap(), before);
    // Nor does an answer do anything but for whoever asked.
    let answer = colleague.carry(&file).unwrap();
    assert_eq!(colleague.apply_courier(&answer).unwrap_err().code, "courier.not_mine");
    assert_eq!(stranger.apply_courier(&answer).unwrap_err().code, "courier.other_server");
    assert_eq!(worker.apply_courier(&file).unwrap_err().code, "courier.other_kind");

    let upload = worker.upload(answer.clone());
    let opened = worker.ask(OpenCourier { upload }).unwrap();
    assert_eq!(
        (opened.is_answer, opened.is_mine, opened.is_our_server, opened.commits),
        (true, true, true, 1)
    );
    worker.apply_courier(&answer).unwrap();
    assert_eq!(waiting(&mut worker), (0, 0));
    drop(server);
}

#[test]
fn a_damaged_file_is_told_from_a_good_one_and_the_good_one_still_works() {
    let (server, _link, mut worker, mut colleague) = cut_off();
    let door = doors(&mut worker, 1)[0];
    let before = server.count().unwrap();
    visit(&mut worker, door, "路上坏了");
    let file = worker.pack_courier().unwrap();
    let mut harmed = file.clone();
    *harmed.last_mut().unwrap() ^= 1;
    assert_eq!(colleague.carry(&harmed).unwrap_err().code, "courier.damaged");
    assert_eq!(colleague.carry(&file[..file.len() / 2]).unwrap_err().code, "courier.damaged");
    assert_eq!(colleague.carry(b"%PDF-1.7").unwrap_err().code, "courier.not_a_file");
    assert_eq!(server.count().unwrap(), before);

    let answer = colleague.carry(&file).unwrap();
    let mut harmed = answer.clone();
    *harmed.last_mut().unwrap() ^= 1;
    assert_eq!(worker.apply_courier(&harmed).unwrap_err().code, "courier.damaged");
    assert_eq!(waiting(&mut worker), (1, 0));
    worker.apply_courier(&answer).unwrap();
    assert_eq!(waiting(&mut worker), (0, 0));
}

#[test]
fn a_device_that_was_shut_out_meanwhile_hears_so_and_its_work_waits() {
    let (server, _link, mut worker, mut colleague) = cut_off();
    let door = doors(&mut worker, 1)[0];
    let before = server.count().unwrap();
    visit(&mut worker, door, "停用之前");
    worker.pass(3_600_000);
    let file = worker.pack_courier().unwrap();
    let device = worker.identity().unwrap().device.to_string();
    server.keeper("lock-out", &[&device]).unwrap();
    let answer = colleague.carry(&file).unwrap();
    worker.apply_courier(&answer).unwrap();
    assert_eq!(server.count().unwrap(), before, "nothing came of it yet");
    let [card] = &cards(&mut worker)[..] else { panic!() };
    assert!(matches!(card.what, CardWhat::Quarantined { .. }) && card.title == "停用之前");
    assert!(!worker.holds(door).unwrap(), "what it held is gone");
}

#[test]
fn a_year_of_work_goes_in_one_file() {
    let (server, _link, mut worker, mut colleague) = cut_off();
    let doors = doors(&mut worker, 10);
    let before = server.count().unwrap();
    for day in 0..70 {
        for door in &doors {
            visit(&mut worker, *door, &format!("第{day}天"));
        }
    }
    let file = worker.pack_courier().unwrap();
    let answer = colleague.carry(&file).unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 700)]));
    worker.apply_courier(&answer).unwrap();
    assert_eq!(waiting(&mut worker), (0, 0));
    worker.sync().unwrap();
    colleague.sync().unwrap();
    assert_eq!(held(&mut worker), held(&mut colleague));
}

#[test]
fn an_answer_on_the_road_does_not_set_back_what_a_file_brought_meanwhile() {
    let (server, _link, mut worker, mut colleague) = cut_off();
    let doors = doors(&mut worker, 3);
    let before = server.count().unwrap();
    visit(&mut worker, doors[0], "两条路都走");
    let file = worker.pack_courier().unwrap();
    let mut read = vec![];
    let again = worker.round_while(|worker| {
        visit(&mut colleague, doors[1], "后来的");
        colleague.sync().unwrap();
        worker.apply_courier(&colleague.carry(&file).unwrap()).unwrap();
        visit(worker, doors[2], "还没送出");
        read = worker.cursors().unwrap();
    });
    assert_eq!(worker.cursors().unwrap(), read);
    assert!(again.unwrap(), "the server is asked once more");
    assert_visit(&mut worker, doors[1], "后来的", Standing::Accepted);
    worker.sync().unwrap();
    colleague.sync().unwrap();
    assert_eq!((held(&mut worker), waiting(&mut worker)), (held(&mut colleague), (0, 0)));
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 3)]));
}

#[test]
fn an_answer_of_a_server_that_went_back_to_a_backup_loses_nothing() {
    let (mut server, link, mut worker, mut colleague) = cut_off();
    let doors = doors(&mut worker, 2);
    let before = server.count().unwrap();
    let backup = server.backup().unwrap();
    visit(&mut worker, doors[0], "走网络");
    worker.sync().unwrap();
    visit(&mut worker, doors[1], "走文件");
    let file = worker.pack_courier().unwrap();
    let answer = colleague.carry(&file).unwrap();
    let mut early = worker.copied().unwrap();
    server.go_back_to(&backup).unwrap();

    // One device hears the old answer before the server, the other after it.
    early.apply_courier(&answer).unwrap();
    assert_eq!(waiting(&mut early), (0, 0));
    early.sync().unwrap();
    worker.sync().unwrap();
    let incarnation = worker.identity().unwrap().incarnation;
    worker.apply_courier(&answer).unwrap();
    link.mend();
    worker.sync().unwrap();
    assert_eq!(worker.identity().unwrap().incarnation, incarnation, "numbers of another life mean nothing");
    sync_both(&mut colleague, &mut early);
    for device in [&mut worker, &mut early, &mut colleague] {
        assert_visit(device, doors[0], "走网络", Standing::Accepted);
        assert_visit(device, doors[1], "走文件", Standing::Accepted);
        assert_eq!(waiting(device), (0, 0));
    }
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));
}

#[test]
fn a_file_that_comes_again_after_the_server_went_back_may_be_refused_and_still_nothing_is_lost() {
    let (mut server, link, mut worker, mut colleague) = cut_off();
    let before = server.count().unwrap();
    let backup = server.backup().unwrap();
    let old = doors(&mut worker, 2)[1];
    let upload = colleague.upload("小区,楼栋,单元,门牌,户主\n新建小区,99号楼,1单元,101,欧阳山\n".into());
    let (file_name, what) = ("住户台账.csv".to_owned(), ImportKind::Households);
    colleague.ask(PreviewImport { upload, file_name, what }).unwrap();
    colleague.ask(AcceptImport { upload }).unwrap();
    sync_both(&mut colleague, &mut worker);
    let found = ListHouseholds { search: "欧阳山".to_owned(), limit: 1, ..Default::default() };
    let new = worker.ask(found).unwrap().rows[0].id;
    write_note(&mut worker, new, "门铃坏了");
    visit(&mut worker, old, "走访");
    let file = worker.pack_courier().unwrap();
    let taken = server.courier(&file).unwrap();

    // The second time nobody has told the server of the new household yet.
    server.go_back_to(&backup).unwrap();
    server.courier(&file).unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
    worker.apply_courier(&taken).unwrap();
    assert_eq!(waiting(&mut worker), (0, 0), "as the first answer says");

    link.mend();
    sync_both(&mut colleague, &mut worker);
    colleague.sync().unwrap();
    for device in [&mut worker, &mut colleague] {
        assert_eq!(page(device, new).note.as_deref(), Some("门铃坏了"));
        assert_visit(device, old, "走访", Standing::Accepted);
        // Made on something unknown, as all that goes out again: what the note met is shown.
        assert_eq!(waiting(device), (0, 1));
    }
    let arrived =
        [("handling", 1), ("house", 1), ("household", 1), ("losing_edit", 1), ("person", 1), ("visit", 1)];
    assert_eq!(server.count().unwrap().since(&before), more(arrived));
}
