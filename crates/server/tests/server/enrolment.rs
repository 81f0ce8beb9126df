//! One-time codes and tokens.

use minicbor::bytes::ByteVec;
use records::codes::Role;
use records::staff::Staff;
use records::wire::{EnrolRequest, Nonce, PROTOCOL};
use records::{DeviceId, Record};
use server::ServerFault;
use server::database::device;
use server::invite::{Address, Guest, USUAL_MINUTES, invite};
use sync::Invitation;
use sync::device::enrol_request;
use sync::enrolment_code::with_check_digit;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    a_code_enrols_one_device_once,
    a_device_whose_name_no_database_keeps_is_let_in_under_the_rest_of_it,
    a_lost_answer_can_be_asked_for_again_until_the_token_is_used,
    five_wrong_tries_void_a_code_and_no_other,
    a_slip_of_the_finger_costs_no_try,
    who_guesses_from_one_address_waits_and_the_station_behind_it_works_on,
    a_code_expires,
    another_server_with_the_right_address_is_found_out,
    a_revoked_device_is_shut_out_and_its_sister_is_not,
    nobody_is_invited_to_where_the_role_has_nothing_to_do,
    an_invitation_names_plain_http_only_where_somebody_said_so,
];

const ONE: &Nonce = b"the first one___";
const TWO: &Nonce = b"another one_____";

fn code(result: Result<records::wire::EnrolAnswer, sync::RoundFault>) -> String {
    result.unwrap_err().code().to_owned()
}

/// The same selector, another secret.
fn wrong(invitation: &Invitation, n: u32) -> Invitation {
    let nine = format!("{}{:06}", &invitation.code[..3], n);
    let code = with_check_digit(&nine);
    assert_ne!(code, invitation.code);
    Invitation { code, ..invitation.clone() }
}

fn a_code_enrols_one_device_once(on: On) {
    let server = TestServer::start(on);
    let invitation = server.invite("王小梅", Role::GridWorker, GRID);
    let answer = enrol(&server.url, &invitation, ONE).unwrap();
    assert_eq!((answer.name.as_str(), answer.role, answer.area.as_str()), ("王小梅", Role::GridWorker, GRID));
    assert_eq!((answer.token.len(), answer.granted.len()), (32, 4));
    assert_eq!(code(enrol(&server.url, &invitation, TWO)), "enrol.code_used");

    let mut device = Device::of(&server.url, &answer);
    device.pull();
    let staff = Staff::from_body(device.of_kind(Staff::DECLARATION.kind)[0]).unwrap();
    assert_eq!(staff.name, "王小梅", "colleagues see each other");
    let second = server.invite("王小梅", Role::GridWorker, GRID);
    assert_eq!(enrol(&server.url, &second, TWO).unwrap().account, answer.account, "one account, two devices");
}

fn a_device_whose_name_no_database_keeps_is_let_in_under_the_rest_of_it(on: On) {
    let server = TestServer::start(on);
    let code = server.invite("王小梅", Role::GridWorker, GRID).code;
    let (device_name, nonce) = ("测\0试".to_owned(), ByteVec::from(ONE.to_vec()));
    let request = EnrolRequest { protocol: PROTOCOL, code, device_name, nonce };
    let incoming = post(&server.url, &enrol_request(&request), "application/cbor");
    assert_eq!(incoming.status, 200);
    let names: Vec<_> = server.read(device::all).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["测试"]);
}

fn a_lost_answer_can_be_asked_for_again_until_the_token_is_used(on: On) {
    let server = TestServer::start(on);
    let invitation = server.invite("王小梅", Role::GridWorker, GRID);
    let lost = enrol(&server.url, &invitation, ONE).unwrap();
    let answer = enrol(&server.url, &invitation, ONE).unwrap();
    assert_eq!(answer.device, lost.device);
    assert_eq!(Device::of(&server.url, &lost).round(&[]).unwrap_err().code(), "sync.token_refused");
    Device::of(&server.url, &answer).round(&[]).unwrap();
    assert_eq!(code(enrol(&server.url, &invitation, ONE)), "enrol.code_used");
}

fn five_wrong_tries_void_a_code_and_no_other(on: On) {
    let server = TestServer::start(on);
    let invitation = server.invite("王小梅", Role::GridWorker, GRID);
    let other = server.invite("马立新", Role::GridWorker, GRID);
    for n in 0..5 {
        assert_eq!(code(enrol(&server.url, &wrong(&invitation, n), ONE)), "enrol.code_wrong");
    }
    assert_eq!(code(enrol(&server.url, &wrong(&invitation, 9), ONE)), "enrol.too_many_tries");
    assert_eq!(code(enrol(&server.url, &invitation, ONE)), "enrol.too_many_tries", "the right one, too");
    enrol(&server.url, &other, ONE).unwrap();
}

