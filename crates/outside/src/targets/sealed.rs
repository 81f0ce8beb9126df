//! Backups under a passphrase: what was sealed opens whole, and what was changed gives nothing of the piece it was in.

use std::io::{Read, Write};
use std::sync::OnceLock;

use lockbox::stream::{MARK, Passphrase, SEAL_RANDOM_BYTES, SealReader, SealWriter};

/// Bytes of a piece before it is sealed, and of its tag.
const PIECE: usize = 64 * 1024;
/// A change of the file takes this many bytes of the input: where, and what instead.
const CHANGE_BYTES: usize = 4;

pub(crate) fn holds(bytes: &[u8]) {
    // Without the right beginning no memory is taken for a key.
    if !bytes.starts_with(MARK) {
        assert!(SealReader::begin(bytes, passphrase()).is_err());
    }
    let (file, plain) = sealed();
    let mut changed = file.to_vec();
    for change in bytes.chunks_exact(CHANGE_BYTES) {
        let [high, middle, low, byte] = change else { unreachable!("four bytes") };
        let at = u32::from_be_bytes([0, *high, *middle, *low]) as usize % changed.len();
        changed[at] = *byte;
    }
    let missing = bytes.chunks_exact(CHANGE_BYTES).remainder();
    changed.truncate(changed.len() - missing.iter().map(|byte| usize::from(*byte)).sum::<usize>());
    let Ok(mut reader) = SealReader::begin(&changed[..], passphrase()) else {
        assert!(changed != *file);
        return;
    };
    let mut read = vec![];
    let end = reader.read_to_end(&mut read);
    assert_eq!(end.is_ok(), changed == *file, "what was changed anywhere has no end");
    assert!(plain.starts_with(&read), "nothing is given out that was not written");
    assert!(end.is_ok() || read.len() % PIECE == 0, "nothing of a piece that does not open");
    assert!(end.is_ok() || reader.read(&mut [0; 16]).is_err(), "the fault stays");
}

/// Not a secret: what it closes is made here.
fn passphrase() -> &'static Passphrase {
    static PASSPHRASE: OnceLock<Passphrase> = OnceLock::new();
    PASSPHRASE.get_or_init(|| Passphrase::new("a passphrase of the seeds").unwrap())
}

/// A sealed file of two whole pieces and a bit, and what is in it.
fn sealed() -> &'static (Vec<u8>, Vec<u8>) {
    static SEALED: OnceLock<(Vec<u8>, Vec<u8>)> = OnceLock::new();
    SEALED.get_or_init(|| {
        let plain: Vec<u8> = (0..2 * PIECE + 77).map(|at| (at % 251) as u8).collect();
        let mut writer = SealWriter::begin(vec![], passphrase(), &[3; SEAL_RANDOM_BYTES]).unwrap();
        writer.write_all(&plain).unwrap();
        (writer.finish().unwrap(), plain)
    })
}
