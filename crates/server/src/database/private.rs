//! The data folder and its files belong to the server's user alone: they hold people, tokens' hashes
//! and the signing key.

use std::io::Result;
use std::path::Path;
#[cfg(unix)]
use std::path::PathBuf;

/// Makes folder and file where they are missing.
#[cfg(unix)]
pub(crate) fn make(file: &Path) -> Result<()> {
    use std::fs::{DirBuilder, File};
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

    if let Some(folder) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    File::options().append(true).create(true).mode(0o600).open(file).map(drop)
}

/// Closes them to everybody else, as an earlier version did not. SQLite gives the files it makes beside
/// the database the mode of the database.
#[cfg(unix)]
pub(crate) fn close(file: &Path) -> Result<()> {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    let beside = ["", "-wal", "-shm"].map(|ending| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        (PathBuf::from(name), 0o600)
    });
    let folder = file.parent().map(|folder| (folder.to_owned(), 0o700));
    for (path, mode) in beside.into_iter().chain(folder) {
        if path.exists() && is_open_and_ours(&path)? {
            set_permissions(path, Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

/// Never a folder that many share, `/tmp` for one, nor one of another user.
#[cfg(unix)]
fn is_open_and_ours(path: &Path) -> Result<bool> {
    use std::os::unix::fs::MetadataExt;

    const STICKY: u32 = 0o1000;
    let found = path.metadata()?;
    let is_open = found.mode() & 0o077 != 0;
    Ok(is_open && found.mode() & STICKY == 0 && found.uid() == rustix::process::geteuid().as_raw())
}

/// Elsewhere the system gives each user a place of their own.
#[cfg(not(unix))]
pub(crate) fn make(file: &Path) -> Result<()> {
    file.parent().map_or(Ok(()), std::fs::create_dir_all)
}

/// There is nothing to close.
#[cfg(not(unix))]
pub(crate) fn close(_: &Path) -> Result<()> {
    Ok(())
}
