//! What is taken away leaves the device, and nothing else does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use contract::File;
#[cfg(target_family = "wasm")]
use contract::test;
use records::attachment::{Attachment, AttachmentHash};
use records::household::Household;
use records::person::Person;
use records::visit::Visit;
use records::wire::{Awaited, Change, CommitResult, Decided, Outcome, RecordChange, Revoked};
use records::{AccountId, Body, Incarnation, Kind, Moment, Record, RecordId, Scope};
use rusqlite::Connection;
use store::purge::{Purging, receipts, receipts_heard, revoke};
use store::tables::draft;
use store::tables::household::Filter;
use store::{
    Identity, Origin, Slice, Store, attachment, identity, outbox, quarantine, record, scope as scopes, search,
};

const NOW: i64 = 1_795_000_000_000;
const NAME: &str = "欧阳明月";
const NOTE: &str = "耳背敲门大声些";

fn scope(name: &str) -> Scope {
    name.parse().unwrap()
}

fn work() -> Scope {
    scope("230881/001/003/07#work")
}

fn persons() -> Scope {
    scope("230881/001/003/07#sensitive")
}

fn community() -> Scope {
    scope("230881/001/003#work")
}

fn id(n: u16) -> RecordId {
    let mut bytes = [7; 16];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    RecordId::from_bytes(bytes)
}

fn household() -> Household {
    Household {
        residents: 2,
        care: records::codes::CareLevel::Key,
        care_since: "2026-01-01".parse().ok(),
        note: Some(NOTE.to_owned()),
        ..Household::blank(id(9_000))
    }
}

fn person(household: RecordId) -> Person {
    Person::named(household, NAME, records::codes::Relation::Head)
}

fn identity() -> Identity {
    Identity {
        device: records::DeviceId::from_bytes([1; 16]),
        incarnation: Incarnation::from_bytes([2; 16]),
        token: vec![7; 32].into(),
        server_key: vec![8; 32].into(),
        server: "https://grid.example".to_owned(),
        account: AccountId::from_bytes([3; 16]),
        name: "周燕".to_owned(),
        role: records::codes::Role::GridWorker,
        area: "230881/001/003/07".parse().unwrap(),
    }
}

fn change(record: RecordId, kind: Kind, version: u64, body: Body) -> RecordChange {
    let by = AccountId::from_bytes([9; 16]);
    RecordChange {
        id: record,
        kind,
        version,
        body: Some(body),
        by,
        received_ms: NOW,
        has_left: false,
        cleared: 0,
    }
}

fn apply(store: &mut Store, scope: &Scope, changes: &[RecordChange]) {
    let cursor = changes.last().map_or(0, |change| change.version);
    let total = changes.len() as u64;
    store.apply(Slice { scope, changes, cursor, total, digest: None, server_ms: 0 }).unwrap();
}

/// A device that holds `households` of grid 07, a person in each, and one of the community.
fn filled(db: Connection, households: u16) -> Store {
    let mut store = Store::open(db).unwrap();
    store.write(|tx| identity::set_identity(tx, &identity())).unwrap();
    let kind = Household::DECLARATION.kind;
    let all = |make: &dyn Fn(u16) -> RecordChange| (1..=households).map(make).collect::<Vec<_>>();
    let homes = all(&|n| change(id(n), kind, n.into(), household().to_body()));
    apply(&mut store, &work(), &homes);
    let kind = Person::DECLARATION.kind;
    let people = all(&|n| change(id(1_000 + n), kind, n.into(), person(id(n)).to_body()));
    apply(&mut store, &persons(), &people);
    let theirs = change(id(5_000), Household::DECLARATION.kind, 1, household().to_body());
    apply(&mut store, &community(), &[theirs]);
    store
}

fn take_away(store: &mut Store) {
    let revoked = [work(), persons()].map(|scope| Revoked { scope, at_ms: NOW });
    store.write(|tx| revoke(tx, &revoked)).unwrap();
}

/// Takes away everything there is.
fn shut_out(store: &mut Store) {
    let revoked = [work(), persons(), community()].map(|scope| Revoked { scope, at_ms: NOW });
    store.write(|tx| revoke(tx, &revoked)).unwrap();
}

/// Purges to the end; answers in how many steps.
fn purge(store: &mut Store) -> usize {
    (1..).find(|_| store.purge_step(NOW).unwrap() == Purging::Idle).unwrap() - 1
}

fn held(store: &Store) -> Vec<String> {
    let cursors = store.read(scopes::cursors).unwrap();
    cursors.iter().map(|cursor| cursor.scope.to_string()).collect()
}

fn is_here(store: &Store, record: RecordId) -> bool {
    store.read(|db| record::find(db, record)).unwrap().is_some()
}

