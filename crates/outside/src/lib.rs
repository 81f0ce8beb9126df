//! For tests only: what each reader of bytes from outside promises, whatever the bytes are.
//!
//! A target takes bytes and panics where a promise is broken. The fuzzer (`tests/fuzz`) and a test of this crate, which
//! plays the seeds and what comes of changing them, call the same function, so that they cannot differ.
#![expect(clippy::unwrap_used, reason = "a promise that is broken is said by a panic")]

pub mod play;
mod targets;

/// One reader, and bytes for it.
pub struct Target {
    /// Its name: that of the fuzzer's program, and of the folder of its seeds.
    pub name: &'static str,
    /// Holds the reader to what it promises.
    pub holds: fn(&[u8]),
    /// How many changed inputs a test run plays: as many as take a few seconds where nothing is optimised.
    pub cases: u32,
}

/// All of them.
pub const TARGETS: [Target; 19] = [
    Target { name: "access", holds: targets::access::holds, cases: 20_000 },
    Target { name: "answer", holds: targets::answer::holds, cases: 20_000 },
    Target { name: "attachment", holds: targets::attachment::holds, cases: 20_000 },
    Target { name: "backup", holds: targets::backup::holds, cases: 10_000 },
    Target { name: "commit", holds: targets::commit::holds, cases: 20_000 },
    Target { name: "courier", holds: targets::courier::holds, cases: 1_000 },
    Target { name: "device_image", holds: targets::device_image::holds, cases: 200 },
    Target { name: "invitation", holds: targets::invitation::holds, cases: 20_000 },
    Target { name: "key_file", holds: targets::key_file::holds, cases: 20_000 },
    Target { name: "photo", holds: targets::photo::holds, cases: 20_000 },
    Target { name: "qr", holds: targets::qr::holds, cases: 200 },
    Target { name: "request", holds: targets::request::holds, cases: 20_000 },
    Target { name: "sealed", holds: targets::sealed::holds, cases: 20 },
    Target { name: "search", holds: targets::search::holds, cases: 1_500 },
    Target { name: "settle", holds: targets::settle::holds, cases: 1_500 },
    Target { name: "tables", holds: targets::tables::holds, cases: 1_500 },
    Target { name: "unpack", holds: targets::unpack::holds, cases: 4_000 },
    Target { name: "workbook", holds: targets::workbook::holds, cases: 2_500 },
    Target { name: "written", holds: targets::written::holds, cases: 30_000 },
];

/// The target of this name.
///
/// # Panics
/// When there is none.
pub fn target(name: &str) -> &'static Target {
    const ALL: &[Target] = &TARGETS;
    ALL.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("there is no target {name}"))
}
