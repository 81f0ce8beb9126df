//! Bytes that are no frame, or one beyond the limits: each has a code of its own, none is held in memory, and
//! none makes anybody panic.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encoder};
use records::Incarnation;
use records::wire::{
    Commit, Cursor, EnrolAnswer, EnrolRequest, MAX_COMPRESSED, MAX_DECOMPRESSED, MAX_OPS, NEWEST_OUTCOME,
    PROTOCOL, SyncAnswer, SyncRequest,
};
use sync::frame::{self, MAX_DEPTH, MAX_VALUES};
use sync::pack::{self, MAX_RATIO, RATIO_FLOOR};

/// The system's memory, counted.
struct Counted;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST_HELD: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static MEMORY: Counted = Counted;

#[expect(unsafe_code, reason = "an allocator that counts hands everything on as it came")]
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST_HELD.fetch_max(held, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(place, layout) }
    }
}

/// Most bytes ever held for one message: what it inflates to, and some hundred for each of its values.
const MOST_MEMORY: usize = MAX_DECOMPRESSED + 100 * MAX_VALUES;

/// What a server says to a request; `ok` where it has nothing against it.
fn said<T: for<'b> Decode<'b, ()>>(bytes: &[u8], encoding: Option<&str>) -> &'static str {
    let before = HELD.load(Ordering::Relaxed);
    MOST_HELD.store(before, Ordering::Relaxed);
    let code = match pack::unpack(bytes, encoding) {
        Err(fault) => fault.code(),
        Ok(body) => frame::read::<T>(&body).map_or_else(|fault| fault.code(), |_| "ok"),
    };
    let held = MOST_HELD.load(Ordering::Relaxed).saturating_sub(before);
    assert!(held <= MOST_MEMORY, "{held} bytes were held for {} as sent", bytes.len());
    code
}

fn request() -> SyncRequest {
    SyncRequest {
        protocol: PROTOCOL,
        incarnation: Incarnation::from_bytes([1; 16]),
        clock_ms: 1_795_000_000_000,
        epoch: Some(3),
        commits: vec![ByteVec::from(minicbor::to_vec(Commit { push_seq: 1, ops: vec![] }).unwrap())],
        cursors: vec![Cursor { scope: "230881/001/003/07#work".parse().unwrap(), seq: 7, digest: -1 }],
        budget: 9,
        nonce: ByteVec::from(vec![4; 16]),
        anchor: None,
        lacks_sealing_key: false,
        takes_tokens: false,
        outcomes: NEWEST_OUTCOME,
        aftermath: None,
    }
}

fn whole() -> Vec<u8> {
    minicbor::to_vec(request()).unwrap()
}

/// A request with a key that nobody knows, and this below it.
fn with_unknown(value: &[u8]) -> Vec<u8> {
    let mut bytes = whole();
    bytes[0] += 1;
    bytes.extend([0x18, 99]);
    bytes.extend(value);
    bytes
}

/// Bytes that hardly shrink.
fn noise(count: usize) -> Vec<u8> {
    let mut chance = oorandom::Rand32::new(1);
    (0..count).map(|_| chance.rand_u32() as u8).collect()
}

fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::encode_all(body, 3).unwrap()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_request_cut_off_anywhere_is_garbage() {
    let whole = whole();
    assert_eq!(said::<SyncRequest>(&whole, None), "ok");
    for bytes in 0..whole.len() {
        assert_eq!(said::<SyncRequest>(&whole[..bytes], None), "sync.garbage", "after {bytes} bytes");
    }
}

#[test]
fn each_limit_has_a_code_of_its_own() {
    let nested = |depth: usize| with_unknown(&[vec![0x81; depth], vec![0]].concat());
    let empty = |count: u32| {
        let list = [&[0x9a][..], &count.to_be_bytes(), &vec![0x40; count as usize]].concat();
        with_unknown(&list)
    };
    let cases: [(&str, Vec<u8>, &str); 21] = [
        ("nothing", vec![], "sync.garbage"),
        ("a page of HTML", b"<html>please log in</html>".to_vec(), "sync.garbage"),
        ("a text for a number", vec![0xa1, 0, 0x61, b'1'], "sync.garbage"),
        ("a list for the whole", vec![0x81, 1], "sync.garbage"),
        ("a map with half an entry", vec![0xa1, 0], "sync.garbage"),
        ("a number of 65 bits", with_unknown(&[0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0]), "ok"),
        ("text that is no UTF-8", vec![0xa1, 5, 0x81, 0x83, 0x62, 0xff, 0xfe, 0, 0], "sync.garbage"),
        ("a list of undeclared length", with_unknown(&[0x9f, 0, 0xff]), "sync.length_undeclared"),
        ("a map of undeclared length", with_unknown(&[0xbf, 0, 0, 0xff]), "sync.length_undeclared"),
        ("a text of undeclared length", with_unknown(&[0x7f, 0x61, b'a', 0xff]), "sync.length_undeclared"),
        ("an end without a beginning", with_unknown(&[0xff]), "sync.garbage"),
        ("a key that comes twice", vec![0xa2, 0, 1, 0, 1], "sync.keys_unordered"),
        ("keys that descend", vec![0xa2, 1, 0, 0, 1], "sync.keys_unordered"),
        ("something behind it", [whole(), vec![0]].concat(), "sync.trailing"),
        ("as deep as may be", nested(MAX_DEPTH - 2), "ok"),
        ("deeper than may be", nested(MAX_DEPTH - 1), "sync.too_deep"),
        ("tags in tags", with_unknown(&[vec![0xc1; 100_000], vec![0]].concat()), "sync.too_deep"),
        ("as many values as may be", empty(MAX_VALUES as u32 - 40), "ok"),
        ("more values than may be", empty(MAX_VALUES as u32), "sync.too_many_values"),
        (
            "a list said to be endless",
            with_unknown(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255]),
            "sync.garbage",
        ),
        (
            "bytes said to be endless",
            with_unknown(&[0x5b, 255, 255, 255, 255, 255, 255, 255, 255]),
            "sync.garbage",
        ),
    ];
    for (what, bytes, code) in cases {
        assert_eq!(said::<SyncRequest>(&bytes, None), code, "{what}");
        if bytes.len() < RATIO_FLOOR {
            assert_eq!(said::<SyncRequest>(&zstd(&bytes), Some("zstd")), code, "{what}, as zstd");
            assert_eq!(said::<SyncRequest>(&gzip(&bytes), Some("gzip")), code, "{what}, as gzip");
        }
    }
}

