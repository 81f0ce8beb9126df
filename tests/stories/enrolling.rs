//! One invitation is one device, whatever happens on the way.

use records::call::GetSession;
use records::call::{Enrol, GetToday};
use stories::networked::{Device, UNREACHABLE};
use stories::server::ServerProcess;
use stories::weak_link::{Cut, WeakLink};

use crate::common::GRID;

fn code_of(invitation: &str) -> String {
    let (_, code) = invitation.split_once("code=").unwrap();
    code.split('&').next().unwrap().to_owned()
}

fn typed(device: &mut Device, server: &str, code: &str) -> Result<(), String> {
    let enrol = Enrol { server: server.to_owned(), code: code.to_owned(), device_name: String::new() };
    device.enrol_as(&enrol).map(drop).map_err(|fault| fault.code)
}

#[test]
fn an_invitation_is_good_for_one_device() {
    let server = ServerProcess::demo().unwrap();
    let mut first = Device::enrolled(&server.worker_invitation).unwrap();
    assert!(first.ask(GetToday {}).unwrap().due > 0);
    assert_eq!(first.enrol(&server.worker_invitation).unwrap_err().code, "enrol.already");

    let mut second = Device::new().unwrap();
    assert_eq!(second.enrol(&server.worker_invitation).unwrap_err().code, "enrol.code_used");
    assert!(second.ask(GetSession {}).unwrap().worker.is_none());
    second.enrol(&server.invite("grid-worker", GRID, "周燕").unwrap()).unwrap();
}

#[test]
fn an_address_and_a_code_do_as_well() {
    let server = ServerProcess::demo().unwrap();
    let mut device = Device::new().unwrap();
    let code = code_of(&server.worker_invitation);
    let spaced = format!("{} {} {}", &code[..3], &code[3..6], &code[6..]);
    typed(&mut device, &server.address(), &spaced).unwrap();
    let worker = device.ask(GetSession {}).unwrap().worker.unwrap();
    assert_eq!((worker.name.as_str(), worker.server), ("周燕", server.address()));
}

#[test]
fn a_guessed_code_is_void_after_a_few_tries() {
    let server = ServerProcess::demo().unwrap();
    let right = code_of(&server.worker_invitation);
    let mut device = Device::new().unwrap();
    for guess in 0..5 {
        let wrong = sync::enrolment_code::with_check_digit(&format!("{}00000{guess}", &right[..3]));
        assert_ne!(wrong, right);
        assert_eq!(typed(&mut device, &server.address(), &wrong), Err("enrol.code_wrong".into()));
    }
    assert_eq!(typed(&mut device, &server.address(), &right), Err("enrol.too_many_tries".into()));
    assert!(device.ask(GetSession {}).unwrap().worker.is_none());
}

#[test]
fn a_server_that_is_not_the_one_of_the_invitation_is_not_believed() {
    let (server, other) = (ServerProcess::demo().unwrap(), ServerProcess::demo().unwrap());
    let (_, key) = server.worker_invitation.split_once("&key=").unwrap();
    let (others, _) = other.worker_invitation.split_once("&key=").unwrap();
    let mut device = Device::new().unwrap();
    let fault = device.enrol(&format!("{others}&key={key}")).unwrap_err();
    assert_eq!(fault.code, "enrol.server_wrong");
    assert!(device.ask(GetSession {}).unwrap().worker.is_none());
}

#[test]
fn an_answer_that_got_lost_is_asked_for_again() {
    let server = ServerProcess::demo().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let invitation = server.invite_to(&link.address(), "grid-worker", GRID, "吴迪").unwrap();
    let mut device = Device::new().unwrap();
    link.cut(Cut::Answer(0));
    assert_eq!(device.enrol(&invitation).unwrap_err().code, UNREACHABLE);
    link.cut(Cut::Answer(150));
    assert_eq!(device.enrol(&invitation).unwrap_err().code, UNREACHABLE);
    link.mend();
    device.enrol(&invitation).unwrap();
    device.sync().unwrap();
    assert!(device.ask(GetToday {}).unwrap().due > 0);
}
