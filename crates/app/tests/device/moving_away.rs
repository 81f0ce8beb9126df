//! 已迁出: who moved away is not due, who did not is.

use chrono::NaiveDate;
#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::RecordId;
use records::call::*;
use records::codes::{CareLevel, VisitResult};

use crate::{device, visit};

/// A household of this level, and the day it is due.
fn household_of(device: &mut LocalDevice, care: CareLevel) -> (RecordId, NaiveDate) {
    let list = ListHouseholds { filter: HouseholdFilter::Key, limit: 200, ..Default::default() };
    let rows = device.ask(list).unwrap().rows;
    let row = rows.into_iter().find(|row| device.ask(GetHousehold { id: row.id }).unwrap().care == care);
    row.and_then(|row| Some((row.id, row.due_on?))).unwrap()
}

fn due_on(device: &mut LocalDevice, id: RecordId) -> Option<NaiveDate> {
    device.ask(GetHousehold { id }).unwrap().row.due_on
}

fn key_households(device: &mut LocalDevice) -> u32 {
    device.ask(GetToday {}).unwrap().month.key_total
}

fn amendment(visit: RecordId) -> AmendVisit {
    AmendVisit { visit, reason: "问错了门".to_owned(), result: None, note: None, withdrawn: false }
}

#[test]
fn a_household_that_moved_away_is_back_with_the_next_visit() {
    let mut device = device();
    let (id, _) = household_of(&mut device, CareLevel::Key);
    let before = key_households(&mut device);
    visit(&mut device, id, VisitResult::MovedAway);
    assert_eq!((due_on(&mut device, id), key_households(&mut device)), (None, before - 1));
    device.now_ms += 86_400_000;
    visit(&mut device, id, VisitResult::Met);
    assert!(due_on(&mut device, id).is_some());
    assert_eq!(key_households(&mut device), before);
}

#[test]
fn a_corrected_or_withdrawn_move_leaves_no_trace() {
    let corrected = |visit| AmendVisit { result: Some(VisitResult::NobodyHome), ..amendment(visit) };
    let withdrawn = |visit| AmendVisit { withdrawn: true, ..amendment(visit) };
    for amend in [&corrected as &dyn Fn(RecordId) -> AmendVisit, &withdrawn] {
        let mut device = device();
        let (id, due) = household_of(&mut device, CareLevel::Key);
        let before = key_households(&mut device);
        let saved = visit(&mut device, id, VisitResult::MovedAway);
        device.ask(amend(saved.id)).unwrap();
        assert_eq!((due_on(&mut device, id), key_households(&mut device)), (Some(due), before));
    }
}

#[test]
fn a_visit_corrected_to_a_move_closes_the_household() {
    let mut device = device();
    let (id, _) = household_of(&mut device, CareLevel::Key);
    let before = key_households(&mut device);
    let saved = visit(&mut device, id, VisitResult::NobodyHome);
    device.ask(AmendVisit { result: Some(VisitResult::MovedAway), ..amendment(saved.id) }).unwrap();
    assert_eq!((due_on(&mut device, id), key_households(&mut device)), (None, before - 1));
}

#[test]
fn somebody_at_risk_stays_due_until_the_community_has_confirmed_it() {
    let mut device = device();
    let (id, due) = household_of(&mut device, CareLevel::High);
    visit(&mut device, id, VisitResult::MovedAway);
    assert_eq!(due_on(&mut device, id), Some(due));
}
