//! Who may come in, as nobody may decide it: roles upward, areas beside, oneself, people one does not know, names that
//! hide something, devices that are shut out.

use minicbor::bytes::ByteVec;
use records::access::{AccessAsk, AccessRequest, AskedPost};
use records::codes::Role;
use records::wire::PROTOCOL;
use records::{AccountId, DeviceId};
use sync::device::{CONTENT_TYPE, Outgoing};

use super::roles::ROLES;
use super::{Case, Stage, case, refusal};
use crate::access::a_post;
use crate::common::*;

pub fn cases() -> Vec<Case> {
    [roles(), places(), people(), names(), frames()].into_iter().flatten().collect()
}

fn request(ask: AccessAsk) -> AccessRequest {
    AccessRequest { protocol: PROTOCOL, ask, nonce: ByteVec::from(NONCE.to_vec()) }
}

fn sent(device: &Device, request: &AccessRequest) -> String {
    refusal(&post(&device.url, &sync::access::request(request, &device.enrolment.token), CONTENT_TYPE))
}

fn asked(device: &Device, ask: AccessAsk) -> String {
    sent(device, &request(ask))
}

fn of(stage: &Stage, role: Role) -> &Device {
    &stage.roles.iter().find(|(one, _)| *one == role).unwrap().1
}

fn invite(name: &str, role: Role, area: &str) -> AccessAsk {
    AccessAsk::Invite { name: name.into(), post: a_post(role, area), phone: None }
}

/// Said here once more and not read from the table the server decides by.
fn may_invite(role: Role, other: Role) -> bool {
    use Role::{
        Administrator, CommunityLead, CommunityStaff, Contractor, County, Department, GridWorker,
        SpotChecker, Street, UnitLiaison,
    };
    match role {
        Administrator => true,
        County => matches!(other, Street | Department | UnitLiaison | SpotChecker | Contractor),
        Street => other == CommunityLead,
        CommunityLead => matches!(other, GridWorker | CommunityStaff),
        _ => false,
    }
}

fn roles() -> Vec<Case> {
    let mut cases = vec![];
    for (role, _) in ROLES {
        for (other, area) in ROLES.into_iter().filter(|(other, _)| !may_invite(role, *other)) {
            let attack = move |s: &mut Stage| asked(of(s, role), invite("越权", other, area));
            cases.push(case(format!("{role:?} lets a {other:?} in"), "access.not_permitted", attack));
        }
        if !ROLES.iter().any(|(other, _)| may_invite(role, *other)) {
            let name = format!("{role:?} lists people");
            let attack = move |s: &mut Stage| asked(of(s, role), AccessAsk::People { words: String::new() });
            cases.push(case(name, "access.not_permitted", attack));
            let name = format!("{role:?} asks for the devices of somebody");
            let attack = move |s: &mut Stage| {
                let account = s.worker.enrolment.account;
                asked(of(s, role), AccessAsk::Devices { of: Some(account) })
            };
            cases.push(case(name, "access.unknown", attack));
        }
    }
    cases.push(case("a role of the future is let in", "access.not_permitted", |s| {
        asked(of(s, Role::Administrator), invite("将来", Role::Newer(40), "230881"))
    }));
    cases
}

fn places() -> Vec<Case> {
    let rows = [
        (Role::CommunityLead, Role::GridWorker, "230881/001/004/07", "of another community"),
        (Role::CommunityLead, Role::GridWorker, "230882/001/003/07", "of another county"),
        (Role::CommunityLead, Role::GridWorker, COMMUNITY, "of a whole community"),
        (Role::CommunityLead, Role::CommunityStaff, "230881/001", "of a whole street"),
        (Role::CommunityLead, Role::CommunityStaff, GRID, "of a grid"),
        (Role::Street, Role::CommunityLead, "230881/002/003", "of another street"),
        (Role::Street, Role::CommunityLead, "230881/001", "of the street itself"),
        (Role::County, Role::Street, "230882/001", "of another county"),
        (Role::County, Role::Street, "230881", "of the county itself"),
        (Role::County, Role::SpotChecker, "230882", "of another county"),
        (Role::Administrator, Role::GridWorker, "230882/001/003/07", "of another county"),
        (Role::Administrator, Role::Administrator, "230882", "of another county"),
        (Role::Administrator, Role::CommunityLead, GRID, "of a grid"),
    ];
    let case_of = |(role, other, area, why): (Role, Role, &'static str, &str)| {
        let name = format!("{role:?} lets a {other:?} in {why}");
        case(name, "access.not_permitted", move |s| asked(of(s, role), invite("越界", other, area)))
    };
    rows.into_iter().map(case_of).collect()
}

