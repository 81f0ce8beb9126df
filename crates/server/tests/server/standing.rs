//! What a device may hold changes: what it is told, what becomes of work that comes late, and that
//! nothing but a deed of somebody takes anything away.

use records::codes::{MatterSource, Role, Urgency};
use records::matter::Matter;
use records::matter_view::MatterView;
use records::proof::Proof;
use records::scope::DepartmentCode;
use records::staff::Staff;
use records::wire::{Aftermath, Awaited, Decided, Outcome, Post, Purged, Revoked, Ruling, SyncAnswer};
use records::wire::{Change, Commit, SyncRequest};
use records::{Audience, Incarnation, Record, RecordId};
use server::database::account::{self, Account};
use server::database::{device, quarantine as kept, receipt};
use server::moves::relocate;
use server::posts::{NewPost, assign, dismiss};
use server::quarantine::{self, MAX_WAITING, accept, reject};
use sync::device::read_sync_answer;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    a_moved_worker_is_told_what_was_taken_and_where_to_go,
    colleagues_see_where_somebody_works_now,
    what_is_merely_not_granted_is_not_taken_away,
    what_was_given_back_is_not_taken_away,
    work_of_before_waits_and_work_of_after_is_refused,
    what_somebody_accepts_is_there_as_of_when_it_was_made,
    what_somebody_rejects_stays_rejected,
    a_late_commit_waits_once_however_often_it_comes,
    a_device_that_knows_no_quarantine_keeps_what_waits_there,
    nobody_takes_the_place_of_another_in_the_quarantine,
    nobody_fills_the_quarantine,
    receipts_are_kept_once,
    a_lost_device_gives_up_everything_and_is_then_shut_out,
    a_department_holds_its_own_scope_and_no_other,
    a_department_sees_its_matters_without_the_people,
    an_id_that_nothing_has_is_said_so,
];

const GRID_08: &str = "230881/001/003/08";
const HOUR: i64 = 3_600_000;

fn person(server: &TestServer, device: &Device) -> Account {
    server.write(|connection| account::get(connection, device.enrolment.account))
}

/// Moves whoever has this device to grid 08.
fn move_to_08(server: &TestServer, device: &Device) {
    let post = NewPost { role: Role::GridWorker, area: GRID_08.parse().unwrap(), own: None };
    let person = person(server, device);
    server.write(|connection| assign(connection, &person, &post, server.now_ms()));
}

fn ask(device: &Device, request: &SyncRequest) -> SyncAnswer {
    let key = device.enrolment.server_key.as_slice().try_into().unwrap();
    read_sync_answer(&device.send(request), NONCE, &key).unwrap()
}

fn revoked(answer: &SyncAnswer) -> Vec<String> {
    let ruling = answer.ruling.clone().unwrap_or_default();
    ruling.revoked.iter().map(|revoked| revoked.scope.to_string()).collect()
}

fn granted(answer: &SyncAnswer) -> Vec<String> {
    answer.granted.iter().map(ToString::to_string).collect()
}

/// The ids of what waits for somebody to decide.
fn waiting(server: &TestServer) -> Vec<kept::Id> {
    server.write(|connection| Ok(kept::waiting(connection)?.iter().map(|late| late.id).collect()))
}

fn a_moved_worker_is_told_what_was_taken_and_where_to_go(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    worker.push(vec![create(new_id(), "在07")]);
    worker.pull();
    assert_eq!(worker.round(&[]).unwrap().ruling, None, "nothing was decided yet");
    server.pass(HOUR);
    move_to_08(&server, &worker);

    let answer = worker.round(&[]).unwrap();
    let in_07 = [format!("{GRID}#work"), format!("{GRID}#sensitive")];
    assert_eq!(revoked(&answer), in_07, "by name, of those it stands in");
    let ruling = answer.ruling.clone().unwrap();
    assert!(ruling.revoked.iter().all(|revoked| revoked.at_ms == NOW + HOUR));
    let post = Post { role: Role::GridWorker, area: GRID_08.parse().unwrap() };
    assert_eq!(ruling.post, Some(post));
    let in_08 = ["230881#public", COMMUNITY_WORK, "230881/001/003/08#work", "230881/001/003/08#sensitive"];
    assert_eq!(granted(&answer), in_08);
    assert_eq!(revoked(&worker.round(&[]).unwrap()), in_07, "said until the device stands there no more");
    worker.cursors.retain(|scope, _| !scope.to_string().starts_with(GRID));
    assert!(revoked(&worker.round(&[]).unwrap()).is_empty());
}

