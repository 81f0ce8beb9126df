//! A server that nobody stands in front of: its own authority, which devices know from their invitation.

use std::fs;

use records::call::{Enrol, GetSync, SyncState};
use stories::networked::{Device, UNREACHABLE};
use stories::server::{ServerProcess, more};
use stories::weak_link::WeakLink;

use crate::common::*;

const STRANGER: &str = "sync.certificate_wrong";

#[test]
fn two_people_work_by_tls_also_after_the_certificate_was_renewed() {
    let mut server = ServerProcess::demo_by_tls().unwrap();
    assert!(server.worker_invitation.contains("&ca="), "{}", server.worker_invitation);
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut other = colleague(&server);
    let (door, before) = (doors(&mut worker, 1)[0], server.count().unwrap());
    visit(&mut worker, door, "走加密的路");
    sync_both(&mut worker, &mut other);
    assert_eq!(visits_noted(&mut other, door, "走加密的路").len(), 1);

    server.stop().unwrap();
    let shown = server.folder().join("tls/server.pem");
    let first = fs::read(&shown).unwrap();
    fs::remove_file(&shown).unwrap();
    server.start_again().unwrap();
    assert_ne!(fs::read(&shown).unwrap(), first);
    visit(&mut worker, door, "证书换过了");
    sync_both(&mut worker, &mut other);
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 2)]));
}

#[test]
fn whoever_stands_in_between_hears_nothing_and_nothing_is_lost() {
    let (server, other) = (ServerProcess::demo_by_tls().unwrap(), ServerProcess::demo_by_tls().unwrap());
    let link = WeakLink::to(&server.address()).unwrap();
    let reached = link.address().replace("http://", "https://");
    let invitation = server.invite_to(&reached, "grid-worker", GRID, "周燕").unwrap();
    assert!(invitation.contains("&ca="), "another address, the same authority: {invitation}");
    let mut worker = Device::enrolled(&invitation).unwrap();
    let (door, before) = (doors(&mut worker, 1)[0], server.count().unwrap());
    visit(&mut worker, door, "有人站在中间");

    let of_other = other.count().unwrap();
    link.lead_to(&other.address());
    assert_eq!(worker.sync().unwrap_err().code, STRANGER);
    let page = worker.ask(GetSync {}).unwrap();
    let SyncState::Failed(fault) = page.chip.state else { panic!("{:?}", page.chip.state) };
    assert_eq!((fault.code.as_str(), page.chip.waiting), (STRANGER, 1));
    assert_eq!(other.count().unwrap(), of_other);

    link.lead_to(&server.address());
    worker.sync().unwrap();
    assert_eq!(worker.ask(GetSync {}).unwrap().chip.state, SyncState::Idle);
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}

#[test]
fn an_invitation_lets_nobody_in_at_another_server_and_its_code_stays_good() {
    let (server, other) = (ServerProcess::demo_by_tls().unwrap(), ServerProcess::demo_by_tls().unwrap());
    let written = |server: &ServerProcess| server.address().replace("://", "%3A%2F%2F").replace(":", "%3A");
    let forged = server.worker_invitation.replace(&written(&server), &written(&other));
    assert_ne!(forged, server.worker_invitation);
    let mut worker = Device::new().unwrap();
    assert_eq!(worker.enrol(&forged).unwrap_err().code, STRANGER);
    worker.enrol(&server.worker_invitation).unwrap();
    worker.sync().unwrap();
}

#[test]
fn without_the_authoritys_key_an_own_certificate_is_believed_by_nobody() {
    let server = ServerProcess::demo_by_tls().unwrap();
    let (link, code) = (&server.worker_invitation, "&ca=");
    let cut = link[..link.find(code).unwrap()].to_owned();
    let typed = Enrol { server: cut, code: String::new(), device_name: "测试机".to_owned() };
    let mut worker = Device::new().unwrap();
    assert_eq!(worker.enrol_as(&typed).unwrap_err().code, UNREACHABLE);
    worker.enrol(link).unwrap();
}

#[test]
fn a_device_that_goes_on_elsewhere_knows_the_server_as_before() {
    let server = ServerProcess::demo_by_tls().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let door = doors(&mut worker, 1)[0];
    visit(&mut worker, door, "换了一台");
    let image = worker.with(|app, context| app.device_image(context).map(|image| image.bytes)).unwrap();
    let mut next = Device::new().unwrap();
    next.with(|app, context| app.take_device(&image, context)).unwrap();
    next.now_ms = worker.now_ms;
    next.sync().unwrap();
    assert_eq!(waiting(&mut next), (0, 0));
    assert_eq!(visits_noted(&mut next, door, "换了一台").len(), 1);
}

#[test]
fn a_new_server_names_its_authority_before_it_runs() {
    let folder = tempfile::TempDir::new().unwrap();
    let server = ServerProcess::empty().unwrap();
    let tls = folder.path().to_str().unwrap();
    let host = ["--county", "230881", "--county-name", "示例市", "--host-unit", "示例市社会工作部"];
    let rest = ["--filing", "示例备 2 号", "--administrator", "赵敏", "--url", "https://grid.example"];
    let own = ["--tls", "--tls-folder", tls];
    let invitation = server.keeper("init", &[&host[..], &rest, &own].concat()).unwrap();
    assert!(invitation.contains("&ca="), "{invitation}");
    assert!(folder.path().join("authority.pem").exists());
    let again =
        server.keeper("invite", &["--name", "周燕", "--role", "grid-worker", "--area", GRID]).unwrap();
    let pin = |invitation: &str| invitation.split("&ca=").nth(1).unwrap().trim().to_owned();
    assert_eq!(pin(&again), pin(&invitation));
}
