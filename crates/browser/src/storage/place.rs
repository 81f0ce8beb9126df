//! The few small files of the door, in a folder beside the pool.
//!
//! A browser gives no file another one's name. So each is kept in one of two: what is new is written whole into the one
//! that holds nothing, with a number that goes up and a checksum over both, and flushed; then the other is emptied.
//! Wherever the power goes, the later of those that are whole holds.

use records::Fault;
use shell::door::Place;
use vault::Strength;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};
use xxhash_rust::xxh3::xxh3_64;

use super::{FOLDER, js_fault};
use crate::{clock, worker};

/// Where they lie, below the app's folder.
const DOOR: &str = "door";
/// Says how far the database is encrypted.
pub(super) const SEALED: &str = "sealed";
/// All that are kept here: the key file, twice, and how far the database is encrypted.
const NAMES: [&str; 3] = ["key", "key.again", SEALED];
pub(super) const HALVES: [&str; 2] = ["one", "other"];
/// Bytes before the content: its number and the checksum.
const HEAD: usize = 16;

/// The open files. Nobody else has them as long as this lives.
pub struct DoorFiles(Vec<[Half; 2]>);

struct Half(FileSystemSyncAccessHandle);

impl Drop for Half {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl DoorFiles {
    /// Takes hold of them, and makes those that are not there.
    ///
    /// # Errors
    /// As [`super::take`].
    pub async fn take() -> Result<Self, Fault> {
        Self::open().await.map_err(|error| js_fault(&error))
    }

    async fn open() -> Result<Self, JsValue> {
        let make_file = FileSystemGetFileOptions::new();
        make_file.set_create(true);
        let folder = folder().await?;
        let mut files = vec![];
        for name in NAMES {
            let mut halves = vec![];
            for half in HALVES {
                let file = folder.get_file_handle_with_options(&format!("{name}.{half}"), &make_file);
                let file: FileSystemFileHandle = JsFuture::from(file).await?.unchecked_into();
                let opened = JsFuture::from(file.create_sync_access_handle()).await?;
                halves.push(Half(opened.unchecked_into()));
            }
            files.extend(<[Half; 2]>::try_from(halves).ok());
        }
        Ok(Self(files))
    }

    fn halves(&self, name: &str) -> Result<&[Half; 2], Fault> {
        let at = NAMES.iter().position(|known| *known == name);
        at.and_then(|at| self.0.get(at)).ok_or_else(|| Fault::new("store.failed"))
    }

    /// How far the database is encrypted.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sealed(&self) -> Result<Sealed, Fault> {
        Ok(match self.read(SEALED)?.as_deref() {
            None => Sealed::Nothing,
            Some(COPIED) => Sealed::Copied,
            Some(_) => Sealed::Whole,
        })
    }

    /// Notes it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_sealed(&self, sealed: Sealed) -> Result<(), Fault> {
        match sealed {
            Sealed::Nothing => self.remove(SEALED),
            Sealed::Copied => self.replace(SEALED, COPIED),
            Sealed::Whole => self.replace(SEALED, b"whole"),
        }
    }
}

/// Where they lie; made where it is not there.
pub(super) async fn folder() -> Result<FileSystemDirectoryHandle, JsValue> {
    let make = FileSystemGetDirectoryOptions::new();
    make.set_create(true);
    let mut folder = JsFuture::from(worker::scope().navigator().storage().get_directory()).await?;
    for name in [FOLDER, DOOR] {
        let above: FileSystemDirectoryHandle = folder.unchecked_into();
        folder = JsFuture::from(above.get_directory_handle_with_options(name, &make)).await?;
    }
    Ok(folder.unchecked_into())
}

const COPIED: &[u8] = b"copied";

/// How far the database is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// Not at all, or half: whatever lies under the name of the encrypted one is worth nothing.
    Nothing,
    /// The encrypted one is whole and on disk; the one before it is to go.
    Copied,
    /// There is no other.
    Whole,
}

impl Place for DoorFiles {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let [one, other] = self.halves(name)?;
        let (one, other) = (one.read()?, other.read()?);
        Ok(one.into_iter().chain(other).max_by_key(|(number, _)| *number).map(|(_, content)| content))
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let [one, other] = self.halves(name)?;
        let number = |half: &Half| Ok::<_, Fault>(half.read()?.map_or(0, |(number, _)| number));
        let numbers = (number(one)?, number(other)?);
        let (next, last) = if numbers.0 > numbers.1 { (other, one) } else { (one, other) };
        next.write(numbers.0.max(numbers.1) + 1, bytes)?;
        last.clear()
    }

    fn remove(&self, name: &str) -> Result<(), Fault> {
        // The earlier one first, or it would hold again.
        let [one, other] = self.halves(name)?;
        let number = |half: &Half| Ok::<_, Fault>(half.read()?.map_or(0, |(number, _)| number));
        let mut halves = [(number(one)?, one), (number(other)?, other)];
        halves.sort_by_key(|(number, _)| *number);
        halves.iter().try_for_each(|(_, half)| half.clear())
    }

    fn ticks_ms(&self) -> u64 {
        clock::ticks_ms()
    }

    fn random(&self, buffer: &mut [u8]) {
        clock::random(buffer);
    }

    fn demands(&self) -> Strength {
        Strength::Passphrase
    }

    fn is_encrypted(&self) -> Result<bool, Fault> {
        Ok(self.sealed()? != Sealed::Nothing)
    }
}

impl Half {
    /// The number and what is in it; nothing where it is not whole.
    fn read(&self) -> Result<Option<(u64, Vec<u8>)>, Fault> {
        let failed = |error: JsValue| js_fault(&error);
        let size = self.0.get_size().map_err(failed)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let mut bytes = vec![0; size as usize];
        let read = self.0.read_with_u8_array_and_options(&mut bytes, &at_front()).map_err(failed)?;
        if read != size {
            return Err(Fault::new("store.failed"));
        }
        Ok(whole(&bytes))
    }

    fn write(&self, number: u64, content: &[u8]) -> Result<(), Fault> {
        let body = [&number.to_be_bytes(), content].concat();
        let bytes = [&xxh3_64(&body).to_be_bytes(), &body[..]].concat();
        let written = || {
            self.0.truncate_with_u32(0)?;
            let written = self.0.write_with_u8_array_and_options(&bytes, &at_front())?;
            self.0.flush()?;
            Ok(written)
        };
        #[expect(clippy::cast_precision_loss, reason = "a few hundred bytes")]
        let is_whole = written().map_err(|error: JsValue| js_fault(&error))? == bytes.len() as f64;
        if is_whole { Ok(()) } else { Err(Fault::new("store.full")) }
    }

    fn clear(&self) -> Result<(), Fault> {
        self.0.truncate_with_u32(0).and_then(|()| self.0.flush()).map_err(|error| js_fault(&error))
    }
}

fn at_front() -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(0.0);
    options
}

fn whole(bytes: &[u8]) -> Option<(u64, Vec<u8>)> {
    let (head, content) = bytes.split_at_checked(HEAD)?;
    let (checksum, number) = head.split_at(8);
    let is_whole = checksum == xxh3_64(&bytes[8..]).to_be_bytes();
    is_whole.then_some((u64::from_be_bytes(number.try_into().ok()?), content.to_vec()))
}
