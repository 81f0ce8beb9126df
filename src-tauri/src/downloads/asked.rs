//! On Android, where the person says: a folder, a stick, another app. Nothing has to be allowed for that.

use std::io::{ErrorKind, Result, Write};

use app::Download;
use records::Fault;
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, FilePath};
use tauri_plugin_fs::{FsExt, OpenOptions};
use tokio::sync::oneshot;

use super::not_written;

/// Asks where, writes the file there and tells its name; the system does not say how the place is called.
pub async fn keep(app: &AppHandle, download: Download) -> std::result::Result<String, Fault> {
    let place = ask(app, &download.name).await.ok_or_else(|| Fault::new("shell.not_chosen"))?;
    let name = download.name.clone();
    let app = app.clone();
    let written = tauri::async_runtime::spawn_blocking(move || write(&app, place, &download)).await;
    match written {
        Ok(Ok(())) => Ok(name),
        Ok(Err(why)) => Err(not_written(&why, name)),
        Err(_) => Err(not_written(&ErrorKind::Other.into(), name)),
    }
}

async fn ask(app: &AppHandle, name: &str) -> Option<FilePath> {
    let (answer, answered) = oneshot::channel();
    app.dialog().file().set_file_name(name).save_file(move |place| {
        // Nobody waits any more when the page was left.
        let _ = answer.send(place);
    });
    answered.await.ok().flatten()
}

/// What is there already is written over: the system asked the person before.
fn write(app: &AppHandle, place: FilePath, download: &Download) -> Result<()> {
    let mut how = OpenOptions::new();
    how.write(true).truncate(true);
    let mut file = app.fs().open(place, how)?;
    file.write_all(&download.bytes)?;
    file.sync_all()
}
