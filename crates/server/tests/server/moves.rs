//! A household moves to another grid: whole, once, and with whatever still comes from the old one.

use std::collections::BTreeMap;

use records::codes::{Relation, Role, VisitResult};
use records::person::Person;
use records::proof::Proof;
use records::visit::{Visit, VisitAmendment};
use records::wire::{Change, Op, Outcome, RecordChange};
use records::{Body, Kind, Moment, Record, RecordId, Scope};
use server::ServerFault;
use server::moves::relocate;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    a_household_moves_with_everything_that_belongs_to_it,
    there_and_back_it_is_one_record,
    pages_end_exactly_where_departures_are_among_them,
    late_work_follows_a_household_that_has_moved,
    nothing_moves_to_where_it_does_not_belong,
];

const GRID_08: &str = "230881/001/003/08";
const HOUR: i64 = 3_600_000;
const NOTE: u32 = 12;

/// What a device makes of pages: where each record is, and the digest of each scope.
#[derive(Default)]
struct Held {
    records: BTreeMap<RecordId, (Scope, RecordChange)>,
    proved: BTreeMap<Scope, i64>,
}

impl Held {
    /// Pulls everything, in pages of this many bytes, scope after scope in either order.
    fn pull(&mut self, device: &mut Device, budget: u32, is_backwards: bool) {
        device.budget = budget;
        loop {
            let mut answer = device.round(&[]).unwrap();
            if is_backwards {
                answer.scopes.reverse();
            }
            for page in &answer.scopes {
                self.proved.extend(page.digest.map(|digest| (page.scope.clone(), digest)));
                page.changes.iter().for_each(|change| self.take(&page.scope, change));
            }
            if answer.scopes.iter().all(|page| !page.more) {
                return;
            }
        }
    }

    fn take(&mut self, scope: &Scope, change: &RecordChange) {
        let is_here = self.records.get(&change.id).is_some_and(|(at, _)| at == scope);
        match change.has_left {
            true if is_here => drop(self.records.remove(&change.id)),
            true => {}
            false => drop(self.records.insert(change.id, (scope.clone(), change.clone()))),
        }
    }

    /// The records of the scopes of an area, and whether they are what the server proved.
    fn of(&self, area: &str) -> Vec<RecordId> {
        let inside = |scope: &Scope| scope.area.as_str() == area;
        for (scope, proved) in self.proved.iter().filter(|(scope, _)| inside(scope)) {
            let records = self.records.values().filter(|(at, _)| at == scope);
            let proofs = records.map(|(_, c)| Proof::of(c.id, c.version, c.body.as_ref()));
            assert_eq!(proofs.fold(0, |digest, proof| proof.added_to(digest)), *proved, "{scope}");
        }
        let records = self.records.iter().filter(|(_, (at, change))| inside(at) && change.body.is_some());
        records.map(|(id, _)| *id).collect()
    }
}

fn in_07(kind: Kind, record: RecordId, audience: &str, body: Body) -> Op {
    let change = Change::Create { scope: scope(&format!("{GRID}#{audience}")), body };
    Op { kind, ..op(record, change) }
}

fn person(household: RecordId) -> Op {
    let person = Person::named(household, "李明", Relation::Head);
    in_07(Person::DECLARATION.kind, new_id(), "sensitive", person.to_body())
}

fn visit(household: RecordId, record: RecordId) -> Op {
    let visit = Visit { all_well: Some(true), ..Visit::met(household, Moment::beijing(NOW)) };
    in_07(Visit::DECLARATION.kind, record, "work", visit.to_body())
}

fn correction(visit: RecordId) -> Op {
    let amendment = VisitAmendment {
        visit,
        at: Moment::beijing(NOW),
        reason: "按错了".to_owned(),
        result: Some(VisitResult::Phone),
        note: None,
        withdrawn: false,
    };
    in_07(VisitAmendment::DECLARATION.kind, new_id(), "work", amendment.to_body())
}

/// A household of grid 07 with a person, a visit and its correction, and one that has nothing to do with it.
struct Scene {
    worker: Device,
    household: RecordId,
    visit: RecordId,
    whole: Vec<RecordId>,
    neighbour: RecordId,
}

fn scene(server: &TestServer) -> Scene {
    let mut worker = server.worker();
    let (household, neighbour, visited) = (new_id(), new_id(), new_id());
    let ops =
        vec![create(household, "要搬的"), person(household), visit(household, visited), correction(visited)];
    let mut whole: Vec<RecordId> = ops.iter().map(|op| op.record).collect();
    whole.sort();
    assert_eq!(worker.push(ops), Outcome::Applied);
    assert_eq!(worker.push(vec![create(neighbour, "留下的"), person(neighbour)]), Outcome::Applied);
    // What it pushed with brought it changes already.
    worker.cursors.clear();
    worker.digests.clear();
    Scene { worker, household, visit: visited, whole, neighbour }
}

fn move_to(server: &TestServer, record: RecordId, area: &str) -> usize {
    server.write(|connection| relocate(connection, record, &area.parse().unwrap(), server.now_ms()))
}