fn people() -> Vec<Case> {
    let lead = |s: &Stage, ask| asked(of(s, Role::CommunityLead), ask);
    let admin = |s: &Stage, ask| asked(of(s, Role::Administrator), ask);
    let assign = |account, role, area: &str| AccessAsk::Assign { account, post: a_post(role, area) };
    let account = |device: &Device| device.enrolment.account;
    vec![
        case("a lead gives themselves a street", "access.unknown", move |s| {
            lead(s, assign(account(of(s, Role::CommunityLead)), Role::Street, "230881/001"))
        }),
        case("an administrator takes up a business post", "access.unknown", move |s| {
            admin(s, assign(account(of(s, Role::Administrator)), Role::CommunityLead, COMMUNITY))
        }),
        case("an administrator dismisses themselves", "access.unknown", move |s| {
            admin(s, AccessAsk::Dismiss { account: account(of(s, Role::Administrator)) })
        }),
        case("an administrator asks for a code as for another", "access.unknown", move |s| {
            admin(s, AccessAsk::Code { of: Some(account(of(s, Role::Administrator))) })
        }),
        case("an administrator lets themselves in as a lead", "access.own_hand", move |s| {
            admin(s, invite("Administrator", Role::CommunityLead, COMMUNITY))
        }),
        case("an administrator lets themselves in, written otherwise", "access.own_hand", move |s| {
            admin(s, invite(" ADMINISTRATOR ", Role::GridWorker, GRID))
        }),
        case("an administrator makes another one a grid worker", "access.stays_administrator", move |s| {
            admin(s, assign(account(&s.other_administrator), Role::GridWorker, GRID))
        }),
        case("an administrator makes a grid worker one of them", "access.stays_administrator", move |s| {
            admin(s, assign(account(&s.worker), Role::Administrator, "230881"))
        }),
        case("a lead gives a grid worker the county", "access.not_permitted", move |s| {
            lead(s, assign(account(&s.worker), Role::County, "230881"))
        }),
        case("a lead sends a grid worker to another community", "access.not_permitted", move |s| {
            lead(s, assign(account(&s.worker), Role::GridWorker, "230881/001/004/07"))
        }),
        case("a lead takes the street's post", "access.unknown", move |s| {
            lead(s, assign(account(of(s, Role::Street)), Role::GridWorker, GRID))
        }),
        case("a lead dismisses the administrator", "access.unknown", move |s| {
            lead(s, AccessAsk::Dismiss { account: account(of(s, Role::Administrator)) })
        }),
        case("a lead dismisses a member", "access.unknown", move |s| {
            lead(s, AccessAsk::Dismiss { account: account(of(s, Role::Member)) })
        }),
        case("a lead asks for a code of the county", "access.unknown", move |s| {
            lead(s, AccessAsk::Code { of: Some(account(of(s, Role::County))) })
        }),
        case("a lead asks for the devices of nobody", "access.unknown", move |s| {
            lead(s, AccessAsk::Devices { of: Some(AccountId::from_bytes([9; 16])) })
        }),
        case("a lead shuts a device of the county out", "access.unknown", move |s| {
            lead(s, AccessAsk::LockOut { device: of(s, Role::County).enrolment.device })
        }),
        case("a lead shuts a device of nobody out", "access.unknown", move |s| {
            lead(s, AccessAsk::LockOut { device: DeviceId::from_bytes([9; 16]) })
        }),
        case("a grid worker shuts a colleague's device out", "access.unknown", |s| {
            asked(&s.worker, AccessAsk::LockOut { device: s.neighbour.enrolment.device })
        }),
        case("a grid worker shuts a device of nobody out", "access.unknown", |s| {
            asked(&s.worker, AccessAsk::LockOut { device: DeviceId::from_bytes([9; 16]) })
        }),
        case("somebody shuts out the device they ask with", "access.this_device", |s| {
            asked(&s.worker, AccessAsk::LockOut { device: s.worker.enrolment.device })
        }),
        case("somebody who is there is let in again", "access.exists", move |s| {
            admin(s, invite("周燕", Role::GridWorker, GRID))
        }),
        case("somebody is given a namesake's post", "access.exists", move |s| {
            admin(s, assign(account(&s.neighbour_namesake), Role::GridWorker, GRID))
        }),
        case("a code for somebody who was dismissed", "access.dismissed", move |s| {
            admin(s, AccessAsk::Code { of: Some(account(&s.dismissed)) })
        }),
        case("a code asked for by somebody who was dismissed", "access.dismissed", |s| {
            asked(&s.dismissed, AccessAsk::Code { of: None })
        }),
        case("a lead who was dismissed lets somebody in", "access.not_permitted", |s| {
            asked(&s.former_lead, invite("越权", Role::GridWorker, GRID))
        }),
        case("a lead who was dismissed lists people", "access.not_permitted", |s| {
            asked(&s.former_lead, AccessAsk::People { words: String::new() })
        }),
        case("a lead who was dismissed dismisses", "access.unknown", |s| {
            asked(&s.former_lead, AccessAsk::Dismiss { account: s.worker.enrolment.account })
        }),
        case("a device that was shut out asks for a code", "sync.revoked", |s| {
            asked(&s.locked_out, AccessAsk::Code { of: None })
        }),
        case("a device that was shut out asks for its like", "sync.revoked", |s| {
            asked(&s.locked_out, AccessAsk::Devices { of: None })
        }),
        case("a device that was shut out shuts another out", "sync.revoked", |s| {
            asked(&s.locked_out, AccessAsk::LockOut { device: s.worker.enrolment.device })
        }),
    ]
}

