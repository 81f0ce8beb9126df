//! What concerns trust is noted, and cannot be changed unseen.

use records::codes::Role;
use records::wire::Outcome;
use server::audit::{self, Broken, Entry, deed, note, verify};
use server::database::account;
use server::database::audit::Link;
use server::database::sql::Sql;
use server::posts::{NewPost, assign, dismiss, lock_out};
use server::{ServerFault, moves};

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    who_is_let_in_turned_away_moved_and_shut_out_is_noted,
    what_is_refused_is_noted_with_who_asked_and_counted,
    a_flood_of_tokens_that_nobody_has_is_one_row,
    a_chain_whose_end_was_taken_back_goes_on_and_stays_broken,
    a_commit_that_is_refused_is_noted_and_one_that_is_taken_is_not,
    an_entry_that_was_changed_or_taken_out_breaks_the_chain,
    an_audit_that_was_written_anew_shows_beside_a_note_of_its_end,
    entries_that_are_written_at_the_same_moment_make_one_chain,
];

fn deeds(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.deed.as_str()).collect()
}

fn who_is_let_in_turned_away_moved_and_shut_out_is_noted(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let id = new_id();
    device.push(vec![create(id, "搬走的")]);
    server.write(|connection| {
        moves::relocate(connection, id, &"230881/001/003/06".parse().unwrap(), NOW)?;
        let person = account::get(connection, device.enrolment.account)?;
        let post = NewPost { role: Role::CommunityStaff, area: COMMUNITY.parse().unwrap(), own: None };
        assign(connection, &person, &post, NOW)?;
        dismiss(connection, &account::get(connection, person.id)?, NOW)?;
        lock_out(connection, device.enrolment.device, NOW)
    });
    let entries = server.audit();
    let expected = [
        deed::ACCOUNT_MADE,
        deed::INVITED,
        deed::ENROLLED,
        deed::MOVED,
        deed::ACCOUNT_ASSIGNED,
        deed::ACCOUNT_DISMISSED,
        deed::LOCKED_OUT,
    ];
    assert_eq!(deeds(&entries), expected);
    let account = Some(device.enrolment.account);
    assert!(entries.iter().filter(|entry| entry.deed != deed::MOVED).all(|entry| entry.account == account));
    assert_eq!(entries[0].about.as_deref(), Some("1 230881/001/003/07"));
    assert_eq!(entries[2].device, Some(device.enrolment.device));
    assert_eq!(entries[3].about, Some(format!("{id} 230881/001/003/06")));
    assert_eq!(entries[4].about.as_deref(), Some("3 230881/001/003"));
    server.read(|snapshot| verify(snapshot, None)).unwrap();
}

fn what_is_refused_is_noted_with_who_asked_and_counted(on: On) {
    let server = TestServer::start(on);
    let device = server.worker();
    let known = server.audit().len();
    let stranger = Device { enrolment: with_token(&device, [7; 32]), ..device.copied() };
    for _ in 0..3 {
        stranger.send(&stranger.request(&[]));
    }
    let mut request = device.request(&[]);
    request.nonce = vec![1].into();
    device.send(&request);
    let entries = server.audit().split_off(known);
    assert_eq!(deeds(&entries), [deed::REFUSED, deed::REFUSED]);
    let of = |code: &str| entries.iter().find(|entry| entry.about.as_deref() == Some(code)).unwrap();
    let (unknown, garbage) = (of("sync.token_refused"), of("sync.garbage"));
    assert_eq!((unknown.times, unknown.device, unknown.from.as_deref()), (3, None, Some("192.0.2.7")));
    assert_eq!((garbage.times, garbage.device), (1, Some(device.enrolment.device)));
    assert_eq!(server.audit().len(), known + 2, "each is written once");
}

fn a_flood_of_tokens_that_nobody_has_is_one_row(on: On) {
    let server = TestServer::start(on);
    let device = server.worker();
    let known = server.audit().len();
    let garbage = |token: u8| {
        let enrolment = with_token(&device, [token; 32]);
        let stranger = Device { enrolment, ..device.copied() };
        let mut request = stranger.request(&[]);
        request.nonce = vec![1].into();
        stranger.send(&request);
        stranger.send(&stranger.request(&[]));
    };
    (0..40).for_each(garbage);
    let entries = server.audit().split_off(known);
    let times: Vec<_> = entries.iter().map(|entry| (entry.about.as_deref(), entry.times)).collect();
    assert_eq!(times, [(Some("sync.garbage"), 40), (Some("sync.token_refused"), 40)]);
}

fn with_token(device: &Device, token: [u8; 32]) -> records::wire::EnrolAnswer {
    records::wire::EnrolAnswer { token: token.to_vec().into(), ..device.enrolment.clone() }
}