const COMMUNITY_WORK: &str = "230881/001/003#work";

fn colleagues_see_where_somebody_works_now(on: On) {
    let server = TestServer::start(on);
    let (worker, mut colleague) = (server.worker(), server.enrol("李红梅", Role::CommunityStaff, COMMUNITY));
    colleague.pull();
    let seen = |colleague: &Device| {
        let (_, version, body) = &colleague.records[&RecordId(worker.enrolment.account.0)];
        let staff = Staff::from_body(body.as_ref().unwrap()).unwrap();
        (staff.name, staff.area.to_string(), *version)
    };
    let (name, area, before) = seen(&colleague);
    assert_eq!((name.as_str(), area.as_str()), ("周燕", GRID));
    for _ in 0..2 {
        move_to_08(&server, &worker);
        colleague.pull();
        // Two of the community joined before; to stay where one is changes nothing.
        assert_eq!(seen(&colleague), ("周燕".to_owned(), GRID_08.to_owned(), before + 2));
    }
    let (proved, held) = (&colleague.digests[&scope(COMMUNITY_WORK)], colleague.records.iter());
    let of_staff = held.filter(|(_, (kind, ..))| *kind == Staff::DECLARATION.kind);
    let proofs = of_staff.map(|(id, (_, version, body))| Proof::of(*id, *version, body.as_ref()));
    assert_eq!(proofs.fold(0, |digest, proof| proof.added_to(digest)), *proved);
}

fn what_is_merely_not_granted_is_not_taken_away(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    worker.push(vec![create(new_id(), "在07")]);
    worker.pull();
    // Whatever may have gone wrong with the grants: nobody has decided anything.
    server.write(|connection| Ok(connection.execute("DELETE FROM access_grant", vec![])?));
    let answer = worker.round(&[]).unwrap();
    assert!(answer.granted.is_empty() && answer.ruling.is_none(), "{answer:?}");
}

fn what_was_given_back_is_not_taken_away(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    worker.pull();
    let before = person(&server, &worker);
    server.write(|connection| dismiss(connection, &before, NOW + 1));
    assert!(!revoked(&worker.round(&[]).unwrap()).is_empty());
    let again = NewPost { role: before.role, area: before.area.clone(), own: None };
    server.write(|connection| assign(connection, &before, &again, NOW + 2));
    let answer = worker.round(&[]).unwrap();
    assert!(revoked(&answer).is_empty() && answer.granted.len() == 4, "{answer:?}");
}

/// | made | what its device is told |
fn work_of_before_waits_and_work_of_after_is_refused(on: On) {
    for (made_ms, expected) in
        [(NOW, Outcome::Quarantined), (NOW + 2 * HOUR, refused("record.not_permitted"))]
    {
        let server = TestServer::start(on);
        let mut worker = server.worker();
        server.pass(HOUR);
        move_to_08(&server, &worker);
        server.pass(HOUR);
        worker.clock_ms = server.now_ms();
        let op = records::wire::Op { at_ms: made_ms, ..create(new_id(), "迟到的") };
        assert_eq!(worker.push(vec![op]), expected);
        let mut colleague = server.enrol("马立新", Role::GridWorker, GRID);
        colleague.pull();
        assert!(colleague.records.values().all(|(kind, ..)| *kind != HOUSEHOLD), "nothing came of it yet");
    }
}

const HOUSEHOLD: records::Kind = records::Kind(11);

/// A worker who was moved to 08 and only then sends a household made in 07.
fn late(server: &TestServer) -> (Device, RecordId, Vec<u8>) {
    let mut worker = server.worker();
    server.pass(HOUR);
    move_to_08(server, &worker);
    server.pass(HOUR);
    worker.clock_ms = server.now_ms();
    let household = new_id();
    let commit = worker.commit(vec![create(household, "迟到的")]);
    let answer = worker.round(std::slice::from_ref(&commit)).unwrap();
    assert_eq!(answer.results[0].outcome, Outcome::Quarantined);
    (worker, household, commit)
}

