//! The engine of the store: confirmed and working bodies under every order of events.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[cfg(target_family = "wasm")]
use contract::test;
use std::collections::BTreeSet;

use records::household::Household;
use records::proof::Proof;
use records::wire::{Change, Commit, CommitResult, Outcome, RecordChange};
use records::{AccountId, Body, Kind, Patch, Record, RecordId, Scope};
use rusqlite::Connection;
use store::tables::household;
use store::{Origin, Slice, Store, outbox, record, scope as scopes};

const NOW: i64 = 1_795_000_000_000;

fn store() -> Store {
    Store::open(contract::database()).unwrap()
}

fn scope() -> Scope {
    "230881/001/003/07#work".parse().unwrap()
}

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn household(note: &str) -> Household {
    Household {
        residents: 2,
        care: records::codes::CareLevel::Key,
        care_since: "2026-01-01".parse().ok(),
        note: Some(note.to_owned()),
        ..Household::blank(id(200))
    }
}

fn from_server(version: u64, body: Option<Body>) -> RecordChange {
    let by = AccountId::from_bytes([9; 16]);
    RecordChange {
        id: id(1),
        kind: Household::DECLARATION.kind,
        version,
        body,
        by,
        received_ms: NOW,
        has_left: false,
        cleared: 0,
    }
}

fn apply(store: &mut Store, changes: &[RecordChange]) {
    let cursor = changes.last().map_or(0, |change| change.version);
    store.apply(Slice { scope: &scope(), changes, cursor, total: 1, digest: None, server_ms: 0 }).unwrap();
}

fn act(store: &mut Store, act: impl FnOnce(&mut store::Action<'_, '_>) -> store::Result<()>) -> u64 {
    let mut drawn = outbox_len(store) as u8;
    let mut new_id = || {
        drawn += 1;
        RecordId::from_bytes([[drawn; 8], [255; 8]].concat().try_into().unwrap())
    };
    let origin = Origin { now_ms: NOW, hold_ms: 0, new_id: &mut new_id };
    store.act(origin, act).unwrap().1.push_seq.unwrap()
}

fn outbox_len(store: &Store) -> usize {
    store.read(|db| outbox::batch(db, i64::MAX, 500, 1 << 20)).unwrap().len()
}

fn shown(store: &Store) -> Option<Household> {
    let row = store.read(|db| record::find(db, id(1))).unwrap()?;
    row.body().map(|body| Household::from_body(body).unwrap())
}

fn note(store: &Store) -> Option<String> {
    shown(store).and_then(|household| household.note)
}

fn settle(store: &mut Store, result: CommitResult) {
    store.settle(&[result], (NOW, NOW), None).unwrap();
}

fn settled(push_seq: u64, outcome: Outcome) -> CommitResult {
    CommitResult { push_seq, outcome }
}

#[test]
fn an_edit_stays_visible_through_every_answer_of_the_server() {
    let mut store = store();
    apply(&mut store, &[from_server(1, Some(household("前").to_body()))]);
    let seq = act(&mut store, |action| action.edit(id(1), &household("我的")).map(|_| ()));
    assert_eq!(note(&store).as_deref(), Some("我的"));

    // A colleague's edit of another field arrives: both are shown.
    let theirs = Household { residents: 4, ..household("前") };
    apply(&mut store, &[from_server(2, Some(theirs.to_body()))]);
    assert_eq!(shown(&store).map(|h| (h.residents, h.note)), Some((4, Some("我的".into()))));

    // The result arrives before the record's next version, then that version.
    settle(&mut store, settled(seq, Outcome::Merged));
    let merged = Household { note: Some("我的".into()), ..theirs };
    apply(&mut store, &[from_server(3, Some(merged.to_body()))]);
    assert_eq!(shown(&store), Some(merged));
    assert_eq!(outbox_len(&store), 0);
}

