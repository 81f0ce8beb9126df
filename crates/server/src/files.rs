//! Where the bytes of attachments lie: a folder, or any object store.

use std::path::Path;
use std::sync::Arc;

use futures_util::TryStreamExt;
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

    /// The parts that a device brought, from the first on, as far as they are there.
    pub(crate) async fn parts(
        &self,
        device: DeviceId,
        hash: AttachmentHash,
        size: u64,
    ) -> Result<Vec<u8>, ServerFault> {
        let mut all = vec![];
        while (all.len() as u64) < size {
            match self.store.get(&part(device, hash, all.len() as u64)).await {
                Err(object_store::Error::NotFound { .. }) => break,
                got => all.extend_from_slice(&got?.bytes().await?),
            }
        }
        Ok(all)
    }

    /// Forgets all parts that a device brought.
    pub(crate) async fn drop_parts(&self, device: DeviceId, hash: AttachmentHash) -> Result<(), ServerFault> {
        let parts: Vec<_> = self.store.list(Some(&parts(device, hash))).try_collect().await?;
        for part in parts {
            match self.store.delete(&part.location).await {
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

fn parts(device: DeviceId, hash: AttachmentHash) -> Place {
    Place::from(format!("parts/{device}/{hash}"))
}

fn part(device: DeviceId, hash: AttachmentHash, begin: u64) -> Place {
    parts(device, hash).join(begin.to_string())
}

fn whole(hash: AttachmentHash) -> Place {
    let name = hash.to_string();
    Place::from(format!("whole/{}/{name}", &name[..2]))
}
