//! Who lets whom in, gives them another post, dismisses them and shuts their devices out, over real HTTP.

use minicbor::bytes::ByteVec;
use records::access::{
    AccessAnswer, AccessAsk, AccessRequest, AskedPost, Colleague, KnownDevice, MOST_PEOPLE,
};
use records::codes::Role;
use records::staff::Staff;
use records::wire::{EnrolAnswer, Nonce, Outcome, PROTOCOL};
use records::{AccountId, DeviceId, Record};
use server::audit::deed;
use server::database::{account, meta};
use server::invite::{Guest, new_account};
use sync::Invitation;
use sync::device::RoundFault;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    an_administrator_begins_and_a_lead_goes_on,
    another_post_and_no_post_at_all_count_at_the_next_request,
    one_sees_ones_own_devices_and_shuts_a_lost_one_out,
    of_codes_for_one_person_the_last_counts,
    nobody_takes_all_the_codes,
    who_is_not_there_is_answered_as_who_is_not_theirs,
    a_list_that_is_long_is_cut_and_looked_through,
];

const DAY: i64 = 24 * 3_600_000;
const STREET: &str = "230881/001";

pub fn ask(device: &Device, ask: AccessAsk) -> Result<AccessAnswer, String> {
    let request = AccessRequest { protocol: PROTOCOL, ask, nonce: ByteVec::from(NONCE.to_vec()) };
    let outgoing = sync::access::request(&request, &device.enrolment.token);
    let incoming = post(&device.url, &outgoing, sync::device::CONTENT_TYPE);
    let key = device.enrolment.server_key.as_slice().try_into().unwrap();
    sync::access::read_answer(&incoming, NONCE, &key).map_err(|fault| fault.code().to_owned())
}

pub fn a_post(role: Role, area: &str) -> AskedPost {
    AskedPost { role, area: area.parse().unwrap(), of: None }
}

fn server(on: On) -> TestServer {
    let server = TestServer::start(on);
    server.write(|connection| meta::set_url(connection, &server.url));
    server
}

fn invite(device: &Device, name: &str, role: Role, area: &str) -> Result<(AccountId, Invitation), String> {
    let ask_for = AccessAsk::Invite { name: name.into(), post: a_post(role, area), phone: None };
    ask(device, ask_for).map(given)
}

fn given(answer: AccessAnswer) -> (AccountId, Invitation) {
    let AccessAnswer::Code { account, given } = answer else { panic!("{answer:?}") };
    assert_eq!(given.lasts_ms, 600_000);
    (account, given.invitation.parse().unwrap())
}

fn code(device: &Device, of: Option<AccountId>) -> Result<Invitation, String> {
    ask(device, AccessAsk::Code { of }).map(|answer| given(answer).1)
}

fn redeem(server: &TestServer, invitation: &Invitation, nonce: &Nonce) -> Result<EnrolAnswer, String> {
    enrol(&server.url, invitation, nonce).map_err(|fault: RoundFault| fault.code().to_owned())
}

fn let_in(server: &TestServer, invitation: &Invitation) -> Device {
    Device::of(&server.url, &redeem(server, invitation, NONCE).unwrap())
}

fn people(device: &Device, words: &str) -> (Vec<Colleague>, bool) {
    match ask(device, AccessAsk::People { words: words.into() }).unwrap() {
        AccessAnswer::People { people, is_cut } => (people, is_cut),
        other => panic!("{other:?}"),
    }
}

fn names(device: &Device, words: &str) -> String {
    people(device, words).0.into_iter().map(|one| one.name).collect::<Vec<_>>().join(" ")
}

fn devices(device: &Device, of: Option<AccountId>) -> Vec<KnownDevice> {
    match ask(device, AccessAsk::Devices { of }).unwrap() {
        AccessAnswer::Devices { devices } => devices,
        other => panic!("{other:?}"),
    }
}

fn lock_out(device: &Device, which: DeviceId) -> Result<AccessAnswer, String> {
    ask(device, AccessAsk::LockOut { device: which })
}