#[test]
fn an_accepted_record_does_not_vanish_before_its_echo() {
    let mut store = store();
    let seq = act(&mut store, |action| action.create(id(1), &scope(), &household("新")));
    settle(&mut store, settled(seq, Outcome::Applied));
    assert_eq!(note(&store).as_deref(), Some("新"));
    apply(&mut store, &[from_server(1, Some(household("新").to_body()))]);
    assert_eq!(note(&store).as_deref(), Some("新"));
    let held = store.read(scopes::held).unwrap();
    assert_eq!(held, vec![(scope(), 1, 1)]);
}

#[test]
fn a_refused_edit_goes_back_and_its_body_is_kept() {
    let mut store = store();
    apply(&mut store, &[from_server(1, Some(household("前").to_body()))]);
    let seq = act(&mut store, |action| action.edit(id(1), &household("我的")).map(|_| ()));
    let refused = Outcome::Refused { code: "record.not_permitted".into() };
    settle(&mut store, settled(seq, refused));
    assert_eq!(note(&store).as_deref(), Some("前"));
    let rows = store.read(outbox::refused).unwrap();
    assert_eq!((rows.len(), rows[0].code.as_str()), (1, "record.not_permitted"));

    // Sent once more, it is visible again and waits under a new number.
    store.retry_refused(rows[0].number, NOW).unwrap();
    assert_eq!((note(&store).as_deref(), outbox_len(&store)), (Some("我的"), 1));
    assert!(store.read(outbox::refused).unwrap().is_empty());
}

#[test]
fn a_refused_new_record_stays_visible_until_it_is_withdrawn() {
    let mut store = store();
    let seq = act(&mut store, |action| action.create(id(1), &scope(), &household("新")));
    let refused = Outcome::Refused { code: "record.not_permitted".into() };
    settle(&mut store, settled(seq, refused));
    assert_eq!(note(&store).as_deref(), Some("新"));
    let number = store.read(outbox::refused).unwrap()[0].number;
    store.withdraw_refused(number).unwrap();
    assert_eq!(note(&store), None);
    assert!(store.read(|db| household::one(db, id(1))).unwrap().is_none());
}

#[test]
fn an_accepted_edit_stays_in_sight_though_others_wrote_before_it() {
    let mut store = store();
    apply(&mut store, &[from_server(1, Some(household("前").to_body()))]);
    let seq = act(&mut store, |action| action.edit(id(1), &household("我的")).map(|_| ()));
    let theirs = Household { residents: 4, ..household("前") };
    apply(&mut store, &[from_server(2, Some(theirs.to_body()))]);
    settle(&mut store, settled(seq, Outcome::Applied));
    assert_eq!(shown(&store).map(|h| (h.residents, h.note)), Some((4, Some("我的".into()))));
}

#[test]
fn what_a_copy_is_told_once_more_hides_nothing_newer_once_the_round_is_over() {
    let mut store = store();
    apply(&mut store, &[from_server(1, Some(household("前").to_body()))]);
    let seq = act(&mut store, |action| action.edit(id(1), &household("我的")).map(|_| ()));
    // The other copy has sent the same edit; it came back, and a colleague wrote after it.
    apply(&mut store, &[from_server(3, Some(household("后来的").to_body()))]);
    settle(&mut store, settled(seq, Outcome::Applied));
    store.write(|tx| store::settle::end_promises(tx)).unwrap();
    assert_eq!(note(&store).as_deref(), Some("后来的"));
}

#[test]
fn a_value_that_may_have_lost_waits_for_the_servers_word() {
    let mut store = store();
    apply(&mut store, &[from_server(1, Some(household("前").to_body()))]);
    let seq = act(&mut store, |action| action.edit(id(1), &household("我的")).map(|_| ()));
    apply(&mut store, &[from_server(2, Some(household("后写的").to_body()))]);
    settle(&mut store, settled(seq, Outcome::Merged));
    assert_eq!(note(&store).as_deref(), Some("后写的"));
}

