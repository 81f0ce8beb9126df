//! Where the bytes of attachments lie: a folder, or any object store.

use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path as Place;
use object_store::{ObjectStore, ObjectStoreExt};
use records::DeviceId;
use records::attachment::AttachmentHash;

use crate::fault::ServerFault;

/// The bytes of attachments, whole ones by their hash, and parts by the device that brings them.
#[derive(Debug, Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
}

impl Files {
    /// In a folder, which is made. What was put there survives a power cut.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn in_folder(folder: &Path) -> Result<Self, ServerFault> {
        std::fs::create_dir_all(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Keeps a part that a device brought.
    pub(crate) async fn put_part(
        &self,
        device: DeviceId,
        hash: AttachmentHash,
        begin: u64,
        bytes: Vec<u8>,
    ) -> Result<(), ServerFault> {
        self.store.put(&part(device, hash, begin), bytes.into()).await?;
        Ok(())
    }

    /// The parts that a device brought, from the first on, as far as they are there, and where each begins.
    pub(crate) async fn parts(
        &self,
        device: DeviceId,
        hash: AttachmentHash,
        size: u64,
    ) -> Result<(Vec<u8>, Vec<u64>), ServerFault> {
        let (mut all, mut begins) = (vec![], vec![]);
        while (all.len() as u64) < size {
            let begin = all.len() as u64;
            let got = match self.store.get(&part(device, hash, begin)).await {
                Err(object_store::Error::NotFound { .. }) => break,
                got => got?.bytes().await?,
            };
            all.extend_from_slice(&got);
            begins.push(begin);
        }
        Ok((all, begins))
    }

    /// Forgets the parts that begin there.
    pub(crate) async fn drop_parts(
        &self,
        device: DeviceId,
        hash: AttachmentHash,
        begins: &[u64],
    ) -> Result<(), ServerFault> {
        for begin in begins {
            match self.store.delete(&part(device, hash, *begin)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Keeps a whole one. The same bytes are kept once.
    pub(crate) async fn keep(&self, hash: AttachmentHash, bytes: Vec<u8>) -> Result<(), ServerFault> {
        self.store.put(&whole(hash), bytes.into()).await?;
        Ok(())
    }

    /// Some bytes of a whole one.
    pub(crate) async fn read(
        &self,
        hash: AttachmentHash,
        range: std::ops::Range<u64>,
    ) -> Result<Vec<u8>, ServerFault> {
        Ok(self.store.get_range(&whole(hash), range).await?.to_vec())
    }
}

fn part(device: DeviceId, hash: AttachmentHash, begin: u64) -> Place {
    Place::from(format!("parts/{device}/{hash}/{begin}"))
}

fn whole(hash: AttachmentHash) -> Place {
    let name = hash.to_string();
    Place::from(format!("whole/{}/{name}", &name[..2]))
}
