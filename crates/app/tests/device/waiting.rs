//! What the sync page tells of changes that wait, and of cards.

#[cfg(target_family = "wasm")]
use contract::test;
use records::call::*;
use records::codes::VisitResult;

use super::conflicts::{receive_conflict, write_note};
use super::{device, first_due, visit};

#[test]
fn a_row_that_waits_says_what_was_changed_and_where_to_look() {
    let mut device = device();
    let door = first_due(&mut device).household;
    write_note(&mut device, door, "晚上七点后在家");
    visit(&mut device, door, VisitResult::Met);
    let [note, visit] = device.ask(GetSync {}).unwrap().waiting.try_into().unwrap();
    assert_eq!(
        (note.kind.as_str(), note.fields.as_slice()),
        ("household", ["household.note".to_owned()].as_slice())
    );
    assert_eq!((note.record, note.household, note.standing), (Some(door), Some(door), Standing::OnDevice));
    assert_eq!((visit.kind.as_str(), visit.fields.len(), visit.household), ("visit", 0, Some(door)));
}

#[test]
fn more_than_a_page_waits_and_all_of_it_can_be_seen() {
    let mut device = device();
    let door = first_due(&mut device).household;
    for number in 0..60 {
        write_note(&mut device, door, &format!("第 {number} 次"));
    }
    let page = device.ask(GetSync {}).unwrap();
    assert_eq!((page.chip.waiting, page.waiting.len()), (60, 50));
    let rows = device.ask(ListWaiting { limit: 100 }).unwrap().rows;
    assert_eq!(rows.len(), 60);
    assert_eq!(rows[..50], page.waiting[..]);
}

#[test]
fn a_conflict_that_was_left_can_be_taken_up_again() {
    let mut device = device();
    let household = first_due(&mut device).household;
    write_note(&mut device, household, "赢了的");
    let card = CardId::Lost(receive_conflict(&mut device, household, "输了的", "赢了的"));
    device.ask(Settle { card, how: Settlement::LeaveIt }).unwrap();
    assert_eq!(device.ask(GetSync {}).unwrap().cards.len(), 0);
    device.ask(Settle { card, how: Settlement::BringBack }).unwrap();
    let card = device.ask(GetSync {}).unwrap().cards[0].clone();

    // Mine after all, and not after all.
    let settled = device.ask(Settle { card: card.id, how: Settlement::UseMine }).unwrap();
    assert_eq!(device.ask(GetHousehold { id: household }).unwrap().note.as_deref(), Some("输了的"));
    device.ask(Undo { undo: settled.undo.unwrap() }).unwrap();
    assert_eq!(device.ask(GetHousehold { id: household }).unwrap().note.as_deref(), Some("赢了的"));
}
