//! A door under tries, power cuts, damaged copies and a system's key store.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use super::*;
use crate::key_store::{NoKeyStore, Unavailable};

const PIN: &str = "135790";
const WRONG: &str = "975310";

/// Files in memory, and a clock that goes when it is told to.
#[derive(Clone, Default)]
struct Folder(Rc<Kept>);

#[derive(Default)]
struct Kept {
    files: RefCell<BTreeMap<String, Vec<u8>>>,
    now_ms: Cell<u64>,
    drawn: Cell<u8>,
    is_passphrase: Cell<bool>,
    /// So many more files are written or taken away before the power goes; none, and it stays.
    power: Cell<Option<usize>>,
    /// Somebody else holds the second copy.
    is_held: Cell<bool>,
}

impl Folder {
    fn put(&self, name: &str, bytes: &[u8]) {
        self.0.files.borrow_mut().insert(name.to_owned(), bytes.to_vec());
    }

    /// Whether there is still power for one more file.
    fn write(&self) -> Result<(), Fault> {
        match self.0.power.get() {
            Some(0) => Err(Fault::new("store.failed")),
            left => {
                self.0.power.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }

    /// As if nobody had tried for long.
    fn later(&self) {
        self.0.now_ms.set(self.0.now_ms.get() + 3_601_000);
    }
}

impl Place for Folder {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.0.files.borrow().get(name).cloned())
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.write()?;
        if self.0.is_held.get() && name == COPIES[1] {
            return Err(Fault::new("store.failed"));
        }
        self.put(name, bytes);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        self.write()?;
        self.0.files.borrow_mut().remove(name);
        Ok(())
    }

    fn ticks_ms(&self) -> u64 {
        self.0.now_ms.get()
    }

    fn random(&self, buffer: &mut [u8]) {
        self.0.drawn.set(self.0.drawn.get() + 1);
        buffer.fill(self.0.drawn.get());
    }

    fn demands(&self) -> Strength {
        if self.0.is_passphrase.get() { Strength::Passphrase } else { Strength::Pin }
    }

    fn is_encrypted(&self) -> Result<bool, Fault> {
        Ok(self.0.files.borrow().contains_key("database"))
    }
}

fn at(folder: &Folder) -> Door<Folder> {
    Door::at(folder.clone(), Box::new(NoKeyStore)).unwrap()
}

fn first(pin: &str) -> SetPin {
    SetPin { pin: pin.to_owned(), before: None }
}

fn locked() -> Folder {
    let folder = Folder::default();
    at(&folder).set(&first(PIN)).unwrap();
    folder
}

#[test]
fn a_door_is_unset_then_open_then_shut_and_its_key_is_the_same_each_time() {
    let folder = Folder::default();
    let mut door = at(&folder);
    assert_eq!(door.key().err().unwrap().code, "lock.unset");
    assert_eq!(door.set(&first("111111")).unwrap_err().code, "lock.pin_guessed");
    assert_eq!(door.lock().state, LockState::Unset);
    door.set(&first(PIN)).unwrap();
    let key = door.key().unwrap().clone();
    door.shut();
    assert_eq!(door.key().err().unwrap().code, "lock.shut");
    assert_eq!(
        door.set(&first("246801")).unwrap_err().code,
        "lock.shut",
        "nobody chooses another from outside"
    );
    let mut door = at(&folder);
    door.open(PIN).unwrap();
    assert!(door.key().unwrap() == &key);
}

#[test]
fn a_wrong_try_is_on_disk_and_the_right_one_takes_it_back() {
    let folder = locked();
    for wrong in 1..=3 {
        at(&folder).open(WRONG).unwrap();
        let lock = at(&folder).lock();
        assert_eq!((lock.state, lock.wrong, lock.tries_left), (LockState::Shut, wrong, 10 - wrong));
    }
    let mut door = at(&folder);
    door.open(PIN).unwrap();
    assert_eq!((door.lock().state, door.lock().wrong), (LockState::Open, 0));
}

#[test]
fn who_was_wrong_often_waits_also_after_another_start_and_trying_meanwhile_costs_nothing() {
    let folder = locked();
    let mut door = at(&folder);
    (0..4).for_each(|_| door.open(WRONG).unwrap());
    for mut door in [door, at(&folder)] {
        assert_eq!(door.lock().wait_ms, 30_000);
        door.open(PIN).unwrap();
        assert_eq!((door.lock().state, door.lock().wrong), (LockState::Shut, 4));
    }
    let door = at(&folder);
    folder.later();
    assert_eq!(door.lock().wait_ms, 0);
}

#[test]
fn after_ten_wrong_tries_nothing_opens_it_and_the_folder_can_begin_anew() {
    let folder = locked();
    let mut door = at(&folder);
    for _ in 0..10 {
        folder.later();
        door.open(WRONG).unwrap();
    }
    assert_eq!((door.lock().state, door.lock().tries_left), (LockState::Gone, 0));
    let mut door = at(&folder);
    folder.later();
    door.open(PIN).unwrap();
    assert_eq!(door.key().err().unwrap().code, "lock.gone");
    door.clear().unwrap();
    assert_eq!(at(&folder).lock().state, LockState::Unset);
}

