//! What was taken back is never sent; what the server refuses is kept and shown, and holds nothing up.

use records::call::{
    CardId, CardWhat, CorrectMatter, GetHousehold, ListMatters, MatterDraft, OpenVisitSheet, SaveMatter,
    SaveVisit, Settle, Settlement, Standing, Undo,
};
use records::visit::Visit;
use records::{Body, Kind, Moment, RecordId, Scope};
use stories::networked::Device;
use stories::server::{ServerProcess, more};

use crate::common::*;

const DAY_MS: i64 = 24 * 3_600_000;

#[test]
fn what_was_undone_in_time_is_never_sent() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut colleague = colleague(&server);
    let before = server.count().unwrap();
    let door = doors(&mut worker, 1)[0];

    let saved = visit(&mut worker, door, "按错了门");
    worker.round().unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([]), "nothing is sent while it can be undone");
    let draft = worker.ask(Undo { undo: saved.undo.unwrap() }).unwrap().draft.unwrap();
    worker.sync().unwrap();
    colleague.sync().unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([]));
    assert!(visits_noted(&mut colleague, door, "按错了门").is_empty());

    // What was typed is a draft, and saved once more it is sent once.
    worker.ask(SaveVisit { draft }).unwrap();
    worker.sync().unwrap();
    let late = worker.ask(Undo { undo: saved.undo.unwrap() }).unwrap_err();
    assert_eq!(late.code, "undo.too_late");
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}

#[test]
fn what_can_no_longer_be_undone_is_due_at_once() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let before = server.count().unwrap();
    let door = doors(&mut worker, 1)[0];
    let saved = visit(&mut worker, door, "等八秒");
    worker.round().unwrap();
    assert_eq!(next_round(&mut worker), saved.undo_until_ms);
    worker.now_ms = saved.undo_until_ms;
    assert!(next_round(&mut worker) <= worker.now_ms);
    worker.round().unwrap();
    assert!(next_round(&mut worker) > worker.now_ms, "and then it is quiet again");
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}

#[test]
fn a_clock_that_is_put_right_holds_nothing_up() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let before = server.count().unwrap();
    let doors = doors(&mut worker, 2);
    worker.pass(DAY_MS);
    visit(&mut worker, doors[0], "钟快了一天");
    worker.pass(-DAY_MS);
    visit(&mut worker, doors[1], "钟拨准了");
    worker.sync().unwrap();
    assert_eq!(waiting(&mut worker), (0, 0));
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));
}

fn next_round(device: &mut Device) -> i64 {
    let now_ms = device.now_ms;
    device.with(|app, _| app.next_round_ms(now_ms)).unwrap().unwrap()
}

#[test]
fn a_refused_change_is_a_card_and_does_not_hold_up_the_next() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let before = server.count().unwrap();
    let doors = doors(&mut worker, 2);

    let elsewhere: Scope = "230881/001/003/06#work".parse().unwrap();
    let forged = forge_visit(&mut worker, doors[0], &elsewhere);
    let unknown = worker
        .forge(|action, id| action.create_body(id, Kind(9_999), &elsewhere, Body::trusted(vec![0xa0])))
        .unwrap();
    visit(&mut worker, doors[1], "照常走访");
    worker.sync().unwrap();

    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
    assert_eq!(visits_noted(&mut worker, doors[1], "照常走访").len(), 1);
    assert_eq!(waiting(&mut worker), (0, 2));
    let refusals = [(unknown, "record.kind_unknown"), (forged, "record.not_permitted")];
    assert_eq!(refused(&mut worker), refusals.map(|(id, code)| (id, code.to_owned())));
    let standing = worker.ask(GetHousehold { id: doors[0] }).unwrap().timeline.entries[0].standing;
    assert_eq!(standing, records::call::Standing::NeedsYou, "it is still to be seen");

    // Tried again it is refused again; withdrawn it is gone.
    let card = cards(&mut worker)[1].id;
    worker.ask(Settle { card, how: Settlement::TryAgain }).unwrap();
    worker.sync().unwrap();
    assert_eq!(waiting(&mut worker), (0, 2));
    for card in cards(&mut worker) {
        worker.ask(Settle { card: card.id, how: Settlement::LeaveIt }).unwrap();
    }
    assert_eq!(waiting(&mut worker), (0, 0));
    assert!(visits_noted(&mut worker, doors[0], "隔壁网格").is_empty());
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}

fn forge_visit(device: &mut Device, household: RecordId, scope: &Scope) -> RecordId {
    let visit = Visit {
        note: Some("隔壁网格".to_owned()),
        ..Visit::met(household, Moment::beijing(device.now_ms))
    };
    device.forge(|action, id| action.create(id, scope, &visit)).unwrap()
}

