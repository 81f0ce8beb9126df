//! Names of the pool's files, where a power cut left half of one.
//!
//! The pool keeps a file's name at its front, and refuses all files when there is one whose name it cannot read. A name
//! and its kind lie in two sectors, so that a cut may leave one of them: of a file that was just made, of a log that the
//! database has taken over, or of the journal with which a new database was made. None holds anything that would be
//! missed, and none is the database, which keeps its name; one that can be read loses it once its encrypted copy is whole.

use js_sys::IteratorNext;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};

use super::{FILE, FOLDER, PLAIN, Sealed};
use crate::worker;

/// Bytes before those that SQLite writes.
pub(super) const FRONT: usize = 4096;
/// Bytes of a name with its kind, and of the name alone.
pub(super) const HEADER: usize = 516;
pub(super) const NAME: usize = 512;
const LOG_BEGINS: &[u8] = &[0x37, 0x7f, 0x06];
/// How a database begins that can be read without a key.
const PLAIN_BEGINS: &[u8] = b"SQLite f";
const JOURNAL_BEGINS: [[u8; 8]; 2] = [[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7], [0; 8]];

/// What SQLite keeps here: the end of the name, and the kind as SQLite opens it.
const KEPT: [(&str, u32); 3] = [("", 0x100), ("-journal", 0x800), LOG];
const LOG: (&str, u32) = ("-wal", 0x8_0000);
/// To read and write, and to make where there is none.
const OPENED: u32 = 0x6;

/// Mends the names that are half written; nobody may have the files. How far the database is encrypted tells what a log
/// belongs to, and whether one that can be read was on its way out.
///
/// # Errors
/// What the browser says.
pub async fn mend(sealed: Sealed) -> Result<(), JsValue> {
    let files = folder().await?.values();
    loop {
        let next: IteratorNext = JsFuture::from(files.next()?).await?.unchecked_into();
        if next.done() {
            return Ok(());
        }
        let slot = open(&next.value().unchecked_into()).await?;
        let mended = mend_slot(&slot, sealed);
        slot.close();
        mended?;
    }
}

/// Where the pool keeps its files.
pub(super) async fn folder() -> Result<FileSystemDirectoryHandle, JsValue> {
    let mut folder = JsFuture::from(worker::scope().navigator().storage().get_directory()).await?;
    for name in [FOLDER, ".opaque"] {
        let above: FileSystemDirectoryHandle = folder.unchecked_into();
        folder = JsFuture::from(above.get_directory_handle(name)).await?;
    }
    Ok(folder.unchecked_into())
}

/// Opens one of them, which nobody else can meanwhile.
pub(super) async fn open(file: &FileSystemFileHandle) -> Result<FileSystemSyncAccessHandle, JsValue> {
    Ok(JsFuture::from(file.create_sync_access_handle()).await?.unchecked_into())
}

fn mend_slot(slot: &FileSystemSyncAccessHandle, sealed: Sealed) -> Result<(), JsValue> {
    let mut front = [0; FRONT + 8];
    let at_front = FileSystemReadWriteOptions::new();
    at_front.set_at(0.0);
    slot.read_with_u8_array_and_options(&mut front, &at_front)?;
    let (header, content) = (&front[..HEADER], &front[FRONT..]);
    if is_whole(header) {
        return Ok(());
    }
    if content.starts_with(LOG_BEGINS) {
        // The database has all of it, and takes it over once more: safer than to rely on that.
        let owner = if sealed == Sealed::Nothing { PLAIN } else { FILE };
        slot.write_with_u8_array_and_options(&named(owner, LOG), &at_front)?;
    } else if sealed != Sealed::Nothing && content == PLAIN_BEGINS {
        // The encrypted one has all of it.
        slot.truncate_with_u32(0)?;
    } else if slot.get_size()? <= FRONT as f64 || JOURNAL_BEGINS.iter().any(|begins| content == begins) {
        // The pool takes it for one that it has just made.
        slot.truncate_with_u32(0)?;
    }
    slot.flush()
}

/// Whether it is a name that SQLite uses here, or none.
fn is_whole(found: &[u8]) -> bool {
    let is_kept = |(name, kept): (&str, (&str, u32))| {
        let whole = named(name, kept);
        found[..NAME] == whole[..NAME]
            && found[NAME..].iter().zip(kept.1.to_be_bytes()).any(|(f, k)| f & k != 0)
    };
    found.iter().all(|byte| *byte == 0)
        || [FILE, PLAIN].into_iter().flat_map(|name| KEPT.map(|kept| (name, kept))).any(is_kept)
}

/// A name with its kind, as the pool writes it.
fn named(name: &str, (end, kind): (&str, u32)) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    for (byte, letter) in header.iter_mut().zip(name.bytes().chain(end.bytes())) {
        *byte = letter;
    }
    header[NAME..].copy_from_slice(&(kind | OPENED).to_be_bytes());
    header
}
