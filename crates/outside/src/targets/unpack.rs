//! Compressed bodies: within the caps, whatever they are.

use records::wire::MAX_DECOMPRESSED;
use sync::pack::{self, ACCEPTED, MAX_RATIO, RATIO_FLOOR};

pub(crate) fn holds(bytes: &[u8]) {
    for encoding in [None, Some("gzip"), Some("zstd")] {
        if let Ok(body) = pack::unpack(bytes, encoding) {
            assert!(body.len() <= MAX_DECOMPRESSED);
            assert!(body.len() <= RATIO_FLOOR.max(bytes.len() * MAX_RATIO));
        }
    }
    let packed = pack::pack(bytes.to_vec(), ACCEPTED);
    assert_eq!(pack::unpack(&packed.bytes, packed.encoding).unwrap(), bytes);
}