/// Refused records with the reason, newest first.
fn refused(device: &mut Device) -> Vec<(RecordId, String)> {
    let refused = cards(device).into_iter().map(|card| match card.what {
        CardWhat::Refused { fault, record, .. } => (record, fault.code),
        other => panic!("{other:?}"),
    });
    refused.collect()
}

#[test]
fn a_refused_visit_goes_on_as_a_draft_and_counts_once() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let before = server.count().unwrap();
    let door = doors(&mut worker, 1)[0];
    forge_visit(&mut worker, door, &"230881/001/003/06#work".parse().unwrap());
    worker.sync().unwrap();
    let card = cards(&mut worker)[0].id;
    let draft = worker.ask(Settle { card, how: Settlement::Correct }).unwrap().draft.unwrap();
    assert_eq!((draft.household, draft.note.as_str()), (door, "隔壁网格"));
    assert_eq!(waiting(&mut worker), (0, 0), "the card is settled");
    assert!(visits_noted(&mut worker, door, "隔壁网格").is_empty());
    worker.restart().unwrap();
    let sheet = worker.ask(OpenVisitSheet { household: door }).unwrap();
    assert_eq!(sheet.draft.note, "隔壁网格", "it lies ready on the sheet");

    worker.ask(SaveVisit { draft }).unwrap();
    worker.sync().unwrap();
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
    assert_eq!(visits_noted(&mut worker, door, "隔壁网格"), [("周燕".to_owned(), Standing::Accepted)]);
}

/// Something that no item fits, under a number that is given.
fn report(device: &mut Device, id: RecordId, subject: &str) {
    let draft = MatterDraft {
        id: Some(id),
        item: None,
        subject: subject.to_owned(),
        place: String::new(),
        content: String::new(),
        off_list_reason: "清单里没有".to_owned(),
    };
    device.ask(SaveMatter { draft, household: None }).unwrap();
}

#[test]
fn a_refused_matter_is_corrected_and_arrives_beside_the_one_that_had_its_number() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut colleague = colleague(&server);
    let before = server.count().unwrap().of("matter");
    let id = RecordId::from_bytes([6; 16]);
    report(&mut colleague, id, "井盖松动");
    colleague.sync().unwrap();
    report(&mut worker, id, "楼道灯不亮");
    worker.sync().unwrap();
    assert_eq!(refused(&mut worker), [(id, "record.exists".to_owned())]);

    let card = cards(&mut worker).remove(0);
    let CardId::Refused(refused) = card.id else { panic!() };
    assert_eq!(card.title, "楼道灯不亮", "and not what has that number now");
    let correct = Settle { card: CardId::Refused(refused), how: Settlement::Correct };
    let form = worker.ask(correct).unwrap().matter.unwrap();
    assert_eq!(form.subject, "楼道灯不亮");
    worker.ask(CorrectMatter { refused, draft: MatterDraft { place: "三楼".to_owned(), ..form } }).unwrap();
    sync_both(&mut worker, &mut colleague);
    assert_eq!(waiting(&mut worker), (0, 0));
    assert_eq!(server.count().unwrap().of("matter"), before + 2);
    let rows = colleague.ask(ListMatters { limit: 2, ..Default::default() }).unwrap().rows;
    let mut seen: Vec<(&str, &str)> =
        rows.iter().map(|row| (row.subject.as_str(), row.place.as_str())).collect();
    seen.sort_unstable();
    assert_eq!(seen, [("井盖松动", ""), ("楼道灯不亮", "三楼")]);
}

#[test]
fn a_withdrawn_change_can_come_back_and_be_sent_again() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let door = doors(&mut worker, 1)[0];
    let forged = forge_visit(&mut worker, door, &"230881/001/003/06#work".parse().unwrap());
    worker.sync().unwrap();
    let card = cards(&mut worker)[0].clone();
    worker.ask(Settle { card: card.id, how: Settlement::LeaveIt }).unwrap();
    assert!(visits_noted(&mut worker, door, "隔壁网格").is_empty());
    worker.ask(Settle { card: card.id, how: Settlement::BringBack }).unwrap();
    assert_eq!(cards(&mut worker)[0].what, card.what, "as it was");
    assert_eq!(visits_noted(&mut worker, door, "隔壁网格"), [("周燕".to_owned(), Standing::NeedsYou)]);

    let card = cards(&mut worker)[0].id;
    worker.ask(Settle { card, how: Settlement::TryAgain }).unwrap();
    worker.sync().unwrap();
    assert_eq!(refused(&mut worker), [(forged, "record.not_permitted".to_owned())]);
}