fn an_administrator_begins_and_a_lead_goes_on(on: On) {
    let server = server(on);
    let administrator = server.enrol("赵敏", Role::Administrator, "230881");
    let (lead_id, invitation) = invite(&administrator, "李强", Role::CommunityLead, COMMUNITY).unwrap();
    assert_eq!(invitation.server, server.url);
    let mut lead = let_in(&server, &invitation);
    let phone = Some("13900000001".to_owned());
    let ask_for = AccessAsk::Invite { name: "周燕".into(), post: a_post(Role::GridWorker, GRID), phone };
    let (worker_id, invitation) = given(ask(&lead, ask_for).unwrap());
    let mut worker = let_in(&server, &invitation);
    assert_eq!(worker.push(vec![create(new_id(), "第一户")]), Outcome::Applied);

    lead.pull();
    let staff = Staff::from_body(lead.records[&records::RecordId(worker_id.0)].2.as_ref().unwrap()).unwrap();
    assert_eq!((staff.name.as_str(), staff.phone.as_deref()), ("周燕", Some("13900000001")));
    assert_eq!(names(&lead, ""), "周燕");
    assert_eq!(
        names(&administrator, ""),
        "李强 周燕",
        "who is in charge of all sees all, and not themselves"
    );
    let (row, _) = people(&lead, "燕");
    let expected = (worker_id, Role::GridWorker, GRID, 1, false);
    let Colleague { account, role, area, devices, is_dismissed, .. } = &row[0];
    assert_eq!((*account, *role, area.as_str(), *devices, *is_dismissed), expected);

    let by: Vec<_> = server
        .audit()
        .into_iter()
        .filter(|entry| entry.by.is_some())
        .map(|entry| (entry.deed, entry.account, entry.by, entry.about))
        .collect();
    let administrator_id = administrator.enrolment.account;
    let made = |who, by, post: String| (deed::ACCOUNT_MADE.to_owned(), Some(who), Some(by), Some(post));
    let invited = |who, by| (deed::INVITED.to_owned(), Some(who), Some(by), None);
    assert_eq!(
        by,
        [
            made(lead_id, administrator_id, format!("4 {COMMUNITY}")),
            invited(lead_id, administrator_id),
            made(worker_id, lead_id, format!("1 {GRID}")),
            invited(worker_id, lead_id),
        ]
    );
}

fn another_post_and_no_post_at_all_count_at_the_next_request(on: On) {
    let server = server(on);
    let lead = server.enrol("李强", Role::CommunityLead, COMMUNITY);
    let mut worker = server.worker();
    let account = worker.enrolment.account;
    assert_eq!(worker.push(vec![create(new_id(), "还在 07")]), Outcome::Applied);
    let next = a_post(Role::GridWorker, "230881/001/003/06");
    assert_eq!(ask(&lead, AccessAsk::Assign { account, post: next }), Ok(AccessAnswer::Done));
    let ruling = worker.round(&[]).unwrap().ruling.unwrap();
    assert_eq!(ruling.post.unwrap().area.as_str(), "230881/001/003/06");
    assert!(!ruling.revoked.is_empty());

    let invitation = code(&lead, Some(account)).unwrap();
    assert_eq!(ask(&lead, AccessAsk::Dismiss { account }), Ok(AccessAnswer::Done));
    assert!(people(&lead, "").0[0].is_dismissed);
    assert_eq!(redeem(&server, &invitation, b"after the post__"), Err("enrol.code_wrong".into()));
    assert_eq!(code(&lead, Some(account)).unwrap_err(), "access.dismissed");
    assert_eq!(code(&worker, None).unwrap_err(), "access.dismissed");
    assert!(worker.round(&[]).unwrap().granted.is_empty());

    let noted = server.audit().len();
    assert_eq!(ask(&lead, AccessAsk::Dismiss { account }), Ok(AccessAnswer::Done), "again is as once");
    assert_eq!(server.audit().len(), noted);
    let back = a_post(Role::CommunityStaff, COMMUNITY);
    assert_eq!(ask(&lead, AccessAsk::Assign { account, post: back }), Ok(AccessAnswer::Done));
    assert!(!people(&lead, "").0[0].is_dismissed && !worker.round(&[]).unwrap().granted.is_empty());
}

