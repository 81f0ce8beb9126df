//! What holds people belongs to the person's own user on this device, and is closed to the others.

use std::fs::{self, File};
use std::io::{Result, Write};
use std::path::Path;

/// Makes the data folder, or closes one that an earlier version left open.
#[cfg(unix)]
pub fn folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    close(path, 0o700)
}

/// Makes the database's file before SQLite does, which would leave it to the system's habit. The files
/// SQLite makes beside it get the same mode.
#[cfg(unix)]
pub fn file(path: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::File::options().append(true).create(true).mode(0o600).open(path)?;
    close(path, 0o600)
}

/// Never a folder that many share, `/tmp` for one, nor one of another user.
#[cfg(unix)]
fn close(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    const STICKY: u32 = 0o1000;
    let found = path.metadata()?;
    let is_open = found.mode() & 0o077 != 0;
    let is_ours = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & STICKY == 0;
    if is_open && is_ours {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Elsewhere the system gives each user a place of their own.
#[cfg(not(unix))]
pub fn folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path)
}

/// There is nothing to close.
#[cfg(not(unix))]
pub fn file(_: &Path) -> Result<()> {
    Ok(())
}

/// Puts these bytes in the place of a file: whoever looks after a power cut finds the old ones whole or the new ones.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("new");
    remove(&beside)?;
    file(&beside)?;
    let mut new = File::options().write(true).open(&beside)?;
    new.write_all(bytes)?;
    new.sync_all()?;
    take_place(&beside, path)
}

/// Gives a file that is on disk the name of another one, which is gone with that.
pub fn take_place(new: &Path, old: &Path) -> Result<()> {
    fs::rename(new, old)?;
    old.parent().map_or(Ok(()), sync_folder)
}

/// Takes a file away, if it is there.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Names in a folder are on disk when this returns.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder is not opened, and its names are kept with the files.
#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> Result<()> {
    Ok(())
}
