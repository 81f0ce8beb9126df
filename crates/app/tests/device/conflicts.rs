//! What others decided or made: cards of refused changes and lost values, visits of colleagues.

#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::call::*;
use records::codes::VisitResult;
use records::household::Household;
use records::losing_edit::LosingEdit;
use records::visit::Visit;
use records::wire::{CommitResult, Outcome, RecordChange};
use records::{AccountId, Audience, Moment, Record, RecordId, Scope};
use store::Slice;

use crate::{code, device, first_due, visit};

/// Writes a note on the household's page.
pub(super) fn write_note(device: &mut LocalDevice, id: RecordId, note: &str) {
    let edit = EditHousehold { note: Some(note.to_owned()), ..EditHousehold::nothing(id) };
    device.ask(edit).unwrap();
}

/// A conflict about the household's note arrives.
pub(super) fn receive_conflict(
    device: &mut LocalDevice,
    record: RecordId,
    lost: &str,
    winning: &str,
) -> RecordId {
    let encoded = |text: &str| minicbor::to_vec(text).unwrap().into();
    let by = sample::demo_worker().account;
    let edit = LosingEdit {
        record,
        kind: Household::DECLARATION.kind,
        field: 12,
        lost: encoded(lost),
        lost_by: AccountId::from_bytes([7; 16]),
        lost_at: device.now_ms,
        winning: encoded(winning),
        won_by: by,
        won_at: device.now_ms,
    };
    receive(device, by, &edit)
}

/// A record somebody made arrives in the grid.
fn receive<T: Record>(device: &mut LocalDevice, by: AccountId, record: &T) -> RecordId {
    let id = RecordId::from_bytes([77; 16]);
    receive_in(device, id, &Scope::new(sample::demo_worker().area, Audience::Work), by, record);
    id
}

/// A record arrives in this scope.
pub(crate) fn receive_in<T: Record>(
    device: &mut LocalDevice,
    id: RecordId,
    scope: &Scope,
    by: AccountId,
    record: &T,
) {
    let (version, kind) = (1_000_000, T::DECLARATION.kind);
    let changes = [RecordChange {
        id,
        kind,
        version,
        body: Some(record.to_body()),
        by,
        received_ms: 0,
        has_left: false,
        cleared: 0,
    }];
    let store = device.store();
    let slice = Slice { scope, changes: &changes, cursor: version, total: 1, digest: None, server_ms: 0 };
    store.apply(slice).unwrap();
    store.keep_steps().unwrap();
}

fn cards(device: &mut LocalDevice) -> (u32, usize) {
    let page = device.ask(GetSync {}).unwrap();
    (page.chip.needs_you, page.cards.len())
}

#[test]
fn a_value_that_lost_is_used_after_all_while_the_winner_stands() {
    let mut device = device();
    let household = first_due(&mut device).household;
    write_note(&mut device, household, "赢了的");
    let id = receive_conflict(&mut device, household, "输了的", "赢了的");
    assert_eq!(cards(&mut device), (1, 1));
    device.ask(Settle { card: CardId::Lost(id), how: Settlement::UseMine }).unwrap();
    assert_eq!(device.ask(GetHousehold { id: household }).unwrap().note.as_deref(), Some("输了的"));
    assert_eq!(cards(&mut device), (0, 0));
}

#[test]
fn a_card_left_open_on_the_screen_overwrites_nothing_newer() {
    let mut device = device();
    let household = first_due(&mut device).household;
    write_note(&mut device, household, "赢了的");
    let id = receive_conflict(&mut device, household, "输了的", "赢了的");
    write_note(&mut device, household, "后来又写的");
    assert_eq!(cards(&mut device), (0, 0));
    device.ask(Settle { card: CardId::Lost(id), how: Settlement::UseMine }).unwrap();
    assert_eq!(device.ask(GetHousehold { id: household }).unwrap().note.as_deref(), Some("后来又写的"));
}

#[test]
fn a_refused_visit_names_the_household_that_shows_it() {
    let mut device = device();
    let door = first_due(&mut device).household;
    let saved = visit(&mut device, door, VisitResult::Met);
    let outcome = Outcome::Refused { code: "record.not_permitted".to_owned() };
    let result = CommitResult { push_seq: saved.undo.unwrap(), outcome };
    let now_ms = device.now_ms;
    device.store().settle(&[result], (now_ms, now_ms), None).unwrap();
    let page = device.ask(GetSync {}).unwrap();
    let CardWhat::Refused { household, record, .. } = page.cards[0].what.clone() else { panic!("refused") };
    assert_eq!((record, household), (saved.id, Some(door)));
}

#[test]
fn a_colleagues_visit_is_theirs_to_correct() {
    let mut device = device();
    let theirs = Visit::met(first_due(&mut device).household, Moment::beijing(device.now_ms));
    let visit = receive(&mut device, AccountId::from_bytes([7; 16]), &theirs);
    let amend = AmendVisit { visit, reason: "按错了".into(), result: None, note: None, withdrawn: true };
    assert_eq!(code(device.ask(amend).unwrap_err()), "amendment.not_yours");
    assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, 0);
}