#[test]
fn a_copy_that_cannot_be_written_turns_nobody_away_and_destroying_wants_both() {
    let folder = locked();
    folder.0.is_held.set(true);
    for _ in 0..11 {
        let mut door = at(&folder);
        door.open(PIN).unwrap();
        assert_eq!(door.lock().state, LockState::Open);
    }
    at(&folder).open(WRONG).unwrap();
    assert_eq!(at(&folder).lock().wrong, 1, "the first copy counts");
    assert_eq!(at(&folder).destroy().unwrap_err().code, "store.failed");
}

#[test]
fn cutting_the_power_at_the_tenth_try_gives_no_eleventh() {
    let folder = locked();
    let file = KeyFile::read(&folder.read("key").unwrap().unwrap()).unwrap();
    let cut = (0..10).fold(file, |file, _| file.trying());
    COPIES.iter().for_each(|name| folder.put(name, &cut.bytes()));
    assert_eq!(at(&folder).lock().state, LockState::Gone);
}

const OTHER: &str = "246801";

type Act<'a> = &'a dyn Fn(&mut Door<Folder>) -> Result<(), Fault>;

/// A life at a door: chosen, wrong once, right, wrong twice, another PIN, destroyed and cleared. Each act's answer says
/// whether it was done before the power went.
fn live(folder: &Folder) -> Vec<bool> {
    let Ok(mut door) = Door::at(folder.clone(), Box::new(NoKeyStore)) else { return vec![] };
    let another = SetPin { pin: OTHER.to_owned(), before: Some(PIN.to_owned()) };
    let acts: [Act<'_>; 8] = [
        &|door| door.set(&first(PIN)),
        &|door| door.open(WRONG),
        &|door| door.open(PIN),
        &|door| door.open(WRONG),
        &|door| door.open(WRONG),
        &|door| door.set(&another),
        &Door::destroy,
        &Door::clear,
    ];
    acts.iter().map(|act| act(&mut door).is_ok()).take_while(|is_done| *is_done).collect()
}

/// The power goes before each file that is written or taken away, and whoever comes back finds a door that stands as the
/// last act left it or the one that was on its way: a PIN that was answered for opens, no try is given back, and what was
/// destroyed stays so.
#[test]
fn wherever_the_power_goes_the_door_stands_as_it_was_answered_or_one_act_further() {
    for power in 0.. {
        let folder = Folder::default();
        folder.0.power.set(Some(power));
        let done = live(&folder).len();
        folder.0.power.set(None);
        let lock = at(&folder).lock();
        // Wrong tries that count at least, and the PINs that may open, after so many acts that were answered.
        let (wrong, pins, states): (u8, &[&str], &[LockState]) = match done {
            0 => (0, &[PIN], &[LockState::Unset, LockState::Shut]),
            1 => (0, &[PIN], &[LockState::Shut]),
            // The one that is on its way was right, and may have been counted as such.
            2 => (0, &[PIN], &[LockState::Shut]),
            3 => (0, &[PIN], &[LockState::Shut]),
            4 => (1, &[PIN], &[LockState::Shut]),
            5 => (0, &[PIN, OTHER], &[LockState::Shut]),
            6 => (0, &[OTHER], &[LockState::Shut, LockState::Gone]),
            7 => (0, &[], &[LockState::Gone, LockState::Unset]),
            _ => (0, &[], &[LockState::Unset]),
        };
        assert!(states.contains(&lock.state) && lock.wrong >= wrong, "{power}: {done} acts, {lock:?}");
        if lock.state == LockState::Shut {
            let opens = |pin: &&&str| {
                let mut door = at(&folder);
                folder.later();
                door.open(pin).unwrap();
                door.lock().state == LockState::Open
            };
            assert_eq!(pins.iter().filter(opens).count(), 1, "{power}: {done} acts");
        }
        if done == 8 {
            assert!(power > 16, "each act writes both copies");
            return;
        }
    }
}

#[test]
fn another_pin_takes_the_one_before_and_opens_the_same_key() {
    let folder = locked();
    let mut door = at(&folder);
    door.open(PIN).unwrap();
    let key = door.key().unwrap().clone();
    let another = |before: &str| SetPin { pin: "246801".to_owned(), before: Some(before.to_owned()) };
    assert_eq!(door.set(&another(WRONG)).unwrap_err().code, "lock.wrong");
    assert_eq!(door.lock().wrong, 1, "it counts");
    door.set(&another(PIN)).unwrap();
    let mut door = at(&folder);
    door.open(PIN).unwrap();
    assert_eq!(door.lock().state, LockState::Shut);
    door.open("246801").unwrap();
    assert!(door.key().unwrap() == &key);
}

#[test]
fn a_damaged_copy_is_no_loss_and_without_either_nobody_opens() {
    let folder = locked();
    folder.put("key", b"Gridwalk key");
    let mut one = at(&folder);
    one.open(PIN).unwrap();
    assert_eq!(one.lock().state, LockState::Open);
    COPIES.iter().for_each(|name| folder.put(name, b""));
    assert_eq!(at(&folder).lock().state, LockState::Gone);
}

