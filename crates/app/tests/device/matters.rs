//! What is recorded as a matter, and what never is.

#[cfg(target_family = "wasm")]
use contract::test;
use records::call::*;
use records::codes::{Admission, MatterCommand, MatterState, VisitResult};

use crate::{code, device, first_due};

#[test]
fn a_mandatory_report_is_a_call_and_never_a_matter() {
    let mut device = device();
    let search = SearchItems { search: "强制报告".into(), limit: 10, ..Default::default() };
    let rows = device.ask(search).unwrap().rows;
    assert_eq!(rows.len(), 3);
    let household = first_due(&mut device).household;
    for item in rows {
        assert_eq!((item.admission, item.call.as_deref()), (Admission::MandatoryReport, Some("110")));
        let draft = MatterDraft {
            id: None,
            item: Some(item),
            subject: String::new(),
            place: String::new(),
            content: String::new(),
            off_list_reason: String::new(),
        };
        let alone = SaveMatter { draft: draft.clone(), household: Some(household) };
        assert_eq!(code(device.ask(alone).unwrap_err()), "matter.belongs_to_report");
        let sheet = device.ask(OpenVisitSheet { household }).unwrap().draft;
        let visit = VisitDraft { result: Some(VisitResult::Met), matters: vec![draft], ..sheet };
        assert_eq!(code(device.ask(SaveVisit { draft: visit }).unwrap_err()), "matter.belongs_to_report");
    }
    assert_eq!(device.ask(GetSync {}).unwrap().chip.waiting, 0);
}

fn found(device: &mut device::LocalDevice, admission: Admission) -> ItemRow {
    let categories = device.ask(ListItemCategories {}).unwrap().rows;
    let rows = categories.into_iter().flat_map(|category| {
        let search = SearchItems { category: Some(category.code), limit: 100, ..Default::default() };
        device.ask(search).unwrap().rows
    });
    rows.into_iter().find(|row| row.admission == admission).unwrap()
}

#[test]
fn what_the_list_lets_a_grid_close_is_closed_at_the_door() {
    let mut device = device();
    let household = first_due(&mut device).household;
    for (admission, expected) in
        [(Admission::SelfClosed, Ok(MatterState::Closed)), (Admission::Report, Err("matter.not_self_closed"))]
    {
        let draft = MatterDraft {
            id: None,
            item: Some(found(&mut device, admission)),
            subject: String::new(),
            place: String::new(),
            content: String::new(),
            off_list_reason: String::new(),
        };
        let id = device.ask(SaveMatter { draft, household: Some(household) }).unwrap().id;
        let page = device.ask(GetMatter { id }).unwrap();
        assert_eq!(page.row.state, MatterState::Waiting);
        assert_eq!(
            page.possible,
            [MatterCommand::SelfClose, MatterCommand::Escalate, MatterCommand::Withdraw],
            "its author's, in the grid"
        );
        let close = |note: &str| CommandMatter {
            id,
            command: MatterCommand::SelfClose,
            note: note.to_owned(),
            target: None,
        };
        assert_eq!(code(device.ask(close(" ")).unwrap_err()), "matter.note_missing");
        let closed = device.ask(close("当场拧紧了"));
        let state = device.ask(GetMatter { id }).unwrap().row.state;
        assert_eq!(closed.map(|_| state).map_err(code), expected.map_err(str::to_owned));
    }
}