fn a_slip_of_the_finger_costs_no_try(on: On) {
    let server = TestServer::start(on);
    let invitation = server.invite("王小梅", Role::GridWorker, GRID);
    let mut slip = invitation.clone();
    let last = slip.code.pop().unwrap().to_digit(10).unwrap();
    slip.code.push_str(&((last + 1) % 10).to_string());
    for _ in 0..9 {
        assert_eq!(code(enrol(&server.url, &slip, ONE)), "enrol.code_wrong");
    }
    enrol(&server.url, &invitation, ONE).unwrap();
}

fn who_guesses_from_one_address_waits_and_the_station_behind_it_works_on(on: On) {
    let server = TestServer::start(on);
    let mut colleague = server.worker();
    let invitation = server.invite("王小梅", Role::GridWorker, GRID);
    // Of a code that was never given out, so that none is void after five.
    let guess = if invitation.code.starts_with('1') { "200000000" } else { "100000000" };
    let guess = Invitation { code: with_check_digit(guess), ..invitation.clone() };
    for n in 0..60 {
        assert_eq!(code(enrol(&server.url, &guess, ONE)), "enrol.code_wrong", "{n}");
    }
    assert_eq!(code(enrol(&server.url, &invitation, ONE)), "enrol.too_many_tries");
    colleague.round(&[]).unwrap();
    server.pass(2_000);
    enrol(&server.url, &invitation, ONE).unwrap();
}

fn a_code_expires(on: On) {
    let server = TestServer::start(on);
    let invitation = server.invite("王小梅", Role::GridWorker, GRID);
    server.pass(i64::from(USUAL_MINUTES) * 60_000 + 1);
    assert_eq!(code(enrol(&server.url, &invitation, ONE)), "enrol.code_expired");
    assert_eq!(code(enrol(&server.url, &wrong(&invitation, 1), ONE)), "enrol.code_wrong");
}

fn another_server_with_the_right_address_is_found_out(on: On) {
    let (right, wrong) = (TestServer::start(on), TestServer::start(on));
    let invitation = right.invite("王小梅", Role::GridWorker, GRID);
    let forged = wrong.invite("王小梅", Role::GridWorker, GRID);
    let forged = Invitation { key_prefix: invitation.key_prefix, ..forged };
    assert_eq!(code(enrol(&wrong.url, &forged, ONE)), "enrol.server_wrong");
}

fn a_revoked_device_is_shut_out_and_its_sister_is_not(on: On) {
    let server = TestServer::start(on);
    let (mut one, mut two) = (server.worker(), server.worker());
    let id: DeviceId = one.enrolment.device;
    server.write(|connection| device::revoke(connection, id, NOW - 1));
    let commit = one.commit(vec![create(new_id(), "太晚")]);
    let answer = one.round(&[commit]).unwrap();
    assert_eq!(answer.results[0].outcome, refused("record.not_permitted"));
    assert!(answer.granted.is_empty());
    assert_eq!(one.round(&[]).unwrap_err().code(), "sync.token_refused");
    two.pull();
    assert!(two.of_kind(records::household::Household::DECLARATION.kind).is_empty());
}

fn nobody_is_invited_to_where_the_role_has_nothing_to_do(on: On) {
    let server = TestServer::start(on);
    let address = Address::checked(&server.url, false).unwrap();
    for (role, area) in [(Role::GridWorker, COMMUNITY), (Role::County, GRID), (Role::Street, "230881")] {
        let guest = Guest { name: "走错的".to_owned(), role, area: area.parse().unwrap(), own: None };
        let fault = server.write(|connection| Ok(invite(connection, &guest, &address, 10, NOW).unwrap_err()));
        assert!(matches!(fault, ServerFault::AreaWrong { .. }), "{role:?} in {area}: {fault}");
    }
}

fn an_invitation_names_plain_http_only_where_somebody_said_so(on: On) {
    let server = TestServer::start(on);
    let fault = Address::checked("http://10.0.0.2:7420", false).unwrap_err();
    assert_eq!(fault.code(), "server.address_wrong");
    assert!(fault.to_string().contains("--insecure-http"), "{fault}");
    let invited = |url, insecure_http| {
        let guest =
            Guest {
                name: "王小梅".into(), role: Role::GridWorker, area: GRID.parse().unwrap(), own: None
            };
        let address = Address::checked(url, insecure_http).unwrap();
        server.write(|connection| invite(connection, &guest, &address, 10, NOW)).to_string()
    };
    assert!(invited("http://10.0.0.2:7420", true).ends_with("&insecure=http"));
    assert!(!invited("https://grid.example", true).contains("insecure"), "said for nothing");
}