fn a_household_moves_with_everything_that_belongs_to_it(on: On) {
    for is_backwards in [false, true] {
        let server = TestServer::start(on);
        let mut scene = scene(&server);
        let mut next = server.enrol("马立新", Role::GridWorker, GRID_08);
        let mut office = server.enrol("李社工", Role::CommunityStaff, COMMUNITY);
        let (mut old, mut new, mut both) = (Held::default(), Held::default(), Held::default());
        old.pull(&mut scene.worker, 1_000_000, false);
        new.pull(&mut next, 1_000_000, false);
        both.pull(&mut office, 1_000_000, is_backwards);
        assert_eq!(old.of(GRID).len(), 6);

        assert_eq!(
            move_to(&server, scene.household, GRID_08),
            4,
            "the household, its person, visit, correction"
        );
        old.pull(&mut scene.worker, 1_000_000, false);
        new.pull(&mut next, 1_000_000, false);
        both.pull(&mut office, 1_000_000, is_backwards);
        assert_eq!(old.of(GRID).len(), 2, "the neighbour and their person stay");
        assert!(old.of(GRID).contains(&scene.neighbour));
        for holder in [&new, &both] {
            assert_eq!(holder.of(GRID_08), scene.whole);
        }
        assert_eq!(both.of(GRID).len(), 2, "one copy of each");
        let mut later = server.enrol("新来的", Role::CommunityStaff, COMMUNITY);
        let mut anew = Held::default();
        anew.pull(&mut later, 1_000_000, is_backwards);
        assert_eq!((anew.of(GRID).len(), anew.of(GRID_08)), (2, scene.whole), "and for whoever reads it all");
    }
}

fn there_and_back_it_is_one_record(on: On) {
    let server = TestServer::start(on);
    let mut scene = scene(&server);
    let mut office = server.enrol("李社工", Role::CommunityStaff, COMMUNITY);
    let (mut old, mut both) = (Held::default(), Held::default());
    old.pull(&mut scene.worker, 1_000_000, false);
    for _ in 0..2 {
        move_to(&server, scene.household, GRID_08);
        move_to(&server, scene.household, GRID);
        both.pull(&mut office, 1_000_000, false);
        old.pull(&mut scene.worker, 1_000_000, false);
        assert_eq!((old.of(GRID).len(), both.of(GRID).len(), both.of(GRID_08).len()), (6, 6, 0));
    }
    let version = old.records[&scene.household].1.version;
    assert!(version > 6, "numbers only grow: {version}");
    assert_eq!(scene.worker.push(vec![edit(scene.household, version, NOTE, "回来了")]), Outcome::Applied);
}

fn pages_end_exactly_where_departures_are_among_them(on: On) {
    let server = TestServer::start(on);
    let mut scene = scene(&server);
    let mut held = Held::default();
    held.pull(&mut scene.worker, 1_000_000, false);
    move_to(&server, scene.household, GRID_08);
    for n in 0..5 {
        scene.worker.push(vec![create(new_id(), &format!("后来的{n}"))]);
        scene.worker.cursors.clear();
    }
    move_to(&server, scene.neighbour, GRID_08);
    // A change a page, from wherever one is cut off.
    for budget in [1, 70, 300] {
        let mut held = Held::default();
        scene.worker.cursors.clear();
        scene.worker.digests.clear();
        held.pull(&mut scene.worker, budget, false);
        assert_eq!(held.of(GRID).len(), 5);
    }
}

/// | made | what becomes of it |
fn late_work_follows_a_household_that_has_moved(on: On) {
    let server = TestServer::start(on);
    let mut scene = scene(&server);
    scene.worker.pull();
    let base = scene.worker.records[&scene.household].1;
    server.pass(HOUR);
    move_to(&server, scene.household, GRID_08);
    server.pass(HOUR);
    scene.worker.clock_ms = server.now_ms();
    let visited = new_id();
    let in_time = vec![
        edit(scene.household, base, NOTE, "搬前写的"),
        visit(scene.household, visited),
        correction(visited),
    ];
    assert_eq!(scene.worker.push(in_time), Outcome::Applied, "who wrote it held it then");
    let in_the_next_commit = vec![correction(visited)];
    assert_eq!(scene.worker.push(in_the_next_commit), Outcome::Applied);
    let about_old = vec![correction(scene.visit)];
    assert_eq!(scene.worker.push(about_old), Outcome::Applied);
    let too_late = Op { at_ms: server.now_ms(), ..visit(scene.household, new_id()) };
    assert_eq!(scene.worker.push(vec![too_late]), Outcome::Quarantined, "and could not know it had moved");

    let mut next = server.enrol("马立新", Role::GridWorker, GRID_08);
    let mut new = Held::default();
    new.pull(&mut next, 1_000_000, false);
    assert_eq!(new.of(GRID_08).len(), 4 + 4, "what was taken stands where the household does");
    assert_eq!(next.household(scene.household).note.as_deref(), Some("搬前写的"));
    let mut stranger = server.enrol("别的网格", Role::GridWorker, "230881/001/003/09");
    let edit = edit(scene.household, base, NOTE, "不该我写");
    assert_eq!(stranger.push(vec![edit]), refused("record.not_permitted"));
}

fn nothing_moves_to_where_it_does_not_belong(on: On) {
    let server = TestServer::start(on);
    let scene = scene(&server);
    server.write(|connection| {
        for area in [GRID, COMMUNITY, "230882/001/003/07"] {
            let moved = relocate(connection, scene.household, &area.parse().unwrap(), NOW);
            assert!(matches!(moved, Err(ServerFault::NotAPlaceToMove(_))), "{area}");
        }
        let unknown = relocate(connection, new_id(), &GRID_08.parse().unwrap(), NOW);
        assert!(matches!(unknown, Err(ServerFault::NoSuchRecord)));
        Ok(())
    });
}