#[test]
fn however_much_was_refused_every_new_record_stays_visible() {
    let mut store = store();
    for n in 1..=120 {
        let seq = act(&mut store, |action| action.create(id(n), &scope(), &household("新")));
        let code = "record.not_permitted".into();
        settle(&mut store, settled(seq, Outcome::Refused { code }));
    }
    // The oldest is laid out anew by an edit that waits.
    act(&mut store, |action| action.edit(id(1), &household("再写")).map(|_| ()));
    let seq = store.read(|db| outbox::batch(db, NOW, 500, 1 << 20)).unwrap()[0].push_seq;
    store.write(|tx| outbox::undo(tx, seq, NOW - 1)).unwrap();
    assert_eq!(note(&store).as_deref(), Some("新"));
}

#[test]
fn applying_a_page_twice_changes_nothing() {
    let mut store = store();
    let page = [from_server(4, Some(household("一").to_body()))];
    apply(&mut store, &page);
    let once = store.read(scopes::held).unwrap();
    apply(&mut store, &page);
    assert_eq!(store.read(scopes::held).unwrap(), once);
    // Nor does an older version that arrives late.
    apply(&mut store, &[from_server(2, Some(household("旧").to_body()))]);
    assert_eq!(note(&store).as_deref(), Some("一"));
}

#[test]
fn a_deleted_record_leaves_every_list() {
    let mut store = store();
    apply(&mut store, &[from_server(1, Some(household("一").to_body()))]);
    apply(&mut store, &[from_server(2, None)]);
    assert_eq!(note(&store), None);
    assert_eq!(store.read(|db| household::count(db, household::Filter::All)).unwrap(), 0);
    assert_eq!(store.read(scopes::held).unwrap(), vec![(scope(), 0, 1)]);
}

fn count(store: &Store) -> u32 {
    store.read(|db| household::count(db, household::Filter::All)).unwrap()
}

fn found(store: &Store) -> usize {
    store.read(|db| store::search::households(db, "张", household::Filter::All)).unwrap().len()
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.into() }
}

/// A household that is found by the name of its head.
fn a_household_with_a_head() -> Store {
    let mut store = store();
    apply(&mut store, &[from_server(1, Some(household("前").to_body()))]);
    let head = records::person::Person::named(id(1), "张伟", records::codes::Relation::Head);
    let (kind, body) = (records::person::Person::DECLARATION.kind, Some(head.to_body()));
    apply(&mut store, &[RecordChange { id: id(2), kind, ..from_server(2, body) }]);
    assert_eq!((count(&store), found(&store)), (1, 1));
    store
}

#[test]
fn a_deletion_that_waits_hides_the_record_and_can_be_taken_back() {
    let mut store = a_household_with_a_head();
    let mut new_id = || id(150);
    let origin = Origin { now_ms: NOW, hold_ms: 8_000, new_id: &mut new_id };
    let (_, committed) = store.act(origin, |action| action.delete(id(1))).unwrap();
    assert_eq!((note(&store), count(&store), found(&store)), (None, 0, 0));
    let row = store.read(|db| record::get(db, id(1))).unwrap();
    assert_eq!((row.pending, row.confirmed.is_some()), (1, true), "the server's word is untouched");
    // Whatever others write meanwhile does not bring it back.
    apply(&mut store, &[from_server(3, Some(household("别人的").to_body()))]);
    assert_eq!((note(&store), count(&store)), (None, 0));

    store.write(|tx| outbox::undo(tx, committed.push_seq.unwrap(), NOW)).unwrap();
    assert_eq!((note(&store).as_deref(), count(&store), found(&store)), (Some("别人的"), 1, 1));
}

#[test]
fn a_deletion_stays_out_of_sight_until_the_server_says_so_itself() {
    let mut store = a_household_with_a_head();
    let seq = act(&mut store, |action| action.delete(id(1)));
    settle(&mut store, settled(seq, Outcome::Applied));
    assert_eq!((note(&store), count(&store)), (None, 0));
    apply(&mut store, &[from_server(3, None)]);
    store.write(|tx| store::settle::end_promises(tx)).unwrap();
    assert_eq!((note(&store), count(&store)), (None, 0));
}

