//! Keys in files that belong to the server's user alone, whole or not there.

use std::fs::{self, File};
use std::io::{ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

use records::hex;

use crate::database::private;
use crate::random;

/// Reads one that may not be there yet.
pub fn read(file: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => {
            private::close(file)?;
            Ok(Some(bytes))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes one that is not there; false when somebody else was faster, whose file stays.
pub fn write_new(file: &Path, text: &str) -> Result<bool> {
    let written = beside(file, text)?;
    let linked = fs::hard_link(&written, file);
    fs::remove_file(&written)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        linked => linked.map(|()| true),
    }
}

/// Writes one over what is there.
pub fn replace(file: &Path, text: &str) -> Result<()> {
    fs::rename(beside(file, text)?, file)
}

/// A file of another name with this text, on the disk.
fn beside(file: &Path, text: &str) -> Result<PathBuf> {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}", hex::digits(&random::bytes::<8>())));
    let written = PathBuf::from(name);
    private::make(&written)?;
    let mut open = File::options().write(true).open(&written)?;
    open.write_all(text.as_bytes())?;
    open.sync_all()?;
    Ok(written)
}
