//! Values are masked until somebody asks for one of them, and that is on record.

#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::RecordId;
use records::call::*;
use records::codes::{Deed, Purpose};

use crate::{code, device, first_due, visit};

const NAME: &str = "甄谧笙";
const PHONE: &str = "13812341234";
const ID_NUMBER: &str = "11010519491231002X";

/// Somebody of the first household on the list of today, with values that nobody else has.
fn somebody(device: &mut LocalDevice) -> (RecordId, RecordId) {
    let household = first_due(device).household;
    let id = device.ask(GetHousehold { id: household }).unwrap().people[0].id;
    let [name, phone, id_number] = [NAME, PHONE, ID_NUMBER].map(|value| Some(value.to_owned()));
    device.ask(EditPerson { id, name, phone, id_number }).unwrap();
    (household, id)
}

fn deeds(device: &mut LocalDevice) -> Vec<HandlingRow> {
    device.ask(ListHandling { after: None, limit: 200 }).unwrap().rows
}

/// What no answer may hold but the one that was asked to show it.
fn plain_in(answer: impl Into<Response>) -> Vec<&'static str> {
    let json = serde_json::to_string(&answer.into()).unwrap();
    // Also the parts of it that a mask takes away.
    [NAME, "谧笙", PHONE, "1234123", ID_NUMBER, "19491231"]
        .into_iter()
        .filter(|part| json.contains(part))
        .collect()
}

#[test]
fn no_page_holds_a_value_in_plain() {
    let mut device = device();
    let (household, person) = somebody(&mut device);
    visit(&mut device, household, records::codes::VisitResult::Met);
    device.ask(Reveal { purpose: Some(Purpose::Check), ..Reveal::of(person, Masked::IdNumber) }).unwrap();
    let search = |text: &str| ListHouseholds { search: text.to_owned(), limit: 50, ..Default::default() };
    let found = device.ask(search(NAME)).unwrap();
    assert_eq!(found.rows.len(), 1, "it is found by its whole name");
    let leaks = [
        plain_in(found),
        plain_in(device.ask(search("")).unwrap()),
        plain_in(device.ask(GetToday {}).unwrap()),
        plain_in(device.ask(GetHousehold { id: household }).unwrap()),
        plain_in(device.ask(ListTimeline { household, after: None, limit: 50 }).unwrap()),
        plain_in(device.ask(OpenVisitSheet { household }).unwrap()),
        plain_in(device.ask(GetSync {}).unwrap()),
        plain_in(device.ask(ListWaiting { limit: 50 }).unwrap()),
        plain_in(device.ask(ListMatters { after: None, limit: 50 }).unwrap()),
        plain_in(device.ask(GetSession {}).unwrap()),
        plain_in(device.ask(ListHandling { after: None, limit: 50 }).unwrap()),
    ];
    assert!(leaks.iter().all(Vec::is_empty), "{leaks:?}");
}

#[test]
fn each_time_a_value_is_shown_is_one_entry_and_stays_after_a_crash() {
    let mut device = device();
    let (_, person) = somebody(&mut device);
    assert_eq!(device.ask(Reveal::of(person, Masked::Name)).unwrap().value, NAME);
    device.now_ms += 1;
    assert_eq!(device.ask(Reveal::of(person, Masked::Phone)).unwrap().value, PHONE);
    device.now_ms += 1;
    assert_eq!(device.ask(Reveal::of(person, Masked::Phone)).unwrap().value, PHONE);
    device.restart().unwrap();
    let rows = deeds(&mut device);
    let fields: Vec<_> = rows.iter().map(|row| (row.deed, row.field.as_deref().unwrap())).collect();
    let shown = |field| (Deed::Shown, field);
    assert_eq!(fields, [shown("person.phone"), shown("person.phone"), shown("person.name")]);
    assert!(rows.iter().all(|row| row.whose.ends_with("甄**") && row.by.is_some()), "{rows:?}");
    assert!(rows.iter().all(|row| row.standing == Standing::OnDevice), "it goes out like any work");
}

#[test]
fn a_sensitive_value_is_shown_only_for_a_purpose() {
    let mut device = device();
    let (_, person) = somebody(&mut device);
    let refused = device.ask(Reveal::of(person, Masked::IdNumber)).unwrap_err();
    assert_eq!((code(refused), deeds(&mut device).len()), ("handling.purpose_missing".to_owned(), 0));
    let why = Some(Purpose::OwnRequest);
    let shown = device.ask(Reveal { purpose: why, ..Reveal::of(person, Masked::IdNumber) }).unwrap();
    assert_eq!((shown.value.as_str(), deeds(&mut device)[0].purpose), (ID_NUMBER, why));
}

#[test]
fn what_is_not_there_is_not_shown_and_leaves_no_entry() {
    let mut device = device();
    let (_, person) = somebody(&mut device);
    let phone = Some(String::new());
    device.ask(EditPerson { id: person, name: None, phone, id_number: None }).unwrap();
    for (who, what) in [(person, Masked::Phone), (RecordId::from_bytes([9; 16]), Masked::Name)] {
        assert_eq!(code(device.ask(Reveal::of(who, what)).unwrap_err()), "record.missing");
    }
    assert!(deeds(&mut device).is_empty());
}

fn export(reason: &str) -> ExportHandling {
    let names =
        |names: &[(u16, &str)]| names.iter().map(|(code, name)| (*code, (*name).to_owned())).collect();
    ExportHandling {
        heads: ["时间", "谁", "做了什么", "哪一项", "用途", "原因", "人数"].map(str::to_owned).into(),
        deeds: names(&[(1, "查看"), (2, "导出")]),
        purposes: names(&[(2, "核对登记")]),
        fields: vec![("person.id_number".to_owned(), "证件号码".to_owned())],
        reason: reason.to_owned(),
    }
}

#[test]
fn the_ledger_leaves_without_those_it_is_about_and_with_a_reason_on_record() {
    let mut device = device();
    let (_, person) = somebody(&mut device);
    assert_eq!(code(device.ask(export("  ")).unwrap_err()), "handling.reason_missing");
    assert!(deeds(&mut device).is_empty());
    device.ask(Reveal { purpose: Some(Purpose::Check), ..Reveal::of(person, Masked::IdNumber) }).unwrap();
    device.now_ms += 60_000;
    // An order to whatever opens the table, as a reason; and a number in it.
    device.ask(export("=HYPERLINK(\"http://x\",\"13812341234\")")).unwrap();
    device.now_ms += 60_000;
    let file = device.ask(export("审计要")).unwrap();
    assert_eq!((file.rows, file.name.as_str()), (2, "个人信息处理台账-2026-11-22.csv"));
    let bytes = device.with(|app, _| app.download(file.download).map(|file| file.bytes.clone())).unwrap();
    let lines = [
        "\u{feff}\"时间\",\"谁\",\"做了什么\",\"哪一项\",\"用途\",\"原因\",\"人数\"",
        "\"2026-11-22 09:01\",\"周燕\",\"导出\",\"\",\"\",\"'=HYPERLINK(\"\"http://x\"\",\"\"****\"\")\",\"\"",
        "\"2026-11-22 09:00\",\"周燕\",\"查看\",\"证件号码\",\"核对登记\",\"\",\"1\"",
        "",
    ];
    assert_eq!(String::from_utf8(bytes).unwrap().split("\r\n").collect::<Vec<_>>(), lines);
    let newest = deeds(&mut device).remove(0);
    assert_eq!((newest.deed, newest.reason.as_deref()), (Deed::TakenOut, Some("审计要")));
}
