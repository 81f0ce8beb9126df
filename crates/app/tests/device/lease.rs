//! A device that has not heard from its server for long: nobody is shown, and work goes on.

#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::call::*;
use records::codes::VisitResult;
use store::identity::{self, LastRound};

use super::{code, device, first_due, visit};

const DAY_MS: i64 = 24 * 3_600_000;

/// A device whose server was heard now.
fn heard() -> LocalDevice {
    let mut device = device();
    let at_ms = device.now_ms;
    let round = LastRound { at_ms, sent: 0, received: 0, bytes: 0, epoch: 1, day_bytes: None };
    device.store().write(|tx| identity::set_last_round(tx, &round)).unwrap();
    device
}

fn anybody<T: Clone + Into<Response>>(answer: &T) -> bool {
    serde_json::to_string(&answer.clone().into()).unwrap().contains('*')
}

#[test]
fn after_thirty_days_without_the_server_doors_are_left_and_visits_are_kept() {
    let mut device = heard();
    device.now_ms += 30 * DAY_MS;
    let today = device.ask(GetToday {}).unwrap();
    assert!(!today.captures_only && anybody(&today));
    let door = first_due(&mut device);

    device.now_ms += 1;
    let today = device.ask(GetToday {}).unwrap();
    assert!(today.captures_only && !anybody(&today) && !today.staircases.is_empty());
    let window = device.ask(ListHouseholds { limit: 50, ..Default::default() }).unwrap();
    assert!(!window.rows.is_empty() && !anybody(&window));
    let sheet = device.ask(OpenVisitSheet { household: door.household }).unwrap();
    assert!(!anybody(&sheet) && sheet.phone.is_none());
    for refused in [
        device.ask(GetHousehold { id: door.household }).map(drop),
        device.ask(ListHouseholds { search: "zw".to_owned(), limit: 5, ..Default::default() }).map(drop),
        device.ask(ListHouseholds { filter: HouseholdFilter::Key, limit: 5, ..Default::default() }).map(drop),
        device.with(|app, context| app.device_image(context)).map(drop),
    ] {
        assert_eq!(refused.map_err(code), Err("lease.over".to_owned()));
    }
    device.ask(ListHouseholds { search: "2-1-201".to_owned(), limit: 5, ..Default::default() }).unwrap();
    visit(&mut device, door.household, VisitResult::Met);
    device.restart().unwrap();
    assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, 1);
}

#[test]
fn a_clock_that_is_set_back_brings_nobody_back_and_the_server_does() {
    let mut device = heard();
    device.now_ms += 31 * DAY_MS;
    assert!(device.ask(GetToday {}).unwrap().captures_only);
    for back in [2 * DAY_MS, 31 * DAY_MS, 400 * DAY_MS] {
        device.now_ms -= back;
        device.restart().unwrap();
        assert!(device.ask(GetToday {}).unwrap().captures_only, "{back} ms");
        device.now_ms += back;
    }
    let lease = identity::Lease::since(device.now_ms);
    device.store().write(|tx| identity::set_lease(tx, lease)).unwrap();
    device.restart().unwrap();
    assert!(!device.ask(GetToday {}).unwrap().captures_only);
}
