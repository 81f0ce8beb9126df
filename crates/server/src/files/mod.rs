//! Where the bytes of attachments lie: a folder, or a bucket of an object store.

#[cfg(feature = "s3")]
mod bucket;
#[cfg(not(feature = "s3"))]
#[path = "no_bucket.rs"]
mod bucket;
mod fault;
mod location;

use std::path::Path;
use std::sync::Arc;

use futures_util::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as Place;
use object_store::{ObjectStore, ObjectStoreExt};
use records::DeviceId;
use records::attachment::AttachmentHash;

use crate::fault::ServerFault;
pub use fault::FilesFault;
pub use location::Location;

/// The bytes of attachments, whole ones by their hash, and parts by the device that brings them.
#[derive(Debug, Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
}

impl Files {
    /// Where the keeper wants them. A bucket's region, endpoint and credentials are among the variables, by
    /// their usual names `AWS_…`. Nothing is asked of the bucket yet.
    ///
    /// # Errors
    /// When the folder cannot be made, or something is missing among the variables.
    pub fn at(
        location: &Location,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ServerFault> {
        match location {
            Location::Folder(folder) => Self::in_folder(folder),
            Location::Bucket { name, prefix } => {
                Ok(Self { store: bucket::open(name, prefix.clone(), variables)? })
            }
        }
    }

    /// In a folder, which is made. What was put there survives a power cut.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn in_folder(folder: &Path) -> Result<Self, ServerFault> {
        std::fs::create_dir_all(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(FilesFault::from)?;
        Ok(Self { store: Arc::new(store.with_fsync(true).with_automatic_cleanup(true)) })
    }

    /// In memory, for whoever plays a server.
    pub fn in_memory() -> Self {
        Self { store: Arc::new(InMemory::new()) }
    }

    /// Whether files can be put there, read, listed and taken away.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn check(&self) -> Result<(), FilesFault> {
        let probe = Place::from("check");
        self.store.put(&probe, "gridwalk".into()).await?;
        self.store.get(&probe).await?.bytes().await?;
        self.store.list(Some(&Place::from("parts"))).try_next().await?;
        self.delete(&probe).await
    }

    /// Keeps a part that a device brought.
    pub(crate) async fn put_part(
        &self,
        device: DeviceId,
        hash: AttachmentHash,
        begin: u64,
        bytes: Vec<u8>,
    ) -> Result<(), FilesFault> {
        self.store.put(&part(device, hash, begin), bytes.into()).await?;
        Ok(())
    }

    /// The parts that a device brought, from the first on, as far as they are there.
    pub(crate) async fn parts(
        &self,
        device: DeviceId,
        hash: AttachmentHash,
        size: u64,
    ) -> Result<Vec<u8>, FilesFault> {
        let mut all = vec![];
        while (all.len() as u64) < size {
            let got = self.store.get(&part(device, hash, all.len() as u64)).await;
            match got.map_err(FilesFault::from) {
                // One that a disk lost the bytes of leads no further than one that is not there.
                Ok(part) if part.meta.size == 0 => break,
                Err(FilesFault::Missing) => break,
                got => all.extend_from_slice(&got?.bytes().await?),
            }
        }
        Ok(all)
    }

    /// Forgets all parts that a device brought.
    pub(crate) async fn drop_parts(&self, device: DeviceId, hash: AttachmentHash) -> Result<(), FilesFault> {
        let parts: Vec<_> = self.store.list(Some(&parts(device, hash))).try_collect().await?;
        for part in parts {
            self.delete(&part.location).await?;
        }
        Ok(())
    }

    /// Keeps a whole one. The same bytes are kept once.
    pub(crate) async fn keep(&self, hash: AttachmentHash, bytes: Vec<u8>) -> Result<(), FilesFault> {
        self.store.put(&whole(hash), bytes.into()).await?;
        Ok(())
    }

    /// Takes a whole one away.
    pub(crate) async fn drop_whole(&self, hash: AttachmentHash) -> Result<(), FilesFault> {
        self.delete(&whole(hash)).await
    }

    /// Some bytes of a whole one.
    pub(crate) async fn read(
        &self,
        hash: AttachmentHash,
        range: std::ops::Range<u64>,
    ) -> Result<Vec<u8>, FilesFault> {
        Ok(self.store.get_range(&whole(hash), range).await?.to_vec())
    }

    /// What is not there need not go.
    async fn delete(&self, place: &Place) -> Result<(), FilesFault> {
        match self.store.delete(place).await.map_err(FilesFault::from) {
            Err(FilesFault::Missing) => Ok(()),
            deleted => deleted,
        }
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
