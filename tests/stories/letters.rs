//! What is handed in to the county, written without a network: the county reads it, colleagues learn of nothing.

use records::call::*;
use records::codes::ReportReceiver;
use stories::networked::Device;
use stories::server::ServerProcess;

use crate::common::*;

fn letters(device: &mut Device) -> Letters {
    device.ask(ListLetters {}).unwrap()
}

fn scopes(device: &mut Device) -> Vec<(String, String)> {
    held(device).into_iter().map(|row| (row.area, row.audience)).collect()
}

#[test]
fn a_report_of_harm_reaches_the_county_as_when_and_to_whom_and_nobody_else() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut lead =
        Device::enrolled(&server.invite("community-lead", "230881/001/003", "郑书记").unwrap()).unwrap();
    let mut county = Device::enrolled(&server.invite("county", "230881", "赵敏").unwrap()).unwrap();
    let (held_before, door) = (scopes(&mut worker), doors(&mut worker, 1)[0]);
    let timeline = page(&mut worker, door).timeline;

    worker.ask(KeepDutyReport { receiver: ReportReceiver::Police }).unwrap();
    assert_eq!((waiting(&mut worker), letters(&mut worker)), ((1, 0), Letters::default()));
    worker.sync().unwrap();
    assert_eq!(waiting(&mut worker), (0, 0));
    county.sync().unwrap();
    lead.sync().unwrap();
    worker.sync().unwrap();

    let [report] = letters(&mut county).reports.try_into().unwrap();
    assert_eq!(report.receiver, ReportReceiver::Police);
    assert_eq!(letters(&mut lead), Letters::default());
    assert!(lead.ask(ListHandling { after: None, limit: 200 }).unwrap().rows.is_empty(), "no ledger has it");
    assert_eq!(scopes(&mut worker), held_before, "a slot is nothing that is held");
    assert_eq!(page(&mut worker, door).timeline, timeline);
    let json = serde_json::to_string(&letters(&mut county)).unwrap();
    assert!(!json.contains("周燕"), "{json}");
}

#[test]
fn a_complaint_goes_out_without_its_sender_and_can_be_taken_back_before() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut county = Device::enrolled(&server.invite("county", "230881", "赵敏").unwrap()).unwrap();
    let send = |device: &mut Device, text: &str, contact: &str| {
        device.ask(SendFeedback { text: text.to_owned(), contact: contact.to_owned() })
    };
    assert_eq!(send(&mut worker, "  ", "").unwrap_err().code, "feedback.text_missing");
    let saved = send(&mut worker, "写错了", "").unwrap();
    worker.ask(Undo { undo: saved.undo.unwrap() }).unwrap();
    send(&mut worker, "字太小，看不清", "").unwrap();
    send(&mut worker, "同步太慢", "13800000000").unwrap();
    worker.sync().unwrap();
    county.sync().unwrap();
    let mut said: Vec<_> =
        letters(&mut county).feedback.into_iter().map(|one| (one.text, one.contact)).collect();
    said.sort();
    let phone = Some("13800000000".to_owned());
    assert_eq!(said, [("同步太慢".to_owned(), phone), ("字太小，看不清".to_owned(), None)]);
}
