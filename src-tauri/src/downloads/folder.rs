//! Into a folder: the person's downloads, or on iOS the app's own documents, which 文件 shows.

use std::fs::File;
use std::io::{ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

use app::Download;
use records::Fault;
use tauri::{AppHandle, Manager};

use super::not_written;

/// Writes a file into the folder and tells its path.
pub async fn keep(app: &AppHandle, download: Download) -> std::result::Result<String, Fault> {
    let folder = folder(app);
    let shown = folder.display().to_string();
    let written = tauri::async_runtime::spawn_blocking(move || keep_beside(&folder, &download)).await;
    match written {
        Ok(Ok(path)) => Ok(told(&path)),
        Ok(Err(why)) => Err(not_written(&why, shown)),
        Err(_) => Err(not_written(&ErrorKind::Other.into(), shown)),
    }
}

#[cfg(not(target_os = "ios"))]
fn folder(app: &AppHandle) -> PathBuf {
    app.path().download_dir().or_else(|_| app.path().home_dir()).unwrap_or_default()
}

#[cfg(target_os = "ios")]
fn folder(app: &AppHandle) -> PathBuf {
    app.path().document_dir().unwrap_or_default()
}

#[cfg(not(target_os = "ios"))]
fn told(path: &Path) -> String {
    path.display().to_string()
}

/// The folders above it have names that nobody reads.
#[cfg(target_os = "ios")]
fn told(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Writes a file into a folder, beside what is there, and answers where it lies once it is on disk.
///
/// # Errors
/// The system's own.
fn keep_beside(folder: &Path, download: &Download) -> Result<PathBuf> {
    keep_whole(folder, &download.name, |file| file.write_all(&download.bytes))
}

/// A file that is not whole does not stay: somebody would carry it in vain.
fn keep_whole(folder: &Path, name: &str, write: impl FnOnce(&mut File) -> Result<()>) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let (mut file, path) = new_file(folder, name)?;
    match write(&mut file).and_then(|()| file.sync_all()) {
        Ok(()) => Ok(path),
        Err(why) => {
            // Where even that fails, what was written says that it is damaged when it is opened.
            let _ = std::fs::remove_file(&path);
            Err(why)
        }
    }
}

/// A file of this name, or of the next that is free: `name (2).ending`.
fn new_file(folder: &Path, name: &str) -> Result<(File, PathBuf)> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    for number in 1.. {
        let path = match number {
            1 => folder.join(name),
            _ => folder.join(format!("{stem} ({number})")).with_extension(ending),
        };
        match File::create_new(&path) {
            Err(taken) if taken.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (file, path)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_of_a_file_that_had_no_room() {
        let home = tempfile::TempDir::new().unwrap();
        let full = keep_whole(home.path(), "gridwalk-0a1b2c3d.gwcourier", |file| {
            file.write_all(b"Gridwalk cour")?;
            Err(ErrorKind::StorageFull.into())
        });
        assert_eq!(not_written(&full.unwrap_err(), "here").code, "shell.no_space");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_is_kept_beside_what_is_there() {
        let home = tempfile::TempDir::new().unwrap();
        let folder = home.path().join("Downloads");
        let kept: Vec<PathBuf> = ["one", "two", "three"]
            .into_iter()
            .map(|bytes| {
                let name = "gridwalk-0a1b2c3d.gwcourier".to_owned();
                keep_beside(&folder, &Download { name, bytes: bytes.as_bytes().to_vec() }).unwrap()
            })
            .collect();
        let names = ["gridwalk-0a1b2c3d", "gridwalk-0a1b2c3d (2)", "gridwalk-0a1b2c3d (3)"];
        assert_eq!(kept, names.map(|name| folder.join(format!("{name}.gwcourier"))));
        let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
        assert_eq!(kept.iter().map(read).collect::<Vec<_>>(), ["one", "two", "three"]);
    }
}