#[test]
fn a_refused_deletion_brings_the_record_back_to_every_list() {
    let mut store = a_household_with_a_head();
    let seq = act(&mut store, |action| action.delete(id(1)));
    settle(&mut store, settled(seq, refused("record.not_permitted")));
    assert_eq!((note(&store).as_deref(), count(&store), found(&store)), (Some("前"), 1, 1));
    assert_eq!(store.read(outbox::refused).unwrap().len(), 1);
}

#[test]
fn a_deletion_is_taken_back_before_and_after_the_server_knows_of_it() {
    for is_heard in [false, true] {
        let mut store = a_household_with_a_head();
        let seq = act(&mut store, |action| action.delete(id(1)));
        if is_heard {
            settle(&mut store, settled(seq, Outcome::Applied));
        }
        act(&mut store, |action| action.restore(id(1)).map(|_| ()));
        assert_eq!((note(&store).as_deref(), count(&store), found(&store)), (Some("前"), 1, 1));
    }
    // Deleted by somebody else: it is asked for, and shown when it comes.
    let mut store = a_household_with_a_head();
    apply(&mut store, &[from_server(3, None)]);
    let seq = act(&mut store, |action| action.restore(id(1)).map(|_| ()));
    assert_eq!(note(&store), None);
    settle(&mut store, settled(seq, Outcome::Applied));
    apply(&mut store, &[from_server(4, Some(household("前").to_body()))]);
    assert_eq!((note(&store).as_deref(), found(&store)), (Some("前"), 1));
}

#[test]
fn restoring_what_is_there_changes_nothing() {
    let mut store = a_household_with_a_head();
    let mut new_id = || id(150);
    let origin = Origin { now_ms: NOW, hold_ms: 0, new_id: &mut new_id };
    let (was_deleted, committed) = store.act(origin, |action| action.restore(id(1))).unwrap();
    assert_eq!((was_deleted, committed.push_seq), (false, None));
}

#[test]
fn an_edit_of_what_a_colleague_deleted_is_kept_and_sent_with_its_return() {
    let mut store = a_household_with_a_head();
    let seq = act(&mut store, |action| action.edit(id(1), &household("我的")).map(|_| ()));
    apply(&mut store, &[from_server(3, None)]);
    assert_eq!(note(&store), None);
    settle(&mut store, settled(seq, refused("record.deleted")));
    let card = store.read(outbox::refused).unwrap().remove(0);
    assert!(matches!(card.commit.unwrap().ops[0].change, Change::Edit { .. }), "nothing is lost");

    store.restore_refused(card.number, NOW, &mut || id(160)).unwrap();
    let sent = store.read(|db| outbox::batch(db, NOW, 500, 1 << 20)).unwrap();
    let commit: Commit = minicbor::decode(&sent[0].body).unwrap();
    let [restore, edit] = &commit.ops[..] else { panic!("{commit:?}") };
    assert_eq!(restore.change, Change::Restore { base: 3 });
    assert!(matches!(edit.change, Change::Edit { base: 1, .. }));
}

#[test]
fn what_waits_is_laid_over_as_each_field_merges() {
    let mut store = store();
    let with = |services: &[&str]| Household {
        services: services.iter().map(ToString::to_string).collect(),
        ..household("前")
    };
    apply(&mut store, &[from_server(1, Some(with(&["代购"]).to_body()))]);
    act(&mut store, |action| action.edit(id(1), &with(&["代购", "理发"])).map(|_| ()));
    apply(&mut store, &[from_server(2, Some(with(&["保洁"]).to_body()))]);
    let shown: BTreeSet<String> = shown(&store).unwrap().services.into_iter().collect();
    assert_eq!(shown, ["保洁".to_owned(), "理发".to_owned()].into());
}