#[test]
fn how_the_app_looks_is_known_before_anything_is_open() {
    let folder = locked();
    let settings = Settings { text_percent: 150, ..Settings::default() };
    at(&folder).look(&settings).unwrap();
    assert_eq!(at(&folder).lock().settings, Some(settings));
}

/// A key store that can be told to stay shut.
#[derive(Clone, Default)]
struct MockKeyStore(Arc<Mutex<(Option<Key>, bool)>>);

impl KeyStore for MockKeyStore {
    fn get(&self) -> Result<Option<Key>, Unavailable> {
        let kept = self.0.lock().unwrap();
        if kept.1 { Err(Unavailable) } else { Ok(kept.0.clone()) }
    }

    fn put(&self, secret: &Key) -> Result<(), Unavailable> {
        let mut kept = self.0.lock().unwrap();
        if kept.1 {
            return Err(Unavailable);
        }
        kept.0 = Some(secret.clone());
        Ok(())
    }
}

impl MockKeyStore {
    fn at(&self, folder: &Folder) -> Door<Folder> {
        Door::at(folder.clone(), Box::new(self.clone())).unwrap()
    }

    fn is_shut(&self, shut: bool) {
        self.0.lock().unwrap().1 = shut;
    }
}

#[test]
fn files_alone_open_nothing_where_the_system_keeps_a_part() {
    let (folder, system) = (Folder::default(), MockKeyStore::default());
    system.at(&folder).set(&first(PIN)).unwrap();
    let mut elsewhere = at(&folder);
    assert_eq!(elsewhere.open(PIN).unwrap_err().code, "lock.key_store_lost");
    assert_eq!(MockKeyStore::default().at(&folder).open(PIN).unwrap_err().code, "lock.key_store_lost");
    system.is_shut(true);
    assert_eq!(system.at(&folder).open(PIN).unwrap_err().code, "lock.key_store");
    assert_eq!(system.at(&folder).lock().wrong, 0, "what the system does not give costs no try");
    system.is_shut(false);
    let mut door = system.at(&folder);
    door.open(PIN).unwrap();
    assert_eq!(door.lock().state, LockState::Open);
}

#[test]
fn a_key_store_that_does_not_open_keeps_nobody_from_work_and_has_its_part_from_the_next_pin_on() {
    let (folder, system) = (Folder::default(), MockKeyStore::default());
    system.is_shut(true);
    system.at(&folder).set(&first(PIN)).unwrap();
    at(&folder).open(PIN).unwrap();
    system.is_shut(false);
    let mut door = system.at(&folder);
    door.open(PIN).unwrap();
    let next = |pin: &str, before: &str| SetPin { pin: pin.to_owned(), before: Some(before.to_owned()) };
    door.set(&next("246802", PIN)).unwrap();
    assert_eq!(at(&folder).open("246802").unwrap_err().code, "lock.key_store_lost");
    system.is_shut(true);
    assert_eq!(door.set(&next("975313", "246802")).unwrap_err().code, "lock.key_store");
    system.is_shut(false);
    system.at(&folder).open("246802").unwrap();
}

/// A store that takes what it is given and keeps nothing, as one without a disk.
struct Forgetful;

impl KeyStore for Forgetful {
    fn get(&self) -> Result<Option<Key>, Unavailable> {
        Ok(None)
    }

    fn put(&self, _: &Key) -> Result<(), Unavailable> {
        Ok(())
    }
}

#[test]
fn a_store_that_gives_nothing_back_has_no_part_in_a_key() {
    let folder = Folder::default();
    Door::at(folder.clone(), Box::new(Forgetful)).unwrap().set(&first(PIN)).unwrap();
    let mut door = at(&folder);
    door.open(PIN).unwrap();
    assert_eq!(door.lock().state, LockState::Open);
}

#[test]
fn where_nothing_else_protects_the_key_it_has_to_be_a_passphrase() {
    let folder = Folder::default();
    folder.0.is_passphrase.set(true);
    let mut door = at(&folder);
    for (weak, code) in [(PIN, "lock.passphrase_length"), ("password1", "lock.pin_guessed")] {
        assert_eq!(door.set(&first(weak)).unwrap_err().code, code);
    }
    door.set(&first("tulips-18")).unwrap();
    assert!(door.lock().is_passphrase && !at(&locked()).lock().is_passphrase);
}

#[test]
fn a_database_that_came_without_its_key_file_is_nobodys_to_begin_in() {
    let folder = Folder::default();
    folder.put("database", b"");
    assert_eq!(at(&folder).lock().state, LockState::Gone);
}

#[test]
fn the_next_owner_goes_on_with_the_key_it_is_handed_unless_the_key_was_destroyed() {
    let folder = locked();
    let mut door = at(&folder);
    door.open(PIN).unwrap();
    let key = door.key().unwrap().clone();
    let mut next = at(&folder);
    next.handed(key.clone());
    assert!(next.key().unwrap() == &key);
    next.destroy().unwrap();
    let mut last = at(&folder);
    last.handed(key);
    assert_eq!(last.key().err().unwrap().code, "lock.gone");
}
