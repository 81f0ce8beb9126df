//! What stands beside every answer, and what a failure inside says.

use std::collections::BTreeMap;

use records::wire::ErrorAnswer;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![a_failure_inside_is_a_code_and_nothing_else];

/// Status and headers of an answer.
fn asked(method: &str, address: &str, body: &[u8]) -> (u16, BTreeMap<String, String>) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let request = ureq::http::Request::builder().method(method).uri(address).body(body).unwrap();
    let answer = agent.run(request).unwrap();
    let headers = answer.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status().as_u16(), headers.collect())
}

/// The pages have their own, by what they are: `crates/server/src/http/pages.rs`.
#[test]
fn no_answer_is_kept_guessed_framed_or_told_of() {
    let server = TestServer::start(On::Sqlite);
    for (method, path, status) in [
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("POST", "/healthz", 405),
        ("GET", "/nothing", 404),
        ("POST", "/sync", 401),
        ("GET", "/sync", 405),
        ("OPTIONS", "/access", 405),
        ("POST", "/enrol", 415),
        ("POST", "/attachment", 401),
        ("POST", "/courier", 415),
        ("POST", "/access", 401),
    ] {
        let (said, headers) = asked(method, &format!("{}{path}", server.url), b"");
        assert_eq!(said, status, "{method} {path}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers.get(name).map(String::as_str), Some(value), "{method} {path} {name}");
        }
        let tells = ["server", "x-powered-by", "set-cookie", "access-control-allow-origin"];
        assert!(tells.iter().all(|name| !headers.contains_key(*name)), "{method} {path}: {headers:?}");
        assert!(!headers.contains_key("strict-transport-security"), "by plain HTTP nobody believes it");
    }
}

fn a_failure_inside_is_a_code_and_nothing_else(on: On) {
    let server = TestServer::start(on);
    let worker = server.worker();
    let request = minicbor::to_vec(worker.request(&[])).unwrap();
    server.write(|sql| Ok(sql.execute("ALTER TABLE device RENAME TO elsewhere", vec![])?));
    let answer = post(&server.url, &raw(request, None, &worker.enrolment.token), "application/cbor");
    assert_eq!(answer.status, 500);
    let said: ErrorAnswer = minicbor::decode(&answer.body).unwrap();
    assert_eq!(said.code, "server.failed");
    assert_eq!(answer.body, minicbor::to_vec(&said).unwrap(), "nothing hangs on behind");
}
