//! Power cuts in a browser: the files of the pool, as they are on a disk when the power goes.
//!
//! The app works as always while every step that is taken on the raw files is noted from below the pool. For each
//! step the files are then laid out as a cut amid it leaves them, by what was flushed before and what was not, and
//! opened as the app does. What is found must be sound and be all that was acknowledged, with nothing beside it but
//! what was being saved.

mod bench;
mod disk;
mod life;
mod points;
mod watch;

use std::cell::RefCell;
use std::rc::Rc;

use oorandom::Rand64;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use super::slots::{FRONT, HEADER, NAME};
use super::{FILE, take, take_slots};
use bench::Bench;
use disk::{Disk, Done, Left};
use life::{Lived, encrypt, live, move_in};
use points::{Files, Tally, is_name, points};
use watch::Watch;

const SEED: u128 = 20_261_123;
/// While nobody has saved anything, of so many steps one is cut.
const STRIDE: usize = 11;

/// While a database is copied into an encrypted one, which each cut begins anew, of so many.
const COPIES: usize = 23;

/// What was done to the files, once for all tests of this worker.
async fn lived() -> Rc<Lived> {
    thread_local!(static LIVED: RefCell<Option<Rc<Lived>>> = const { RefCell::new(None) });
    if let Some(lived) = LIVED.with_borrow(Clone::clone) {
        return lived;
    }
    let lived = Rc::new(live(Watch::new()).await);
    LIVED.set(Some(lived.clone()));
    lived
}

#[wasm_bindgen_test]
async fn a_power_cut_at_any_point_takes_nothing_that_was_acknowledged() {
    let tally = cut_everywhere(&*lived().await, 1).await;
    assert!(tally.points() >= 1_400 && tally.logs >= 4, "{tally:?}");
}

#[wasm_bindgen_test]
async fn a_device_that_moves_in_has_all_or_nothing_when_the_power_goes() {
    let lived = lived().await;
    let names = lived.noted.files.clone();
    Bench::over(&names).await.lay_out(&[]).await;
    let tally = cut_everywhere(&move_in(&lived.watch, names).await, 2).await;
    assert!(tally.points() >= 300, "{tally:?}");
}

#[wasm_bindgen_test]
async fn a_database_from_before_is_encrypted_whole_or_not_at_all_when_the_power_goes() {
    let lived = lived().await;
    let names = lived.noted.files.clone();
    Bench::over(&names).await.lay_out(&[]).await;
    let encrypted = encrypt(&lived.watch, names).await;
    let tally = cut_everywhere(&encrypted, COPIES).await;
    assert!(tally.points() >= 100, "{tally:?}");
    // Nothing that can be read is left under any name.
    let mut disk = Disk::default();
    encrypted.noted.steps.iter().for_each(|step| disk.take(step));
    let images = disk.after_cut(encrypted.noted.steps.last().unwrap(), Left::Written(0));
    assert!(!images.iter().any(|image| image.get(FRONT..).is_some_and(|all| all.starts_with(b"SQLite"))));
}

/// Cuts every so manyth step of those that matter.
async fn cut_everywhere(lived: &Lived, stride: usize) -> Tally {
    let bench = Bench::over(&lived.noted.files).await;
    let mut chance = Rand64::new(SEED);
    let (mut disk, mut files, mut tally) = (Disk::default(), Files::default(), Tally::default());
    for (number, step) in lived.noted.steps.iter().enumerate() {
        let stride = if number < lived.begins { STRIDE } else { stride };
        if number >= lived.from && (number % stride == 0 || is_name(step)) {
            for left in points(step, &mut chance) {
                bench.lay_out(&disk.after_cut(step, left)).await;
                let found = bench.found().await;
                let is_allowed = found.as_ref().is_ok_and(|found| lived.allows(*found, number));
                assert!(is_allowed, "step {number}, {step:?}, {left:?}, {:?}: {found:?}", files.kind(step));
                tally.count(files.kind(step), left);
            }
        }
        tally.begin(step);
        disk.take(step);
        files.take(step);
    }
    console_log!("{} points: {tally:?}, {} actions", tally.points(), lived.acknowledged.len());
    tally
}

#[wasm_bindgen_test]
async fn a_name_that_is_half_written_is_mended_also_when_the_power_goes_again() {
    let lived = lived().await;
    let bench = Bench::over(&lived.noted.files).await;
    let mut disk = Disk::default();
    let (mut mended, mut cut_again) = (0, 0);
    for (number, step) in lived.noted.steps.iter().enumerate() {
        for left in [Left::Written(NAME), Left::Spoilt(0)].into_iter().filter(|_| is_name(step)) {
            let torn = disk.after_cut(step, left);
            bench.lay_out(&torn).await;
            // The pool by itself would not open any of its files again.
            let Err(_) = take_slots().await.map(|files| files.pause().unwrap()) else { continue };
            mended += 1;
            lived.watch.begin();
            take().await.unwrap().0.pause().unwrap();
            let again = lived.watch.end(lived.noted.files.clone());
            let mut disk = Disk::with(torn);
            for step in again.steps.iter().filter(|again| again.file == step.file) {
                for left in [Left::Written(0), Left::Spoilt(0), Left::Torn(7), Left::Flushed] {
                    bench.lay_out(&disk.after_cut(step, left)).await;
                    let found = bench.found().await;
                    let is_allowed = found.as_ref().is_ok_and(|found| lived.allows(*found, number));
                    assert!(is_allowed, "step {number}, then {step:?}, {left:?}: {found:?}");
                    cut_again += 1;
                }
                disk.take(step);
            }
        }
        disk.take(step);
    }
    console_log!("{mended} names mended, {cut_again} points amid that");
    assert!(mended >= 20 && cut_again >= 500, "{mended} mended, {cut_again} cut again");
}

/// Something else than a power cut did that.
#[wasm_bindgen_test]
async fn a_database_whose_name_is_lost_is_left_as_it_is() {
    let lived = lived().await;
    let bench = Bench::over(&lived.noted.files).await;
    let mut disk = Disk::default();
    lived.noted.steps.iter().for_each(|step| disk.take(step));
    let mut images = disk.after_cut(lived.noted.steps.last().unwrap(), Left::Written(0));
    let database =
        images.iter().position(|image| image.starts_with(&[FILE.as_bytes(), &[0]].concat())).unwrap();
    images[database][..HEADER].fill(b'?');
    bench.lay_out(&images).await;
    assert!(bench.found().await.is_err_and(|fault| fault.contains("store.failed")));
    assert!(bench.bytes(database).await == images[database]);
}

/// The proof would notice a pool that flushes nothing of what it is told to.
#[wasm_bindgen_test]
async fn without_the_flushes_of_the_last_day_something_acknowledged_is_gone() {
    let lived = lived().await;
    let bench = Bench::over(&lived.noted.files).await;
    let mut disk = Disk::default();
    for (number, step) in lived.noted.steps.iter().enumerate() {
        if number < lived.last_begins || !matches!(step.done, Done::Flush) {
            disk.take(step);
        }
    }
    let last = lived.noted.steps.last().unwrap();
    bench.lay_out(&disk.after_cut(last, Left::Flushed)).await;
    let found = bench.found().await.unwrap();
    assert!(!lived.allows(found, lived.noted.steps.len()));
}
