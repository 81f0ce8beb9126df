//! Taking a save back while it has not been sent.

#[cfg(target_family = "wasm")]
use contract::test;
use records::call::*;
use records::codes::{Finding, VisitResult};

use crate::{code, device, first_due, visit};

#[test]
fn undo_takes_the_visit_back_and_keeps_what_was_typed() {
    let mut device = device();
    let door = first_due(&mut device);
    let before = device.ask(GetHousehold { id: door.household }).unwrap();
    let mut draft = device.ask(OpenVisitSheet { household: door.household }).unwrap().draft;
    draft.result = Some(VisitResult::Met);
    draft.findings = vec![Finding::Hazard];
    draft.note = "软管老化，说好了周三来换".to_owned();
    let hit = device.ask(SearchItems { search: "rqrg".into(), limit: 5, ..Default::default() }).unwrap().rows
        [0]
    .clone();
    draft.matters = vec![MatterDraft {
        id: None,
        item: Some(hit.clone()),
        subject: String::new(),
        place: String::new(),
        content: String::new(),
        off_list_reason: String::new(),
    }];
    let saved = device.ask(SaveVisit { draft }).unwrap();
    assert_eq!(device.ask(ListMatters { after: None, limit: 5 }).unwrap().rows[0].subject, hit.name);
    let matters = device.ask(ListMatters { after: None, limit: 1 }).unwrap().total;

    let undone = device.ask(Undo { undo: saved.undo.unwrap() }).unwrap().draft.unwrap();
    assert_eq!(undone.note, "软管老化，说好了周三来换");
    assert_eq!(undone.matters[0].item.as_ref().map(|item| item.code.clone()), Some(hit.code));
    let after = device.ask(GetHousehold { id: door.household }).unwrap();
    assert_eq!((after.timeline, after.row.due_on), (before.timeline, before.row.due_on));
    assert!(after.has_draft);
    assert_eq!(device.ask(ListMatters { after: None, limit: 1 }).unwrap().total, matters - 1);
    assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, 0);
    // Saved again from the draft, it is one visit.
    device.ask(SaveVisit { draft: undone }).unwrap();
    assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, 1);
}

#[test]
fn undo_has_an_end() {
    let mut device = device();
    let door = first_due(&mut device);
    let saved = visit(&mut device, door.household, VisitResult::Met);
    device.now_ms = saved.undo_until_ms + 1;
    let fault = device.ask(Undo { undo: saved.undo.unwrap() }).unwrap_err();
    assert_eq!(code(fault), "undo.too_late");
    assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, 1);
}

#[test]
fn undo_does_not_overwrite_a_sheet_that_was_begun_since() {
    let mut device = device();
    let household = first_due(&mut device).household;
    let saved = visit(&mut device, household, VisitResult::NobodyHome);
    let mut newer = device.ask(OpenVisitSheet { household }).unwrap().draft;
    newer.note = "又去了一趟".to_owned();
    device.ask(SaveDraft { draft: newer.clone() }).unwrap();

    let undo = Undo { undo: saved.undo.unwrap() };
    assert_eq!(code(device.ask(undo).unwrap_err()), "undo.draft_waits");
    assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, 1, "the visit stays saved");
    assert_eq!(device.ask(OpenVisitSheet { household }).unwrap().draft, newer);

    device.ask(DropDraft { household }).unwrap();
    assert_eq!(device.ask(undo).unwrap().draft.unwrap().id, saved.id);
    assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, 0);
}

#[test]
fn all_well_is_kept_as_it_was_chosen() {
    for chosen in [true, false] {
        let mut device = device();
        let household = first_due(&mut device).household;
        let mut draft = device.ask(OpenVisitSheet { household }).unwrap().draft;
        draft.result = Some(VisitResult::Met);
        draft.all_well = chosen;
        let saved = device.ask(SaveVisit { draft }).unwrap();
        let page = device.ask(GetHousehold { id: household }).unwrap();
        let TimelineWhat::Visit { all_well, .. } = page.timeline.entries[0].what else { panic!("a visit") };
        assert_eq!(all_well, chosen);
        let undone = device.ask(Undo { undo: saved.undo.unwrap() }).unwrap().draft.unwrap();
        assert_eq!(undone.all_well, chosen);
    }
}