#[test]
fn a_record_that_only_a_newer_version_can_read_stops_nothing() {
    let mut store = store();
    let unreadable = household("前").to_body().patched(&Patch::of_fields(&[(3, vec![0x61, b'x'])]));
    let readable = RecordChange { id: id(2), ..from_server(2, Some(household("后").to_body())) };
    apply(&mut store, &[from_server(1, Some(unreadable.clone())), readable]);
    assert_eq!(count(&store), 1);
    let kept = store.read(|db| record::get(db, id(1))).unwrap();
    assert_eq!(kept.confirmed, Some(unreadable), "for when the app is updated");
}

#[test]
fn fields_of_a_newer_version_survive_an_edit() {
    let mut store = store();
    let newer = Patch::of_fields(&[(77, minicbor::to_vec("以后的字段").unwrap())]);
    apply(&mut store, &[from_server(1, Some(household("前").to_body().patched(&newer)))]);
    act(&mut store, |action| action.edit(id(1), &household("我的")).map(|_| ()));
    let row = store.read(|db| record::get(db, id(1))).unwrap();
    assert!(row.body().unwrap().field(77).is_some());
    let commits = store.read(|db| outbox::batch(db, NOW, 500, 1 << 20)).unwrap();
    let commit: Commit = minicbor::decode(&commits[0].body).unwrap();
    let Change::Edit { patch, .. } = &commit.ops[0].change else { panic!("an edit") };
    assert_eq!(patch.fields().len(), 1, "only the note travels");
}

#[test]
fn records_of_an_unknown_type_are_kept() {
    let mut store = store();
    let change = RecordChange { kind: Kind(4_000), ..from_server(1, Some(household("x").to_body())) };
    apply(&mut store, &[change]);
    assert!(store.read(|db| record::find(db, id(1))).unwrap().is_some());
}

#[test]
fn what_was_taken_and_what_waits_goes_out_again_in_order_under_new_numbers() {
    let mut store = store();
    let identity = store::Identity {
        device: records::DeviceId::from_bytes([1; 16]),
        incarnation: records::Incarnation::from_bytes([1; 16]),
        token: vec![1; 32].into(),
        server_key: vec![2; 32].into(),
        server: "http://127.0.0.1:9".into(),
        account: AccountId::from_bytes([3; 16]),
        name: "周燕".into(),
        role: records::codes::Role::GridWorker,
        area: "230881/001/003/07".parse().unwrap(),
    };
    store.write(|tx| store::identity::set_identity(tx, &identity)).unwrap();
    let first = act(&mut store, |action| action.create(id(1), &scope(), &household("一")));
    act(&mut store, |action| action.edit(id(1), &household("二")).map(|_| ()));
    settle(&mut store, settled(first, Outcome::Applied));
    store.send_all_again(records::Incarnation::from_bytes([8; 16])).unwrap();
    let commits = store.read(|db| outbox::batch(db, NOW, 500, 1 << 20)).unwrap();
    let commits: Vec<Commit> = commits.iter().map(|sent| minicbor::decode(&sent.body).unwrap()).collect();
    assert_eq!(commits.iter().map(|commit| commit.push_seq).collect::<Vec<_>>(), vec![1, 2]);
    assert!(matches!(commits[0].ops[0].change, Change::Create { .. }), "taken, and sent once more");
    assert!(matches!(commits[1].ops[0].change, Change::Edit { .. }), "waiting all the time");
    assert_eq!(note(&store).as_deref(), Some("二"));
    assert_eq!(store.read(store::identity::anchor).unwrap(), None, "nothing was heard under the new one");
    let next = act(&mut store, |action| action.edit(id(1), &household("三")).map(|_| ()));
    assert_eq!(next, 3);
}

