//! What was entered by mistake is taken away and brought back.

#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::call::*;
use records::codes::{HouseholdKind, VisitResult};
use records::household::Household;
use records::{Audience, RecordId, Scope};

use crate::conflicts::receive_in;
use crate::{code, device, first_due, visit};

/// A household nobody has visited, with this head, and the head.
fn a_new_household(device: &mut LocalDevice) -> (RecordId, RecordId) {
    let (household, head) = (RecordId::from_bytes([61; 16]), RecordId::from_bytes([62; 16]));
    let known = first_due(device).household;
    let known: Household =
        device.with(|app, _| app.store().read(|db| store::record::typed(db, known)).unwrap());
    let person = records::person::Person::named(household, "白忆晴", records::codes::Relation::Head);
    let value = Household { head: Some(head), kind: HouseholdKind::Tenant, ..known };
    let sample::DemoAccount { area, account: by, .. } = sample::demo_worker();
    receive_in(device, household, &Scope::new(area.clone(), Audience::Work), by, &value);
    receive_in(device, head, &Scope::new(area, Audience::Sensitive), by, &person);
    assert_eq!(found(device), 1);
    (household, head)
}

fn found(device: &mut LocalDevice) -> usize {
    let search = "白忆晴".to_owned();
    device.ask(ListHouseholds { search, limit: 20, ..ListHouseholds::default() }).unwrap().rows.len()
}

#[test]
fn a_household_entered_by_mistake_goes_with_its_people_and_comes_back_with_them() {
    let mut device = device();
    let (household, _) = a_new_household(&mut device);
    let saved = device.ask(Delete { id: household }).unwrap();
    assert_eq!(found(&mut device), 0);
    assert_eq!(code(device.ask(GetHousehold { id: household }).unwrap_err()), "record.missing");

    device.ask(Undo { undo: saved.undo.unwrap() }).unwrap();
    assert_eq!((found(&mut device), device.ask(GetSync {}).unwrap().chip.waiting), (1, 0));

    // Too late to undo: it is taken back by another change, and so are its people.
    device.ask(Delete { id: household }).unwrap();
    device.now_ms += 60_000;
    device.ask(Restore { id: household }).unwrap();
    assert_eq!(found(&mut device), 1);
    let page = device.ask(GetHousehold { id: household }).unwrap();
    assert_eq!((page.people.len(), device.ask(GetSync {}).unwrap().chip.waiting), (1, 2));
}

#[test]
fn a_household_that_was_visited_stays() {
    let mut device = device();
    let (household, _) = a_new_household(&mut device);
    visit(&mut device, household, VisitResult::Met);
    assert_eq!(code(device.ask(Delete { id: household }).unwrap_err()), "household.has_history");
    assert_eq!(found(&mut device), 1);
}

#[test]
fn a_head_that_was_no_head_leaves_no_gap_in_the_household() {
    let mut device = device();
    let (household, head) = a_new_household(&mut device);
    device.ask(Delete { id: head }).unwrap();
    let page = device.ask(GetHousehold { id: household }).unwrap();
    assert!(page.people.is_empty());
    let now: Household =
        device.with(|app, _| app.store().read(|db| store::record::typed(db, household)).unwrap());
    assert_eq!(now.head, None);
}

#[test]
fn nothing_else_is_ever_deleted() {
    let mut device = device();
    let household = first_due(&mut device).household;
    let saved = visit(&mut device, household, VisitResult::Met);
    assert_eq!(code(device.ask(Delete { id: saved.id }).unwrap_err()), "record.stays");
}
