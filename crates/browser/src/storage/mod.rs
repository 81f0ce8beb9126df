//! The database in the browser's private file system, encrypted, and what stands before it.

#[cfg(test)]
mod cuts;
mod place;
mod slots;

use app::{App, StoreFault};
use js_sys::{Promise, Reflect};
use records::Fault;
use records::call::Room;
use rusqlite::{Connection, OpenFlags};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_rs::vfs::VfsFilesManager;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use store::encryption;
use vault::Key;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, FileSystemDirectoryHandle};

use crate::worker;

pub use place::{DoorFiles, Sealed};

/// The database.
const FILE: &str = "gridwalk.sealed";
/// What an earlier version kept, which everybody can read.
const PLAIN: &str = "gridwalk.db";
/// What SQLite keeps beside a database.
const BESIDE: [&str; 2] = ["-journal", "-wal"];
const FOLDER: &str = "gridwalk";
const VFS: &str = "gridwalk";

/// Takes hold of the files. Only one worker can: another's attempt fails until this one lets go.
///
/// # Errors
/// `store.in_use` when another has them, `store.no_place` in a browser that keeps none.
pub async fn take() -> Result<(OpfsSAHPoolUtil, DoorFiles), Fault> {
    let door = DoorFiles::take().await?;
    let sealed = door.sealed()?;
    let taken = match take_slots().await {
        Err(OpfsSAHError::InvalidHeader { .. } | OpfsSAHError::DuplicateFilename(_)) => {
            // Where this fails too, the pool says why.
            let _ = slots::mend(sealed).await;
            take_slots().await
        }
        taken => taken,
    };
    Ok((taken.map_err(|error| fault(&error))?, door))
}

async fn take_slots() -> Result<OpfsSAHPoolUtil, OpfsSAHError> {
    let options = OpfsSAHPoolCfgBuilder::new().vfs_name(VFS).directory(FOLDER).build();
    let files = install::<WasmOsCallback>(&options, false).await?;
    // Let go of before, for another tab.
    files.resume().await?;
    Ok(files)
}

/// Opens the database. One that an earlier version left open to read is encrypted first.
///
/// # Errors
/// As [`App::open`]; `store.damaged` for what this key does not open.
pub fn open(files: &OpfsSAHPoolUtil, door: &DoorFiles, key: &Key) -> Result<App, Fault> {
    encrypt(files, door, key)?;
    let connection = connect(FILE)?;
    encryption::unlock(&connection, key.bytes())?;
    App::open(connection, String::new())
}

/// Takes away everything that is kept for the person.
///
/// # Errors
/// When the disk fails.
pub fn remove(files: &OpfsSAHPoolUtil, door: &DoorFiles) -> Result<(), Fault> {
    remove_database(files, PLAIN)?;
    remove_database(files, FILE)?;
    door.set_sealed(Sealed::Nothing)
}

/// Encrypts a database that can be read without a key, into one of another name. Only when that one is whole and on
/// disk, and it is noted, does the first one go: wherever the tab dies or the power goes, one of the two is whole. Its
/// blocks may still be found on the medium.
fn encrypt(files: &OpfsSAHPoolUtil, door: &DoorFiles, key: &Key) -> Result<(), Fault> {
    if door.sealed()? == Sealed::Nothing {
        if files.contains(PLAIN).map_err(|error| fault(&error))? {
            // What a start before this one left half done. Without a plain one beside it the note was lost, and this is all.
            remove_database(files, FILE)?;
            let plain = connect(PLAIN)?;
            // There is no memory that workers share, and the log may have something left.
            plain.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(StoreFault::from)?;
            encryption::copy(&plain, FILE, key.bytes())?;
            drop(plain);
        }
        door.set_sealed(Sealed::Copied)?;
    }
    if door.sealed()? == Sealed::Copied {
        remove_database(files, PLAIN)?;
        door.set_sealed(Sealed::Whole)?;
    }
    Ok(())
}

fn connect(name: &str) -> Result<Connection, Fault> {
    let connection = Connection::open_with_flags_and_vfs(name, OpenFlags::default(), VFS);
    connection.map_err(|error| Fault::from(StoreFault::from(error)))
}

fn remove_database(files: &OpfsSAHPoolUtil, name: &str) -> Result<(), Fault> {
    let beside = BESIDE.map(|end| format!("{name}{end}"));
    let mut names = beside.iter().map(String::as_str).chain([name]);
    names.try_for_each(|name| files.remove(name).map(drop)).map_err(|error| fault(&error))
}

/// Whether the files are gone from under the open database. A browser that does not say so has not cleared them.
pub async fn is_gone() -> bool {
    let root = JsFuture::from(worker::scope().navigator().storage().get_directory()).await;
    let Ok(root) = root.map(JsValue::unchecked_into::<FileSystemDirectoryHandle>) else { return false };
    match JsFuture::from(root.get_directory_handle(FOLDER)).await {
        Err(error) => error.dyn_ref::<DomException>().is_some_and(|error| error.name() == "NotFoundError"),
        Ok(_) => false,
    }
}

/// What the browser says of the room for this address. One that says nothing promises nothing.
pub async fn room() -> Room {
    let storage = worker::scope().navigator().storage();
    let answered = async |asked: Result<Promise, JsValue>| JsFuture::from(asked.ok()?).await.ok();
    let estimate = answered(storage.estimate()).await.unwrap_or_default();
    let bytes = |name: &str| {
        let number = Reflect::get(&estimate, &name.into()).ok()?.as_f64()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "browsers count bytes")]
        let bytes = number as u64;
        Some(bytes)
    };
    let used = bytes("usage").unwrap_or_default();
    let stays = answered(storage.persisted()).await.is_some_and(|stays| stays == JsValue::TRUE);
    Room { used, free: bytes("quota").map(|quota| quota.saturating_sub(used)), stays, is_gone: false }
}

fn js_fault(error: &JsValue) -> Fault {
    let of = |name: &str| Reflect::get(error, &name.into()).ok().and_then(|found| found.as_string());
    said(format!("{}: {}", of("name").unwrap_or_default(), of("message").unwrap_or_default()), true)
}

fn fault(error: &OpfsSAHError) -> Fault {
    let is_browsers = matches!(error, OpfsSAHError::NotSupported | OpfsSAHError::Opfs { .. });
    said(error.to_string(), is_browsers)
}

/// What the browser or the pool said, as a person reads it.
fn said(words: String, is_browsers: bool) -> Fault {
    let is = |name: &str| is_browsers && words.contains(name);
    match () {
        () if is("NoModificationAllowed") => Fault::new("store.in_use"),
        () if is("QuotaExceeded") => Fault::new("store.full"),
        // Where storage was cleared below an open page, Chromium gives out no new files before it is started anew.
        () if is("InvalidState") => Fault::new("store.cleared"),
        () if is_browsers => Fault::new("store.no_place").with("detail", words),
        () => Fault::new("store.failed").with("detail", words),
    }
}