/// A whole scope in one slice, and what the server says it adds up to.
fn read_whole(store: &mut Store, changes: &[RecordChange], digest: i64, server_ms: i64) -> bool {
    let cursor = changes.last().map_or(0, |change| change.version);
    let digest = Some(digest);
    store.apply(Slice { scope: &scope(), changes, cursor, total: 1, digest, server_ms }).unwrap()
}

fn digest_of(changes: &[RecordChange]) -> i64 {
    let proofs = changes.iter().map(|change| Proof::of(change.id, change.version, change.body.as_ref()));
    proofs.fold(0, |digest, proof| proof.added_to(digest))
}

#[test]
fn a_scope_that_is_not_what_the_server_has_is_read_anew() {
    let mut store = store();
    let first = [from_server(1, Some(household("一").to_body()))];
    assert!(read_whole(&mut store, &first, digest_of(&first), NOW));
    let cursor = |store: &Store| store.read(scopes::cursors).unwrap()[0].clone();
    assert_eq!((cursor(&store).seq, cursor(&store).digest), (1, digest_of(&first)));

    // The server went back to a backup: another record has the number now, and this one is gone.
    let other = RecordChange { id: id(2), ..from_server(1, Some(household("别的").to_body())) };
    let now = [other];
    assert!(!read_whole(&mut store, &[], digest_of(&now), NOW), "it is noticed");
    assert_eq!(cursor(&store).seq, 0, "from its beginning");
    assert!(note(&store).is_some(), "what is held stays until the new is there");
    assert!(read_whole(&mut store, &now, digest_of(&now), NOW));
    assert_eq!(note(&store), None);
    assert_eq!(store.read(scopes::held).unwrap()[0].1, 1);
}

#[test]
fn a_scope_is_not_read_anew_again_and_again() {
    let mut store = store();
    let changes = [from_server(1, Some(household("一").to_body()))];
    assert!(!read_whole(&mut store, &changes, 7, NOW), "a digest nothing adds up to");
    assert!(read_whole(&mut store, &changes, 7, NOW), "read anew in vain: it rests");
    assert!(read_whole(&mut store, &[], 7, NOW + 3_599_000));
    assert!(!read_whole(&mut store, &[], 7, NOW + 3_601_000), "until an hour has passed");
}

#[test]
fn what_the_server_took_is_shown_until_its_word_comes_or_cannot_come_any_more() {
    let mut store = store();
    apply(&mut store, &[from_server(1, Some(household("前").to_body()))]);
    let seq = act(&mut store, |action| action.edit(id(1), &household("我的")).map(|_| ()));
    settle(&mut store, settled(seq, Outcome::Applied));
    assert_eq!(note(&store).as_deref(), Some("我的"));
    let row = store.read(|db| record::get(db, id(1))).unwrap();
    assert_eq!(row.confirmed, Some(household("前").to_body()), "the confirmed body is the server's word");
    store.write(|tx| store::settle::end_promises(tx)).unwrap();
    assert_eq!(note(&store).as_deref(), Some("前"), "the server has told everything and not this");
}

#[test]
fn commits_leave_in_order_and_stop_at_one_that_is_held() {
    let mut store = store();
    act(&mut store, |action| action.create(id(1), &scope(), &household("一")));
    let mut new_id = || id(150);
    let held = Origin { now_ms: NOW, hold_ms: 8_000, new_id: &mut new_id };
    store.act(held, |action| action.edit(id(1), &household("二")).map(|_| ())).unwrap();
    let numbers = |now| -> Vec<u64> {
        store.read(|db| outbox::batch(db, now, 500, 1 << 20)).unwrap().iter().map(|c| c.push_seq).collect()
    };
    assert_eq!(numbers(NOW + 7_999), vec![1]);
    assert_eq!(numbers(NOW + 8_000), vec![1, 2]);
    assert_eq!(store.read(|db| outbox::next_release_ms(db, NOW)).unwrap(), Some(NOW + 8_000));
}

