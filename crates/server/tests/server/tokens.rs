//! Tokens are renewed, and whatever gets lost on the way shuts no honest device out.

use records::wire::{NewToken, SyncRequest};
use server::audit::deed;
use server::database::sql::{Sql, Value};
use sync::device::{self, RoundFault};

use crate::access::ask;
use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    from_its_thirtieth_day_a_token_is_followed_by_another,
    an_answer_that_is_lost_or_comes_twice_tells_of_the_same_token,
    a_token_of_before_that_is_shown_is_noted_and_opens_nothing,
    a_device_that_cannot_take_tokens_goes_on_with_its_own,
    a_server_that_went_back_takes_the_token_it_did_not_know_yet,
    whatever_gets_lost_an_honest_device_is_let_in,
    a_device_of_before_is_given_a_next_token_first,
];

const DAY: i64 = 24 * 3_600_000;
const MONTH: i64 = 30 * DAY;

/// A round that could take a token; the one it was told, if any.
fn told(device: &mut Device) -> Result<Option<NewToken>, String> {
    let request = SyncRequest { takes_tokens: true, ..device.request(&[]) };
    let incoming = device.send(&request);
    let key = device.enrolment.server_key.as_slice().try_into().unwrap();
    let answer = device::read_sync_answer(&incoming, NONCE, &key);
    answer.map(|answer| answer.token).map_err(|fault: RoundFault| fault.code().to_owned())
}

fn takes(device: &mut Device, token: &NewToken) {
    device.enrolment.token = token.bytes().unwrap().to_vec().into();
}

/// What a device says with a token it had.
fn with(device: &Device, token: &[u8]) -> Result<Option<NewToken>, String> {
    let mut other = device.copied();
    other.enrolment.token = token.to_vec().into();
    told(&mut other)
}

fn from_its_thirtieth_day_a_token_is_followed_by_another(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    assert_eq!(told(&mut worker), Ok(None));
    server.pass(MONTH - 1);
    assert_eq!(told(&mut worker), Ok(None));
    server.pass(1);
    let next = told(&mut worker).unwrap().unwrap();
    let first = worker.enrolment.token.clone();
    assert_ne!(next.bytes().unwrap().as_slice(), first.as_slice());
    takes(&mut worker, &next);
    assert_eq!(told(&mut worker), Ok(None), "it is new");
    assert_eq!(with(&worker, &first), Err("sync.token_void".into()));
    server.pass(MONTH);
    let after = told(&mut worker).unwrap().unwrap();
    assert!(after != next && after.bytes().unwrap().as_slice() != first.as_slice());
    let rotated = server.audit().into_iter().filter(|entry| entry.deed == deed::TOKEN_ROTATED);
    let of: Vec<_> = rotated.map(|entry| (entry.account, entry.device)).collect();
    assert_eq!(
        of,
        [(Some(worker.enrolment.account), Some(worker.enrolment.device))],
        "once, at its first use"
    );
}

fn an_answer_that_is_lost_or_comes_twice_tells_of_the_same_token(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    server.pass(MONTH);
    let told_first = told(&mut worker).unwrap().unwrap();
    server.pass(7 * DAY);
    for _ in 0..3 {
        assert_eq!(told(&mut worker).unwrap().unwrap(), told_first);
    }
    takes(&mut worker, &told_first);
    assert_eq!(told(&mut worker), Ok(None));
}

fn a_token_of_before_that_is_shown_is_noted_and_opens_nothing(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let old = worker.copied();
    server.pass(MONTH);
    let next = told(&mut worker).unwrap().unwrap();
    takes(&mut worker, &next);
    told(&mut worker).unwrap();
    let mut copy = old.copied();
    let commit = copy.commit(vec![create(new_id(), "旧")]);
    assert!(matches!(copy.round(&[commit]).unwrap_err(), RoundFault::TokenVoid));
    assert_eq!(ask(&old, records::access::AccessAsk::Code { of: None }), Err("sync.token_void".into()));
    let noted = server.audit().into_iter().filter(|entry| entry.about.as_deref() == Some("sync.token_void"));
    let of: Vec<_> = noted.map(|entry| (entry.device, entry.account, entry.times)).collect();
    assert_eq!(of, [(Some(worker.enrolment.device), Some(worker.enrolment.account), 2)]);
    assert_eq!(told(&mut worker), Ok(None), "and its device works on");
}

