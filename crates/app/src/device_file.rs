//! This device as one run of bytes, for a shell to close into a file, and the way back.

use records::call::Session;
use records::{Fault, Incarnation};
use store::identity;

use crate::courier::Download;
use crate::round::Rounds;
use crate::{Answer, App, Context};

/// Ending of the files' names.
const ENDING: &str = ".gwdevice";
/// How many codes there are: sixteen digits, 53 bits.
const CODES: u64 = 10_000_000_000_000_000;
/// How many there are of a group of digits.
const GROUPS: u64 = 10_000;

/// What a device keeps, open to read. It is closed before it goes anywhere.
pub struct DeviceImage {
    /// A name for the file. Nobody's name is in it: it may lie about.
    pub name: String,
    /// Everything.
    pub bytes: Vec<u8>,
    /// What it is to be closed with.
    pub code: String,
}

impl App {
    /// Everything on this device.
    ///
    /// # Errors
    /// `not_enrolled`: then there is nothing that a new enrolment would not bring; `lease.over`.
    pub fn device_image(&mut self, context: &mut Context<'_>) -> Answer<DeviceImage> {
        self.shows_people(context.now.utc_ms)?;
        if self.store.read(identity::identity)?.is_none() {
            return Err(Fault::new("not_enrolled"));
        }
        let bytes = self.store.image()?;
        let code = code(u64::from_be_bytes(context.random()));
        Ok(DeviceImage { name: format!("gridwalk-{}{ENDING}", context.today()), bytes, code })
    }

    /// Begins from what another device kept. It speaks to the server as that one, in a life of its own.
    ///
    /// # Errors
    /// `enrol.already` when this device belongs to somebody; `device_file.other` and `device_file.newer` when it is
    /// no image. Nothing is changed then.
    pub fn take_device(&mut self, image: &[u8], context: &mut Context<'_>) -> Answer<Session> {
        if self.store.read(identity::identity)?.is_some() {
            return Err(Fault::new("enrol.already"));
        }
        let incarnation = Incarnation::new(context.now.utc_ms, context.random());
        self.store.take_image(image, incarnation).map_err(|fault| match fault.code() {
            "store.foreign" => Fault::new("device_file.other"),
            "store.newer" => Fault::new("device_file.newer"),
            _ => fault.into(),
        })?;
        self.rounds = Rounds::of(&self.store)?;
        self.catalog = None;
        self.withdrawn = None;
        self.uploads.forget();
        self.session(context)
    }

    /// Keeps a file until the shell fetches it, under the answered number.
    pub fn offer_file(&mut self, name: String, bytes: Vec<u8>) -> u64 {
        self.downloads.add(Download { name, bytes })
    }
}

/// A code of so much chance, in groups that are easy to write down: `0482 1190 3377 5064`.
pub(crate) fn code(chance: u64) -> String {
    let code = chance % CODES;
    let group = |number: u32| code / GROUPS.pow(number) % GROUPS;
    format!("{:04} {:04} {:04} {:04}", group(3), group(2), group(1), group(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use contract::test;

    #[test]
    fn a_code_is_sixteen_digits_that_can_be_written_down() {
        assert_eq!(code(0), "0000 0000 0000 0000");
        assert_eq!(code(482_119_033_775_064), "0482 1190 3377 5064");
        assert_eq!(code(CODES + 5), "0000 0000 0000 0005");
        assert_eq!(code(u64::MAX).len(), 19);
    }
}