fn await_decision(worker: &Device, push_seq: u64) -> Option<Ruling> {
    let awaited = vec![Awaited { incarnation: worker.incarnation, push_seq }];
    let aftermath = Some(Aftermath { purged: vec![], awaited });
    ask(worker, &SyncRequest { aftermath, ..worker.request(&[]) }).ruling
}

fn what_somebody_accepts_is_there_as_of_when_it_was_made(on: On) {
    let server = TestServer::start(on);
    let (worker, household, _) = late(&server);
    assert!(await_decision(&worker, 1).unwrap().decided.is_empty(), "nobody has decided");
    let [id] = waiting(&server)[..] else { panic!() };
    for _ in 0..2 {
        let outcome = server.write(|connection| accept(connection, &id, server.now_ms()));
        assert_eq!(outcome, Outcome::Applied, "however often it is accepted");
    }
    assert_eq!(server.write(|connection| reject(connection, &id, 0)), Outcome::Applied, "decided is decided");
    assert!(waiting(&server).is_empty());

    let mut colleague = server.enrol("马立新", Role::GridWorker, GRID);
    colleague.pull();
    assert_eq!(colleague.household(household).note.as_deref(), Some("迟到的"));
    assert_eq!(colleague.records[&household].1, 1, "once");
    let decided = await_decision(&worker, 1).unwrap().decided;
    let commit = Awaited { incarnation: worker.incarnation, push_seq: 1 };
    assert_eq!(decided, [Decided { commit, outcome: Outcome::Applied }]);
    assert!(await_decision(&worker, 2).unwrap().decided.is_empty(), "of others nothing is said");
    let stranger = server.enrol("马立新", Role::GridWorker, GRID);
    let theirs = Device { incarnation: worker.incarnation, ..stranger };
    assert!(await_decision(&theirs, 1).is_none(), "nor to others");
}

fn what_somebody_rejects_stays_rejected(on: On) {
    let server = TestServer::start(on);
    let (mut worker, household, commit) = late(&server);
    let [id] = waiting(&server)[..] else { panic!() };
    let outcome = server.write(|connection| reject(connection, &id, server.now_ms()));
    assert_eq!(outcome, refused("quarantine.rejected"));
    assert_eq!(await_decision(&worker, 1).unwrap().decided[0].outcome, outcome);
    // Sent again by a device that took another incarnation.
    worker.incarnation = Incarnation(new_id().0);
    let answer = worker.round(&[commit]).unwrap();
    assert_eq!(answer.results[0].outcome, outcome);
    assert!(waiting(&server).is_empty());
    let mut colleague = server.enrol("马立新", Role::GridWorker, GRID);
    colleague.pull();
    assert!(!colleague.records.contains_key(&household));
}

fn a_late_commit_waits_once_however_often_it_comes(on: On) {
    let server = TestServer::start(on);
    let (mut worker, _, commit) = late(&server);
    let again = worker.round(std::slice::from_ref(&commit)).unwrap();
    assert_eq!(again.results[0].outcome, Outcome::Quarantined, "a retry is answered as before");
    let older = worker.incarnation;
    worker.incarnation = Incarnation(new_id().0);
    let renumbered: Commit = minicbor::decode(&commit).unwrap();
    let empty = minicbor::to_vec(Commit { push_seq: 1, ops: vec![] }).unwrap();
    let second = minicbor::to_vec(Commit { push_seq: 2, ..renumbered }).unwrap();
    let answer = worker.round(&[empty, second]).unwrap();
    assert_eq!(answer.results[1].outcome, Outcome::Quarantined);
    let [id] = waiting(&server)[..] else { panic!("one commit waits") };
    server.write(|connection| accept(connection, &id, server.now_ms()));
    let decided = await_decision(&worker, 2).unwrap().decided;
    assert_eq!(decided[0].outcome, Outcome::Applied, "and is heard of under its newer number");
    // A device that went back to the image it was before asks by the number it had then.
    worker.incarnation = older;
    assert_eq!(await_decision(&worker, 1).unwrap().decided[0].outcome, Outcome::Applied);
}