fn edit(store: &mut Store, n: u16) -> u64 {
    let mut drawn = 0;
    let mut new_id = || {
        drawn += 1;
        id(20_000 + n + drawn)
    };
    let changed = Household { residents: 3, ..household() };
    let origin = Origin { now_ms: NOW, hold_ms: 0, new_id: &mut new_id };
    store.act(origin, |action| action.edit(id(n), &changed).map(|_| ())).unwrap().1.push_seq.unwrap()
}

fn settle(store: &mut Store, push_seq: u64, outcome: Outcome) {
    store.settle(&[CommitResult { push_seq, outcome }], (NOW, NOW), None).unwrap();
}

#[test]
fn what_is_taken_away_is_gone_with_everything_made_of_it() {
    let mut store = filled(contract::database(), 600);
    store.write(|tx| draft::keep(tx, id(3), "{}", NOW)).unwrap();
    assert!(!store.read(|db| search::households(db, "欧阳", Filter::All)).unwrap().is_empty());
    take_away(&mut store);
    assert_eq!(purge(&mut store), 6, "in slices, the smaller the better one can go on meanwhile");
    for record in [id(1), id(600), id(1_001), id(1_600)] {
        assert!(!is_here(&store, record));
    }
    assert!(store.read(|db| search::households(db, "欧阳", Filter::All)).unwrap().is_empty());
    assert_eq!(store.read(|db| draft::of(db, id(3))).unwrap(), None);
    assert!(is_here(&store, id(5_000)), "of what was not taken away everything stays");
    assert_eq!(held(&store), [community().to_string()], "and its cursor");
    let told = store.read(receipts).unwrap();
    let told: Vec<_> = told.iter().map(|r| (r.scope.clone(), r.revoked_ms, r.records)).collect();
    assert_eq!(told, [(persons(), NOW, 600), (work(), NOW, 600)]);
}

#[test]
fn receipts_wait_until_they_were_heard() {
    let mut store = filled(contract::database(), 2);
    take_away(&mut store);
    purge(&mut store);
    let first = store.read(receipts).unwrap()[..1].to_vec();
    store.write(|tx| receipts_heard(tx, &first)).unwrap();
    let left = store.read(receipts).unwrap();
    assert!(left.len() == 1 && left[0] != first[0]);
}

#[test]
fn nothing_leaves_before_the_work_of_its_scope_was_sent() {
    let mut store = filled(contract::database(), 3);
    let seq = edit(&mut store, 2);
    take_away(&mut store);
    purge(&mut store);
    assert!(is_here(&store, id(1)) && is_here(&store, id(2)), "a commit waits there");
    assert!(!is_here(&store, id(1_001)), "none does among the persons");
    assert_eq!(held(&store), [community().to_string()], "nothing of it is asked for any more");

    let code = "record.not_permitted".to_owned();
    settle(&mut store, seq, Outcome::Refused { code });
    purge(&mut store);
    assert!(!is_here(&store, id(2)));
    let refused = store.read(outbox::refused).unwrap();
    let commit = refused[0].commit.as_ref().unwrap();
    assert!(matches!(commit.ops[0].change, Change::Edit { .. }), "what was refused keeps its body");
    store.retry_refused(refused[0].number, NOW).unwrap();
    assert_eq!(store.read(|db| outbox::batch(db, NOW, 9, 1 << 20)).unwrap().len(), 1);
}

#[test]
fn a_scope_given_back_in_the_middle_is_read_from_its_beginning() {
    let mut store = filled(contract::database(), 600);
    take_away(&mut store);
    assert_eq!(store.purge_step(NOW).unwrap(), Purging::More);
    store.write(|tx| scopes::grant(tx, &[work(), persons()])).unwrap();
    assert_eq!(store.purge_step(NOW).unwrap(), Purging::Idle);
    let cursors = store.read(scopes::cursors).unwrap();
    assert!(cursors.iter().filter(|c| c.scope != community()).all(|c| (c.seq, c.digest) == (0, 0)));
    assert!(store.read(receipts).unwrap().is_empty());
}

#[test]
fn being_granted_nothing_takes_nothing_away() {
    let mut store = filled(contract::database(), 2);
    store.write(|tx| scopes::grant(tx, &[])).unwrap();
    store.write(|tx| revoke(tx, &[])).unwrap();
    assert_eq!(store.purge_step(NOW).unwrap(), Purging::Idle);
    assert!(is_here(&store, id(1)) && held(&store).len() == 3);
}

/// Looks for texts in every byte of the database and of its log. A browser shows no file that is open: there
/// the log is gone, and what it held is in the file.
fn found<const N: usize>(file: &File, store: Store, texts: [&str; N]) -> (Store, [bool; N]) {
    let still_open = (!cfg!(target_family = "wasm")).then_some(store);
    let bytes = file.bytes();
    let found = texts.map(|text| bytes.windows(text.len()).any(|found| found == text.as_bytes()));
    (still_open.unwrap_or_else(|| Store::open(file.open()).unwrap()), found)
}

