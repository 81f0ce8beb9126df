//! The one place that draws randomness: keys, tokens, codes and ids.

use records::{AccountId, DeviceId, RecordId};

/// Random bytes of the operating system.
///
/// # Panics
/// As [`fill`].
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// Fills a buffer with random bytes of the operating system.
///
/// # Panics
/// When the system has no randomness to give; nothing safe could be done then.
#[expect(clippy::expect_used, reason = "a server without randomness must not go on")]
pub fn fill(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system gives randomness");
}

/// A number of this many decimal digits, every one equally likely.
pub fn digits(count: usize) -> String {
    let digit = || loop {
        // 250 is the largest multiple of 10 in a byte.
        if let [byte @ 0..250] = bytes() {
            return char::from(b'0' + byte % 10);
        }
    };
    (0..count).map(|_| digit()).collect()
}

/// A new record's id.
pub fn record_id(now_ms: i64) -> RecordId {
    RecordId::new(now_ms, bytes())
}

/// A new account's id.
pub fn account_id(now_ms: i64) -> AccountId {
    AccountId::new(now_ms, bytes())
}

/// A new device's id.
pub fn device_id(now_ms: i64) -> DeviceId {
    DeviceId::new(now_ms, bytes())
}
