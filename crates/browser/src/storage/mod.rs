//! The database in the browser's private file system.

#[cfg(test)]
mod cuts;
mod slots;

use app::{App, StoreFault};
use js_sys::{Promise, Reflect};
use records::Fault;
use records::call::Room;
use rusqlite::{Connection, OpenFlags};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, FileSystemDirectoryHandle};

use crate::worker;

const FILE: &str = "gridwalk.db";
const FOLDER: &str = "gridwalk";
const VFS: &str = "gridwalk";

/// Takes hold of the files. Only one worker can: another's attempt fails until this one lets go.
///
/// # Errors
/// `store.in_use` when another has them, `store.no_place` in a browser that keeps none.
pub async fn take() -> Result<OpfsSAHPoolUtil, Fault> {
    let taken = match take_slots().await {
        Err(OpfsSAHError::InvalidHeader { .. } | OpfsSAHError::DuplicateFilename(_)) => {
            // Where this fails too, the pool says why.
            let _ = slots::mend().await;
            take_slots().await
        }
        taken => taken,
    };
    taken.map_err(|error| fault(&error))
}

async fn take_slots() -> Result<OpfsSAHPoolUtil, OpfsSAHError> {
    let options = OpfsSAHPoolCfgBuilder::new().vfs_name(VFS).directory(FOLDER).build();
    let files = install::<WasmOsCallback>(&options, false).await?;
    // Let go of before, for another tab.
    files.resume().await?;
    Ok(files)
}

/// Opens the database.
///
/// # Errors
/// As [`App::open`].
pub fn open() -> Result<App, Fault> {
    let connection = Connection::open_with_flags_and_vfs(FILE, OpenFlags::default(), VFS);
    let connection = connection.map_err(|error| Fault::from(StoreFault::from(error)))?;
    App::open(connection, String::new())
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

fn fault(error: &OpfsSAHError) -> Fault {
    let words = error.to_string();
    let is = |name: &str| words.contains(name);
    match error {
        OpfsSAHError::Opfs { .. } if is("NoModificationAllowed") => Fault::new("store.in_use"),
        OpfsSAHError::Opfs { .. } if is("QuotaExceeded") => Fault::new("store.full"),
        // Where storage was cleared below an open page, Chromium gives out no new files before it is started anew.
        OpfsSAHError::Opfs { .. } if is("InvalidState") => Fault::new("store.cleared"),
        OpfsSAHError::NotSupported | OpfsSAHError::Opfs { .. } => {
            Fault::new("store.no_place").with("detail", words)
        }
        _ => Fault::new("store.failed").with("detail", words),
    }
}
