//! A new server is filled with people from inside the app alone, and a lost device is shut out by its person.

use records::access::{AccessAsk, AskedPost, Colleague, KnownDevice};
use records::call::{AccessTold, GetSession, ListMatters, MatterDraft, SaveMatter};
use records::codes::Role;
use records::{AccountId, Fault};
use serde_json::Value;
use stories::networked::Device;
use stories::server::ServerProcess;

use crate::common::*;

const HOUR_MS: i64 = 3_600_000;
const COMMUNITY: &str = "230881/001/003";
const NEXT_GRID: &str = "230881/001/003/06";

const HOST: [&str; 10] = [
    "--county",
    "230881",
    "--county-name",
    "示例市",
    "--host-unit",
    "示例市社会工作部",
    "--filing",
    "示例备 3 号",
    "--administrator",
    "赵敏",
];

fn post(role: Role, area: &str) -> AskedPost {
    AskedPost { role, area: area.parse().unwrap(), of: None }
}

fn code(device: &mut Device, ask: AccessAsk) -> Result<(AccountId, String), Fault> {
    match device.access(ask)? {
        AccessTold::Code(code) => {
            assert!(code.side > 20 && code.squares.starts_with("M0 0h7"), "it can be drawn");
            assert!((590_000..=600_000).contains(&(code.until_ms - device.now_ms)), "ten minutes");
            Ok((code.account, code.invitation))
        }
        other => panic!("{other:?}"),
    }
}

fn invited(device: &mut Device, name: &str, role: Role, area: &str) -> (AccountId, Device) {
    let ask = AccessAsk::Invite { name: name.to_owned(), post: post(role, area), phone: None };
    let (account, invitation) = code(device, ask).unwrap();
    (account, Device::enrolled(&invitation).unwrap())
}

fn people(device: &mut Device) -> Vec<Colleague> {
    match device.access(AccessAsk::People { words: String::new() }).unwrap() {
        AccessTold::People { people, is_cut: false, .. } => people.into_iter().map(|row| row.who).collect(),
        other => panic!("{other:?}"),
    }
}

fn my_devices(device: &mut Device) -> Vec<KnownDevice> {
    match device.access(AccessAsk::Devices { of: None }).unwrap() {
        AccessTold::Devices(devices) => devices,
        other => panic!("{other:?}"),
    }
}

fn report(device: &mut Device, subject: &str) {
    let reason = "清单里没有".to_owned();
    let draft = MatterDraft {
        id: None,
        item: None,
        subject: subject.to_owned(),
        place: "2号楼".to_owned(),
        content: String::new(),
        off_list_reason: reason,
    };
    device.ask(SaveMatter { draft, household: None }).unwrap();
    device.pass(HOUR_MS);
}

fn reported(device: &mut Device) -> Vec<String> {
    device.sync().unwrap();
    let matters = device.ask(ListMatters { after: None, limit: 50 }).unwrap().rows;
    matters.into_iter().map(|row| row.subject).collect()
}

#[test]
fn a_new_server_is_filled_with_people_inside_the_app_and_a_lost_device_loses_no_work() {
    let server = ServerProcess::empty().unwrap();
    let address = server.address();
    let invitation = server.keeper("init", &[&HOST[..], &["--url", &address]].concat()).unwrap();
    let mut administrator = Device::enrolled(invitation.trim()).unwrap();
    let (_, mut lead) = invited(&mut administrator, "李强", Role::CommunityLead, COMMUNITY);
    let (worker_id, mut phone) = invited(&mut lead, "周燕", Role::GridWorker, GRID);
    assert_eq!(people(&mut administrator).len(), 2);
    let no = |ask| move |device: &mut Device| device.access(ask).unwrap_err().code;
    let county = AccessAsk::Invite { name: "王芳".into(), post: post(Role::County, "230881"), phone: None };
    assert_eq!(no(county)(&mut lead), "access.not_permitted");
    assert_eq!(no(AccessAsk::People { words: String::new() })(&mut phone), "access.not_permitted");

    report(&mut phone, "楼道灯不亮");
    phone.sync().unwrap();
    assert_eq!(reported(&mut lead), ["楼道灯不亮"]);

    // Another post counts at the next request.
    let next = post(Role::GridWorker, NEXT_GRID);
    assert_eq!(lead.access(AccessAsk::Assign { account: worker_id, post: next }).unwrap(), AccessTold::Done);
    phone.sync().unwrap();
    assert_eq!(phone.ask(GetSession {}).unwrap().worker.unwrap().area.as_str(), NEXT_GRID);
    assert!(phone.scopes().unwrap().iter().all(|scope| scope.area.as_str() != GRID));

    // One more device of one's own; the phone is lost, with something on it that was not sent.
    let (_, invitation) = code(&mut phone, AccessAsk::Code { of: None }).unwrap();
    let mut desk = Device::enrolled(&invitation).unwrap();
    report(&mut phone, "井盖松动");
    let lost = phone.identity().unwrap().device;
    let rows = my_devices(&mut desk);
    assert_eq!(
        rows.iter().map(|row| (row.device == lost, row.is_this)).collect::<Vec<_>>(),
        [(true, false), (false, true)]
    );
    assert_eq!(desk.access(AccessAsk::LockOut { device: lost }).unwrap(), AccessTold::Done);
    assert_eq!(no(AccessAsk::Code { of: None })(&mut phone), "sync.token_refused", "at its next request");
    phone.sync().unwrap();
    assert!(phone.scopes().unwrap().is_empty(), "it has given everything back");
    assert!(my_devices(&mut desk).iter().any(|row| row.device == lost && row.locked_out_ms.is_some()));

    // What it brought waits for somebody to decide, and nothing of it is lost.
    let waits = server.keeper("quarantine", &["list"]).unwrap();
    let late: Value = serde_json::from_str(waits.trim()).unwrap();
    server.keeper("quarantine", &["accept", late["id"].as_str().unwrap()]).unwrap();
    assert_eq!(reported(&mut desk), ["井盖松动"]);

    let audit = server.keeper("audit", &["list"]).unwrap();
    let by = |deed: &str| {
        let lines = audit.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let of_it: Vec<Value> =
            lines.filter(|line| line["deed"] == deed).map(|line| line["by"].clone()).collect();
        of_it
    };
    let id = |device: &Device| Value::from(device.identity().unwrap().account.to_string());
    let (administrator, lead, worker) = (id(&administrator), id(&lead), id(&desk));
    assert_eq!(by("account.made"), [Value::Null, administrator.clone(), lead.clone()]);
    assert_eq!(by("account.invited"), [Value::Null, administrator, lead.clone(), worker.clone()]);
    assert_eq!((by("account.assigned"), by("device.locked_out")), (vec![lead], vec![worker]));
}