#[test]
fn the_bytes_are_overwritten() {
    let file = File::new();
    let mut store = filled(file.open(), 400);
    let seq = edit(&mut store, 2);
    settle(&mut store, seq, Outcome::Applied);
    let (mut store, there) = found(&file, store, [NAME, NOTE]);
    assert_eq!(there, [true; 2]);
    let everything = [work(), persons(), community()].map(|scope| Revoked { scope, at_ms: NOW });
    store.write(|tx| revoke(tx, &everything)).unwrap();
    purge(&mut store);
    let (_, left) = found(&file, store, [NAME, NOTE, "oyangmingyue"]);
    assert_eq!(left, [false; 3], "no name is left, nor a note, nor how it sounds");
}

/// Kept bodies of commits that the server took, in case it goes back to a backup.
fn acknowledged(store: &Store) -> usize {
    let count =
        |db: &Connection| Ok(db.query_row("SELECT count(*) FROM acknowledged", [], |row| row.get(0))?);
    store.read(count).unwrap()
}

#[test]
fn of_the_commits_that_were_taken_those_of_other_scopes_stay() {
    let mut store = filled(contract::database(), 3);
    for n in [2, 5_000] {
        let seq = edit(&mut store, n);
        settle(&mut store, seq, Outcome::Applied);
    }
    let unreadable = "INSERT INTO acknowledged (taken_ms, body) VALUES (0, x'ff')";
    store.write(|tx| Ok(tx.execute(unreadable, [])?)).unwrap();
    assert_eq!(acknowledged(&store), 3);
    take_away(&mut store);
    purge(&mut store);
    assert_eq!(acknowledged(&store), 1, "the one of the community; what cannot be read is nobody's to keep");
}

/// A visit of this device with a photo of these bytes, and what became of it.
fn photographed(store: &mut Store, n: u16, photo: &(Attachment, Vec<u8>), outcome: Outcome) {
    store.write(|tx| attachment::take(tx, id(n), &photo.0, &photo.1, NOW)).unwrap();
    let mut new_id = || id(30_000 + n);
    let origin = Origin { now_ms: NOW, hold_ms: 0, new_id: &mut new_id };
    let saved = store.act(origin, |action| {
        let visit = Visit {
            photos: attachment::taken_for(action.db(), id(n))?,
            ..Visit::met(id(2), Moment::beijing(NOW))
        };
        action.create(id(n), &work(), &visit)
    });
    settle(store, saved.unwrap().1.push_seq.unwrap(), outcome);
}

/// A photo of this pattern; the store goes by what it is called.
fn photo(n: u8, pattern: &str) -> (Attachment, Vec<u8>) {
    let bytes = pattern.as_bytes().repeat(20_000);
    let (hash, size) = (AttachmentHash::new([n; 32]), bytes.len() as u64);
    (Attachment { hash, size, media: "image/jpeg".to_owned(), name: None }, bytes)
}

