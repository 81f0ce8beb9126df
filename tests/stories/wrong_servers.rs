//! Others answer, or the server does not know the device: everything is kept until it is right again.

use std::time::Duration;

use records::call::{GetSync, SyncState};
use stories::networked::{Device, UNREACHABLE};
use stories::server::{ServerProcess, more};
use stories::stranger::Stranger;
use stories::weak_link::WeakLink;

use crate::common::*;

const CBOR: &str = "application/cbor";

/// Who answers, and what the device makes of it.
fn strangers(earlier_answer: Vec<u8>) -> Vec<(Stranger, &'static str)> {
    let login = b"<!doctype html><title>\xe7\x99\xbb\xe5\xbd\x95</title><form>";
    let elsewhere = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\n\
        Content-Length: 0\r\nConnection: close\r\n\r\n";
    let answering =
        |status, content_type, body: &[u8]| Stranger::answering(status, content_type, body).unwrap();
    vec![
        (answering("200 OK", "text/html; charset=utf-8", login), "sync.not_gridwalk"),
        (answering("511 Network Authentication Required", "text/html", login), "sync.not_gridwalk"),
        (answering("404 Not Found", "text/plain", b"nothing here"), "sync.not_gridwalk"),
        (answering("502 Bad Gateway", "text/html", b"<h1>nginx</h1>"), "sync.server_failed"),
        (answering("503 Service Unavailable", CBOR, b"\xff\xff"), "sync.server_failed"),
        (answering("200 OK", CBOR, b""), "sync.signature_wrong"),
        (answering("200 OK", CBOR, b"\x9f\x9f\x9f garbage"), "sync.signature_wrong"),
        (answering("200 OK", CBOR, &vec![0x80; 3_000_000]), "sync.too_large"),
        (Stranger::saying(elsewhere.to_vec()).unwrap(), "sync.not_gridwalk"),
        (Stranger::saying(earlier_answer).unwrap(), "sync.signature_wrong"),
        (Stranger::saying(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()).unwrap(), UNREACHABLE),
        (Stranger::saying(vec![]).unwrap(), UNREACHABLE),
        (Stranger::silent().unwrap(), UNREACHABLE),
    ]
}

#[test]
fn whoever_answers_in_the_servers_place_everything_is_kept() {
    let server = ServerProcess::demo().unwrap();
    let link = WeakLink::to(&server.address()).unwrap();
    let invitation = server.invite_to(&link.address(), "grid-worker", GRID, "周燕").unwrap();
    let mut worker = Device::enrolled(&invitation).unwrap();
    let (before, held_before) = (server.count().unwrap(), held(&mut worker));
    worker.round().unwrap();
    let earlier_answer = link.last_answer();
    let door = doors(&mut worker, 1)[0];
    visit(&mut worker, door, "在登录页后面");

    for (stranger, expected) in strangers(earlier_answer) {
        link.lead_to(&stranger.address());
        worker.patience = Duration::from_millis(if expected == UNREACHABLE { 300 } else { 60_000 });
        assert_eq!(worker.sync().unwrap_err().code, expected);
        let page = worker.ask(GetSync {}).unwrap();
        assert_eq!((page.chip.waiting, page.held), (1, held_before.clone()), "{expected}");
        match page.chip.state {
            SyncState::Offline => assert_eq!(expected, UNREACHABLE),
            SyncState::Failed(fault) => assert_eq!(fault.code, expected),
            other => panic!("{other:?} after {expected}"),
        }
    }

    link.lead_to(&server.address());
    worker.patience = Duration::from_secs(60);
    worker.sync().unwrap();
    assert_eq!(worker.ask(GetSync {}).unwrap().chip.state, SyncState::Idle);
    assert_eq!(waiting(&mut worker), (0, 0));
    assert_eq!(server.count().unwrap().since(&before), more([("visit", 1)]));
}

#[test]
fn another_gridwalk_server_is_not_ours() {
    let (server, other) = (ServerProcess::demo().unwrap(), ServerProcess::demo().unwrap());
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let door = doors(&mut worker, 1)[0];
    visit(&mut worker, door, "给自己的服务器");
    let before = (server.count().unwrap(), other.count().unwrap());
    worker.forge_identity(|identity| identity.server = other.address()).unwrap();
    assert_eq!(worker.sync().unwrap_err().code, "sync.token_refused");
    assert_eq!(other.count().unwrap(), before.1);

    worker.forge_identity(|identity| identity.server = server.address()).unwrap();
    worker.sync().unwrap();
    assert_eq!(server.count().unwrap().since(&before.0), more([("visit", 1)]));
}

#[test]
fn a_token_that_is_not_or_no_longer_known_opens_nothing_and_takes_nothing_away() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let door = doors(&mut worker, 1)[0];
    visit(&mut worker, door, "凭证之外");
    let (before, held_before) = (server.count().unwrap(), held(&mut worker));
    let token = worker.identity().unwrap().token;

    worker.forge_identity(|identity| identity.token = vec![7; 32].into()).unwrap();
    assert_eq!(worker.sync().unwrap_err().code, "sync.token_refused");
    worker.forge_identity(|identity| identity.token = vec![].into()).unwrap();
    assert_eq!(worker.sync().unwrap_err().code, "sync.token_refused");
    worker.forge_identity(|identity| identity.token = token).unwrap();
    assert_eq!(server.count().unwrap(), before);
    assert_eq!((waiting(&mut worker), held(&mut worker)), ((1, 0), held_before));
    assert_eq!(visits_noted(&mut worker, door, "凭证之外").len(), 1);
}
