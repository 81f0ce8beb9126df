//! Opens what a power cut left, as the app does.

use app::App;
use records::Fault;
use vault::Key;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemReadWriteOptions,
};

use super::super::place::{self, HALVES};
use super::super::{FILE, FOLDER, open, slots, take};
use crate::worker;

/// What the database is encrypted with.
pub fn key() -> Key {
    Key::new([7; 32])
}

/// Puts files in the place of the pool's and looks what is in them.
pub struct Bench {
    files: Vec<FileSystemFileHandle>,
}

impl Bench {
    /// Over these raw files, which nobody has open.
    pub async fn over(names: &[String]) -> Self {
        let (pool, door) = (slots::folder().await.unwrap(), place::folder().await.unwrap());
        let mut files = vec![];
        for name in names {
            let is_of_door = HALVES.iter().any(|half| name.ends_with(half));
            let folder = if is_of_door { &door } else { &pool };
            files.push(JsFuture::from(folder.get_file_handle(name)).await.unwrap().unchecked_into());
        }
        Self { files }
    }

    /// Writes these files, each whole. Those that were made later are there and empty, as a cut while they are made
    /// would leave them.
    pub async fn lay_out(&self, images: &[Vec<u8>]) {
        let at_front = FileSystemReadWriteOptions::new();
        at_front.set_at(0.0);
        for (number, file) in self.files.iter().enumerate() {
            let file = slots::open(file).await.unwrap();
            let image = images.get(number).map_or(&[][..], Vec::as_slice);
            file.truncate_with_u32(0).unwrap();
            let written = file.write_with_u8_array_and_options(image, &at_front).unwrap();
            assert_eq!(written as usize, image.len());
            file.close();
        }
    }

    /// Every byte of one file.
    pub async fn bytes(&self, number: usize) -> Vec<u8> {
        let file = slots::open(&self.files[number]).await.unwrap();
        let mut bytes = vec![0; file.get_size().unwrap() as usize];
        let at_front = FileSystemReadWriteOptions::new();
        at_front.set_at(0.0);
        file.read_with_u8_array_and_options(&mut bytes, &at_front).unwrap();
        file.close();
        bytes
    }

    /// What is in the database, once it was found to be sound.
    pub async fn found(&self) -> Result<u64, String> {
        let (files, door) = take().await.map_err(|fault| said(&fault))?;
        let looked =
            open(&files, &door, &key()).map_err(|fault| said(&fault)).and_then(|mut app| look(&mut app));
        drop(door);
        files.pause().map_err(|error| error.to_string())?;
        looked
    }
}

/// Makes the pool's folder before the pool does, with a file in it whose name was being written.
pub async fn leave_a_torn_name() {
    let (make, make_file) = (FileSystemGetDirectoryOptions::new(), FileSystemGetFileOptions::new());
    make.set_create(true);
    make_file.set_create(true);
    let mut folder = JsFuture::from(worker::scope().navigator().storage().get_directory()).await.unwrap();
    for name in [FOLDER, ".opaque"] {
        let above: FileSystemDirectoryHandle = folder.unchecked_into();
        folder = JsFuture::from(above.get_directory_handle_with_options(name, &make)).await.unwrap();
    }
    let folder: FileSystemDirectoryHandle = folder.unchecked_into();
    let file = JsFuture::from(folder.get_file_handle_with_options("torn", &make_file)).await.unwrap();
    let file = slots::open(&file.unchecked_into()).await.unwrap();
    file.write_with_u8_array(FILE.as_bytes()).unwrap();
    file.truncate_with_u32(4096).unwrap();
    file.close();
}

/// What is in it, once it was found to be sound.
pub fn look(app: &mut App) -> Result<u64, String> {
    let looked = app.store().read(|db| {
        let sound: String = db.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
        Ok((sound, contract::content(db)?))
    });
    match looked.map_err(|fault| fault.to_string())? {
        (sound, content) if sound == "ok" => Ok(content),
        (broken, _) => Err(broken),
    }
}

fn said(fault: &Fault) -> String {
    format!("{fault:?}")
}
