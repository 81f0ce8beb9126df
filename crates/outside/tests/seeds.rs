//! The seeds of every target and what comes of changing them, in each test run.
#![expect(clippy::print_stdout, reason = "whoever mends it needs the bytes")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::{catch_unwind, resume_unwind};
use std::path::Path;

use outside::play::{Changed, seeds};
use outside::{TARGETS, target};

/// Plays one target and, where it breaks a promise, prints the bytes that made it.
fn play(name: &str) {
    let target = target(name);
    let all = seeds(name);
    let cases = target.cases as usize;
    for bytes in all.clone().into_iter().chain(Changed::of(all).take(cases)) {
        if let Err(panic) = catch_unwind(|| (target.holds)(&bytes)) {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            println!("{name}, {} bytes: {digits}", bytes.len());
            resume_unwind(panic);
        }
    }
}

macro_rules! played {
    ($($name:ident),+ $(,)?) => {
        const PLAYED: &[&str] = &[$(stringify!($name)),+];
        $(
            #[test]
            fn $name() {
                play(stringify!($name));
            }
        )+
    };
}

played!(
    access,
    answer,
    attachment,
    backup,
    commit,
    courier,
    device_image,
    invitation,
    key_file,
    photo,
    qr,
    request,
    sealed,
    search,
    settle,
    tables,
    unpack,
    workbook,
    written,
);

/// A target that is left out of the tests, of the fuzzer or of its list is noticed.
#[test]
fn every_target_is_played_here_and_by_the_fuzzer() {
    let here: BTreeSet<&str> = PLAYED.iter().copied().collect();
    let known: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(here, known);
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for name in known {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let program = fs::read_to_string(fuzz.join(format!("targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("outside::target(\"{name}\")")), "{name}");
    }
}

#[test]
fn the_same_inputs_are_played_in_each_run() {
    let some = || Changed::of(seeds("written")).take(50).collect::<Vec<_>>();
    assert_eq!(some(), some());
    assert!(some().iter().collect::<BTreeSet<_>>().len() > 25, "they differ");
}
