//! Backups of a server: read to the end or refused, and what a backup says is in it, is.

use server::backup::verify_bytes;
use sync::signature::digest;

const BEGINS: &[u8] = b"GWBACKUP\0\x01";
/// Between frames of an input: what stands between two of these is one of them.
const BETWEEN: u8 = 0xf7;

pub(crate) fn holds(bytes: &[u8]) {
    read(bytes);
    read(&with_hashes(bytes));
}

fn read(file: &[u8]) {
    let Ok(summary) = verify_bytes(file) else { return };
    assert_eq!(verify_bytes(file).unwrap(), summary, "the same file says the same");
    assert!(verify_bytes(&file[..file.len() - 1]).is_err(), "its end is missing");
    assert!(verify_bytes(&[file, &[0]].concat()).is_err(), "something hangs on behind");
    let mut changed = file.to_vec();
    changed[file.len() / 2] ^= 1;
    assert!(verify_bytes(&changed).is_err(), "a bit of it was changed");
}

/// A file whose frames are whole, whatever is in them: nobody guesses hashes. The first byte of a piece is its kind.
fn with_hashes(bytes: &[u8]) -> Vec<u8> {
    let mut file = BEGINS.to_vec();
    let mut hash = digest(BEGINS);
    for piece in bytes.split(|byte| *byte == BETWEEN) {
        let Some((kind, body)) = piece.split_first() else { continue };
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        let frame = [&[kind % 4, 0][..], &length, body].concat();
        hash = digest(&[&hash[..], &frame].concat());
        file.extend_from_slice(&frame);
        file.extend_from_slice(&hash);
    }
    file
}
