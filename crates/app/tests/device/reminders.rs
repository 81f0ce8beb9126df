//! What the phone says in the morning: what 今日 says that day, and never more than how many.

use app::Reminder;
#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::call::*;
use records::codes::VisitResult;

use super::{device, first_due, visit};

const DAY_MS: i64 = 86_400_000;

fn remind_at(device: &mut LocalDevice, reminds_at: Option<u16>) {
    let settings = Settings { reminds_at, ..device.ask(GetSession {}).unwrap().settings };
    device.ask(SaveSettings { settings }).unwrap();
}

fn planned(device: &mut LocalDevice) -> Vec<Reminder> {
    device.with(|app, context| app.reminders(context)).unwrap().mornings
}

#[test]
fn nothing_is_said_to_whom_did_not_ask_for_it() {
    let mut device = device();
    assert_eq!(planned(&mut device), []);
    remind_at(&mut device, Some(480));
    assert_eq!(planned(&mut device).len(), 7);
    assert_eq!(device.with(|app, _| app.reminds_at()).unwrap(), Some(480));
    remind_at(&mut device, None);
    assert_eq!(planned(&mut device), []);
}

#[test]
fn a_morning_says_what_today_says_that_day() {
    let mut device = device();
    remind_at(&mut device, Some(480));
    for reminder in planned(&mut device) {
        device.now_ms = reminder.at_ms;
        assert_eq!(reminder.due, device.ask(GetToday {}).unwrap().due);
    }
}

#[test]
fn a_visit_takes_its_door_out_until_it_is_due_again() {
    let mut device = device();
    remind_at(&mut device, Some(480));
    let before = planned(&mut device);
    let door = first_due(&mut device).household;
    let mut draft = device.ask(OpenVisitSheet { household: door }).unwrap().draft;
    draft.result = Some(VisitResult::Met);
    draft.next_on = device::sunday().checked_add_days(chrono::Days::new(3));
    device.ask(SaveVisit { draft }).unwrap();
    let fewer: Vec<u32> = before.iter().zip(planned(&mut device)).map(|(was, is)| was.due - is.due).collect();
    // Monday and Tuesday; it was agreed on Wednesday.
    assert_eq!(fewer, [1, 1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_morning_without_anybody_due_is_quiet() {
    let mut device = device();
    remind_at(&mut device, Some(480));
    let mut doors = 0;
    while device.ask(GetToday {}).unwrap().due > 0 {
        let door = first_due(&mut device).household;
        visit(&mut device, door, VisitResult::Met);
        doors += 1;
    }
    assert!(doors > 0);
    let planned = planned(&mut device);
    let mut expected = Vec::new();
    let nine = device.now_ms;
    for day in 1..=7 {
        device.now_ms = nine + day * DAY_MS;
        let due = device.ask(GetToday {}).unwrap().due;
        expected.extend((due > 0).then_some(Reminder { at_ms: device.now_ms - 3_600_000, due }));
    }
    assert_eq!(planned, expected);
    assert!((1..7).contains(&planned.len()), "some mornings are quiet, some are not: {planned:?}");
}