fn a_device_that_knows_no_quarantine_keeps_what_waits_there(on: On) {
    let server = TestServer::start(on);
    let (mut worker, household, commit) = late(&server);
    let next = worker.commit(vec![]);
    let of_old =
        |worker: &Device| SyncRequest { outcomes: 0, ..worker.request(&[commit.clone(), next.clone()]) };
    let told = ask(&worker, &of_old(&worker)).results;
    assert_eq!(told[0].outcome, refused("commit.outcome_newer"), "so it stays there as a card");
    assert_eq!(told[1].outcome, Outcome::Applied, "and nothing waits behind it");
    let [id] = waiting(&server)[..] else { panic!("here it waits all the same") };
    server.write(|connection| accept(connection, &id, server.now_ms()));
    let mut colleague = server.enrol("马立新", Role::GridWorker, GRID);
    colleague.pull();
    assert!(colleague.records.contains_key(&household));
}

fn nobody_takes_the_place_of_another_in_the_quarantine(on: On) {
    let server = TestServer::start(on);
    let (worker, household, commit) = late(&server);
    let mut other = server.enrol("马立新", Role::GridWorker, GRID);
    move_to_08(&server, &other);
    other.clock_ms = server.now_ms();
    // The very same ops, by somebody else.
    assert_eq!(other.round(&[commit]).unwrap().results[0].outcome, Outcome::Quarantined);
    let waiting = server.write(|connection| kept::waiting(connection));
    let [theirs, own] = [&other, &worker].map(|device| {
        waiting.iter().find(|late| late.account == device.enrolment.account).expect("each waits").id
    });
    server.write(|connection| reject(connection, &theirs, server.now_ms()));
    server.write(|connection| accept(connection, &own, server.now_ms()));
    assert_eq!(await_decision(&other, 1).unwrap().decided[0].outcome, refused("quarantine.rejected"));
    assert_eq!(await_decision(&worker, 1).unwrap().decided[0].outcome, Outcome::Applied);
    let mut colleague = server.worker();
    colleague.pull();
    assert!(colleague.records.contains_key(&household));
}

fn nobody_fills_the_quarantine(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    move_to_08(&server, &worker);
    for _ in 0..MAX_WAITING / 500 {
        let commits: Vec<Vec<u8>> = (0..500).map(|_| worker.commit(vec![create(new_id(), "多")])).collect();
        let answer = worker.round(&commits).unwrap();
        assert!(answer.results.iter().all(|result| result.outcome == Outcome::Quarantined));
    }
    assert_eq!(worker.push(vec![create(new_id(), "再多")]), refused("quarantine.full"));
    assert_eq!(waiting(&server).len() as u64, MAX_WAITING);
}

fn receipts_are_kept_once(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    worker.pull();
    let receipt = |records| Purged { scope: work_scope(), revoked_ms: NOW, records, at_ms: NOW + 5 };
    for records in [12, 99] {
        let aftermath = Some(Aftermath { purged: vec![receipt(records)], awaited: vec![] });
        ask(&worker, &SyncRequest { aftermath, ..worker.request(&[]) });
    }
    let id = worker.enrolment.device;
    let kept = server.write(|connection| receipt::of_device(connection, id));
    assert_eq!(kept, [receipt(12)], "as it came first, also when nothing else is to be written");
}

fn a_lost_device_gives_up_everything_and_is_then_shut_out(on: On) {
    let server = TestServer::start(on);
    let (mut lost, mut sister) = (server.worker(), server.worker());
    lost.push(vec![create(new_id(), "之前")]);
    lost.pull();
    let before = lost.commit(vec![create(new_id(), "没来得及送")]);
    server.pass(HOUR);
    lost.clock_ms = server.now_ms();
    server.write(|connection| device::revoke(connection, lost.enrolment.device, NOW + 1));
    let answer = lost.round(&[before]).unwrap();
    assert_eq!(answer.results[0].outcome, Outcome::Quarantined, "what was done before is not lost");
    assert!(answer.granted.is_empty() && answer.scopes.is_empty(), "and nothing is told");
    assert_eq!(revoked(&answer).len(), 4, "everything it stands in");
    let [ref first, ..] = answer.ruling.unwrap().revoked[..] else { panic!() };
    assert_eq!(*first, Revoked { scope: scope("230881#public"), at_ms: NOW + 1 });

    lost.cursors.clear();
    assert_eq!(lost.round(&[]).unwrap_err().code(), "sync.token_refused");
    assert!(!revoked(&sister.round(&[]).unwrap()).iter().any(|_| true));
    sister.pull();
    assert_eq!(sister.of_kind(HOUSEHOLD).len(), 1);
}

