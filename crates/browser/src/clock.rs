//! The one place that reads the clock, and the one that draws randomness.

use js_sys::Date;
use records::Moment;

use crate::worker;

/// Now. China keeps one time zone, so that a day means the same on every device (GB/T 7408).
pub fn now() -> Moment {
    #[expect(clippy::cast_possible_truncation, reason = "a browser's clock counts whole milliseconds")]
    Moment::beijing(Date::now() as i64)
}

/// Milliseconds since the worker began; never goes back.
pub fn ticks_ms() -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    worker::scope().performance().map_or(0, |performance| performance.now() as u64)
}

/// Fills a buffer from the browser's source of randomness.
///
/// # Panics
/// When there is none: ids made without it could meet another device's.
pub fn random(buffer: &mut [u8]) {
    #[expect(clippy::expect_used, reason = "without randomness nothing may be saved")]
    getrandom::fill(buffer).expect("the browser gives random bytes");
}