fn a_device_that_cannot_take_tokens_goes_on_with_its_own(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    for _ in 0..4 {
        server.pass(MONTH);
        let answer = worker.round(&[]).unwrap();
        assert_eq!(answer.token, None);
    }
}

/// How the tokens of a device stand, as a backup has them.
fn row(sql: &dyn Sql, device: &Device) -> Vec<Value<'static>> {
    let columns = "SELECT token_hash, next_hash, void_hash, token_ms FROM device WHERE id = ?1";
    let id = vec![Value::from(device.enrolment.device.as_bytes())];
    let read = |row: &server::database::sql::Row<'_>| {
        let bytes = |place| Ok::<_, server::database::sql::SqlFault>(row.bytes(place)?.map(<[u8]>::to_vec));
        Ok(vec![bytes(0)?.into(), bytes(1)?.into(), bytes(2)?.into(), row.int(3)?.into()])
    };
    sql.one(columns, id, read).unwrap()
}

fn go_back(server: &TestServer, device: &Device, row: &[Value<'static>]) {
    server.write(|sql| {
        let id = vec![Value::from(device.enrolment.device.as_bytes())];
        let values = row.iter().cloned().chain(id).collect();
        let change =
            "UPDATE device SET token_hash = ?1, next_hash = ?2, void_hash = ?3, token_ms = ?4 WHERE id = ?5";
        Ok(sql.execute(change, values).map(drop)?)
    });
}

fn a_server_that_went_back_takes_the_token_it_did_not_know_yet(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let backup = server.read(|sql| Ok(row(sql, &worker)));
    server.pass(MONTH);
    let next = told(&mut worker).unwrap().unwrap();
    takes(&mut worker, &next);
    assert_eq!(told(&mut worker), Ok(None));
    go_back(&server, &worker, &backup);
    assert_eq!(told(&mut worker), Ok(None));
}

fn a_device_of_before_is_given_a_next_token_first(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let [hash, ..] = &server.read(|sql| Ok(row(sql, &worker)))[..] else { panic!() };
    go_back(&server, &worker, &[hash.clone(), Value::Null, Value::Null, Value::Int(NOW - MONTH)]);
    let next = told(&mut worker).unwrap().unwrap();
    takes(&mut worker, &next);
    assert_eq!(told(&mut worker), Ok(None));
}

/// Lives of one device: rounds whose answer comes, is lost, comes after the same request was delivered again, or comes and
/// the power goes before it is on disk; days that pass; and a server that goes back, by one token at most.
fn whatever_gets_lost_an_honest_device_is_let_in(on: On) {
    let lives = if on == On::Sqlite { 12 } else { 3 };
    for seed in 1..=lives {
        let mut dice = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed);
        let mut roll = |sides: u64| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice % sides
        };
        let server = TestServer::start(on);
        let mut worker = server.worker();
        let mut voided: Vec<Vec<u8>> = vec![];
        let mut backup = server.read(|sql| Ok(row(sql, &worker)));
        let mut taken_since = 0;
        for step in 0..60 {
            server.pass(i64::try_from(roll(20)).unwrap() * DAY);
            let answers = match roll(8) {
                // The same request reaches the server twice.
                0 => vec![told(&mut worker), told(&mut worker)],
                _ => vec![told(&mut worker)],
            };
            for answer in &answers {
                assert!(answer.is_ok(), "life {seed}, step {step}: {answer:?}");
            }
            let new = answers[usize::try_from(roll(answers.len() as u64)).unwrap()].clone().unwrap();
            // Lost on the way, or before it is on disk.
            let comes = roll(3) > 0;
            if let Some(new) = new.filter(|_| comes && taken_since == 0) {
                voided.push(worker.enrolment.token.to_vec());
                takes(&mut worker, &new);
                taken_since = 1;
            }
            match roll(10) {
                0 => {
                    told(&mut worker).unwrap();
                    backup = server.read(|sql| Ok(row(sql, &worker)));
                    taken_since = 0;
                }
                1 => go_back(&server, &worker, &backup),
                _ => {}
            }
        }
        told(&mut worker).unwrap();
        for old in voided {
            let refused = with(&worker, &old).unwrap_err();
            assert!(refused == "sync.token_void" || refused == "sync.token_refused", "{refused}");
        }
    }
}
