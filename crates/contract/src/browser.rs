//! Databases of tests in a browser: slots of such a pool as the app keeps its own in.

use std::cell::{Cell, RefCell};

use rusqlite::{Connection, OpenFlags};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_rs::vfs::VfsFilesManager;
use sqlite_wasm_rs::vfs::transfer::DbTransfer;
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};

const POOL: &str = "contract";
/// Slots that one test may fill: a few databases, each with its log.
const SLOTS: usize = 16;

thread_local! {
    static FILES: RefCell<Option<OpfsSAHPoolUtil>> = const { RefCell::new(None) };
    static MADE: Cell<u32> = const { Cell::new(0) };
}

/// Waits until there is room for the files of a test; those of the tests before it go.
///
/// # Panics
/// When the browser gives none.
#[expect(clippy::expect_used, reason = "a test without its files cannot go on")]
pub async fn ready() {
    let options = OpfsSAHPoolCfgBuilder::new().vfs_name(POOL).directory(POOL).build();
    let files = install::<WasmOsCallback>(&options, false).await.expect("the browser's files");
    for name in files.names().expect("the pool is open") {
        // A test that failed never closes what it had open; that keeps its slots.
        let _ = files.remove(&name);
    }
    let kept = files.len().expect("the pool is open");
    files.ensure_capacity(kept + SLOTS).await.expect("room for files");
    FILES.set(Some(files));
}

/// An empty database of a test's own.
///
/// # Panics
/// When SQLite does not open one.
pub fn database() -> Connection {
    File::new().open()
}

/// A database file of a test's own. One connection at a time may be open: a browser has no locks.
pub struct File(String);

impl File {
    /// A name that nobody else uses, and no file yet.
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        let number = MADE.get();
        MADE.set(number + 1);
        Self(format!("{number}.db"))
    }

    /// Opens what is there, or begins an empty database.
    ///
    /// # Panics
    /// When SQLite does not open it.
    pub fn open(&self) -> Connection {
        self.open_with(OpenFlags::default())
    }

    /// Opens what is there as these flags say.
    ///
    /// # Panics
    /// When SQLite does not open it.
    pub fn open_with(&self, flags: OpenFlags) -> Connection {
        let opened = Connection::open_with_flags_and_vfs(&self.0, flags, POOL);
        #[expect(clippy::expect_used, reason = "a test without its database cannot go on")]
        opened.expect("a database in a slot")
    }

    /// Every byte of the file, while no connection is open.
    ///
    /// # Panics
    /// When there is no file.
    pub fn bytes(&self) -> Vec<u8> {
        with_files(|files| files.export_db(&self.0))
    }

    /// Puts bytes there that no SQLite wrote, where no file is yet.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn put(&self, bytes: &[u8]) {
        with_files(|files| files.import_db_unchecked(&self.0, bytes));
    }
}

#[expect(clippy::expect_used, reason = "a test without its files cannot go on")]
fn with_files<T, E: std::fmt::Debug>(work: impl FnOnce(&OpfsSAHPoolUtil) -> Result<T, E>) -> T {
    FILES.with_borrow(|files| work(files.as_ref().expect("the test has waited")).expect("the file"))
}
