//! A copy of everything on a disk.

use std::collections::BTreeMap;

use super::content::Content;

const WAL_HEADER: usize = 32;
const WAL_FRAME_HEADER: usize = 24;

/// Everything on a disk at one moment: an old backup, or what a cloned device starts from.
#[derive(Clone, Debug, Default)]
pub struct Image {
    pub(super) files: BTreeMap<String, Content>,
    pub(super) removed: BTreeMap<String, Content>,
}

impl Image {
    /// Names of the files, in order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// What a reader would find in a file.
    pub fn read(&self, file: &str) -> Option<Vec<u8>> {
        self.files.get(file).map(Content::to_vec)
    }

    /// Whether a reader would find the same in all files, but for what SQLite draws by itself.
    ///
    /// Left out are salts and checksums in a write-ahead log, and all but the size of a rollback journal.
    pub fn same_content(&self, other: &Self) -> bool {
        self.files().eq(other.files())
            && self
                .files()
                .all(|name| comparable(name, self.read(name)) == comparable(name, other.read(name)))
    }
}

fn comparable(name: &str, content: Option<Vec<u8>>) -> Vec<u8> {
    let mut content = content.unwrap_or_default();
    if name.ends_with("-journal") {
        content.fill(0);
    } else if name.ends_with("-wal") {
        forget_salts(&mut content);
    }
    content
}

/// <https://sqlite.org/fileformat2.html#walformat>: 16 bytes of salts and checksums in each header.
fn forget_salts(log: &mut [u8]) {
    let page_size = log.get(8..12).and_then(|size| size.try_into().ok()).map_or(0, u32::from_be_bytes);
    // A header that was lost leaves the size that all our databases have.
    let page_size = if page_size == 0 { 4096 } else { page_size as usize };
    let (header, frames) = log.split_at_mut(WAL_HEADER.min(log.len()));
    blank(header, 16);
    for frame in frames.chunks_mut(WAL_FRAME_HEADER + page_size) {
        blank(frame, 8);
    }
}

fn blank(header: &mut [u8], from: usize) {
    header.iter_mut().skip(from).take(16).for_each(|byte| *byte = 0);
}