fn a_commit_that_is_refused_is_noted_and_one_that_is_taken_is_not(on: On) {
    let server = TestServer::start(on);
    let mut device = server.worker();
    let mut member = server.enrol("赵晓东", Role::Member, COMMUNITY);
    let known = server.audit().len();
    assert_eq!(device.push(vec![create(new_id(), "在")]), Outcome::Applied);
    assert_eq!(server.audit().len(), known);
    let refused = member.commit(vec![create(new_id(), "越权")]);
    for _ in 0..2 {
        member.round(std::slice::from_ref(&refused)).unwrap();
    }
    let entries = server.audit().split_off(known);
    assert_eq!(deeds(&entries), [deed::COMMIT_REFUSED], "the same commit again is no other refusal");
    assert_eq!(entries[0].about.as_deref(), Some("record.not_permitted"));
    assert_eq!(entries[0].device, Some(member.enrolment.device));
}

/// A chain of five, and its end.
fn chain(server: &TestServer) -> Link {
    server
        .write(|connection| (0..5).try_for_each(|at_ms| note(connection, &Entry::new(deed::REFUSED, at_ms))));
    server.read(|snapshot| verify(snapshot, None)).unwrap()
}

fn tamper(server: &TestServer, sql: &str) -> Result<Link, Broken> {
    server.write(|connection| Ok(connection.execute(sql, vec![])?));
    server.read(|snapshot| verify(snapshot, None))
}

fn an_entry_that_was_changed_or_taken_out_breaks_the_chain(on: On) {
    let changes = [
        (
            "UPDATE audit SET entry = (SELECT entry FROM audit WHERE number = 1) WHERE number = 3",
            Broken::At(3),
        ),
        ("UPDATE audit SET hash = (SELECT hash FROM audit WHERE number = 1) WHERE number = 3", Broken::At(3)),
        ("DELETE FROM audit WHERE number = 1", Broken::At(1)),
        ("DELETE FROM audit WHERE number = 3", Broken::At(3)),
        ("DELETE FROM audit WHERE number = 5", Broken::End { found: 4, written: 5 }),
        ("DELETE FROM audit", Broken::End { found: 0, written: 5 }),
        ("UPDATE audit_head SET number = 4", Broken::End { found: 5, written: 4 }),
    ];
    for (sql, broken) in changes {
        let server = TestServer::start(on);
        assert_eq!(chain(&server).number, 5);
        assert_eq!(tamper(&server, sql), Err(broken), "{sql}");
    }
}

fn a_chain_whose_end_was_taken_back_goes_on_and_stays_broken(on: On) {
    let back = "UPDATE audit_head SET number = 3, hash = (SELECT hash FROM audit WHERE number = 3)";
    for sql in [back, "DELETE FROM audit_head"] {
        let server = TestServer::start(on);
        chain(&server);
        assert!(tamper(&server, sql).is_err());
        server.enrol("还要进来", Role::GridWorker, GRID);
        assert_eq!(server.read(|snapshot| verify(snapshot, None)), Err(Broken::At(6)), "{sql}");
    }
}

fn an_audit_that_was_written_anew_shows_beside_a_note_of_its_end(on: On) {
    let server = TestServer::start(on);
    let noted = chain(&server);
    let noted: Link = noted.to_string().parse().unwrap();
    server.write(|connection| note(connection, &Entry::new(deed::REFUSED, 9)));
    let verified = |server: &TestServer| server.read(|snapshot| verify(snapshot, Some(noted)));
    assert_eq!(verified(&server).unwrap().number, 6);

    let anew = TestServer::start(on);
    assert_eq!(verified(&anew), Err(Broken::Noted(5)), "it ends before");
    let again = |connection: &dyn Sql| -> Result<(), ServerFault> {
        (0..7).try_for_each(|_| note(connection, &Entry::new(deed::REFUSED, 1)))
    };
    anew.write(again);
    assert_eq!(verified(&anew), Err(Broken::Noted(5)), "it is another one");
    assert!(["", "5", "5:00", "x:".repeat(3).as_str()].iter().all(|text| text.parse::<Link>().is_err()));
}

fn entries_that_are_written_at_the_same_moment_make_one_chain(on: On) {
    let server = TestServer::start(on);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let server = &server;
            scope.spawn(move || {
                for at_ms in 0..10 {
                    let entry = Entry::new(deed::REFUSED, at_ms).about(thread);
                    server.write(|connection| note(connection, &entry));
                }
            });
        }
    });
    assert_eq!(server.read(|snapshot| verify(snapshot, None)).unwrap().number, 80);
    assert_eq!(server.read(|snapshot| audit::entries(snapshot, 70)).len(), 10);
}