fn one_sees_ones_own_devices_and_shuts_a_lost_one_out(on: On) {
    let server = server(on);
    let mut phone = server.worker();
    phone.pull();
    assert_eq!(phone.push(vec![create(new_id(), "走过")]), Outcome::Applied);
    server.pass(1);
    let desk = let_in(&server, &code(&phone, None).unwrap());
    let mine = devices(&desk, None);
    assert_eq!(mine.iter().map(|one| one.is_this).collect::<Vec<_>>(), [false, true]);
    let seen = mine[0].seen_on_ms.unwrap();
    assert_eq!((seen + 8 * 3_600_000) % DAY, 0, "a day and no better");
    assert_eq!((mine[0].name.as_str(), mine[0].locked_out_ms, mine[1].seen_on_ms), ("测试机", None, None));
    let lead = server.enrol("李强", Role::CommunityLead, COMMUNITY);
    let seen_by_lead = devices(&lead, Some(phone.enrolment.account));
    assert_eq!(seen_by_lead.len(), 2);
    assert!(seen_by_lead.iter().all(|one| one.seen_on_ms.is_none() && !one.is_this), "nobody's business");

    let asked_by_thief = code(&phone, None).unwrap();
    assert_eq!(lock_out(&desk, phone.enrolment.device), Ok(AccessAnswer::Done));
    assert_eq!(redeem(&server, &asked_by_thief, b"with that phone_"), Err("enrol.code_wrong".into()));
    let answer = phone.round(&[]).unwrap();
    assert!(answer.granted.is_empty() && !answer.ruling.unwrap().revoked.is_empty());
    for refused in [AccessAsk::Devices { of: None }, AccessAsk::Code { of: None }] {
        assert_eq!(ask(&phone, refused), Err("sync.token_refused".into()));
    }
    assert_eq!(lock_out(&phone, desk.enrolment.device), Err("sync.token_refused".into()));
    assert_eq!(lock_out(&desk, desk.enrolment.device), Err("access.this_device".into()));
    assert_eq!(lock_out(&desk, lead.enrolment.device), Err("access.unknown".into()));
    let mine = devices(&desk, None);
    assert_eq!(
        mine.iter().map(|one| one.locked_out_ms).collect::<Vec<_>>(),
        [None, Some(NOW + 1)],
        "in use first"
    );

    assert_eq!(lock_out(&lead, desk.enrolment.device), Ok(AccessAnswer::Done), "who is in charge may, too");
    let entries = server.audit().into_iter().filter(|entry| entry.deed == deed::LOCKED_OUT);
    let by: Vec<_> = entries.map(|entry| (entry.device, entry.by)).collect();
    let (worker, lead) = (phone.enrolment.account, lead.enrolment.account);
    let (phone, desk) = (phone.enrolment.device, desk.enrolment.device);
    assert_eq!(by, [(Some(phone), Some(worker)), (Some(desk), Some(lead))]);
}

fn of_codes_for_one_person_the_last_counts(on: On) {
    let server = server(on);
    let lead = server.enrol("李强", Role::CommunityLead, COMMUNITY);
    let (account, first) = invite(&lead, "周燕", Role::GridWorker, GRID).unwrap();
    let second = code(&lead, Some(account)).unwrap();
    assert_eq!(redeem(&server, &first, b"the first one___"), Err("enrol.code_wrong".into()));
    server.pass(600_001);
    assert_eq!(redeem(&server, &second, b"the second one__"), Err("enrol.code_expired".into()));
    let third = code(&lead, Some(account)).unwrap();
    let device = let_in(&server, &third);
    assert_eq!(device.enrolment.account, account);
    assert_eq!(redeem(&server, &third, b"somebody else___"), Err("enrol.code_used".into()));
}

