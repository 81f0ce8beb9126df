//! What a life looked like, in one number: two lives of one seed must have the same.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Everything that happened so far, in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trace(pub u64);

impl Trace {
    /// Bytes that went somewhere.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    /// A throw, a time, a count.
    pub fn number(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }
}