fn a_department_holds_its_own_scope_and_no_other(on: On) {
    let server = TestServer::start(on);
    let of = |name| Audience::Department(DepartmentCode::of(name));
    let mut official = server.enrol("韩卫东", Role::Department, "230881");
    let before = person(&server, &official);
    let post = NewPost { own: Some(of("民政局")), role: before.role, area: before.area.clone() };
    server.write(|connection| assign(connection, &before, &post, NOW));
    let answer = official.round(&[]).unwrap();
    assert_eq!(granted(&answer), ["230881#public".to_owned(), format!("230881#{}", of("民政局"))]);
}

fn an_id_that_nothing_has_is_said_so(on: On) {
    let server = TestServer::start(on);
    server.write(|connection| {
        let unknown = accept(connection, &[9; quarantine::ID_BYTES], NOW);
        assert!(matches!(unknown, Err(server::ServerFault::NotQuarantined)));
        Ok(())
    });
}

fn a_department_sees_its_matters_without_the_people(on: On) {
    let server = TestServer::start(on);
    let mut official = server.enrol("韩卫东", Role::Department, "230881");
    let before = person(&server, &official);
    let own = Some(Audience::Department(DepartmentCode::of("住建局")));
    let post = NewPost { own, role: before.role, area: before.area.clone() };
    server.write(|connection| assign(connection, &before, &post, NOW));
    let mut worker = server.worker();
    let household = new_id();
    let matter = |department: &str| Matter {
        item: Some("03001".to_owned()),
        list_version: 1,
        subject: "楼道灯不亮".to_owned(),
        place: "江畔小区3号楼2单元201".to_owned(),
        occurred: records::Moment::beijing(NOW),
        content: Some("张伟家门口".to_owned()),
        source: MatterSource::Resident,
        household: Some(household),
        visit: None,
        urgency: Urgency::Normal,
        off_list_reason: None,
        department: Some(department.to_owned()),
        limit_workdays: Some(5),
        progress: None,
        photos: None,
    };
    let reported = |department| {
        let change = Change::Create { scope: work_scope(), body: matter(department).to_body() };
        records::wire::Op { kind: Matter::DECLARATION.kind, ..op(new_id(), change) }
    };
    let ops = vec![create(household, "有事"), reported("住建局"), reported("民政局")];
    assert_eq!(worker.push(ops), Outcome::Applied);
    official.pull();
    let [body] = official.of_kind(MatterView::DECLARATION.kind)[..] else {
        panic!("its own, and no other's")
    };
    let view = MatterView::from_body(body).unwrap();
    assert_eq!((view.place.as_str(), view.content, view.area.as_str()), ("江畔小区3号楼", None, GRID));
    assert!(official.of_kind(HOUSEHOLD).is_empty() && official.of_kind(Matter::DECLARATION.kind).is_empty());

    let forged = Change::Create {
        scope: official.round(&[]).unwrap().granted[1].clone(),
        body: matter("住建局").to_body(),
    };
    let forged = records::wire::Op { kind: MatterView::DECLARATION.kind, ..op(new_id(), forged) };
    assert_eq!(official.push(vec![forged]), refused("record.not_permitted"), "views are the server's");

    let to = GRID_08.parse().unwrap();
    assert_eq!(server.write(|connection| relocate(connection, household, &to, NOW + 1)), 3);
    official.pull();
    let [body] = official.of_kind(MatterView::DECLARATION.kind)[..] else { panic!("still one") };
    assert_eq!(MatterView::from_body(body).unwrap().area.as_str(), GRID_08, "it follows its source");
}
