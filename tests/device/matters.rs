//! What is recorded as a matter, and what never is.

use records::call::*;
use records::codes::{Admission, VisitResult};

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
