//! The sweep, by a clock it is given: what is over goes from the tables and from devices, and the audit says how much.

use std::collections::BTreeMap;

use records::attachment::Attachment;
use records::codes::Relation;
use records::household::Household;
use records::person::Person;
use records::proof::Proof;
use records::rules::erasure::Fate;
use records::rules::retention::NOBODYS;
use records::visit::Visit;
use records::wire::{Change, Op, Outcome};
use records::{Moment, Record, RecordId};
use server::audit::{self, Broken, deed, verify};
use server::database::attachment;
use server::database::audit::{self as kept, Link};
use server::writing::Writing;

use crate::common::*;
use crate::data::{On, on_both_databases};
use crate::photos::{bring, picture, sees};

on_both_databases![
    what_is_over_goes_from_tables_and_devices_and_is_counted,
    more_than_fits_one_transaction_goes_too,
    what_changed_since_it_was_looked_at_waits_for_the_next_time,
    photos_go_with_their_bytes,
    the_chain_goes_on_from_where_its_beginning_went,
    a_beginning_that_somebody_took_out_shows,
];

const DAY: i64 = 24 * 3_600_000;
const YEAR: i64 = 366 * DAY;
const NAME: &str = "欧阳不存在";

fn create_of<T: Record>(id: RecordId, audience: &str, value: &T) -> Op {
    let change = Change::Create { scope: scope(&format!("{GRID}#{audience}")), body: value.to_body() };
    Op { kind: T::DECLARATION.kind, ..op(id, change) }
}

fn visit(home: RecordId) -> Visit {
    Visit { note: Some(format!("{NAME}说好")), ..Visit::met(home, Moment::beijing(NOW)) }
}

