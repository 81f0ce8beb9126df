//! What a server's keeper does and reads.

use std::collections::BTreeMap;

use records::call::GetSession;
use records::codes::Role;
use serde_json::Value;
use stories::networked::Device;
use stories::server::ServerProcess;

/// Figures by name, with what stands in braces.
fn figures(address: &str) -> BTreeMap<String, u64> {
    let text = ureq::get(address).call().unwrap().body_mut().read_to_string().unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            line.rsplit_once(' ').map(|(name, value)| (name.to_owned(), value.parse().unwrap())).unwrap()
        })
        .collect()
}

const HOST: [&str; 8] = [
    "--county",
    "230881",
    "--county-name",
    "示例市",
    "--host-unit",
    "示例市社会工作部",
    "--filing",
    "示例备 2 号",
];

#[test]
fn a_new_server_names_its_host_and_has_one_administrator_who_holds_no_work() {
    let mut server = ServerProcess::empty().unwrap();
    let address = server.address();
    let of_it = ["--administrator", "赵敏", "--url", address.as_str()];
    let invitation = server.keeper("init", &[&HOST[..], &of_it].concat()).unwrap();
    let again = server.keeper("init", &[&HOST[..], &of_it].concat()).unwrap_err().to_string();
    assert!(again.contains("something on this server already"), "{again}");

    let mut administrator = Device::new().unwrap();
    administrator.enrol(invitation.trim()).unwrap();
    administrator.sync().unwrap();
    let worker = administrator.ask(GetSession {}).unwrap().worker.unwrap();
    assert_eq!((worker.role, worker.host_unit.as_deref()), (Role::Administrator, Some("示例市社会工作部")));
    assert_eq!(worker.filing.as_deref(), Some("示例备 2 号"));

    let mut colleague = Device::new().unwrap();
    colleague.enrol(&server.invite("grid-worker", "230881/001/003/07", "周燕").unwrap()).unwrap();
    colleague.sync().unwrap();
    let worker = colleague.ask(GetSession {}).unwrap().worker.unwrap();
    assert_eq!(worker.host_unit.as_deref(), Some("示例市社会工作部"));

    let deeds = server.keeper("audit", &["list"]).unwrap();
    let deeds: Vec<Value> = deeds.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (deeds[0]["deed"].as_str(), deeds[0]["about"].as_str()),
        (Some("server.begun"), Some("230881"))
    );
    server.stop().unwrap();
}

#[test]
fn a_host_that_no_record_takes_begins_nothing() {
    let server = ServerProcess::empty().unwrap();
    let address = server.address();
    for (place, word) in [(5, "长".repeat(61)), (3, "  ".to_owned()), (1, "230881/001".to_owned())] {
        let mut host = HOST.map(str::to_owned);
        host[place] = word;
        let host: Vec<&str> = host.iter().map(String::as_str).collect();
        let of_it = ["--administrator", "赵敏", "--url", address.as_str()];
        assert!(server.keeper("init", &[&host[..], &of_it].concat()).is_err(), "{host:?}");
        assert_eq!(server.keeper("count", &[]).unwrap(), "");
    }
}

#[test]
fn a_server_is_told_by_a_file_and_counts_without_names() {
    let (mut server, metrics) = ServerProcess::by_settings().unwrap();
    assert_eq!(figures(&metrics)["gridwalk_devices"], 0);
    let invitation = server.invite("grid-worker", "230881/001/003/07", "周燕").unwrap();
    let mut worker = Device::new().unwrap();
    worker.enrol(&invitation).unwrap();
    worker.sync().unwrap();
    let refused = ureq::post(format!("{}/sync", server.address())).send("[]").unwrap_err();
    assert!(matches!(refused, ureq::Error::StatusCode(401)), "{refused}");

    let now = figures(&metrics);
    assert_eq!((now["gridwalk_devices"], now["gridwalk_records"]), (1, 1), "its colleagues see the worker");
    assert!(now["gridwalk_rounds_total"] >= 1);
    assert_eq!(now["gridwalk_refused_total{code=\"sync.token_refused\"}"], 1);
    let whole = ureq::get(&metrics).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(!whole.contains("周燕") && !whole.contains("127.0.0.1"), "{whole}");
    let of_devices = ureq::get(format!("{}/metrics", server.address())).call();
    let of_devices =
        of_devices.map_or_else(|_| String::new(), |mut body| body.body_mut().read_to_string().unwrap());
    assert!(!of_devices.contains("gridwalk_devices"), "where devices ask, nothing is counted: {of_devices}");

    server.stop().unwrap();
    let audit = server.keeper("audit", &["list"]).unwrap();
    assert!(audit.contains("sync.token_refused"), "what was refused last is noted before it ends: {audit}");
    let log = std::fs::read_to_string(server.folder().join("server.log")).unwrap();
    assert!(log.contains("\"round\"") && !log.contains("周燕") && !log.contains(invitation.trim()), "{log}");
}

/// Several times, for what is looked for is a moment.
#[test]
fn a_server_that_is_ended_as_soon_as_it_listens_ends_well() {
    for _ in 0..20 {
        let mut server = ServerProcess::empty().unwrap();
        server.stop().unwrap();
        let log = std::fs::read_to_string(server.folder().join("server.log")).unwrap();
        assert!(log.contains("\"stopping\""), "{log}");
    }
}