#[test]
fn photos_go_with_the_visits_and_sheets_they_were_taken_for() {
    let file = File::new();
    let mut store = filled(file.open(), 3);
    photographed(&mut store, 6_000, &photo(1, "on a visit "), Outcome::Applied);
    let (sheet, matter) = (id(6_001), id(6_002));
    let json = format!(r#"{{"id":"{sheet}","household":"{}","matters":[{{"id":"{matter}"}}]}}"#, id(3));
    store
        .write(|tx| {
            let (on_sheet, on_matter) = (photo(2, "on a sheet "), photo(3, "on a matter "));
            attachment::take(tx, sheet, &on_sheet.0, &on_sheet.1, NOW)?;
            attachment::take(tx, matter, &on_matter.0, &on_matter.1, NOW)?;
            draft::keep(tx, id(3), &json, NOW)?;
            // Elsewhere somebody fills in something else.
            let elsewhere = photo(4, "elsewhere ");
            attachment::take(tx, id(6_003), &elsewhere.0, &elsewhere.1, NOW)
        })
        .unwrap();
    let patterns = ["on a visit ", "on a sheet ", "on a matter ", "elsewhere "];
    let (mut store, there) = found(&file, store, patterns);
    assert_eq!(there, [true; 4]);
    shut_out(&mut store);
    purge(&mut store);
    let (store, left) = found(&file, store, patterns);
    assert_eq!(left, [false, false, false, true]);
    assert_eq!(store.read(receipts).unwrap().len(), 3);
}

/// Whether a photo waits to be sent, long after it was taken.
fn waits(store: &mut Store, photo: &(Attachment, Vec<u8>)) -> bool {
    store.write(|tx| attachment::tidy(tx, 0, NOW + 400 * 24 * 3_600_000)).unwrap();
    let next = store.read(attachment::next_to_send).unwrap();
    assert!(next.as_ref().is_none_or(|next| next.hash == photo.0.hash));
    next.is_some()
}

#[test]
fn who_only_changes_their_post_still_sends_the_photos_of_before() {
    let mut store = filled(contract::database(), 3);
    let [unsent, sent] = [photo(1, "unsent "), photo(2, "sent ")];
    photographed(&mut store, 6_000, &unsent, Outcome::Applied);
    photographed(&mut store, 6_001, &sent, Outcome::Applied);
    store.write(|tx| attachment::set_there(tx, sent.0.hash, None)).unwrap();
    take_away(&mut store);
    purge(&mut store);
    assert_eq!(store.read(|db| attachment::find(db, sent.0.hash)).unwrap(), None);
    assert!(waits(&mut store, &unsent));
    store.write(|tx| attachment::set_there(tx, unsent.0.hash, None)).unwrap();
    assert!(!waits(&mut store, &unsent));
    assert_eq!(
        store.read(|db| attachment::find(db, unsent.0.hash)).unwrap(),
        None,
        "once it is sent it goes"
    );
}

#[test]
fn the_photos_of_a_quarantined_commit_are_sent_all_the_same() {
    let mut store = filled(contract::database(), 3);
    let late = photo(1, "late ");
    photographed(&mut store, 6_000, &late, Outcome::Quarantined);
    assert!(!is_here(&store, id(6_000)), "the visit is not shown before somebody decides");
    take_away(&mut store);
    purge(&mut store);
    assert!(waits(&mut store, &late), "whoever accepts the visit is to see it");
    store.write(|tx| attachment::set_there(tx, late.0.hash, None)).unwrap();
    assert!(!waits(&mut store, &late));
    let left = store.read(|db| attachment::find(db, late.0.hash)).unwrap();
    assert_eq!(left, None, "what the server has stays here no longer than its visit");
}

#[test]
fn the_photos_of_a_visit_that_left_are_sent_all_the_same() {
    let mut store = filled(contract::database(), 3);
    let photo = photo(1, "left ");
    photographed(&mut store, 6_000, &photo, Outcome::Applied);
    let (kind, body) = (Visit::DECLARATION.kind, Visit::met(id(2), Moment::beijing(NOW)).to_body());
    let left = RecordChange { body: None, has_left: true, ..change(id(6_000), kind, 9, body) };
    apply(&mut store, &work(), &[left]);
    assert!(!is_here(&store, id(6_000)));
    assert!(waits(&mut store, &photo));
}

#[test]
fn a_quarantined_commit_is_kept_until_somebody_decides() {
    for (outcome, cards) in
        [(Outcome::Applied, 0), (Outcome::Refused { code: "quarantine.rejected".into() }, 1)]
    {
        let mut store = filled(contract::database(), 3);
        let seq = edit(&mut store, 2);
        settle(&mut store, seq, Outcome::Quarantined);
        take_away(&mut store);
        purge(&mut store);
        let [row] = &store.read(quarantine::rows).unwrap()[..] else { panic!() };
        assert!(row.commit.is_some() && row.first == Some((Household::DECLARATION.kind, id(2))));
        let commit = Awaited { incarnation: identity().incarnation, push_seq: seq };
        assert_eq!(store.read(quarantine::awaited).unwrap(), [commit]);

        let decided = [Decided { commit, outcome }];
        for _ in 0..2 {
            store.write(|tx| quarantine::decide(tx, &decided, (NOW, NOW))).unwrap();
        }
        assert!(store.read(quarantine::awaited).unwrap().is_empty());
        let refused = store.read(outbox::refused).unwrap();
        assert!(refused.len() == cards && refused.iter().all(|card| card.commit.is_some()));
    }
}

#[test]
fn a_quarantined_commit_goes_out_again_when_the_server_went_back() {
    // Behind the decision, too: then somebody decides once more.
    for decided in [None, Some(Outcome::Applied), Some(Outcome::Merged)] {
        let mut store = filled(contract::database(), 3);
        let seq = edit(&mut store, 2);
        settle(&mut store, seq, Outcome::Quarantined);
        if let Some(outcome) = decided {
            let commit = Awaited { incarnation: identity().incarnation, push_seq: seq };
            let decided = [Decided { commit, outcome }];
            store.write(|tx| quarantine::decide(tx, &decided, (NOW, NOW))).unwrap();
        }
        store.send_all_again(Incarnation::from_bytes([9; 16])).unwrap();
        assert!(store.read(quarantine::awaited).unwrap().is_empty());
        assert_eq!(store.read(|db| outbox::batch(db, NOW, 9, 1 << 20)).unwrap().len(), 1);
    }
}