#[test]
fn each_limit_of_packing_has_a_code_of_its_own() {
    let text = |count: usize| {
        let mut encoder = Encoder::new(vec![]);
        encoder.bytes(&vec![b' '; count]).unwrap();
        with_unknown(&encoder.into_writer())
    };
    let noisy = |noisy: usize, flat: usize| [noise(noisy), vec![0; flat]].concat();
    for (name, packed) in [("zstd", zstd as fn(&[u8]) -> Vec<u8>), ("gzip", gzip)] {
        let encoding = Some(name);
        assert_eq!(said::<SyncRequest>(&packed(&text(RATIO_FLOOR - 500)), encoding), "ok", "small and flat");
        let bomb = packed(&text(RATIO_FLOOR + 500));
        assert!(bomb.len() * MAX_RATIO < RATIO_FLOOR);
        assert_eq!(said::<SyncRequest>(&bomb, encoding), "sync.ratio_too_high");
        let bomb = packed(&vec![0; 2 * MAX_DECOMPRESSED]);
        assert_eq!(said::<SyncRequest>(&bomb, encoding), "sync.ratio_too_high");
        let large = packed(&noisy(1_000_000, MAX_DECOMPRESSED - 999_999));
        assert_eq!(said::<SyncRequest>(&large, encoding), "sync.inflates_too_far");
        assert_eq!(said::<SyncRequest>(&noise(100), encoding), "sync.garbage", "not {name}");
        let cut = packed(&noisy(5_000, 0));
        assert_eq!(said::<SyncRequest>(&cut[..cut.len() - 9], encoding), "sync.garbage");
    }
    assert_eq!(said::<SyncRequest>(&noise(MAX_COMPRESSED + 1), None), "sync.too_large");
    assert_eq!(said::<SyncRequest>(&noise(MAX_COMPRESSED + 1), Some("zstd")), "sync.too_large");
    assert_eq!(said::<SyncRequest>(&whole(), Some("br")), "sync.encoding_unknown");
}

/// Every byte that begins a value of another kind or length, or none.
const BEGINNINGS: [u8; 24] = [
    0, 1, 0x17, 0x18, 0x19, 0x1b, 0x20, 0x3b, 0x40, 0x5b, 0x5f, 0x60, 0x7b, 0x7f, 0x80, 0x9b, 0x9f, 0xa0,
    0xbb, 0xbf, 0xc1, 0xf6, 0xfb, 0xff,
];

/// Each byte of every frame becomes another one: whatever that is, somebody reads it or says no.
#[test]
fn no_byte_that_changed_makes_anybody_panic() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|file| file.is_file()).map(|file| std::fs::read_to_string(file).unwrap());
    let mut read = 0;
    for bytes in texts.map(|text| of_hex(&text)) {
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            for other in BEGINNINGS {
                changed[place] = other;
                read += usize::from(frame::read::<SyncRequest>(&changed).is_ok());
                read += usize::from(frame::read::<SyncAnswer>(&changed).is_ok());
                read += usize::from(frame::read::<Commit>(&changed).is_ok());
                read += usize::from(frame::read::<EnrolRequest>(&changed).is_ok());
                read += usize::from(frame::read::<EnrolAnswer>(&changed).is_ok());
            }
        }
    }
    assert!(read > 1_000, "only {read} of them were still read");
}

fn of_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.lines().filter(|line| !line.starts_with('#')).flat_map(str::bytes).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// Ops are bounded by the request, not by what a list says of itself.
#[test]
fn many_commits_are_not_kept() {
    let commits = vec![ByteVec::from(vec![0; 20]); 100 * MAX_OPS];
    let bytes = minicbor::to_vec(SyncRequest { commits, ..request() }).unwrap();
    assert_eq!(said::<SyncRequest>(&bytes, None), "ok");
    let read: SyncRequest = frame::read(&bytes).unwrap();
    assert_eq!(read.commits.len(), MAX_OPS + 1, "one more tells that there are too many");
}
