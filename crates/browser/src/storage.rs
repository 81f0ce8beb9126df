//! The database in the browser's private file system.

use app::{App, StoreFault};
use records::Fault;
use rusqlite::{Connection, OpenFlags};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};

const FILE: &str = "gridwalk.db";
const FOLDER: &str = "gridwalk";
const VFS: &str = "gridwalk";

/// Takes hold of the files. Only one worker can: another's attempt fails until this one lets go.
///
/// # Errors
/// `store.in_use` when another has them, `store.no_place` in a browser that keeps none.
pub async fn take() -> Result<OpfsSAHPoolUtil, Fault> {
    let options = OpfsSAHPoolCfgBuilder::new().vfs_name(VFS).directory(FOLDER).build();
    let files = install::<WasmOsCallback>(&options, false).await.map_err(|error| fault(&error))?;
    // Let go of before, for another tab.
    files.resume().await.map_err(|error| fault(&error))?;
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

fn fault(error: &OpfsSAHError) -> Fault {
    let words = error.to_string();
    let is = |name: &str| words.contains(name);
    match error {
        OpfsSAHError::Opfs { .. } if is("NoModificationAllowed") => Fault::new("store.in_use"),
        OpfsSAHError::Opfs { .. } if is("QuotaExceeded") => Fault::new("store.full"),
        OpfsSAHError::NotSupported | OpfsSAHError::Opfs { .. } => {
            Fault::new("store.no_place").with("detail", words)
        }
        _ => Fault::new("store.failed").with("detail", words),
    }
}
