//! What one deletes while another writes: nothing comes back by itself, and nothing is lost.

use records::RecordId;
use records::call::*;
use records::codes::CareLevel;
use stories::networked::Device;

use crate::common::{cards, page, sync_both, waiting};
use crate::two_people::two_people;

fn people(device: &mut Device, household: RecordId) -> Vec<RecordId> {
    page(device, household).people.iter().map(|person| person.id).collect()
}

fn phone(id: RecordId, phone: &str) -> EditPerson {
    EditPerson { id, name: None, phone: Some(phone.to_owned()), id_number: None }
}

#[test]
fn a_person_entered_by_mistake_is_gone_everywhere_until_somebody_brings_them_back() {
    let (_server, mut worker, mut colleague, door) = two_people();
    let everybody = people(&mut worker, door);
    let gone = *everybody.last().unwrap();
    worker.ask(Delete { id: gone }).unwrap();
    sync_both(&mut worker, &mut colleague);
    for device in [&mut worker, &mut colleague] {
        assert!(!people(device, door).contains(&gone));
    }
    // Not by whoever deleted them, and long after.
    colleague.ask(Restore { id: gone }).unwrap();
    sync_both(&mut colleague, &mut worker);
    for device in [&mut worker, &mut colleague] {
        assert_eq!(people(device, door), everybody);
        assert_eq!(waiting(device), (0, 0));
    }
}

#[test]
fn a_change_to_what_was_deleted_is_refused_and_brings_it_back_where_the_person_says_so() {
    let (_server, mut worker, mut colleague, door) = two_people();
    let gone = *people(&mut worker, door).last().unwrap();
    worker.ask(Delete { id: gone }).unwrap();
    colleague.ask(phone(gone, "13812345678")).unwrap();
    worker.sync().unwrap();
    colleague.sync().unwrap();
    let [card] = cards(&mut colleague).try_into().unwrap();
    let CardWhat::Refused { fault, .. } = card.what else { panic!("refused") };
    assert_eq!(fault.code, "record.deleted");

    colleague.ask(Settle { card: card.id, how: Settlement::UseMine }).unwrap();
    sync_both(&mut colleague, &mut worker);
    for device in [&mut worker, &mut colleague] {
        assert!(people(device, door).contains(&gone));
        assert_eq!(waiting(device), (0, 0));
        let shown = device.ask(Reveal::of(gone, Masked::Phone)).unwrap().value;
        assert_eq!(shown, "13812345678");
    }
}

#[test]
fn whoever_wrote_before_a_deletion_is_told_and_can_take_it_back() {
    let (_server, mut worker, mut colleague, door) = two_people();
    let gone = *people(&mut worker, door).last().unwrap();
    colleague.ask(phone(gone, "13812345678")).unwrap();
    worker.ask(Delete { id: gone }).unwrap();
    colleague.sync().unwrap();
    worker.sync().unwrap();
    colleague.sync().unwrap();
    let [card] = cards(&mut colleague).try_into().unwrap();
    let CardWhat::Conflict { field, is_mine, .. } = card.what else { panic!("a conflict") };
    assert_eq!((field.as_str(), is_mine), ("record.deleted", true));

    colleague.ask(Settle { card: card.id, how: Settlement::UseMine }).unwrap();
    sync_both(&mut colleague, &mut worker);
    for device in [&mut worker, &mut colleague] {
        assert!(people(device, door).contains(&gone));
        assert_eq!(waiting(device), (0, 0));
    }
}

#[test]
fn two_levels_of_care_wait_for_a_choice() {
    let (_server, mut worker, mut colleague, door) = two_people();
    let level = |device: &mut Device, care| {
        device.ask(EditHousehold { care: Some(care), ..EditHousehold::nothing(door) }).unwrap();
    };
    let before = page(&mut worker, door).care;
    let mut others = CareLevel::ALL.iter().copied().filter(|level| *level != before);
    let (first, second) = (others.next().unwrap(), others.next().unwrap());
    level(&mut worker, first);
    worker.pass(3_600_000);
    level(&mut colleague, second);
    worker.sync().unwrap();
    colleague.sync().unwrap();
    worker.sync().unwrap();
    for device in [&mut worker, &mut colleague] {
        assert_eq!(page(device, door).care, first, "what came first, though the other was later");
        let [card] = cards(device).try_into().unwrap();
        let CardWhat::Conflict { field, needs_choice, .. } = card.what else { panic!("a conflict") };
        assert_eq!((field.as_str(), needs_choice), ("household.care", true));
    }
    let card = cards(&mut worker)[0].id;
    worker.ask(Settle { card, how: Settlement::UseMine }).unwrap();
    sync_both(&mut worker, &mut colleague);
    for device in [&mut worker, &mut colleague] {
        assert_eq!((page(device, door).care, waiting(device)), (second, (0, 0)));
    }
}