fn names() -> Vec<Case> {
    let by_lead = |s: &Stage, name: &str, phone: Option<&str>| {
        let post = a_post(Role::GridWorker, GRID);
        let phone = phone.map(str::to_owned);
        asked(of(s, Role::CommunityLead), AccessAsk::Invite { name: name.into(), post, phone })
    };
    let hidden = [
        ("王\u{200b}芳", "with a space of no width"),
        ("\u{202e}芳王", "that is read backwards"),
        ("王\u{2066}芳\u{2069}", "in brackets nobody sees"),
        ("王芳\n周燕", "of two lines"),
        ("王芳\0", "with a zero"),
        (" 王芳", "that begins with a space"),
        ("王芳　", "that ends with a wide space"),
        ("ｗａｎｇ", "in wide letters"),
        ("e\u{301}", "that is not composed"),
    ];
    let mut cases: Vec<Case> = hidden
        .into_iter()
        .map(|(name, why)| {
            case(format!("a name {why}"), "record.text_hidden", move |s| by_lead(s, name, None))
        })
        .collect();
    cases.extend([
        case("no name", "staff.name_missing", move |s| by_lead(s, "", None)),
        case("a name of thirty-one letters", "record.text_too_long", move |s| {
            by_lead(s, &"长".repeat(31), None)
        }),
        case("a name that is a book", "sync.too_large", move |s| by_lead(s, &"书".repeat(5_000), None)),
        case("a phone that is a letter", "record.text_too_long", move |s| {
            by_lead(s, "王芳", Some(&"1".repeat(61)))
        }),
        case("a phone with something hidden", "record.text_hidden", move |s| {
            by_lead(s, "王芳", Some("139\u{200d}"))
        }),
        case("a grid worker of a department", "access.of_wrong", |s| {
            let post = AskedPost { of: Some("民政局".into()), ..a_post(Role::GridWorker, GRID) };
            asked(of(s, Role::CommunityLead), AccessAsk::Invite { name: "王芳".into(), post, phone: None })
        }),
        case("a contractor of a unit that is none", "access.of_wrong", |s| {
            let post = AskedPost { of: Some("物业".into()), ..a_post(Role::Contractor, "230881") };
            asked(of(s, Role::County), AccessAsk::Invite { name: "王芳".into(), post, phone: None })
        }),
        case("a department without a name", "access.of_wrong", |s| {
            let post = AskedPost { of: Some(" ".into()), ..a_post(Role::Department, "230881") };
            asked(of(s, Role::County), AccessAsk::Invite { name: "王芳".into(), post, phone: None })
        }),
    ]);
    cases
}

fn frames() -> Vec<Case> {
    let devices = || AccessAsk::Devices { of: None };
    let raw = |s: &Stage, body: Vec<u8>, token: &[u8]| {
        let (path, token) = ("/access", Some(token.to_vec()));
        let outgoing = Outgoing { path, content_encoding: None, accept_encoding: "gzip", token, body };
        refusal(&post(&s.server.url, &outgoing, CONTENT_TYPE))
    };
    vec![
        case("a question about devices without a token", "sync.token_refused", move |s| {
            raw(s, minicbor::to_vec(request(devices())).unwrap(), b"")
        }),
        case("a question about devices with a token of zeros", "sync.token_refused", move |s| {
            raw(s, minicbor::to_vec(request(devices())).unwrap(), &[0; 32])
        }),
        case("a question about devices from the future", "sync.server_older", move |s| {
            sent(&s.worker, &AccessRequest { protocol: 99, ..request(devices()) })
        }),
        case("a question about devices without a nonce", "sync.garbage", move |s| {
            sent(&s.worker, &AccessRequest { nonce: ByteVec::from(vec![]), ..request(devices()) })
        }),
        case("a question of a kind that there is not", "sync.garbage", move |s| {
            let body = [&[0xa3, 0, 1, 1, 0x82, 24, 99, 0xa0, 2, 0x50][..], NONCE].concat();
            raw(s, body, &s.worker.enrolment.token)
        }),
        case("a question that is followed by another", "sync.trailing", move |s| {
            let one = minicbor::to_vec(request(devices())).unwrap();
            raw(s, [&one[..], &one].concat(), &s.worker.enrolment.token)
        }),
    ]
}
