//! Devices in a file, as they are once the code has opened them: one of ours or none, and then nothing is changed.

use std::sync::OnceLock;

use records::Incarnation;
use rusqlite::Connection;
use store::{Store, identity};

/// A change of the image takes this many bytes of the input: where, and what instead.
const CHANGE_BYTES: usize = 4;

pub(crate) fn holds(bytes: &[u8]) {
    if bytes.starts_with(b"SQLite format 3") {
        take(bytes);
    }
    take(&changed(bytes));
}

fn take(image: &[u8]) {
    let mut store = empty();
    let before = store.everything().unwrap();
    let taken = store.take_image(image, Incarnation::from_bytes([9; 16]));
    let after = store.everything().unwrap();
    if taken.is_err() {
        assert!(before == after, "what is refused changes nothing");
        return;
    }
    let life = store.read(identity::identity).unwrap().unwrap();
    assert_eq!(life.incarnation, Incarnation::from_bytes([9; 16]), "it lives a life of its own");
    let image = store.image().unwrap();
    let mut next = empty();
    next.take_image(&image, Incarnation::from_bytes([8; 16])).unwrap();
}

fn empty() -> Store {
    Store::open(Connection::open_in_memory().unwrap()).unwrap()
}

/// The image of a device that belongs to somebody and holds nothing yet, changed in a few places.
fn changed(bytes: &[u8]) -> Vec<u8> {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    let image = IMAGE.get_or_init(|| {
        let mut store = empty();
        store.write(|tx| identity::set_identity(tx, &device::demo_identity())).unwrap();
        store.image().unwrap()
    });
    let mut image = image.clone();
    for change in bytes.chunks_exact(CHANGE_BYTES) {
        let [high, middle, low, byte] = change else { unreachable!("four bytes") };
        let at = u32::from_be_bytes([0, *high, *middle, *low]) as usize % image.len();
        image[at] = *byte;
    }
    // What is left over says how much of the end is missing.
    let missing =
        bytes.chunks_exact(CHANGE_BYTES).remainder().iter().map(|byte| usize::from(*byte)).sum::<usize>();
    image.truncate(image.len() - missing);
    image
}