fn of<const N: usize>(counts: [(&'static str, u64); N]) -> BTreeMap<&'static str, u64> {
    counts.into()
}

fn what_is_over_goes_from_tables_and_devices_and_is_counted(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let (home, person, seen) = (new_id(), new_id(), new_id());
    let left_on = Some(Moment::beijing(NOW).local_day());
    let somebody = Person::named(home, NAME, Relation::Head);
    worker.push(vec![
        create_of(home, "work", &Household { left_on, ..a_household(&format!("找{NAME}")) }),
        create_of(person, "sensitive", &somebody),
        create_of(seen, "work", &visit(home)),
    ]);
    worker.pull();
    assert_eq!((server.sweep(true), server.sweep(false)), (of([]), of([])));
    let before = server.audit().len();

    // Two years: the person and why somebody came; three: the visit.
    server.pass(2 * YEAR + DAY);
    assert_eq!(server.sweep(true), of([("people", 2)]));
    assert_eq!(server.audit().len(), before, "looking changes nothing");
    assert_eq!(server.sweep(false), of([("people", 2)]));
    worker.pull();
    assert_eq!(worker.records[&person].2, None);
    assert_eq!(worker.household(home).note, None);
    let note = |worker: &Device| Visit::from_body(worker.records[&seen].2.as_ref().unwrap()).unwrap();
    assert_eq!(note(&worker).note.as_deref(), Some("某人说好"));
    assert_eq!(server.sweep(false), of([]), "once");

    server.pass(YEAR);
    assert_eq!(server.sweep(false).get("visits"), Some(&1));
    worker.pull();
    let left = note(&worker);
    assert_eq!((left.household, left.note, left.result), (NOBODYS, None, visit(home).result));
    let counts = server.audit().into_iter().filter(|entry| entry.deed == deed::SWEPT);
    let counts: Vec<_> = counts.filter_map(|entry| entry.about).collect();
    assert_eq!(counts, ["people 2", "visits 1"]);
    // The digests are those of what is there.
    for (scope, digest) in worker.digests.iter().filter(|(scope, _)| scope.area.as_str() == GRID) {
        let here = worker.records.iter().filter(|(_, (kind, ..))| {
            let declared = records::declaration(*kind).unwrap();
            (declared.audience.circle(), declared.depth) == (scope.audience.circle(), 4)
        });
        let proofs = here.map(|(id, (_, version, body))| Proof::of(*id, *version, body.as_ref()));
        assert_eq!(proofs.fold(0, |sum, proof| proof.added_to(sum)), *digest, "{scope}");
    }
}

fn more_than_fits_one_transaction_goes_too(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let home = new_id();
    worker.push(vec![create_of(home, "work", &a_household("好"))]);
    for _ in 0..3 {
        let ops = (0..200).map(|_| create_of(new_id(), "work", &visit(home))).collect();
        assert_eq!(worker.push(ops), Outcome::Applied);
    }
    server.pass(3 * YEAR + DAY);
    assert_eq!(server.sweep(true).get("visits"), Some(&600));
    assert_eq!(server.sweep(false).get("visits"), Some(&600));
    assert_eq!(server.sweep(true), of([]));
}

fn what_changed_since_it_was_looked_at_waits_for_the_next_time(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let home = new_id();
    worker.push(vec![create_of(home, "work", &a_household("好"))]);
    worker.pull();
    let version = worker.records[&home].1;
    for (looked_at, is_done) in [(version - 1, false), (version, true)] {
        let done = server.write(|sql| {
            let mut writing = Writing::default();
            let done = writing.decide_fate(sql, (home, looked_at), &Fate::Erase, NOW)?;
            writing.write(sql, vec![])?;
            Ok(done)
        });
        worker.pull();
        assert_eq!((done, worker.records[&home].2.is_none()), (is_done, is_done));
    }
}

fn photos_go_with_their_bytes(on: On) {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let bytes = picture();
    let hash = bring(&worker, &bytes);
    let photo = Attachment { hash, size: bytes.len() as u64, media: "image/jpeg".to_owned(), name: None };
    let (home, seen) = (new_id(), new_id());
    let with_photo = Visit { photos: Some(vec![photo]), ..visit(home) };
    worker.push(vec![create_of(home, "work", &a_household("好")), create_of(seen, "work", &with_photo)]);
    assert!(sees(&worker, hash));
    server.pass(YEAR - 2 * DAY);
    assert_eq!(server.sweep(false), of([]));
    assert_eq!((sees(&worker, hash), server.kept_photos()), (true, 1));
    server.pass(3 * DAY);
    assert_eq!(server.sweep(false), of([("photos", 1)]));
    worker.pull();
    let left = Visit::from_body(worker.records[&seen].2.as_ref().unwrap()).unwrap();
    assert_eq!((left.photos, left.household), (None, home), "the visit stays");
    assert_eq!((sees(&worker, hash), server.kept_photos()), (false, 0));
    let known = server.read(|snapshot| attachment::whole(snapshot, hash));
    assert_eq!(known, None);
}

fn the_chain_goes_on_from_where_its_beginning_went(on: On) {
    let server = TestServer::start(on);
    server.worker();
    let old = server.audit().len() as u64;
    let noted = server.read(|snapshot| kept::end(snapshot));
    server.pass(3 * YEAR + DAY);
    server.enrol("新来的", records::codes::Role::GridWorker, GRID);
    let newer = server.read(|snapshot| kept::end(snapshot));
    assert_eq!(server.sweep(true), of([("audit", old)]));
    assert_eq!(server.sweep(false), of([("audit", old)]));
    let entries = server.audit();
    assert!(entries.iter().all(|entry| entry.at_ms > NOW + 2 * YEAR));
    assert_eq!(entries.last().map(|entry| entry.deed.as_str()), Some(deed::CUT));
    assert_eq!(entries.last().and_then(|entry| entry.about.clone()), Some(noted.to_string()));
    let verified = |noted: Option<Link>| server.read(|snapshot| verify(snapshot, noted));
    assert!(verified(None).is_ok() && verified(Some(newer)).is_ok());
    // The last one that went is known by its hash, those before it by nothing.
    assert!(verified(Some(noted)).is_ok());
    assert_eq!(verified(Some(Link { hash: [1; 32], ..noted })), Err(Broken::Noted(noted.number)));
    assert_eq!(verified(Some(Link { number: 1, hash: [1; 32] })), Err(Broken::TooOld(1)));
    // Again, and the chain begins at the newest cut.
    server.pass(3 * YEAR + DAY);
    assert!(server.sweep(false).contains_key("audit"));
    assert!(verified(None).is_ok());
}

fn a_beginning_that_somebody_took_out_shows(on: On) {
    let server = TestServer::start(on);
    server.worker();
    server.write(|sql| kept::cut(sql, 1));
    let verified = || server.read(|snapshot| verify(snapshot, None));
    assert_eq!(verified(), Err(Broken::At(1)));
    // An entry that names another end explains nothing.
    let other = Link { number: 1, hash: [9; 32] };
    server.write(|sql| audit::note(sql, &audit::Entry::new(deed::CUT, NOW).about(other)));
    assert_eq!(verified(), Err(Broken::At(1)));
}
