//! Key files of a device's database: damaged ones are none, and whatever one says, tries are counted.

use vault::{KeyFile, MOST_WRONG, VaultFault};
use xxhash_rust::xxh3::xxh3_64;

const LINE: &[u8] = b"Gridwalk key file, format 1\n";

pub(crate) fn holds(bytes: &[u8]) {
    read(bytes);
    // With the checksum that belongs to it: damage alone never gets further.
    read(&[LINE, &xxh3_64(bytes).to_be_bytes(), bytes].concat());
    let (one, other) = bytes.split_at(bytes.len() / 2);
    assert!(
        KeyFile::read_either([one, other]).is_err()
            || KeyFile::read(one).is_ok()
            || KeyFile::read(other).is_ok()
    );
}

fn read(bytes: &[u8]) {
    let Ok(file) = KeyFile::read(bytes) else { return };
    assert!(KeyFile::read(&file.bytes()).is_ok_and(|again| again == file));
    assert_eq!(KeyFile::read_either([bytes, b"torn"]).map(|either| either.wrong()), Ok(file.wrong()));
    let trying = file.trying();
    assert!(
        trying.wrong() > file.wrong() || file.wrong() == u8::MAX,
        "a try is counted before it is looked at"
    );
    let refused = trying.refused();
    assert!(refused.is_destroyed() || trying.wrong() < MOST_WRONG, "the tenth is the last");
    assert!(KeyFile::read(&refused.bytes()).is_ok());
    let gone = file.destroyed();
    assert!(gone.is_destroyed() && !file.opened().is_destroyed() | file.is_destroyed());
    assert!(
        KeyFile::read_either([&file.bytes(), &gone.bytes()]).is_ok_and(|holds| holds.is_destroyed()),
        "a key that was destroyed stays so"
    );
    let _: Option<VaultFault> = KeyFile::read(&bytes[..bytes.len() - 1]).err();
}
