//! What people agree to and take back decides about what rests on it, and about nothing else.

#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::RecordId;
use records::call::*;
use records::codes::{ConsentForm, Purpose, VisitResult};

use crate::{code, device, first_due, visit};

const GROWN_UP: &str = "11010519491231002X";
/// Born on 2024-02-29.
const CHILD: &str = "140981202402290017";

fn somebody(device: &mut LocalDevice, id_number: &str) -> (RecordId, RecordId) {
    let household = first_due(device).household;
    let id = device.ask(GetHousehold { id: household }).unwrap().people.last().unwrap().id;
    set_number(device, id, id_number).unwrap();
    (household, id)
}

fn set_number(device: &mut LocalDevice, id: RecordId, number: &str) -> Result<Saved, records::Fault> {
    device.ask(EditPerson { id, name: None, phone: None, id_number: Some(number.to_owned()) })
}

fn note(
    device: &mut LocalDevice,
    person: RecordId,
    is_given: bool,
    form: ConsentForm,
) -> Result<Saved, records::Fault> {
    device.now_ms += 60_000;
    device.ask(NoteConsent { person, what: Masked::IdNumber, is_given, form })
}

fn look(device: &mut LocalDevice, person: RecordId, what: Masked) -> Result<Revealed, records::Fault> {
    device.ask(Reveal { purpose: Some(Purpose::Service), ..Reveal::of(person, what) })
}

fn said(device: &mut LocalDevice, household: RecordId, person: RecordId) -> Option<bool> {
    let people = device.ask(GetHousehold { id: household }).unwrap().people;
    people.iter().find(|row| row.id == person).unwrap().id_consent.map(|said| said.is_given)
}

#[test]
fn who_takes_consent_back_is_not_looked_up_any_more_and_is_visited_like_anybody() {
    let mut device = device();
    let (household, person) = somebody(&mut device, GROWN_UP);
    assert_eq!(said(&mut device, household, person), None);
    note(&mut device, person, true, ConsentForm::Written).unwrap();
    assert_eq!(look(&mut device, person, Masked::IdNumber).unwrap().value, GROWN_UP);

    note(&mut device, person, false, ConsentForm::Spoken).unwrap();
    assert_eq!(said(&mut device, household, person), Some(false));
    assert_eq!(code(look(&mut device, person, Masked::IdNumber).unwrap_err()), "consent.withdrawn");
    assert_eq!(code(set_number(&mut device, person, GROWN_UP).unwrap_err()), "consent.withdrawn");
    let shown = device.ask(ListHandling { after: None, limit: 50 }).unwrap().rows.len();
    assert_eq!(shown, 1, "what was refused was not shown");
    // What rests on a duty goes on, and so does the work.
    assert!(look(&mut device, person, Masked::Name).is_ok());
    let before = device.ask(GetToday {}).unwrap();
    visit(&mut device, household, VisitResult::Met);
    let after = device.ask(GetToday {}).unwrap();
    assert_eq!((after.due, after.done_today), (before.due - 1, before.done_today + 1));
    // It can be cleared, and agreed to again.
    set_number(&mut device, person, "").unwrap();
    note(&mut device, person, true, ConsentForm::Spoken).unwrap();
    set_number(&mut device, person, GROWN_UP).unwrap();
    assert_eq!(look(&mut device, person, Masked::IdNumber).unwrap().value, GROWN_UP);
}

#[test]
fn a_child_agrees_by_whoever_brings_it_up() {
    let mut device = device();
    let (household, child) = somebody(&mut device, CHILD);
    for form in [ConsentForm::Spoken, ConsentForm::Written] {
        assert_eq!(code(note(&mut device, child, true, form).unwrap_err()), "consent.guardian_needed");
    }
    assert_eq!(said(&mut device, household, child), None);
    note(&mut device, child, true, ConsentForm::Guardian).unwrap();
    assert_eq!(said(&mut device, household, child), Some(true));
    note(&mut device, child, false, ConsentForm::Spoken).unwrap();
    assert_eq!(said(&mut device, household, child), Some(false), "taking back needs nobody");
}

#[test]
fn what_rests_on_a_duty_is_not_agreed_to() {
    let mut device = device();
    let (_, person) = somebody(&mut device, GROWN_UP);
    let phone = NoteConsent { person, what: Masked::Phone, is_given: false, form: ConsentForm::Spoken };
    assert_eq!(code(device.ask(phone).unwrap_err()), "consent.not_needed");
}