#[test]
fn what_waits_is_counted_without_reading_what_it_says() {
    let store = store();
    for count in [
        "SELECT count(*) FROM outbox WHERE title <> ''",
        "SELECT min(hold_until_ms) FROM outbox WHERE hold_until_ms > 1",
        "SELECT record FROM outbox_record WHERE push_seq = 1",
    ] {
        let plan = format!("EXPLAIN QUERY PLAN {count}");
        let plan: String = store.read(|db| Ok(db.query_row(&plan, [], |row| row.get(3))?)).unwrap();
        assert!(plan.contains("COVERING INDEX"), "{count}: {plan}");
    }
}

#[test]
fn a_save_is_on_disk_in_every_journal_mode() {
    let synchronous = |store: Store| -> i64 {
        store.read(|db| Ok(db.query_row("PRAGMA synchronous", [], |row| row.get(0))?)).unwrap()
    };
    let file = contract::File::new();
    assert_eq!(synchronous(Store::open(file.open()).unwrap()), 2, "FULL with a write-ahead log");
    let in_memory = Connection::open_in_memory().unwrap();
    assert_eq!(synchronous(Store::open(in_memory).unwrap()), 3, "EXTRA without");
}

#[test]
fn every_released_schema_opens_and_keeps_its_records() {
    const RELEASED: [(u32, &str); 2] =
        [(1, include_str!("../fixtures/v1.sql")), (2, include_str!("../fixtures/v2.sql"))];
    for (version, sql) in RELEASED {
        let db = contract::database();
        db.execute_batch(sql).unwrap();
        let found: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(found, version);
        let store = Store::open(db).unwrap();
        let line = store.read(|db| household::one(db, id(1))).unwrap().unwrap();
        assert_eq!(line.care, records::codes::CareLevel::Key);
        assert_eq!(outbox_len(&store), 1);
    }
}

#[test]
fn a_record_that_left_its_scope_is_one_record_in_whatever_order_that_is_heard() {
    let other: Scope = "230881/001/003/08#work".parse().unwrap();
    let body = household("搬家").to_body();
    let there = RecordChange { version: 9, ..from_server(9, Some(body.clone())) };
    let left = RecordChange { has_left: true, ..from_server(2, None) };
    let proof = |version| Proof::of(id(1), version, Some(&body)).0;
    fn take(store: &mut Store, scope: &Scope, change: &RecordChange, digest: i64) {
        let (changes, cursor) = (std::slice::from_ref(change), change.version);
        let slice = Slice { scope, changes, cursor, total: 1, digest: Some(digest), server_ms: NOW };
        assert!(store.apply(slice).unwrap(), "it is what the server has");
    }
    for is_new_first in [true, false] {
        let mut store = store();
        take(&mut store, &scope(), &from_server(1, Some(body.clone())), proof(1));
        let old = scope();
        let steps = [(&other, &there, proof(9)), (&old, &left, 0)];
        for place in if is_new_first { [0, 1] } else { [1, 0] } {
            let (scope, change, digest) = steps[place];
            take(&mut store, scope, change, digest);
        }
        assert_eq!(note(&store).as_deref(), Some("搬家"));
        let held = store.read(scopes::held).unwrap();
        let held: Vec<u64> = held.iter().map(|(_, held, _)| *held).collect();
        assert_eq!(held, [0, 1], "gone here, and there once");
    }
}

#[test]
fn a_record_that_left_for_where_this_device_is_not_is_gone_but_not_the_work_on_it() {
    let mut store = store();
    apply(&mut store, &[from_server(1, Some(household("前").to_body()))]);
    let seq = act(&mut store, |action| action.edit(id(1), &household("我的")).map(|_| ()));
    apply(&mut store, &[RecordChange { has_left: true, ..from_server(2, None) }]);
    assert_eq!((note(&store), outbox_len(&store)), (None, 1), "it is still to be sent");
    settle(&mut store, settled(seq, Outcome::Applied));
    assert!(store.read(|db| record::find(db, id(1))).unwrap().is_none(), "nothing is left behind");
}
