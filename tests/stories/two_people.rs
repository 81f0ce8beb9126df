//! Two people, one household, no network in between.

use records::call::{CardWhat, EditHousehold, Settle, Settlement, Standing};
use stories::networked::Device;
use stories::server::{ServerProcess, more};

use crate::common::*;

const HOUR_MS: i64 = 3_600_000;
const YEAR_MS: i64 = 365 * 24 * HOUR_MS;

/// The demo worker and a colleague, both with everything, and a door both know.
pub fn two_people() -> (ServerProcess, Device, Device, records::RecordId) {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut colleague = colleague(&server);
    worker.sync().unwrap();
    let door = doors(&mut worker, 1)[0];
    write_note(&mut worker, door, "原来的话");
    worker.sync().unwrap();
    colleague.sync().unwrap();
    (server, worker, colleague, door)
}

fn notes(devices: [&mut Device; 2], door: records::RecordId) -> [String; 2] {
    devices.map(|device| page(device, door).note.unwrap_or_default())
}

#[test]
fn two_facts_of_one_household_do_not_disturb_each_other() {
    let (server, mut worker, mut colleague, door) = two_people();
    let before = server.count().unwrap();
    write_note(&mut worker, door, "晚上七点后在家");
    let residents = page(&mut colleague, door).residents + 1;
    colleague.ask(EditHousehold { residents: Some(residents), ..EditHousehold::nothing(door) }).unwrap();

    sync_both(&mut worker, &mut colleague);
    for device in [&mut worker, &mut colleague] {
        let page = page(device, door);
        assert_eq!((page.note.as_deref(), page.residents), (Some("晚上七点后在家"), residents));
        assert_eq!(waiting(device), (0, 0));
    }
    assert_eq!(server.count().unwrap().since(&before), more([]));
}

#[test]
fn what_waits_stays_in_sight_when_something_arrives() {
    let (_server, mut worker, mut colleague, door) = two_people();
    let residents = page(&mut colleague, door).residents + 1;
    colleague.ask(EditHousehold { residents: Some(residents), ..EditHousehold::nothing(door) }).unwrap();
    colleague.sync().unwrap();
    // Held back while it can be undone, so the answer comes before it is sent.
    write_note(&mut worker, door, "还没送出");
    worker.round().unwrap();
    let page = page(&mut worker, door);
    assert_eq!((page.note.as_deref(), page.residents), (Some("还没送出"), residents));
    assert_eq!((page.row.standing, waiting(&mut worker)), (Standing::OnDevice, (1, 0)));
}

#[test]
fn of_two_words_for_one_fact_the_later_stays_and_the_other_is_kept_on_a_card() {
    let (server, mut worker, mut colleague, door) = two_people();
    let before = server.count().unwrap();
    // The worker writes first, and is the last to have network.
    write_note(&mut worker, door, "先写的");
    worker.pass(HOUR_MS);
    write_note(&mut colleague, door, "后写的");
    colleague.sync().unwrap();
    worker.sync().unwrap();
    colleague.sync().unwrap();

    assert_eq!(notes([&mut worker, &mut colleague], door), ["后写的", "后写的"]);
    assert_eq!(server.count().unwrap().since(&before), more([("losing_edit", 1)]));
    for (device, mine) in [(&mut worker, true), (&mut colleague, false)] {
        let [card] = cards(device).try_into().unwrap();
        let CardWhat::Conflict { field, lost, lost_by, winning, won_by, is_mine, record, .. } = card.what
        else {
            panic!("a conflict")
        };
        assert_eq!((field.as_str(), record, is_mine), ("household.note", door, mine));
        assert_eq!((lost.as_str(), lost_by.as_str()), ("先写的", "周燕"));
        assert_eq!((winning.as_str(), won_by.as_str()), ("后写的", "吴迪"));
    }

    // Mine after all: an edit like any other.
    let card = cards(&mut worker)[0].id;
    worker.ask(Settle { card, how: Settlement::UseMine }).unwrap();
    worker.sync().unwrap();
    colleague.sync().unwrap();
    assert_eq!(notes([&mut worker, &mut colleague], door), ["先写的", "先写的"]);
    assert_eq!(waiting(&mut worker), (0, 0));
    assert_eq!(waiting(&mut colleague), (0, 0), "what won no longer stands: nothing is left to decide");
    assert_eq!(server.count().unwrap().since(&before), more([("losing_edit", 1)]));
}

#[test]
fn the_same_word_twice_is_no_conflict() {
    let (server, mut worker, mut colleague, door) = two_people();
    let before = server.count().unwrap();
    write_note(&mut worker, door, "搬到女儿家过冬");
    write_note(&mut colleague, door, "搬到女儿家过冬");
    sync_both(&mut worker, &mut colleague);
    assert_eq!((waiting(&mut worker), waiting(&mut colleague)), ((0, 0), (0, 0)));
    assert_eq!(server.count().unwrap().since(&before), more([]));
}

#[test]
fn a_clock_a_year_ahead_wins_nothing() {
    let (_server, mut worker, mut colleague, door) = two_people();
    worker.pass(YEAR_MS);
    // By such a clock the server was not heard for a year, and people are not shown before it is.
    worker.sync().unwrap();
    write_note(&mut worker, door, "明年写的");
    worker.pass(HOUR_MS);
    write_note(&mut colleague, door, "今天写的");
    colleague.sync().unwrap();
    worker.sync().unwrap();
    colleague.sync().unwrap();
    assert_eq!(notes([&mut worker, &mut colleague], door), ["今天写的", "今天写的"]);
}
