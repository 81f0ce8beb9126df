//! The first sync rests and goes on as the person says; where bytes cost, rounds stay small and rare.

use records::call::{GetSession, GetSync, PauseSync, SaveSettings, Settings, SyncChip, SyncState, TellLink};
use stories::networked::Device;
use stories::server::{ServerProcess, more};

use crate::common::*;

const MINUTE_MS: i64 = 60_000;
/// The least first sync in small pieces has some of the worker's own households in the first one.
const PIECE: u32 = 100_000;

fn chip(device: &mut Device) -> SyncChip {
    device.ask(GetSync {}).unwrap().chip
}

fn choose(device: &mut Device, spares_data: Option<bool>) {
    let settings = device.ask(GetSession {}).unwrap().settings;
    device.ask(SaveSettings { settings: Settings { spares_data, ..settings } }).unwrap();
}

/// How long the device waits for its next round, ms.
fn wait(device: &mut Device) -> i64 {
    let now_ms = device.now_ms;
    device.with(|app, _| app.next_round_ms(now_ms)).unwrap().unwrap() - now_ms
}

#[test]
fn a_first_sync_that_rests_sends_what_is_saved_and_goes_on_after_a_restart() {
    let server = ServerProcess::demo().unwrap();
    let mut device = Device::new().unwrap();
    device.budget = Some(PIECE);
    device.enrol(&server.worker_invitation).unwrap();
    assert!(device.round().unwrap(), "more is to come");
    let SyncState::First { received, total } = chip(&mut device).state else { panic!("under way") };
    assert!(0 < received && received < total, "{received} of {total}");
    device.ask(PauseSync { is_paused: true }).unwrap();
    assert_eq!(
        (chip(&mut device).state, rests_at(&mut device)),
        (SyncState::Paused, Some((received, total)))
    );

    // What is saved meanwhile arrives, and nothing comes back.
    let before = server.count().unwrap();
    let door = doors(&mut device, 1)[0];
    visit(&mut device, door, "先停着也照样送出");
    assert_eq!((chip(&mut device).waiting, chip(&mut device).state), (1, SyncState::Paused));
    device.sync().unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
    assert_eq!((chip(&mut device).waiting, rests_at(&mut device)), (0, Some((received, total + 1))));
    assert_eq!(visits_noted(&mut device, door, "先停着也照样送出").len(), 1, "it stays in sight");

    device.restart().unwrap();
    assert_eq!(chip(&mut device).state, SyncState::Paused, "also after a restart");
    device.sync().unwrap();
    assert_eq!(rests_at(&mut device), Some((received, total + 1)));

    device.ask(PauseSync { is_paused: false }).unwrap();
    assert!(wait(&mut device) <= 0, "it goes on at once");
    device.sync().unwrap();
    assert_eq!(chip(&mut device).state, SyncState::Idle);
    assert_eq!(device.ask(GetSync {}).unwrap().first, None);
    let mut at_once = Device::enrolled(&server.invite("grid-worker", GRID, "周燕").unwrap()).unwrap();
    assert_eq!(held(&mut device), held(&mut at_once));
}

/// Records here and on the server, while the first sync rests.
fn rests_at(device: &mut Device) -> Option<(u64, u64)> {
    let first = device.ask(GetSync {}).unwrap().first;
    first.filter(|first| first.is_paused).map(|first| (first.received, first.total))
}

#[test]
fn a_round_that_is_given_up_on_its_way_is_no_failure() {
    let server = ServerProcess::demo().unwrap();
    let mut device = Device::enrolled(&server.worker_invitation).unwrap();
    let door = doors(&mut device, 1)[0];
    visit(&mut device, door, "停在半路");
    device.pass(10_000);
    let round = device.with(|app, context| app.begin_round(context)).unwrap().unwrap();
    assert_eq!(device.ask(GetSync {}).unwrap().waiting[0].standing, records::call::Standing::Sent);
    device.with(|app, _| app.round_given_up(&round)).unwrap();
    let page = device.ask(GetSync {}).unwrap();
    assert_eq!(page.chip.state, SyncState::Idle);
    assert_eq!(page.waiting[0].standing, records::call::Standing::OnDevice);
    assert!(wait(&mut device) <= 0, "and the next one need not wait");
    device.sync().unwrap();
    assert_eq!(waiting(&mut device), (0, 0));
}

