//! Time and randomness, as the shell passes them in.

use chrono::NaiveDate;
use records::{Moment, RecordId};

/// The moment of a call and a source of randomness.
pub struct Context<'a> {
    /// Now, by the device's clock.
    pub now: Moment,
    /// Fills a buffer with random bytes from the system.
    pub random: &'a mut dyn FnMut(&mut [u8]),
}

impl Context<'_> {
    /// Today, on the wall clock of the device.
    pub fn today(&self) -> NaiveDate {
        self.now.local_day()
    }

    /// A fresh record id.
    pub fn new_id(&mut self) -> RecordId {
        let mut bytes = [0; 10];
        (self.random)(&mut bytes);
        RecordId::new(self.now.utc_ms, bytes)
    }

    /// Fresh random bytes.
    pub fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}
