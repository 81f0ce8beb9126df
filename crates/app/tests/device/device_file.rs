//! This device as one run of bytes, and another that begins from it.

use contract::File;
#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::Fault;
use records::call::*;
use records::codes::VisitResult;
use rusqlite::{Connection, MAIN_DB};
use store::{Store, identity};

use super::{code, device, first_due, visit};

fn image_of(device: &mut LocalDevice) -> Vec<u8> {
    device.with(|app, context| app.device_image(context)).unwrap().bytes
}

fn take(device: &mut LocalDevice, image: &[u8]) -> Result<Session, Fault> {
    device.with(|app, context| app.take_device(image, context))
}

/// The image after somebody did something to it.
fn changed(image: &[u8], change: &str) -> Vec<u8> {
    let mut db = Connection::open_in_memory().unwrap();
    db.deserialize_read_exact(MAIN_DB, image, image.len(), false).unwrap();
    db.execute_batch(change).unwrap();
    db.serialize(MAIN_DB).unwrap().to_vec()
}

#[test]
fn another_device_goes_on_where_this_one_stood() {
    let mut old = device();
    let (seen, half) =
        (first_due(&mut old).household, old.ask(GetToday {}).unwrap().staircases[0].doors[1].household);
    visit(&mut old, seen, VisitResult::Met);
    let mut draft = old.ask(OpenVisitSheet { household: half }).unwrap().draft;
    draft.note = "写了一半".to_owned();
    old.ask(SaveDraft { draft }).unwrap();
    let image = image_of(&mut old);

    let mut new = LocalDevice::empty().unwrap();
    new.now_ms = old.now_ms;
    let session = take(&mut new, &image).unwrap();
    assert_eq!(session, old.ask(GetSession {}).unwrap());
    new.restart().unwrap();
    assert_eq!(new.ask(GetToday {}).unwrap(), old.ask(GetToday {}).unwrap());
    assert_eq!(new.ask(OpenVisitSheet { household: half }).unwrap().draft.note, "写了一半");
    let [waiting] = new.ask(GetSync {}).unwrap().waiting.try_into().unwrap();
    assert_eq!(waiting.record, old.ask(GetSync {}).unwrap().waiting[0].record);
    visit(&mut new, half, VisitResult::Met);
}

#[test]
fn a_device_with_pages_of_another_size_is_taken_as_well() {
    let mut old = device();
    let file = File::new();
    let db = file.open();
    let size: i64 = db.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    db.execute_batch(&format!("PRAGMA page_size = {}", if size == 4096 { 8192 } else { 4096 })).unwrap();
    let mut other = Store::open(db).unwrap();
    let identity = old.store().read(identity::identity).unwrap().unwrap();
    other.write(|tx| identity::set_identity(tx, &identity)).unwrap();

    let mut new = LocalDevice::empty().unwrap();
    take(&mut new, &other.image().unwrap()).unwrap();
    new.restart().unwrap();
    let life = new.store().read(identity::identity).unwrap().unwrap();
    assert_eq!((life.device, &life.name), (identity.device, &identity.name));
    assert_eq!(
        new.store()
            .read(|db| Ok(db.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0))?))
            .unwrap(),
        "wal"
    );
}

#[test]
fn each_device_that_begins_from_it_lives_a_life_of_its_own() {
    let mut old = device();
    let image = image_of(&mut old);
    let mut lives: Vec<_> = (0..2)
        .map(|number| {
            let mut new = LocalDevice::empty().unwrap();
            new.now_ms += number;
            take(&mut new, &image).unwrap();
            new.store().read(identity::identity).unwrap().unwrap()
        })
        .collect();
    lives.push(old.store().read(identity::identity).unwrap().unwrap());
    assert_eq!(lives[0].device, lives[2].device);
    lives.sort_by_key(|life| life.incarnation);
    lives.dedup_by_key(|life| life.incarnation);
    assert_eq!(lives.len(), 3);
}

#[test]
fn a_device_that_belongs_to_somebody_takes_nothing_and_an_empty_one_has_nothing_to_give() {
    let mut old = device();
    let image = image_of(&mut old);
    let seen = first_due(&mut old).household;
    visit(&mut old, seen, VisitResult::Met);
    assert_eq!(take(&mut old, &image).map_err(code), Err("enrol.already".to_owned()));
    assert_eq!(old.ask(GetSync {}).unwrap().waiting.len(), 1);

    let mut empty = LocalDevice::empty().unwrap();
    let given = empty.with(|app, context| app.device_image(context).map(drop));
    assert_eq!(given.map_err(code), Err("not_enrolled".to_owned()));
}

#[test]
fn nothing_but_an_image_of_ours_is_taken() {
    let image = image_of(&mut device());
    let mut empty = LocalDevice::empty().unwrap();
    let half = &image[..image.len() / 2];
    let mut torn = image.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 4096].fill(0xa5);
    let cases: [(&str, Vec<u8>, &str); 10] = [
        ("nothing", vec![], "device_file.other"),
        ("words", "不是数据库".repeat(500).into_bytes(), "device_file.other"),
        ("half of one", half.to_vec(), "device_file.other"),
        ("one with a torn page", torn, "device_file.other"),
        ("nobody's", changed(&image, "DELETE FROM meta WHERE name = 'identity'"), "device_file.other"),
        ("another program's", changed(&image, "PRAGMA application_id = 7"), "device_file.other"),
        ("a later version's", changed(&image, "PRAGMA user_version = 9999"), "device_file.newer"),
        ("one that does more", changed(&image, MORE), "device_file.other"),
        ("one that shows something else", changed(&image, VIEW), "device_file.other"),
        ("one that lacks an index", changed(&image, "DROP INDEX outbox_title"), "device_file.other"),
    ];
    for (what, image, expected) in cases {
        assert_eq!(take(&mut empty, &image).map_err(code), Err(expected.to_owned()), "{what}");
        assert_eq!(empty.ask(GetSession {}).unwrap().worker, None, "{what}");
    }
    take(&mut empty, &image).unwrap();
}

const MORE: &str = "CREATE TRIGGER more AFTER INSERT ON outbox BEGIN DELETE FROM outbox; END";
const VIEW: &str = "CREATE VIEW meta2 AS SELECT * FROM meta";