#[test]
fn todays_own_households_come_before_the_lists_of_the_county() {
    let server = ServerProcess::demo().unwrap();
    let mut device = Device::new().unwrap();
    device.budget = Some(PIECE);
    device.enrol(&server.worker_invitation).unwrap();
    let mut was_usable_early = false;
    while device.round().unwrap() {
        let first = device.ask(GetSync {}).unwrap().first.unwrap();
        was_usable_early |= first.is_today_here && first.received < first.total * 3 / 4;
    }
    assert!(was_usable_early);
}

#[test]
fn lists_may_wait_for_the_next_answer_but_not_for_a_network_that_went() {
    let server = ServerProcess::demo().unwrap();
    let mut device = Device::new().unwrap();
    device.budget = Some(PIECE);
    device.enrol(&server.worker_invitation).unwrap();
    while put_off(&device) == 0 {
        assert!(device.round().unwrap(), "answers that follow each other share households");
    }

    let round = device.with(|app, context| app.begin_round(context)).unwrap().unwrap();
    let now_ms = device.now_ms;
    device.with(|app, _| app.round_failed(&round, None, now_ms)).unwrap();
    assert_eq!(put_off(&device), 0, "what came is in the lists");

    while put_off(&device) == 0 {
        assert!(device.round().unwrap(), "the network is back");
    }
    device.pass(5_000);
    assert!(device.round().unwrap(), "slowly");
    assert_eq!(put_off(&device), 0, "whoever looks on sees what came");
    device.sync().unwrap();
    assert_eq!(put_off(&device), 0);
}

/// Households that lists do not show yet as they are.
fn put_off(device: &Device) -> i64 {
    let db = rusqlite::Connection::open(device.file()).unwrap();
    db.query_row("SELECT count(*) FROM stale_household", [], |row| row.get(0)).unwrap()
}

#[test]
fn where_bytes_cost_a_device_asks_for_little_and_seldom() {
    let server = ServerProcess::demo().unwrap();
    let mut free = Device::new().unwrap();
    free.enrol(&server.worker_invitation).unwrap();
    let mut sparing = Device::new().unwrap();
    choose(&mut sparing, Some(true));
    sparing.enrol(&server.invite("grid-worker", GRID, "周燕").unwrap()).unwrap();
    let [many, few] = [&mut sparing, &mut free].map(|device| {
        let mut rounds = 1;
        while device.round().unwrap() {
            rounds += 1;
        }
        rounds
    });
    assert!(many >= 4 * few, "{many} rounds instead of {few}");
    assert_eq!(held(&mut sparing), held(&mut free));

    assert_eq!((wait(&mut free), wait(&mut sparing)), (MINUTE_MS, 5 * MINUTE_MS));
    assert!(sparing.ask(GetSync {}).unwrap().spares_data);
}

#[test]
fn the_network_says_what_it_costs_unless_the_person_said_otherwise() {
    let server = ServerProcess::demo().unwrap();
    let mut device = Device::enrolled(&server.worker_invitation).unwrap();
    let spares = |device: &mut Device| device.with(|app, _| app.is_sparing()).unwrap();
    for (chosen, is_metered, expected) in
        [(None, true, true), (None, false, false), (Some(false), true, false), (Some(true), false, true)]
    {
        choose(&mut device, chosen);
        device.ask(TellLink { is_metered }).unwrap();
        assert_eq!(spares(&mut device), expected, "{chosen:?} on a network that costs: {is_metered}");
    }
    device.restart().unwrap();
    assert!(spares(&mut device), "what was chosen stays");
}

#[test]
fn the_bytes_of_a_day_add_up() {
    let server = ServerProcess::demo().unwrap();
    let mut device = Device::enrolled(&server.worker_invitation).unwrap();
    let first = device.ask(GetSync {}).unwrap().last.unwrap();
    device.round().unwrap();
    let second = device.ask(GetSync {}).unwrap().last.unwrap();
    assert_eq!(second.day_bytes, first.day_bytes + second.bytes);
    device.pass(24 * 60 * MINUTE_MS);
    device.round().unwrap();
    let next_day = device.ask(GetSync {}).unwrap().last.unwrap();
    assert_eq!(next_day.day_bytes, next_day.bytes);
}
