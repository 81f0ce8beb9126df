//! The one place that reads the clock, and the one that draws randomness.

use records::Moment;

/// Now. China keeps one time zone, so that a day means the same on every device (GB/T 7408).
pub fn now() -> Moment {
    #[expect(clippy::disallowed_methods, reason = "the shell is where time comes from")]
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let ms = since_epoch.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    Moment::beijing(ms)
}

/// Fills a buffer from the system's source of randomness.
///
/// # Panics
/// When the system has none: ids made without it could meet another device's.
pub fn random(buffer: &mut [u8]) {
    #[expect(clippy::expect_used, reason = "without randomness nothing may be saved")]
    getrandom::fill(buffer).expect("the system gives random bytes");
}