fn nobody_takes_all_the_codes(on: On) {
    let server = server(on);
    let lead = server.enrol("李强", Role::CommunityLead, COMMUNITY);
    // Codes that are not used are one.
    for _ in 0..30 {
        code(&lead, None).unwrap();
    }
    for _ in 0..9 {
        let_in(&server, &code(&lead, None).unwrap());
    }
    assert_eq!(code(&lead, None).unwrap_err(), "access.too_many_devices");
    // With ten devices lost and ten new ones a day is full.
    while let Some(other) =
        devices(&lead, None).iter().find(|one| !one.is_this && one.locked_out_ms.is_none())
    {
        lock_out(&lead, other.device).unwrap();
    }
    for _ in 0..9 {
        let_in(&server, &code(&lead, None).unwrap());
    }
    while let Some(other) =
        devices(&lead, None).iter().find(|one| !one.is_this && one.locked_out_ms.is_none())
    {
        lock_out(&lead, other.device).unwrap();
    }
    let_in(&server, &code(&lead, None).unwrap());
    assert_eq!(code(&lead, None).unwrap_err(), "access.too_many_codes");
    server.pass(DAY + 600_001);
    code(&lead, None).unwrap();
}

fn who_is_not_there_is_answered_as_who_is_not_theirs(on: On) {
    let server = server(on);
    let lead = server.enrol("李强", Role::CommunityLead, COMMUNITY);
    let others = [
        server.enrol("别处", Role::GridWorker, "230881/001/004/01"),
        server.enrol("街道", Role::Street, STREET),
        server.enrol("管理", Role::Administrator, "230881"),
    ];
    let worker = server.worker();
    let raw_by = |device: &Device, ask: AccessAsk| {
        let request = AccessRequest { protocol: PROTOCOL, ask, nonce: ByteVec::from(NONCE.to_vec()) };
        let outgoing = sync::access::request(&request, &device.enrolment.token);
        let answer = post(&device.url, &outgoing, sync::device::CONTENT_TYPE);
        (answer.status, answer.body, answer.signature)
    };
    let questions = |account: AccountId, device: DeviceId| {
        let post = a_post(Role::GridWorker, GRID);
        [
            AccessAsk::Devices { of: Some(account) },
            AccessAsk::Code { of: Some(account) },
            AccessAsk::Assign { account, post },
            AccessAsk::Dismiss { account },
            AccessAsk::LockOut { device },
        ]
    };
    let of_nobody = questions(AccountId::from_bytes([7; 16]), DeviceId::from_bytes([7; 16]));
    for other in others {
        let of_other = questions(other.enrolment.account, other.enrolment.device);
        for (of_other, of_nobody) in of_other.into_iter().zip(of_nobody.clone()) {
            for by in [&lead, &worker] {
                assert_eq!(raw_by(by, of_other.clone()), raw_by(by, of_nobody.clone()), "{of_other:?}");
            }
        }
        let untouched = server.read(|snapshot| account::grants(snapshot, other.enrolment.account));
        assert!(!untouched.is_empty());
    }
}

fn a_list_that_is_long_is_cut_and_looked_through(on: On) {
    let server = server(on);
    let lead = server.enrol("李强", Role::CommunityLead, COMMUNITY);
    let guest = |name: String, area: &str| Guest {
        name,
        role: Role::GridWorker,
        area: area.parse().unwrap(),
        own: None,
    };
    server.write(|connection| {
        for n in 0..MOST_PEOPLE {
            new_account(connection, &guest(format!("网格员{n:03}"), GRID), None, None, NOW)?;
        }
        Ok(())
    });
    assert!(!people(&lead, "").1);
    server.write(|connection| new_account(connection, &guest("100%_!".into(), GRID), None, None, NOW));
    server.write(|connection| {
        new_account(connection, &guest("隔壁".into(), "230881/001/004/01"), None, None, NOW)
    });
    let (found, is_cut) = people(&lead, "");
    assert_eq!((found.len(), is_cut), (MOST_PEOPLE, true));
    assert_eq!(names(&lead, " 网格员007 "), "网格员007");
    assert_eq!(names(&lead, "%"), "100%_!");
    assert_eq!(names(&lead, "_!"), "100%_!");
    assert_eq!(names(&lead, "隔壁"), "", "another community");
    assert_eq!(names(&lead, "李强"), "", "oneself");
}
