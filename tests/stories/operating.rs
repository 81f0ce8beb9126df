//! What a server's keeper does and reads.

use std::collections::BTreeMap;

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
    assert!(of_devices.is_err() || of_devices.unwrap().body_mut().read_to_string().unwrap() != whole);

    server.stop().unwrap();
    let audit = server.keeper("audit", &["list"]).unwrap();
    assert!(audit.contains("sync.token_refused"), "what was refused last is noted before it ends: {audit}");
}
