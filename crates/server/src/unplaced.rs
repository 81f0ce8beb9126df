//! A file that gets its name once all of it is on disk, and never takes the name of another.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use records::hex;

use crate::random;

/// A file under a name of its own beside its place. Dropping it takes it away.
pub struct Unplaced {
    path: PathBuf,
    place: PathBuf,
}

impl Unplaced {
    /// A file that is to lie there; nothing is made yet.
    pub fn beside(place: &Path) -> Self {
        let mut name = place.as_os_str().to_owned();
        name.push(format!(".{}", hex::digits(&random::bytes::<4>())));
        Self { path: name.into(), place: place.to_owned() }
    }

    /// Where it lies until then.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it, closed to everybody else.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn make(&self) -> Result<File> {
        let mut options = File::options();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path)
    }

    /// Gives it its name, on disk too.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] where something has that name; whatever the system says.
    pub fn place(self) -> Result<()> {
        match fs::hard_link(&self.path, &self.place) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
            // Sticks have no second names for a file; there one looks first.
            Err(_) if self.place.exists() => return Err(Error::from(ErrorKind::AlreadyExists)),
            Err(_) => fs::rename(&self.path, &self.place)?,
        }
        // A first name that is left is as good a file as the other.
        let _ = fs::remove_file(&self.path);
        keep_names(&self.place)
    }
}

impl Drop for Unplaced {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn keep_names(file: &Path) -> Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Elsewhere a folder cannot be told to.
#[cfg(not(unix))]
fn keep_names(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_that_came_meanwhile_keeps_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a");
        for (said, is_placed) in [("first", true), ("second", false)] {
            let unplaced = Unplaced::beside(&place);
            unplaced.make().unwrap().write_all(said.as_bytes()).unwrap();
            let placed = unplaced.place();
            assert_eq!(placed.is_ok(), is_placed);
            assert!(placed.err().is_none_or(|error| error.kind() == ErrorKind::AlreadyExists));
            assert_eq!(fs::read_to_string(&place).unwrap(), "first");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }
}
