//! What a backup is sealed with: from a file or a variable, never from the command line, which others on the machine see.

use std::error::Error;
use std::path::PathBuf;

use server::backup::Passphrase;
use thiserror::Error;

use super::{Given, Mistake};

/// The variable that holds it.
const VARIABLE: &str = "GRIDWALK_PASSPHRASE";

#[derive(Debug, Error)]
#[error("{} cannot be read", .0.display())]
struct Unreadable(PathBuf, #[source] std::io::Error);

impl Given {
    /// What a backup is to be sealed with. One that was named without `--seal` is a slip: the file would lie open.
    pub(super) fn seal(&mut self) -> Result<Option<Passphrase>, Box<dyn Error>> {
        match std::mem::take(&mut self.seal) || self.settings.get("seal").is_some_and(|so| so == "true") {
            false => Ok(None),
            true => match self.passphrase()? {
                None => Err(Mistake::Missing("--passphrase-file FILE or GRIDWALK_PASSPHRASE").into()),
                passphrase => Ok(passphrase),
            },
        }
    }

    /// What a backup may be sealed with.
    pub(super) fn passphrase(&mut self) -> Result<Option<Passphrase>, Box<dyn Error>> {
        let text = match self.take("passphrase-file").map(PathBuf::from) {
            Some(file) => Some(std::fs::read_to_string(&file).map_err(|error| Unreadable(file, error))?),
            None => std::env::var(VARIABLE).ok().filter(|text| !text.is_empty()),
        };
        Ok(text.map(|text| Passphrase::new(&text)).transpose()?)
    }
}
